import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Exchange } from '../../src/core/exchange.ts';
import type { AnswerContext, Decision, Finding, PolicyContext } from '../../src/core/policy.ts';
import { type KeyPath, type TextSlot, whenReady } from '../../src/core/text.ts';
import type { RedactOptions } from '../../src/policies/redact.ts';
import { redact } from '../../src/policies/redact.ts';
import { atOnce } from '../http/calls.ts';
import { CARD, EMAIL, GITHUB, PHONE, SSN } from '../redaction/fixtures.ts';

function slotOf(text: string, given: Partial<Pick<TextSlot, 'scope' | 'kind' | 'path'>> = {}): TextSlot {
  const path: KeyPath = ['messages', 0, 'content'];
  return { scope: 'message', kind: 'string', path, encoding: 'text', read: () => text, write: () => {}, ...given };
}

function exchangeOf(texts: readonly (string | TextSlot)[]): Exchange {
  return {
    id: 'exchange-1',
    callId: 'call-1',
    identity: {},
    provider: 'openai',
    dialect: 'openai.chat',
    operation: 'chat',
    model: 'some-model',
    stream: false,
    maxOutputTokens: undefined,
    choices: 1,
    inputTokenBound: 0,
    parameters: {},
    readable: { texts: true, cost: true },
    texts: texts.map((text) => (typeof text === 'string' ? slotOf(text) : text)),
    startedAt: 0,
  };
}

const context: PolicyContext = {
  defaultMaxOutputTokens: 4096,
  bound: () => {
    throw new Error('redact asks for no price');
  },
};

async function decisionOf(texts: readonly (string | TextSlot)[], options?: RedactOptions): Promise<Decision> {
  return (await redact(options).decide(exchangeOf(texts), context))!;
}

function editsOf(decision: Decision): string[] {
  return decision.edits!.map((edit) => ('text' in edit ? edit.text : ''));
}

const PATH: KeyPath = ['choices', 0, 'message', 'content'];
const STREAMED: AnswerContext = { streamed: true, warn: () => {} };

function answer(decision: Decision, pieces: readonly string[], path = PATH) {
  const findings: Finding[] = [];
  const report = (finding: Finding): void => void findings.push(finding);
  const filter = decision.filter!({ scope: 'output', kind: 'string', path }, report, STREAMED);
  const shown = pieces.map((piece) => filter.push(piece)).join('') + atOnce(filter.end());
  return { shown, findings: findings.map(({ kind, action }) => `${kind} ${action}`) };
}

/** Texts of one answer, whole or as streams, that may take their time. */
async function answers(decision: Decision, texts: readonly (readonly string[])[], streamed = false) {
  const warnings: string[] = [];
  const context: AnswerContext = { streamed, warn: ({ code }) => void warnings.push(code) };
  const ends = texts.map((pieces) => {
    const filter = decision.filter!({ scope: 'output', kind: 'string', path: PATH }, () => {}, context);
    const start = pieces.map((piece) => filter.push(piece)).join('');
    return whenReady(filter.end(), (rest) => start + rest);
  });
  return { shown: await Promise.all(ends), warnings };
}

const errorOf = (act: () => unknown): unknown => {
  try {
    return act();
  } catch (error) {
    return error;
  }
};

describe('a request', () => {
  it('is edited where values stand, numbered over all its texts', async () => {
    const decision = await decisionOf([`I am ${EMAIL}`, 'Hello!', `card ${CARD}, cc b@example.org and ${EMAIL}`]);

    expect(editsOf(decision)).toEqual([
      'I am <EMAIL_ADDRESS_1>',
      'card <CREDIT_CARD_1>, cc <EMAIL_ADDRESS_2> and <EMAIL_ADDRESS_1>',
    ]);
  });

  it('without values has no edits and no findings', async () => {
    expect(await decisionOf(['Hello!'])).toMatchObject({ edits: [], findings: [] });
  });

  it('has findings that tell kind, scope and place and never the text', async () => {
    const { findings } = await decisionOf([slotOf(`${SSN} ${GITHUB}`, { scope: 'system' })]);

    expect(findings).toEqual([
      { kind: 'US_SSN', scope: 'system', action: 'detected', start: 0, end: SSN.length },
      {
        kind: 'GITHUB_TOKEN',
        scope: 'system',
        action: 'detected',
        start: SSN.length + 1,
        end: SSN.length + 1 + GITHUB.length,
      },
    ]);
  });

  it('keeps its bytes when the conversation grows', async () => {
    const first = await decisionOf([`I am ${EMAIL}`]);
    const second = await decisionOf([`I am ${EMAIL}`, 'Noted, I wrote to <PHONE_NUMBER_1>.', `call ${PHONE}`]);

    expect(editsOf(second)[0]).toBe(editsOf(first)[0]);
    expect(editsOf(second)[1]).toBe('call <PHONE_NUMBER_2>');
  });

  it('is redacted in keys and in numbers, with the key as context', async () => {
    const decision = await decisionOf([
      slotOf(EMAIL, { kind: 'key', path: ['customers', EMAIL] }),
      slotOf('219099999', { kind: 'number', path: ['customer', 'ssn'] }),
      slotOf('219099999', { kind: 'number', path: ['customer', 'order_id'] }),
    ]);

    expect(editsOf(decision)).toEqual(['<EMAIL_ADDRESS_1>', '<US_SSN_1>']);
  });
});

describe('an answer', () => {
  it('has its placeholders turned back into the first spelling that was sent', async () => {
    const decision = await decisionOf([`Ada@Example.org wrote, then ada@example.org`]);

    expect(answer(decision, ['Dear <EMAIL_ADDRESS_1>, or <email_address_1>.'])).toEqual({
      shown: 'Dear Ada@Example.org, or Ada@Example.org.',
      findings: ['EMAIL_ADDRESS restored', 'EMAIL_ADDRESS restored'],
    });
  });

  it.each([
    '\\u003cEMAIL_ADDRESS_1\\u003e',
    '&lt;EMAIL_ADDRESS_1&gt;',
    '&#60;EMAIL_ADDRESS_1&#62;',
    '%3CEMAIL_ADDRESS_1%3E',
    '%3cemail_address_1%3e',
  ])('restores a placeholder written %s', async (placeholder) => {
    const decision = await decisionOf([EMAIL]);

    expect(answer(decision, [`a ${placeholder} b`]).shown).toBe(`a ${EMAIL} b`);
  });

  it('keeps placeholders that nobody issued, and counts them', async () => {
    const decision = await decisionOf([EMAIL]);

    expect(answer(decision, ['<EMAIL_ADDRESS_7> <US_SSN_1> <DIV_1> <EMAIL_ADDRESS_1>'])).toEqual({
      shown: `<EMAIL_ADDRESS_7> <US_SSN_1> <DIV_1> ${EMAIL}`,
      findings: ['EMAIL_ADDRESS unrestored', 'US_SSN unrestored', 'EMAIL_ADDRESS restored'],
    });
  });

  it('does not restore what the caller wrote as a placeholder', async () => {
    const decision = await decisionOf([`${EMAIL} and <EMAIL_ADDRESS_1>`]);

    expect(editsOf(decision)).toEqual(['<EMAIL_ADDRESS_2> and <EMAIL_ADDRESS_1>']);
    expect(answer(decision, ['<EMAIL_ADDRESS_1> <EMAIL_ADDRESS_2>']).shown).toBe(`<EMAIL_ADDRESS_1> ${EMAIL}`);
  });

  it('is redacted where the model wrote a value itself, with numbers that are not restored', async () => {
    const decision = await decisionOf([EMAIL]);

    expect(answer(decision, [`<EMAIL_ADDRESS_1> or c@example.org`]).shown).toBe(`${EMAIL} or <EMAIL_ADDRESS_2>`);
    expect(answer(decision, ['<EMAIL_ADDRESS_2>'])).toEqual({
      shown: '<EMAIL_ADDRESS_2>',
      findings: ['EMAIL_ADDRESS unrestored'],
    });
  });

  it('keeps its placeholders when restoring is off', async () => {
    const decision = await decisionOf([EMAIL], { restore: false });

    expect(answer(decision, ['<EMAIL_ADDRESS_1> c@example.org'])).toEqual({
      shown: '<EMAIL_ADDRESS_1> <EMAIL_ADDRESS_2>',
      findings: ['EMAIL_ADDRESS detected'],
    });
  });

  it('cannot reach the placeholders of another exchange', async () => {
    const policy = redact();
    await policy.decide(exchangeOf([EMAIL]), context);
    const other = (await policy.decide(exchangeOf(['Hello!']), context))!;

    expect(answer(other, ['<EMAIL_ADDRESS_1>']).shown).toBe('<EMAIL_ADDRESS_1>');
  });

  it('is the same wherever its stream is split', async () => {
    const decision = () => decisionOf([`${EMAIL} ${CARD} ${PHONE}`]);
    const text = `To <EMAIL_ADDRESS_1>: &lt;credit_card_1&gt; is not ${SSN}, nor \\u003cPHONE_NUMBER_1\\u003e <PHONE_NUMBER_9>.`;
    const expected = answer(await decision(), [text]);

    await fc.assert(
      fc.asyncProperty(fc.nat(text.length), fc.nat(text.length), async (a, b) => {
        const [first, second] = [Math.min(a, b), Math.max(a, b)];
        expect(answer(await decision(), [text.slice(0, first), text.slice(first, second), text.slice(second)])).toEqual(
          expected,
        );
      }),
    );
    expect(expected.shown).toContain(`To ${EMAIL}: ${CARD} is not <US_SSN_1>, nor ${PHONE}`);
  });
});

describe('an action', () => {
  const actions = { CREDIT_CARD: 'mask', US_SSN: 'block', PHONE_NUMBER: 'monitor' } as const;

  it('is taken in the request and in the answer', async () => {
    const decision = await decisionOf([`${EMAIL} ${CARD} ${PHONE}`], { actions });

    expect(editsOf(decision)).toEqual([`<EMAIL_ADDRESS_1> **** **** **** 1111 ${PHONE}`]);
    expect(decision.findings!.map(({ kind, action }) => `${kind} ${action}`)).toEqual([
      'EMAIL_ADDRESS detected',
      'CREDIT_CARD detected',
      'PHONE_NUMBER monitored',
    ]);
    expect(decision.block).toBeUndefined();
    expect(answer(decision, [`<EMAIL_ADDRESS_1>: ${CARD}, ${PHONE}`]).shown).toBe(
      `${EMAIL}: **** **** **** 1111, ${PHONE}`,
    );
  });

  it('that blocks refuses the request, naming entity and policy and never the value', async () => {
    const { block } = await decisionOf([`ssn ${SSN}`, `and ${SSN}`], { actions, name: 'no ssn' });

    expect(block).toMatchObject({
      code: 'content_blocked',
      status: 403,
      details: { policy: 'no ssn', entities: ['US_SSN'] },
    });
    expect(JSON.stringify([block!.message, block!.details])).not.toContain(SSN);
  });

  it('that blocks redacts in an answer, which runs already', async () => {
    const decision = await decisionOf(['Hello!'], { actions });

    expect(answer(decision, [`ssn ${SSN}`]).shown).toBe('ssn <US_SSN_1>');
  });

  it('that only monitors edits nothing', async () => {
    const decision = await decisionOf([PHONE], { actions });

    expect(decision.edits).toEqual([]);
    expect(decision.findings).toHaveLength(1);
  });
});

describe('placeholders by HMAC', () => {
  const options = { placeholders: 'hmac', key: 'an invented key of some length' } as const;

  it('are the same in every exchange and are restored in their own only', async () => {
    const first = await decisionOf([EMAIL], options);
    const second = await decisionOf([`${PHONE} ${EMAIL}`], options);
    const [tag] = editsOf(first);

    expect(tag).toMatch(/^<EMAIL_ADDRESS_[0-9a-f]{6}>$/);
    expect(editsOf(second)[0]).toContain(tag);
    expect(answer(first, [`Dear ${tag!.toLowerCase()}`]).shown).toBe(`Dear ${EMAIL}`);
    expect(answer(await decisionOf(['Hello!'], options), [tag!]).shown).toBe(tag);
  });
});

describe('a hidden value', () => {
  it('has the placeholder of the plain one and is restored as it was sent first', async () => {
    const hidden = EMAIL.replace('@', '%40');
    const decision = await decisionOf([`${hidden} and ${EMAIL}`]);

    expect(editsOf(decision)).toEqual(['<EMAIL_ADDRESS_1> and <EMAIL_ADDRESS_1>']);
    expect(answer(decision, ['to <EMAIL_ADDRESS_1>']).shown).toBe(`to ${hidden}`);
  });
});

describe('an asynchronous detector', () => {
  const grace = {
    name: 'names',
    analyze: async (text: string) =>
      text.includes('Grace') ? [{ start: text.indexOf('Grace'), end: text.indexOf('Grace') + 5, type: 'PERSON' }] : [],
  };
  const failing = { name: 'names', analyze: () => Promise.reject(new Error('down')) };

  it('serves requests, and its placeholders are restored', async () => {
    const decision = await decisionOf([`Grace <${EMAIL}>`, 'and Grace'], { analyzers: [grace] });

    expect(editsOf(decision)).toEqual(['<PERSON_1> <<EMAIL_ADDRESS_1>>', 'and <PERSON_1>']);
    expect((await answers(decision, [['Hello <PERSON_1>.']])).shown).toEqual(['Hello Grace.']);
  });

  it('serves whole answers', async () => {
    const decision = await decisionOf([EMAIL], { analyzers: [grace] });

    const { shown } = await answers(decision, [[`Grace knows <EMAIL_ADDRESS_1> and ${SSN}`], ['Grace again']]);

    expect(shown).toEqual([`<PERSON_1> knows ${EMAIL} and <US_SSN_1>`, '<PERSON_1> again']);
  });

  it('serves streams that are held to their end, and no others, which it tells once', async () => {
    const pieces = [['I asked Gra', 'ce ', 'and <EMAIL_ADD', 'RESS_1>']];
    const bounded = redact({ analyzers: [grace] });
    const streaming = { ...exchangeOf([EMAIL]), stream: true };
    const first = (await bounded.decide(streaming, context))!;
    const second = (await bounded.decide(streaming, context))!;
    const buffered = await decisionOf([EMAIL], { analyzers: [grace], stream: 'buffer' });

    expect((await answers(first, pieces, true)).shown).toEqual([`I asked Grace and ${EMAIL}`]);
    expect((await answers(buffered, pieces, true)).shown).toEqual([`I asked <PERSON_1> and ${EMAIL}`]);
    expect([first, second, buffered].map(({ warnings }) => warnings!.map(({ code }) => code))).toEqual([
      ['stream_not_analyzed'],
      [],
      [],
    ]);
  });

  it('numbers what it finds by the order of the texts, not by which answer came first', async () => {
    let waits = 5;
    const slow = {
      name: 'slow',
      async analyze(text: string) {
        for (let turn = waits--; turn > 0; turn--) await new Promise((resolve) => setImmediate(resolve));
        return [{ start: 0, end: text.length, type: 'PERSON' }];
      },
    };
    const decision = await decisionOf([], { analyzers: [slow] });

    expect((await answers(decision, [['Ada'], ['Bob'], ['Cy']])).shown).toEqual([
      '<PERSON_1>',
      '<PERSON_2>',
      '<PERSON_3>',
    ]);
  });

  it('is asked for all texts of an answer at once, within one deadline', async () => {
    const seen: string[] = [];
    const hanging = {
      name: 'hanging',
      deadlineMs: 40,
      failure: 'open' as const,
      analyze: (text: string) => {
        seen.push(text);
        return new Promise<never>(() => {});
      },
    };
    const decision = await decisionOf([], { analyzers: [hanging] });

    const { shown, warnings } = await answers(decision, [['one'], ['two'], [EMAIL]]);

    expect([seen, shown, warnings]).toEqual([
      ['one', 'two', EMAIL],
      ['one', 'two', '<EMAIL_ADDRESS_1>'],
      ['detector_unavailable'],
    ]);
  });

  it('that fails closed refuses the call, and one that fails open warns', async () => {
    const closed = await decisionOf([EMAIL], { analyzers: [failing] });
    const open = await decisionOf([EMAIL], { analyzers: [{ ...failing, failure: 'open' }] });

    expect(closed.block).toMatchObject({
      code: 'detector_unavailable',
      details: { policy: 'redact', detector: 'names' },
    });
    expect(open.block).toBeUndefined();
    expect(open.warnings).toEqual([
      { code: 'detector_unavailable', message: 'Detector "names" failed; the text went on without it.' },
    ]);
    expect(editsOf(open)).toEqual(['<EMAIL_ADDRESS_1>']);
  });

  it('that fails closed in an answer refuses it, and one that fails open warns', async () => {
    let works = true;
    const flaky = { name: 'flaky', analyze: async () => (works ? [] : Promise.reject(new Error('down'))) };
    const closed = await decisionOf(['Hello'], { analyzers: [flaky] });
    const open = await decisionOf(['Hello'], { analyzers: [{ ...flaky, failure: 'open' }] });
    works = false;

    await expect(answers(closed, [['a'], ['b']])).rejects.toMatchObject({ code: 'detector_unavailable', status: 503 });
    expect(await answers(open, [[EMAIL], ['b']])).toEqual({
      shown: ['<EMAIL_ADDRESS_1>', 'b'],
      warnings: ['detector_unavailable'],
    });
  });
});

describe('a buffered answer', () => {
  it('is shown to rules of the user whole, at its end', async () => {
    const patterns = [{ name: 'PROJECT', pattern: /Project [A-Z][a-z]{2,9}/ }];
    const decision = await decisionOf([EMAIL], { patterns, stream: 'buffer' });

    expect(answer(decision, ['To <EMAIL_ADD', 'RESS_1>: Project Fal', 'con']).shown).toBe(`To ${EMAIL}: <PROJECT_1>`);
  });
});

describe('options', () => {
  it('have defaults that redact, restore and fail closed', () => {
    expect(redact()).toMatchObject({ name: 'redact', mode: 'enforce', failure: 'closed' });
  });

  it.each([
    [{ name: '' }, 'redact: name'],
    [{ restore: 'yes' }, 'redact: restore'],
    [{ mode: 'watch' }, 'redact: mode'],
    [{ failure: 'half' }, 'redact: failure'],
    [{ entities: 'pii' }, 'redact: entities'],
    [{ entities: ['phone'] }, 'redact: entities[0]'],
    [{ allow: 'x' }, 'redact: allow'],
    [7, 'redact: options'],
    [{ actions: { US_SSN: 'shred' } }, 'redact: actions.US_SSN'],
    [{ actions: { SSN: 'mask' } }, 'redact: actions.SSN'],
    [{ minScore: 80 }, 'redact: minScore'],
    [{ patterns: [{ name: 'SLOW', pattern: /(a+)+b/ }] }, 'redact: patterns[0].pattern'],
    [{ detectors: [{ name: 'quiet', detect: () => [] }] }, 'redact: detectors[0].name'],
    [{ analyzers: [{ name: 'a', analyze: () => {}, deadlineMs: -1 }] }, 'redact: analyzers[0].deadlineMs'],
    [{ stream: 'never' }, 'redact: stream'],
    [{ placeholders: 'hmac' }, 'redact: key'],
    [{ memo: true }, 'redact: memo'],
    [{ languages: 'en' }, 'redact: languages'],
    [{ entitys: ['pii'] }, 'redact: entitys'],
  ])('of a wrong type are refused by name: %j', (options, param) => {
    expect(errorOf(() => redact(options as RedactOptions))).toMatchObject({ code: 'invalid_option', param });
  });
});
