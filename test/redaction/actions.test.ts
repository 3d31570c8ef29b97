import { describe, expect, it } from 'vitest';
import { isOwnError } from '../../src/errors.ts';
import { mask } from '../../src/redaction/actions.ts';
import { createRedactor } from '../../src/redaction/redactor.ts';
import type { RedactorOptions } from '../../src/redaction/redactor-options.ts';
import { CARD, EMAIL, SSN } from './fixtures.ts';

const KEY = 'an invented key of some length';

const errorOf = (act: () => unknown): unknown => {
  try {
    return act();
  } catch (error) {
    return error;
  }
};

describe('an action', () => {
  it("is the entity's own, and that of `default` for all others", () => {
    const redactor = createRedactor({ actions: { CREDIT_CARD: 'mask', EMAIL_ADDRESS: 'monitor', default: 'redact' } });

    expect(redactor.redact(`${CARD}, ${EMAIL}, ${SSN}`)).toBe(`**** **** **** 1111, ${EMAIL}, <US_SSN_1>`);
  });

  it('`hash` writes a tag that is the same for all spellings, texts and redactors with the key', () => {
    const redactor = createRedactor({ actions: { EMAIL_ADDRESS: 'hash' }, key: KEY });
    const tag = redactor.redact(EMAIL);

    expect(tag).toMatch(/^<EMAIL_ADDRESS_[0-9a-f]{6}>$/);
    expect(redactor.redact(`x ${EMAIL.toUpperCase()}`)).toBe(`x ${tag}`);
    expect(createRedactor({ actions: { EMAIL_ADDRESS: 'hash' }, key: KEY }).redact(EMAIL)).toBe(tag);
    expect(createRedactor({ actions: { EMAIL_ADDRESS: 'hash' }, key: `${KEY}!` }).redact(EMAIL)).not.toBe(tag);
  });

  it('`block` throws an error that names the entity and not the value', () => {
    const error = errorOf(() => createRedactor({ actions: { US_SSN: 'block' } }).redact(`ssn ${SSN}`));

    expect(error).toMatchObject({ code: 'content_blocked', status: 403, retryable: false });
    expect(isOwnError(error) && error.message).toContain('US_SSN');
    expect(isOwnError(error) && JSON.stringify([error.message, error.details])).not.toContain(SSN);
  });

  it.each([
    ['4111 1111 1111 1111', 4, '**** **** **** 1111'],
    ['ada.lovelace@example.org', 4, '***.********@******e.org'],
    ['secret', 4, '****et'],
    ['12345', 4, '****5'],
    ['ab', 4, '**'],
    ['abcdefghijkl', 0, '************'],
    ['😀😀😀😀😀😀x\\"y', 4, '********y'.replace('********', '*********')],
    ['k'.repeat(300), 4, '****kkkk'],
  ])('`mask` of %j keeps %i characters', (value, keepLast, expected) => {
    expect(mask(value, keepLast)).toBe(expected);
  });

  it.each([
    [{ actions: [] }, 'createRedactor: actions'],
    [{ actions: { EMAIL: 'mask' } }, 'createRedactor: actions.EMAIL'],
    [{ actions: { EMAIL_ADDRESS: 'hide' } }, 'createRedactor: actions.EMAIL_ADDRESS'],
    [
      { actions: { EMAIL_ADDRESS: { action: 'mask', keepLast: -1 } } },
      'createRedactor: actions.EMAIL_ADDRESS.keepLast',
    ],
    [{ actions: { EMAIL_ADDRESS: 'hash' } }, 'createRedactor: key'],
    [{ actions: { EMAIL_ADDRESS: 'hash' }, key: 'short' }, 'createRedactor: key'],
    [{ placeholders: 'hmac' }, 'createRedactor: key'],
    [{ placeholders: 'random' }, 'createRedactor: placeholders'],
  ])('of a wrong form is refused by name: %j', (options, param) => {
    const error = errorOf(() => createRedactor(options as unknown as RedactorOptions));

    expect(error).toMatchObject({ code: 'invalid_option', param });
    expect(isOwnError(error) && error.message).not.toContain('short');
  });
});

describe('placeholders by HMAC', () => {
  const redactor = createRedactor({ placeholders: 'hmac', key: KEY });

  it('are the same in every text', () => {
    const [, tag] = /<EMAIL_ADDRESS_([0-9a-f]{6})>/.exec(redactor.redact(EMAIL))!;

    expect(redactor.redact(`b@example.org and ${EMAIL}`)).toContain(`and <EMAIL_ADDRESS_${tag}>`);
  });

  it('are left when they stand in a text already', () => {
    const once = redactor.redact(`${EMAIL} ${SSN}`);

    expect(redactor.redact(once)).toBe(once);
  });
});

describe('JSON text', () => {
  const redactor = createRedactor();

  it('stays JSON and keeps the bytes of all that is not replaced', () => {
    const text = `{ "mail":"${EMAIL}",\t"n": 1.50, "ssn": 219099999, "u": "\\u00e9", "${EMAIL}": [null, "${EMAIL}"] }`;

    expect(redactor.redactJson(text)).toBe(
      '{ "mail":"<EMAIL_ADDRESS_1>",\t"n": 1.50, "ssn": "<US_SSN_1>", "u": "\\u00e9", "<EMAIL_ADDRESS_1>": [null, "<EMAIL_ADDRESS_1>"] }',
    );
  });

  it('in a string of JSON text is taken apart as well', () => {
    const text = JSON.stringify({ arguments: JSON.stringify({ to: EMAIL, order_id: '4111111111111111' }) });

    expect(JSON.parse(JSON.parse(redactor.redactJson(text)).arguments)).toEqual({
      to: '<EMAIL_ADDRESS_1>',
      order_id: '4111111111111111',
    });
  });

  it('that is none is refused', () => {
    const error = errorOf(() => redactor.redactJson(`{"mail": ${EMAIL}`));

    expect(error).toMatchObject({ code: 'invalid_json' });
    expect(isOwnError(error) && error.message).not.toContain('ada');
  });
});
