/**
 * Streams whose events are like one before but for their texts: one event at a time, all in one piece, or cut anywhere, they come out the
 * same, and as they came where nothing is guarded.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Policy } from '../../src/core/policy.ts';
import { anthropicMessages } from '../../src/dialects/anthropic-messages.ts';
import type { Dialect } from '../../src/dialects/dialect.ts';
import { openaiChat } from '../../src/dialects/openai-chat.ts';
import { openaiResponses } from '../../src/dialects/openai-responses.ts';
import { sse } from '../../src/http/sse.ts';
import { StreamGuard } from '../../src/http/stream.ts';
import { redact } from '../../src/policies/redact.ts';
import { atOnce, dataOf, openedCall } from './calls.ts';

const ADA = 'ada@example.com';
const PIECES = [
  'Mail ',
  '<EMAIL',
  '_ADDRESS_1>',
  ' and',
  '\n\n',
  'grace@exam',
  'ple.org',
  ',\t"',
  'é😀',
  '" or',
  '\\',
  ' so',
];
const SAID = `Mail ${ADA} and\n\n<EMAIL_ADDRESS_2>,\t"é😀" or\\ so`;

interface Kind {
  readonly dialect: Dialect;
  readonly events: readonly string[];
  /** The texts of an event, by what they belong to. */
  texts(event: Record<string, never>): readonly (readonly [name: string, text: string])[];
}

const event = (data: object, name = ''): string => `${name && `event: ${name}\n`}data: ${JSON.stringify(data)}\n\n`;

function chat(newline: string): Kind {
  const chunk = (index: number, delta: object, more: object = {}): string =>
    event({
      id: 'c-1',
      created: 1,
      choices: [{ index, delta, logprobs: null, finish_reason: null, ...more }],
      obfuscation: 'x'.repeat(1 + (index % 3)),
    });
  const events = [
    chunk(0, { role: 'assistant', content: '' }),
    ...PIECES.flatMap((content) => [
      chunk(0, { content }),
      chunk(1, { content }),
      chunk(1, { reasoning_content: content }),
    ]),
    chunk(0, {}, { finish_reason: 'stop' }),
    chunk(1, {}, { finish_reason: 'stop' }),
    'data: [DONE]\n\n',
  ];
  type Chunk = { choices: { index: number; delta: Record<string, string> }[] };
  return {
    dialect: openaiChat,
    events: events.map((one) => one.replaceAll('\n', newline)),
    texts: (one) =>
      (one as unknown as Chunk).choices.flatMap(({ index, delta: { role: _, ...delta } }) =>
        Object.entries(delta).map(([field, text]) => [`${index} ${field}`, text] as const),
      ),
  };
}

function messages(): Kind {
  const named = (data: { type: string }): string => event(data, data.type);
  const delta = (text: string, i: number): string =>
    named({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } } as { type: string }).replace(
      '}}\n',
      `}${' '.repeat(i % 4)}}\n`,
    );
  const start = { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } };
  type Delta = { delta?: { text?: string } };
  return {
    dialect: anthropicMessages,
    events: [
      named(start),
      ...PIECES.map(delta),
      named({ type: 'ping' }),
      named({ type: 'content_block_stop', index: 0 } as { type: string }),
    ],
    texts: (one) => [['0', (one as Delta).delta?.text ?? '']],
  };
}

function responses(): Kind {
  const delta = (text: string, i: number): string =>
    event(
      {
        type: 'response.output_text.delta',
        sequence_number: i + 4,
        item_id: 'm',
        output_index: 0,
        content_index: 0,
        delta: text,
        logprobs: [],
      },
      'response.output_text.delta',
    );
  type Delta = { delta?: string };
  return { dialect: openaiResponses, events: PIECES.map(delta), texts: (one) => [['0', (one as Delta).delta ?? '']] };
}

const KINDS: Readonly<Record<string, { readonly kind: Kind; readonly expected: Readonly<Record<string, string>> }>> = {
  'choices in turns': {
    kind: chat('\n'),
    expected: { '0 content': SAID, '1 content': SAID, '1 reasoning_content': SAID },
  },
  'lines that end with CRLF': {
    kind: chat('\r\n'),
    expected: { '0 content': SAID, '1 content': SAID, '1 reasoning_content': SAID },
  },
  'padded and named events': { kind: messages(), expected: { 0: SAID } },
  'numbered events': { kind: responses(), expected: { 0: SAID } },
};

/** Made once: a redactor takes longer to make than all else here. */
const REDACTED = openedCall([redact()], `Ask ${ADA}`);

async function shownOf({ dialect }: Kind, pieces: readonly string[], call = REDACTED): Promise<string> {
  const guard = new StreamGuard(await call, { dialect, framing: sse, hideUsage: false, now: () => 0 });
  return pieces.map((piece) => atOnce(guard.push(piece))).join('') + atOnce(guard.end(''));
}

function textsOf({ texts }: Kind, shown: string): Record<string, string> {
  const all: Record<string, string> = {};
  for (const data of dataOf(shown.replaceAll('\r\n', '\n'))) {
    if (data === '[DONE]') continue;
    for (const [name, text] of texts(JSON.parse(data))) all[name] = (all[name] ?? '') + text;
  }
  return all;
}

const cut = (text: string, places: readonly number[]): string[] => {
  const ends = [...new Set(places)].sort((a, b) => a - b);
  return [...ends, text.length].map((end, i) => text.slice(ends[i - 1] ?? 0, end));
};

describe.each(Object.entries(KINDS))('%s', (_, { kind, expected }) => {
  const whole = kind.events.join('');

  it('are guarded one by one', async () => {
    expect(textsOf(kind, await shownOf(kind, kind.events))).toEqual(expected);
  });

  it('are guarded the same in one piece, byte for byte', async () => {
    expect(await shownOf(kind, [whole])).toBe(await shownOf(kind, kind.events));
  });

  it('are guarded the same cut anywhere', async () => {
    const shown = await shownOf(kind, kind.events);
    for (let at = 1; at < whole.length; at++) expect(await shownOf(kind, cut(whole, [at])), `cut at ${at}`).toBe(shown);
    expect(await shownOf(kind, [...whole])).toBe(shown);
    const places = fc.array(fc.nat({ max: whole.length - 1 }), { maxLength: 8 });
    await fc.assert(fc.asyncProperty(places, async (at) => (await shownOf(kind, cut(whole, at))) === shown));
  });

  it('pass as they came where nothing is guarded, or only watched', async () => {
    for (const policies of [[], [redact({ mode: 'monitor' })]]) {
      const call = openedCall(policies, 'Hello');
      expect(await shownOf(kind, [whole], call)).toBe(whole);
      expect(await shownOf(kind, kind.events, call)).toBe(whole);
    }
  });
});

it('a text that goes on behind the last event has that one’s number', async () => {
  const { kind } = KINDS['numbered events']!;
  const last = JSON.parse(dataOf(await shownOf(kind, [kind.events.join('')])).at(-1)!);
  expect(last).toMatchObject({ sequence_number: PIECES.length + 3, delta: 'so' });
});

it('what was counted of a text does not depend on what its events are like', async () => {
  const { kind } = KINDS['choices in turns']!;
  const counted = async (pieces: readonly string[]): Promise<string[]> => {
    const call = await openedCall([redact()], 'Hello');
    const texts: string[] = [];
    const told = {
      ...call,
      filter: call.filter.bind(call),
      filtering: true,
      exchange: call.exchange,
      count: (text: string) => texts.push(text),
    };
    const guard = new StreamGuard(told as never, {
      dialect: kind.dialect,
      framing: sse,
      hideUsage: false,
      now: () => 0,
    });
    for (const piece of pieces) atOnce(guard.push(piece));
    return texts;
  };
  const texts = PIECES.flatMap((piece) => [piece, piece, piece]);
  expect(await counted(kind.events)).toEqual(texts);
  expect(await counted([kind.events.join('')])).toEqual(texts);
});

it('events before one that a filter refuses are shown', async () => {
  const strict: Policy = {
    name: 'strict',
    decide: () => ({
      filter: () => ({
        push: (piece) => {
          if (piece === ' so') throw new Error('no');
          return piece;
        },
        end: () => '',
      }),
    }),
  };
  const { kind } = KINDS['numbered events']!;
  const call = await openedCall([strict], 'Hello');
  const guard = new StreamGuard(call, { dialect: kind.dialect, framing: sse, hideUsage: false, now: () => 0 });
  expect(() => guard.push(kind.events.join(''))).toThrow('fail closed');
  expect(guard.passedBefore).toBe(kind.events.slice(0, -1).join(''));
});
