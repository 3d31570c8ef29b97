/** Gemini's streams, as events and as a JSON array, split at every byte. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Call } from '../../src/core/pipeline.ts';
import type { Policy } from '../../src/core/policy.ts';
import { googleGenerate } from '../../src/dialects/google-generate.ts';
import type { Framing } from '../../src/http/framing.ts';
import { jsonArray } from '../../src/http/json-array.ts';
import { sse } from '../../src/http/sse.ts';
import { StreamGuard } from '../../src/http/stream.ts';
import { redact } from '../../src/policies/redact.ts';
import { atOnce, dataOf, openedCall, type Texts } from './calls.ts';

const ADA = 'ada@example.com';
const BOB = 'bob@example.net';
const GRACE = '<EMAIL_ADDRESS_3>';

/** The texts that must come out of each recording, whatever pieces it arrives in. */
const EXPECTED: Readonly<Record<string, Texts>> = {
  text: { '0 text': `Dear ${ADA}, ${GRACE} — é😀 wrote: done` },
  'finish-alone': { '0 text': `Mail ${ADA} and ${GRACE}` },
  'no-content-finish': { '0 text': `Mail ${ADA} now, gr` },
  thoughts: { '0 thought': `Think of ${BOB} and ${GRACE}`, '0 text': `Write to ${BOB}` },
  'several-candidates': { '0 text': `To ${ADA} ok`, '1 text': `Cc ${BOB} b, ${GRACE}` },
  'tool-calls': {
    '0 text': `I mail ${ADA} and gr`,
    '0 send_mail': `{"to":"${ADA}","say":"héllo \\"x\\" 😀","n":123,"cc":["${GRACE}"]}`,
    '0 look_up': `{"who":"${BOB}"}`,
  },
  'partial-arguments': {
    '0 text': `I mail ${GRACE}`,
    '0 $.to': `${ADA}, ${GRACE}`,
    '0 $.total': `${BOB} ${GRACE}`,
  },
  code: {
    '0 text': `I run ${GRACE}Done ${ADA}`,
    '0 code': `print('${ADA}')`,
    '0 output': `${GRACE}\n`,
  },
  grounding: { '0 text': `Grace is at ${ADA}` },
  logprobs: { '0 text': `Fine words. Mail ${GRACE} now ` },
  error: { '0 text': 'Mail <EMAIL_ADDRESS_1' },
  blocked: {},
  clean: { '0 text': 'No names here, only 12 words.', '0 f': '{"a":[1,true,"b c"]}' },
  'missing-finish': { '0 text': `Mail ${ADA} now, gr` },
};

interface Part {
  text?: string;
  thought?: boolean;
  functionCall?: {
    name?: string;
    args?: unknown;
    partialArgs?: { jsonPath: string; stringValue?: string }[];
  };
  executableCode?: { code: string };
  codeExecutionResult?: { output: string };
}

interface Chunk {
  candidates?: { index?: number; finishReason?: string; content?: { role: string; parts: Part[] } }[];
  usageMetadata?: object;
  responseId?: string;
  error?: object;
}

const FORMS: Readonly<Record<string, { framing: Framing; chunks: (text: string) => Chunk[] }>> = {
  sse: { framing: sse, chunks: (text) => dataOf(text).map((data) => JSON.parse(data) as Chunk) },
  array: { framing: jsonArray, chunks: (text) => JSON.parse(text) as Chunk[] },
};

const FIXTURES = new URL('fixtures/google/', import.meta.url);
const files = readdirSync(FIXTURES).sort();
const recording = (file: string): string => readFileSync(new URL(file, FIXTURES), 'utf8');
const form = (file: string) => FORMS[file.split('.')[1]!]!;
const nameOf = (file: string): string => file.split('.')[0]!;

/** What each part says and of what kind it is, in order. */
function pieces(chunks: readonly Chunk[]): [name: string, text: string][] {
  return chunks
    .flatMap(({ candidates = [] }) => candidates)
    .flatMap(({ index = 0, content }) =>
      (content?.parts ?? []).flatMap((part) => saidIn(part).map(([name, text]) => [`${index} ${name}`, text])),
    ) as [string, string][];
}

function saidIn({ text, thought, functionCall, executableCode, codeExecutionResult }: Part): [string, string][] {
  const { name = '', args, partialArgs = [] } = functionCall ?? {};
  return [
    ...(text ? [[thought ? 'thought' : 'text', text] as [string, string]] : []),
    ...(args ? [[name, JSON.stringify(args)] as [string, string]] : []),
    ...partialArgs.map(({ jsonPath, stringValue = '' }): [string, string] => [jsonPath, stringValue]),
    ...(executableCode ? [['code', executableCode.code] as [string, string]] : []),
    ...(codeExecutionResult ? [['output', codeExecutionResult.output] as [string, string]] : []),
  ];
}

function textsOf(chunks: readonly Chunk[]): Texts {
  const texts: Texts = {};
  for (const [name, text] of pieces(chunks)) if (text !== '') texts[name] = (texts[name] ?? '') + text;
  return texts;
}

/** Of which kind the parts of a candidate are, one after the other. */
function orderOf(chunks: readonly Chunk[], index: number): string[] {
  const names = pieces(chunks).flatMap(([name, text]) => (name.startsWith(`${index} `) && text !== '' ? [name] : []));
  return names.filter((name, i) => name !== names[i - 1]);
}

const newCall = (policies: readonly Policy[] = [redact()]): Promise<Call> =>
  openedCall(policies, `Ask ${ADA} and ${BOB}`);

function newGuard(call: Call, framing: Framing): StreamGuard {
  return new StreamGuard(call, { dialect: googleGenerate, framing, hideUsage: false, now: () => 0 });
}

/** Each place starts a new chunk of bytes. */
function replay(guard: StreamGuard, bytes: Uint8Array, places: readonly number[]): string {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  let shown = '';
  [0, ...places].forEach((from, i) => {
    shown += atOnce(guard.push(decoder.decode(bytes.slice(from, places[i] ?? bytes.length), { stream: true })));
  });
  return shown + atOnce(guard.end(decoder.decode()));
}

const bytesOf = (file: string): Uint8Array => new TextEncoder().encode(recording(file));

async function guarded(file: string, policies?: readonly Policy[]): Promise<string> {
  return replay(newGuard(await newCall(policies), form(file).framing), bytesOf(file), []);
}

it('has an expectation for each recording', () => {
  expect([...new Set(files.map(nameOf))]).toEqual(Object.keys(EXPECTED).sort());
});

describe.each(files)('the recording %s', (file) => {
  const { framing, chunks } = form(file);
  const came = recording(file);

  it('gives the expected texts split at every byte', async () => {
    const call = await newCall();
    const bytes = bytesOf(file);
    const whole = replay(newGuard(call, framing), bytes, []);
    expect(textsOf(chunks(whole))).toEqual(EXPECTED[nameOf(file)]);
    for (let at = 1; at < bytes.length; at++)
      if (replay(newGuard(call, framing), bytes, [at]) !== whole) expect.fail(`another answer when split at ${at}`);
    expect(replay(newGuard(call, framing), bytes, [...bytes.keys()].slice(1))).toBe(whole);
  });

  it('keeps parts in their order, and ends no text after its candidate', async () => {
    const shown = chunks(await guarded(file));
    for (const index of [0, 1]) expect(orderOf(shown, index)).toEqual(orderOf(chunks(came), index));
    const finished = new Set<number>();
    for (const { candidates = [] } of shown) {
      for (const { index = 0, finishReason, content } of candidates) {
        if (content?.parts.length) expect(finished.has(index)).toBe(false);
        if (finishReason) finished.add(index);
      }
    }
  });

  it('keeps every chunk, and adds none but for text, of the same answer and role', async () => {
    const shown = chunks(await guarded(file));
    const added = shown.filter(({ usageMetadata, error }) => !usageMetadata && !error);
    expect(shown.length - added.length).toBe(chunks(came).length);
    for (const { responseId, candidates } of added) {
      expect(responseId).toBe('resp-1');
      expect(candidates).toMatchObject([{ content: { role: 'model', parts: [{}] } }]);
    }
  });

  it('shows nothing that the model wrote of others', async () => {
    expect(await guarded(file)).not.toContain('grace@');
  });

  it('passes as it came, byte for byte, where no policy looks at it or in monitor mode', async () => {
    expect(await guarded(file, [])).toBe(came);
    expect(await guarded(file, [redact({ mode: 'monitor' })])).toBe(came);
  });
});

describe('what the call learns from a stream', () => {
  it.each(files.filter((file) => !/^(?:error|blocked|no-content)/.test(file)))(
    'is the last usage in %s',
    async (file) => {
      const call = await newCall();
      replay(newGuard(call, form(file).framing), bytesOf(file), []);
      const thoughts = file.startsWith('thoughts') ? 8 : 0;
      expect(call.exchange.usage).toMatchObject({ inputTokens: 9, outputTokens: 12 + thoughts, source: 'provider' });
      expect(call.exchange.response).toMatchObject({ id: 'resp-1', model: 'gemini-2.5-flash' });
    },
  );

  it('is why it finished, and that it failed', async () => {
    const call = await newCall();
    replay(newGuard(call, sse), bytesOf('no-content-finish.sse'), []);
    expect(call.exchange.response).toMatchObject({ finishReasons: ['MAX_TOKENS'] });
    const broken = newGuard(call, sse);
    replay(broken, bytesOf('error.sse'), []);
    expect(broken.failed).toBe(true);
  });

  it('is that it searched: up to Gemini 2.5 prompts are billed, not queries', async () => {
    const call = await newCall();
    replay(newGuard(call, sse), bytesOf('grounding.sse'), []);
    expect(call.exchange.usage?.units).toEqual({ webSearch: 1 });
  });
});

it('drops the log probabilities of text that was edited or came later', async () => {
  const shown = await guarded('logprobs.sse');
  expect(shown).not.toContain('"token"');
  expect(shown.match(/"logprobsResult": ?null/g)).toHaveLength(2);
});

it('reports what stands in the answer twice once', async () => {
  const call = await newCall();
  replay(newGuard(call, sse), bytesOf('grounding.sse'), []);
  // Two of the request, one in the rendered page and one in an address; the passage that repeats the answer tells none.
  expect(call.summary().redactions).toEqual({ EMAIL_ADDRESS: 4 });
});
