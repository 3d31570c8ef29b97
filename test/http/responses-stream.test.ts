/** Recorded streams of the Responses API: their texts in pieces and whole, split at every byte. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Call } from '../../src/core/pipeline.ts';
import type { Policy } from '../../src/core/policy.ts';
import { openaiResponses } from '../../src/dialects/openai-responses.ts';
import { sse } from '../../src/http/sse.ts';
import { StreamGuard } from '../../src/http/stream.ts';
import { redact } from '../../src/policies/redact.ts';
import { atOnce, dataOf, openedCall } from './calls.ts';

const ADA = 'ada@example.com';
const BOB = 'bob@example.net';
const REQUEST = `Ask ${ADA} and ${BOB}`;
const TEXT = { '0 output_text': `Dear ${ADA}, <EMAIL_ADDRESS_3> — é😀 wrote: done` };

/** The texts that must come out of each recording in pieces, whatever pieces it arrives in. */
const EXPECTED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  text: TEXT,
  crlf: TEXT,
  unnumbered: TEXT,
  incomplete: TEXT,
  'missing-done': TEXT,
  failed: { '0 output_text': `Dear ${ADA}, gra` },
  'cut-off': { '0 output_text': `Dear ${ADA}, grace@exam` },
  error: { '0 output_text': 'Dear <EMAIL_ADD' },
  refusal: { '0 refusal': `I will not mail ${ADA}` },
  'function-calls': {
    '0 function_call_arguments': `{"to":"${ADA}","say":"héllo \\"x\\" 😀","n":123}`,
    '1 function_call_arguments': '{"who":"<EMAIL_ADDRESS_3>"}',
  },
  'custom-tool': { '0 custom_tool_call_input': `mail ${ADA} 'x'` },
  'mcp-call': { '0 mcp_call_arguments': `{"to":["${BOB}"]}` },
  code: { '0 code_interpreter_call_code': `print("${ADA}")\n` },
  reasoning: {
    '0 reasoning_summary_text': `Think of ${BOB} and so on`,
    '0 reasoning_text': 'Mail <EMAIL_ADDRESS_3> not',
    '1 output_text': `Write to ${BOB}`,
  },
  logprobs: { '0 output_text': 'Fine words.\nMail <EMAIL_ADDRESS_3> now' },
  'new-type': { '0 summary_of_next_month': `By <EMAIL_ADDRESS_3> for ${ADA}` },
  'shell-output': {
    '0 shell_call_output_content stdout': `To ${ADA} ok`,
    '0 shell_call_output_content stderr': '<EMAIL_ADDRESS_3>',
  },
  clean: { '0 output_text': 'No names here, only 12 words.' },
};

interface Event {
  type: string;
  sequence_number?: number;
  item_id?: string;
  output_index?: number;
  delta?: string | Record<string, string>;
  item?: Item;
  part?: Part;
  response?: { output: Item[]; instructions: string; error?: { message: string } };
  message?: string;
  [field: string]: unknown;
}
interface Part {
  type: string;
  text?: string;
  refusal?: string;
  logprobs?: unknown;
}
interface Item {
  type: string;
  content?: Part[];
  summary?: Part[];
  arguments?: string;
  input?: string;
  code?: string;
}

const recording = (name: string): string =>
  readFileSync(new URL(`fixtures/responses/${name}.sse`, import.meta.url), 'utf8');
const bytesOf = (name: string): Uint8Array => new TextEncoder().encode(recording(name));
const eventsOf = (stream: string): Event[] =>
  dataOf(stream).flatMap((data) => (data.startsWith('{') ? [JSON.parse(data) as Event] : []));
const newCall = (policies: readonly Policy[] = [redact()]): Promise<Call> => openedCall(policies, REQUEST);

function replay(call: Call, bytes: Uint8Array, places: readonly number[]): { shown: string; guard: StreamGuard } {
  const guard = new StreamGuard(call, { dialect: openaiResponses, framing: sse, hideUsage: false, now: () => 0 });
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  let shown = '';
  [0, ...places].forEach((from, i) => {
    shown += atOnce(guard.push(decoder.decode(bytes.slice(from, places[i] ?? bytes.length), { stream: true })));
  });
  return { shown: shown + atOnce(guard.end(decoder.decode())), guard };
}

const guarded = async (name: string, policies?: readonly Policy[]): Promise<string> =>
  replay(await newCall(policies), bytesOf(name), []).shown;

/** Tool arguments in one spelling: a text that came in pieces may spell its escapes otherwise. */
const normal = (name: string, text: string): string =>
  name.includes('arguments') && text.endsWith('}') ? JSON.stringify(JSON.parse(text)) : text;

/** The texts as a client puts them together of their pieces. */
function textsOf(stream: string): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const { type, output_index, delta } of eventsOf(stream)) {
    const name = `${output_index} ${type.slice('response.'.length, -'.delta'.length)}`;
    const pieces =
      typeof delta === 'string'
        ? [[name, delta]]
        : Object.entries(delta ?? {}).map(([key, text]) => [`${name} ${key}`, text]);
    for (const [key, text] of pieces) texts[key!] = (texts[key!] ?? '') + text;
  }
  return Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, normal(name, text)]));
}

const wholeOf = ({ text, refusal }: Part): string | undefined => text ?? refusal;
const textsOfItem = (item: Item): (string | undefined)[] => [
  ...(item.content ?? []).map(wholeOf),
  ...(item.summary ?? []).map(wholeOf),
  item.arguments && normal('arguments', item.arguments),
  item.input,
  item.code,
];

/** Each text of the answer wherever it stands once more: at its own end, in its part, its item, and the response. */
function repeatsOf(stream: string): string[] {
  const repeats = eventsOf(stream).flatMap((event) => {
    const { type, part, item, response } = event;
    if (part) return [wholeOf(part)];
    if (item) return textsOfItem(item);
    if (response) return response.output.flatMap(textsOfItem);
    if (!type.endsWith('.done')) return [];
    const { text, refusal, arguments: json, input, code } = event as Item & Part;
    return [text, refusal, json && normal('arguments', json), input, code];
  });
  return [...new Set(repeats.filter((text): text is string => text !== undefined && text !== ''))].sort();
}

const isDelta = ({ type }: Event): boolean => type.endsWith('.delta');

it('has an expectation for each recording', () => {
  const recorded = readdirSync(new URL('fixtures/responses', import.meta.url)).map((file) =>
    file.replace(/\.sse$/, ''),
  );
  expect(recorded.sort()).toEqual(Object.keys(EXPECTED).sort());
});

describe.each(Object.keys(EXPECTED))('the recording "%s"', (name) => {
  const came = recording(name);

  it('gives the expected texts split at every byte', async () => {
    const call = await newCall();
    const bytes = bytesOf(name);
    for (let at = 1; at < bytes.length; at++)
      expect(textsOf(replay(call, bytes, [at]).shown), `split at ${at}`).toEqual(EXPECTED[name]);
    expect(textsOf(replay(call, bytes, [...bytes.keys()].slice(1)).shown)).toEqual(EXPECTED[name]);
  });

  it('repeats each text as it was streamed', async () => {
    const repeats = repeatsOf(came);
    const expected = name === 'shell-output' || repeats.length === 0 ? [] : Object.values(EXPECTED[name]!);
    expect(repeatsOf(await guarded(name))).toEqual([...expected].sort());
  });

  it('keeps every event in its place, and adds none but for text', async () => {
    const shown = eventsOf(await guarded(name));
    const others = (events: Event[]): unknown[] =>
      events
        .filter((event) => !isDelta(event))
        .map(({ type, sequence_number, item_id }) => [type, sequence_number, item_id]);
    expect(others(shown)).toEqual(others(eventsOf(came)));
    const places = eventsOf(came)
      .filter(isDelta)
      .map(({ delta, obfuscation, logprobs, ...place }) => JSON.stringify(place));
    for (const { delta, obfuscation, logprobs, ...place } of shown.filter(isDelta))
      expect(places).toContain(JSON.stringify(place));
  });

  it('gives no more of a text once it was said to be done', async () => {
    const done = new Set<string>();
    for (const { type, output_index } of eventsOf(await guarded(name))) {
      const stem = `${output_index} ${type.replace(/\.\w+$/, '')}`;
      if (type.endsWith('.delta')) expect(done).not.toContain(stem);
      if (type.endsWith('.done')) done.add(stem);
    }
  });

  it('names its events as they are', async () => {
    const shown = await guarded(name);
    const names = [...shown.matchAll(/^event: (\S+)/gm)].map(([, type]) => type);
    if (names.length > 0) expect(names).toEqual(eventsOf(shown).map(({ type }) => type));
  });

  it('shows nothing that the model wrote of others', async () => {
    const shown = await guarded(name);
    // A stream that broke off in the middle of an address holds no address.
    expect(shown).not.toContain('grace@example.org');
  });

  it('passes as it came, byte for byte, where no policy looks at it, and in monitor mode', async () => {
    expect(await guarded(name, [])).toBe(came);
    expect(await guarded(name, [redact({ mode: 'monitor' })])).toBe(came);
  });
});

describe('what the call learns from a stream', () => {
  it.each(['text', 'incomplete', 'failed', 'unnumbered', 'reasoning'])('is the usage in "%s"', async (name) => {
    const call = await newCall();
    Object.assign(call.exchange, { dialect: 'openai.responses' });
    replay(call, bytesOf(name), []);
    expect(call.exchange.usage).toEqual({
      inputTokens: 9,
      outputTokens: 12,
      cacheReadTokens: 4,
      reasoningTokens: 2,
      source: 'provider',
    });
  });

  it('is the answer, why it ended, and whether it did', async () => {
    const read = async (name: string): Promise<unknown[]> => {
      const call = await newCall();
      const { guard } = replay(call, bytesOf(name), []);
      return [call.exchange.response?.finishReasons, guard.finished, guard.failed, call.exchange.response?.id];
    };
    expect(await read('text')).toEqual([['completed'], true, false, 'resp_1']);
    expect(await read('incomplete')).toEqual([['max_output_tokens'], true, false, 'resp_1']);
    expect(await read('failed')).toEqual([['failed'], true, true, 'resp_1']);
    expect(await read('error')).toEqual([undefined, false, true, 'resp_1']);
    expect(await read('cut-off')).toEqual([undefined, false, false, 'resp_1']);
  });

  it('counts each text once, and nothing of the request that it repeats', async () => {
    const call = await newCall();
    let counted = '';
    replay(
      {
        ...call,
        exchange: call.exchange,
        filtering: false,
        settings: {},
        count: (text) => (counted += text),
        learnUsage: () => {},
        learnEvent: () => {},
      } as Call,
      bytesOf('clean'),
      [],
    );
    expect(counted).toBe('No names here, only 12 words.');
  });
});

describe('an error', () => {
  it.each(['error', 'failed'])(
    'in "%s" comes after the text that was held, and its message is filtered',
    async (name) => {
      const last = eventsOf(await guarded(name)).at(-1)!;
      expect(last.message ?? last.response?.error?.message).toBe('No quota for <EMAIL_ADDRESS_3> left');
    },
  );
});

describe('the request that an answer repeats', () => {
  it('is the one that the client made', async () => {
    const responses = eventsOf(await guarded('text')).flatMap(({ response }) =>
      response ? [response.instructions] : [],
    );
    expect(responses).toEqual([`Mail ${ADA} only`, `Mail ${ADA} only`, `Mail ${ADA} only`]);
  });
});

describe('log probabilities', () => {
  it('stay where the text stayed, and go where it was held or changed, for they quote it', async () => {
    const events = eventsOf(await guarded('logprobs'));
    const [first, second] = events.filter(isDelta);
    expect([first!.logprobs, second!.logprobs]).toEqual([[expect.anything()], []]);
    const part = events.find(({ type }) => type === 'response.content_part.done')!.part!;
    expect(part.logprobs).toEqual([]);
  });
});

it('what was found is told of once', async () => {
  const call = await newCall();
  replay(call, bytesOf('text'), []);
  // Two in the request, and one in the answer, which stands in its events five times.
  expect(call.summary().redactions).toEqual({ EMAIL_ADDRESS: 3 });
});
