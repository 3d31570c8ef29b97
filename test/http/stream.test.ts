import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Call } from '../../src/core/pipeline.ts';
import type { Policy } from '../../src/core/policy.ts';
import { filterWhole, type TextFilter } from '../../src/core/text.ts';
import { openaiChat } from '../../src/dialects/openai-chat.ts';
import { isGatewayError } from '../../src/errors.ts';
import { sse } from '../../src/http/sse.ts';
import { StreamGuard } from '../../src/http/stream.ts';
import { redact } from '../../src/policies/redact.ts';
import { atOnce, type Chunk, chunksOf, dataOf, openedCall, type Texts, textsOf } from './calls.ts';

const REQUEST = 'Ask ada@example.com and bob@example.net';
const ADA = 'ada@example.com';
const BOB = 'bob@example.net';

/** The texts that must come out of each recording, whatever pieces it arrives in. */
const EXPECTED: Readonly<Record<string, Texts>> = {
  'plain-text': { '0 content': `Dear ${ADA}, <EMAIL_ADDRESS_3> — é😀 wrote: done` },
  'several-choices': { '0 content': `To ${ADA} okand more`, '1 content': `Cc ${BOB} b` },
  'tool-calls': {
    '0 tool 0 name': 'send_mail',
    '0 tool 0 arguments': `{"to":"${ADA}","say":"héllo \\"x\\" 😀","n":123}`,
    '0 tool 1 name': 'look_up',
    '0 tool 1 arguments': '{"who":"<EMAIL_ADDRESS_3>"}',
  },
  reasoning: { '0 reasoning': `Think of ${BOB} and so on`, '0 content': `Write to ${BOB}` },
  refusal: { '0 refusal': `I will not mail ${ADA}` },
  'finish-with-content': { '0 content': 'Mail <EMAIL_ADDRESS_3>' },
  'missing-finish': { '0 content': `Mail ${ADA} now` },
  'missing-done': { '0 content': `Mail ${ADA} now, Ada` },
  'cut-off': { '0 content': `Mail ${ADA} now, Ada` },
  'usage-each': { '0 content': `Mail ${ADA} soon` },
  'usage-with-content': { '0 content': `Mail ${ADA} soon` },
  'usage-alone': { '0 content': `Mail ${ADA} soon` },
  'usage-groq': { '0 content': `Mail ${ADA} soon` },
  crlf: { '0 content': `Mail ${ADA} now` },
  'several-data-lines': { '0 content': `Mail ${ADA} now` },
  error: { '0 content': 'Mail <EMAIL_ADDRESS_1' },
  'unknown-event': { '0 content': `Mail ${ADA} now` },
  'content-filter': { '0 content': 'Mail <EMAIL_ADDR' },
  logprobs: { '0 content': 'Fine words.\nMail <EMAIL_ADDRESS_3> now ' },
  clean: {
    '0 content': 'No names here, only 12 words.',
    '0 tool 0 name': 'f',
    '0 tool 0 arguments': '{"a":[1,true,"b c"]}',
  },
  'custom-tool': { '0 tool 0 name': 'shell', '0 tool 0 input': `mail ${ADA} 'x'` },
};
const USAGE = { prompt_tokens: 9, completion_tokens: 12, total_tokens: 21 };

const recording = (name: string): string => readFileSync(new URL(`fixtures/${name}.sse`, import.meta.url), 'utf8');

const newCall = (policies: readonly Policy[] = [redact()]): Promise<Call> => openedCall(policies, REQUEST);

/** A guard whose filters do not take their time. */
function newGuard(call: Call, hideUsage = false) {
  const guard = new StreamGuard(call, { dialect: openaiChat, framing: sse, hideUsage, now: () => 0 });
  return {
    push: (text: string): string => atOnce(guard.push(text)),
    end: (text: string): string => atOnce(guard.end(text)),
    state: (): boolean[] => [guard.finished, guard.failed],
  };
}
type Guard = ReturnType<typeof newGuard>;

/** Bytes as they come off the wire, decoded as an answer's are; each place starts a new chunk. */
function replay(guard: Guard, bytes: Uint8Array, places: readonly number[]): string {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  let shown = '';
  [0, ...places].forEach((from, i) => {
    shown += guard.push(decoder.decode(bytes.slice(from, places[i] ?? bytes.length), { stream: true }));
  });
  return shown + guard.end(decoder.decode());
}

const bytesOf = (name: string): Uint8Array => new TextEncoder().encode(recording(name));

async function guarded(name: string, policies?: readonly Policy[], hideUsage?: boolean): Promise<string> {
  return replay(newGuard(await newCall(policies), hideUsage), bytesOf(name), []);
}

/** A chunk without the texts that a filter may move from one chunk to another, and without what quotes them. */
function skeleton(chunk: Chunk): string {
  return JSON.stringify(chunk, (key, value: unknown) => {
    if (key === 'logprobs') return undefined;
    const moves = ['content', 'reasoning_content', 'refusal', 'arguments', 'input'].includes(key);
    return moves && typeof value === 'string' ? '' : value;
  }).replaceAll('grace@example.org', '<EMAIL_ADDRESS_3>');
}

/** What a chunk says besides text. */
const saysMore = ({ choices = [], usage, error }: Chunk): boolean =>
  usage !== undefined ||
  error !== undefined ||
  choices.length !== 1 ||
  choices[0]!.finish_reason !== null ||
  /"(?:role|name|id|type|logprobs)"/.test(JSON.stringify(choices));

/** Chunks that were not in the recording; fails when one of the recording is missing or out of order. */
function addedChunks(came: string, shown: string): Chunk[] {
  const expected = chunksOf(came).map(skeleton);
  const added = chunksOf(shown).filter((chunk) => {
    if (skeleton(chunk) !== expected[0]) return true;
    expected.shift();
    return false;
  });
  expect(expected).toEqual([]);
  return added;
}

/** Choices that get text after they were finished. */
function textAfterFinish(shown: string): number[] {
  const finished = new Set<number>();
  return chunksOf(shown)
    .flatMap(({ choices = [] }) => choices)
    .flatMap(({ index, delta, finish_reason }) => {
      const late = finished.has(index) && Object.keys(delta).length > 0;
      if (finish_reason) finished.add(index);
      return late ? [index] : [];
    });
}

const linesBesideData = (stream: string): string[] =>
  stream.split(/\r\n|\r|\n/).filter((line) => line !== '' && !line.startsWith('data:'));

it('has an expectation for each recording', () => {
  const recorded = readdirSync(new URL('fixtures', import.meta.url))
    .filter((file) => file.endsWith('.sse'))
    .map((file) => file.replace(/\.sse$/, ''));
  expect(recorded.sort()).toEqual(Object.keys(EXPECTED).sort());
});

describe.each(Object.keys(EXPECTED))('the recording "%s"', (name) => {
  const came = recording(name);

  it('gives the texts that the whole texts would give', async () => {
    const call = await newCall();
    const whole = Object.entries(textsOf(came)).map(([field, text]) => {
      const encoding = field.endsWith('arguments') ? 'json' : 'text';
      const path = ['choices', 0, 'delta', field.split(' ').at(-1)!];
      return [field, filterWhole(call.filter({ scope: 'output', kind: 'string', path, encoding }), text)];
    });
    expect(textsOf(await guarded(name))).toEqual(Object.fromEntries(whole));
  });

  it('gives the expected texts split at every byte', async () => {
    const call = await newCall();
    const bytes = bytesOf(name);
    for (let at = 1; at < bytes.length; at++)
      expect(textsOf(replay(newGuard(call), bytes, [at])), `split at ${at}`).toEqual(EXPECTED[name]);
    const eachByte = [...bytes.keys()].slice(1);
    expect(textsOf(replay(newGuard(call), bytes, eachByte))).toEqual(EXPECTED[name]);
  });

  it('keeps every chunk in its place, and adds none but for text', async () => {
    const shown = await guarded(name);
    expect(addedChunks(came, shown).filter(saysMore)).toEqual([]);
    expect(textAfterFinish(shown)).toEqual([]);
    for (const chunk of addedChunks(came, shown)) expect(chunk.id).toBe('chatcmpl-1');
  });

  it('keeps names, ids, comments and retry lines, and ends as it ended', async () => {
    const shown = await guarded(name);
    expect(linesBesideData(shown)).toEqual(linesBesideData(came));
    expect(dataOf(shown).filter((data) => data === '[DONE]')).toEqual(dataOf(came).filter((data) => data === '[DONE]'));
    if (came.includes('[DONE]')) expect(dataOf(shown).at(-1)).toBe('[DONE]');
  });

  it('shows nothing that the model wrote of others', async () => {
    expect(await guarded(name)).not.toContain('grace');
  });

  it('passes as it came, byte for byte, where no policy looks at it', async () => {
    expect(await guarded(name, [])).toBe(came);
  });

  it('passes as it came, byte for byte, in monitor mode', async () => {
    expect(await guarded(name, [redact({ mode: 'monitor' })])).toBe(came);
  });
});

describe('what the call learns from a stream', () => {
  it.each(['usage-each', 'usage-with-content', 'usage-alone', 'usage-groq', 'clean'])(
    'is the usage in "%s"',
    async (name) => {
      const call = await newCall();
      const shown = replay(newGuard(call), bytesOf(name), []);
      expect(call.exchange.usage).toMatchObject({ inputTokens: 9, outputTokens: 12, source: 'provider' });
      expect(shown).toContain(JSON.stringify(USAGE));
    },
  );

  it('is usage that the client did not ask for and must not see, when it stands alone', async () => {
    const call = await newCall();
    const shown = replay(newGuard(call, true), bytesOf('usage-alone'), []);
    expect(shown).not.toContain('prompt_tokens');
    expect(call.exchange.usage).toMatchObject({ inputTokens: 9 });
    expect(textsOf(shown)).toEqual(EXPECTED['usage-alone']);
  });

  it.each(['usage-with-content', 'usage-groq', 'content-filter'])(
    'hides no chunk of "%s", which says more',
    async (name) => {
      expect(addedChunks(recording(name), await guarded(name, undefined, true)).filter(saysMore)).toEqual([]);
    },
  );

  it('is the answer: id, model, why it finished, when it began', async () => {
    const call = await newCall();
    replay(newGuard(call), bytesOf('tool-calls'), []);
    expect(call.exchange.response).toMatchObject({
      id: 'chatcmpl-1',
      model: 'm-1',
      finishReasons: ['tool_calls'],
      firstChunkAt: 0,
    });
  });

  it('is whether it finished, and whether it failed', async () => {
    const states = await Promise.all(
      ['plain-text', 'missing-done', 'error'].map(async (name) => {
        const guard = newGuard(await newCall());
        replay(guard, bytesOf(name), []);
        return guard.state();
      }),
    );
    expect(states).toEqual([
      [true, false],
      [false, false],
      [false, true],
    ]);
  });
});

describe('an error in the stream', () => {
  it('comes after the text that was held, and its message is filtered', async () => {
    const shown = dataOf(await guarded('error'));
    expect(shown.at(-1)).toContain('"No quota for <EMAIL_ADDRESS_3> left"');
    expect(shown.at(-1)).toContain('"type":"server_error"');
    expect(shown.at(-2)).toContain('<EMAIL_ADDRESS_1');
  });
});

describe('events that no dialect knows', () => {
  it('are filtered text by text, JSON or not', async () => {
    expect(dataOf(await guarded('unknown-event')).slice(1, 4)).toEqual([
      '{"note":{"text":"Sent by <EMAIL_ADDRESS_3>"}}',
      '"bare <EMAIL_ADDRESS_3>"',
      'not json <EMAIL_ADDRESS_3>',
    ]);
  });

  it('may hold raw control characters, which some servers send', async () => {
    const guard = newGuard(await newCall());
    const shown = guard.push('data: {"note":"tab\there: grace@example.org"}\n\n') + guard.end('');
    expect(shown).toBe('data: {"note":"tab\\there: <EMAIL_ADDRESS_3>"}\n\n');
  });
});

describe('what stands beside the data of events', () => {
  it('is filtered as text: comments, ids, names, an answer that is no event stream', async () => {
    const text =
      ': <EMAIL_ADDRESS_1> asked, eve@example.org answers\n\n' +
      'event: eve@example.org\nid: eve@example.org\ndata: {"choices":[]}\n\n' +
      '{"choices":[{"message":{"content":"eve@example.org"}}]}';
    const guard = newGuard(await newCall());
    const shown = guard.push(text) + guard.end('');
    expect(shown).not.toContain('eve@');
    expect(shown).toContain(`: ${ADA} asked`);
    expect(shown).toContain('\ndata: {"choices":[]}\n\n{"choices":[{"message":{"content":"<EMAIL_ADDRESS_3>"}}]}');
  });

  it('goes where a value of several lines would come back in it, and end the event', async () => {
    const key = `-----BEGIN PRIVATE KEY-----\n${'MIIEvQIBADANBgkqhkiG9w0BAQEF'.repeat(4)}\n\n-----END PRIVATE KEY-----`;
    const call = await openedCall([redact()], `Keep ${key}`);
    const name = /<[A-Z_]+_1>/.exec(call.exchange.texts[0]!.read())?.[0];
    expect(name).toBeDefined();
    const guard = newGuard(call);
    expect(guard.push(`: ${name}\nid: a\ndata: {"a":1}\n\n`)).toBe('data: {"a":1}\n\n');
  });
});

describe('log probabilities', () => {
  it('stay where the text stayed, and go where it was held or changed, for they quote it', async () => {
    const shown = await guarded('logprobs');
    expect(shown).not.toMatch(/"token":"[^"]*(?:grace|example)/);
    expect(shown).toContain('"token":"Fine"');
  });
});

describe('sources in a delta', () => {
  it('come whole and are filtered whole', async () => {
    const annotation = {
      type: 'url_citation',
      url_citation: { url: 'https://example.com/x', title: 'By grace@example.org' },
    };
    const chunk = {
      id: 'chatcmpl-1',
      choices: [{ index: 0, delta: { annotations: [annotation] }, finish_reason: null }],
    };
    const guard = newGuard(await newCall());
    const shown = guard.push(`data: ${JSON.stringify(chunk)}\n\n`) + guard.end('');
    expect(dataOf(shown)).toEqual([JSON.stringify(chunk).replace('grace@example.org', '<EMAIL_ADDRESS_3>')]);
  });
});

describe('text that is held back', () => {
  const event = (content: string): string =>
    `data: ${JSON.stringify({ id: 'chatcmpl-1', choices: [{ index: 0, delta: { content }, finish_reason: null }] })}\n\n`;

  it('is never more than 256 characters, and none of it is lost', async () => {
    const call = await newCall();
    const texts = fc.stringMatching(/^[a-z0-9.,@<_ -]{0,700}$/);
    fc.assert(
      fc.property(texts, fc.integer({ min: 1, max: 40 }), (text, size) => {
        // Only what is passed on unchanged can be counted.
        fc.pre(
          filterWhole(call.filter({ scope: 'output', kind: 'string', path: [], encoding: 'text' }), text) === text,
        );
        const guard = newGuard(call);
        let came = 0;
        let shown = '';
        for (let at = 0; at < text.length; at += size) {
          const piece = text.slice(at, at + size);
          came += piece.length;
          shown += guard.push(event(piece));
          expect(came - (textsOf(shown)['0 content'] ?? '').length).toBeLessThanOrEqual(256);
        }
        expect(textsOf(shown + guard.end(''))['0 content'] ?? '').toBe(text);
      }),
      { numRuns: 100 },
    );
  });

  it('is not held beyond the word in ordinary prose', async () => {
    const guard = newGuard(await newCall());
    expect(textsOf(guard.push(event('Dear reader, this is it')))['0 content']).toBe('Dear reader, this is ');
    expect(textsOf(guard.push(event('.\n')))['0 content']).toBe('it.\n');
  });
});

/** A policy whose filters hold a text to its end and are ready a turn later, the last to end first. */
function slow(policy: Policy): Policy {
  return {
    ...policy,
    async decide(exchange, context) {
      const decision = await policy.decide(exchange, context);
      let turns = 20;
      const filter: NonNullable<typeof decision>['filter'] = (text, report, answer) => {
        const inner = decision!.filter!(text, report, answer);
        let held = '';
        return {
          push(piece) {
            held += piece;
            return '';
          },
          async end() {
            const shown = atOnce(filterWhole(inner, held));
            for (let turn = turns--; turn > 0; turn--) await Promise.resolve();
            return shown;
          },
          held: () => held,
        };
      };
      return { ...decision, filter };
    },
  };
}

describe('filters that take their time', () => {
  const guardOf = (call: Call): StreamGuard =>
    new StreamGuard(call, { dialect: openaiChat, framing: sse, hideUsage: false, now: () => 0 });

  it.each(Object.keys(EXPECTED))('give the same texts, and every chunk in its place: "%s"', async (name) => {
    const bytes = bytesOf(name);
    const call = await newCall([slow(redact())]);
    for (const at of [0, 1, Math.floor(bytes.length / 2), bytes.length]) {
      const guard = guardOf(call);
      const decoder = new TextDecoder();
      const parts = [bytes.slice(0, at), bytes.slice(at)].map((part) =>
        guard.push(decoder.decode(part, { stream: true })),
      );
      const shown = (await Promise.all([...parts, guard.end('')])).join('');
      expect(textsOf(shown), `split at ${at}`).toEqual(EXPECTED[name]);
      expect(addedChunks(recording(name), shown).filter(saysMore)).toEqual([]);
      expect(textAfterFinish(shown)).toEqual([]);
    }
  });

  it('keep the texts of an event without any waiting when none of them is held', async () => {
    const guard = guardOf(await newCall([slow(redact())]));
    expect(
      atOnce(guard.push('data: {"id":"chatcmpl-1","choices":[{"index":0,"delta":{"content":"a"}}]}\n\n')),
    ).toContain('"content":""');
  });

  it('end the stream with what went well before, when one of them fails', async () => {
    const broken: Policy = {
      name: 'broken',
      decide: () => ({
        filter: ({ path }) => ({
          push: () => '',
          end: () => (path.includes('refusal') ? Promise.reject(new Error('down')) : Promise.resolve('ready')),
        }),
      }),
    };
    const guard = guardOf(await newCall([broken]));
    const choice = (delta: object): string => `data: ${JSON.stringify({ choices: [{ index: 0, delta }] })}\n\n`;
    guard.push(choice({ content: 'a' }) + choice({ refusal: 'b' }));

    const failure: unknown = await Promise.resolve(guard.end('')).catch((error: unknown) => error);

    expect(isGatewayError(failure, 'policy_failed')).toBe(true);
    expect(textsOf(guard.passedBefore)).toEqual({ '0 content': 'ready' });
  });
});

describe('a filter that throws', () => {
  /** Shows text three characters late, and throws when it sees a hash. */
  function fragile(failure: 'open' | 'closed'): Policy {
    const filter = (): TextFilter => {
      let held = '';
      return {
        push(piece) {
          held += piece;
          if (piece.includes('#')) throw new Error('fragile');
          const shown = held.slice(0, -3);
          held = held.slice(-3);
          return shown;
        },
        end: () => held,
        held: () => held,
      };
    };
    return { name: 'fragile', failure, decide: () => ({ filter }) };
  }
  const pieces = ['one two', ' #three', ' four'];
  const events = pieces.map(
    (content) => `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content }, finish_reason: null }] })}\n\n`,
  );

  it('ends the stream when it fails closed, with nothing of the text it should have read', async () => {
    const guard = newGuard(await newCall([fragile('closed')]));
    expect(textsOf(guard.push(events[0]!))['0 content']).toBe('one ');
    let failure: unknown;
    try {
      guard.push(events[1]!);
    } catch (error) {
      failure = error;
    }
    expect(isGatewayError(failure, 'policy_failed')).toBe(true);
    expect(String(failure)).not.toContain('three');
  });

  it('lets the text go on complete when it fails open', async () => {
    const guard = newGuard(await newCall([fragile('open')]));
    const shown = events.map((event) => guard.push(event)).join('') + guard.end('');
    expect(textsOf(shown)['0 content']).toBe(pieces.join(''));
  });

  it('lets redaction itself go on complete when it fails open', async () => {
    const failing = redact({ failure: 'open' });
    const call = await newCall([
      {
        ...failing,
        async decide(exchange, context) {
          const decision = await failing.decide(exchange, context);
          const filter: NonNullable<typeof decision>['filter'] = (text, report, answer) =>
            decision!.filter!(
              text,
              (finding) => {
                report(finding);
                throw new Error('fragile');
              },
              answer,
            );
          return { ...decision, filter };
        },
      },
    ]);
    const guard = newGuard(call);
    const texts = ['Mail grace@', 'example.org and', ' Ada'];
    const shown = texts.map((content) => guard.push(events[0]!.replace('one two', content))).join('') + guard.end('');
    expect(textsOf(shown)['0 content']).toBe(texts.join(''));
  });

  it('that cannot even be made fails as its policy says', async () => {
    const unmade = (failure: 'open' | 'closed'): Policy => ({
      name: 'unmade',
      failure,
      decide: () => ({
        filter: () => {
          throw new Error('unmade');
        },
      }),
    });
    const open = newGuard(await newCall([unmade('open')]));
    expect(textsOf(open.push(events[0]!))['0 content']).toBe('one two');
    const closed = newGuard(await newCall([unmade('closed')]));
    expect(() => closed.push(events[0]!)).toThrow('fail closed');
  });
});
