import { describe, expect, it } from 'vitest';
import { isOwnError } from '../../src/errors.ts';
import { createRedactor } from '../../src/redaction/redactor.ts';
import { CARD, EMAIL, GITHUB, PHONE, SSN } from './fixtures.ts';

const errorOf = (act: () => unknown): unknown => {
  try {
    return act();
  } catch (error) {
    return error;
  }
};

describe('a redactor', () => {
  it('replaces values by numbered placeholders', () => {
    const text = `${EMAIL}, ${EMAIL.toUpperCase()} and b@example.org`;

    expect(createRedactor().redact(text)).toBe('<EMAIL_ADDRESS_1>, <EMAIL_ADDRESS_1> and <EMAIL_ADDRESS_2>');
  });

  it('tells where each value stands', () => {
    expect(createRedactor().detect(`to ${EMAIL}`)).toEqual([
      { start: 3, end: 3 + EMAIL.length, type: 'EMAIL_ADDRESS', score: 0.95 },
    ]);
  });

  it('looks for what it is asked for only', () => {
    const text = `${EMAIL} ${SSN} ${GITHUB}`;
    const types = (entities: Parameters<typeof createRedactor>[0]) =>
      createRedactor(entities)
        .detect(text)
        .map(({ type }) => type);

    expect(types({ entities: ['secrets'] })).toEqual(['GITHUB_TOKEN']);
    expect(types({ entities: ['US_SSN'] })).toEqual(['US_SSN']);
    expect(types({ entities: ['pii'] })).toEqual(['EMAIL_ADDRESS', 'US_SSN']);
    expect(types({ entities: [] })).toEqual([]);
  });

  it('leaves allowed values in any spelling', () => {
    const redactor = createRedactor({ allow: ['support@example.org', '4111111111111111'] });

    expect(redactor.redact(`Support@Example.org ${CARD} ${EMAIL}`)).toBe(
      `Support@Example.org ${CARD} <EMAIL_ADDRESS_1>`,
    );
  });

  it.each([
    [['customer', 'ssn'], '219099999', 'US_SSN'],
    [['customer', 'socialSecurityNumber'], '219099999', 'US_SSN'],
    [['contact', 'phone', 0], '5550104477', 'PHONE_NUMBER'],
    [['card_number'], '4111111111111111', 'CREDIT_CARD'],
  ])('takes the key %j for what its digits are', (path, text, type) => {
    expect(
      createRedactor()
        .detect(text, { path })
        .map((found) => found.type),
    ).toEqual([type]);
  });

  it.each([
    [['order_id'], '4111111111111111'],
    [['id'], '555-010-4477'],
    [['created_at'], '1700000000'],
    [['next_page_token'], '4111111111111111'],
    [['messages', 0, 'content'], '219099999'],
  ])('does not take the digits of %j for a value', (path, text) => {
    expect(createRedactor().detect(text, { path })).toEqual([]);
  });

  it.each([
    [['user_id'], EMAIL],
    [['id'], GITHUB],
    [['contact_id'], PHONE],
    [['member_id'], SSN],
  ])('finds what only looks like itself under %j as well', (path, text) => {
    expect(createRedactor().detect(text, { path })).toHaveLength(1);
  });

  it('rejects options of a wrong type and names them', () => {
    const error = errorOf(() => createRedactor({ entities: ['pii', 'EMAIL' as 'EMAIL_ADDRESS'] }));

    expect(isOwnError(error) && error.param).toBe('createRedactor: entities[1]');
    expect(isOwnError(error) && error.message).toContain('EMAIL_ADDRESS');
    expect(errorOf(() => createRedactor({ entities: 'pii' as never }))).toMatchObject({
      param: 'createRedactor: entities',
    });
    expect(errorOf(() => createRedactor({ allow: [7] as never }))).toMatchObject({ param: 'createRedactor: allow[0]' });
  });
});
