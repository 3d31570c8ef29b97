import { EventStreamCodec } from '@smithy/core/event-streams';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chunkFrame, eventFrame, exceptionFrame, frame } from '../../examples/support/event-frames.ts';
import type { Policy } from '../../src/core/policy.ts';
import { awsConverse } from '../../src/dialects/aws-converse.ts';
import { invokeAnthropic, invokeLlama } from '../../src/dialects/aws-invoke.ts';
import type { Dialect } from '../../src/dialects/dialect.ts';
import { GatewayError } from '../../src/errors.ts';
import { awsEventStream as framing } from '../../src/http/aws-event-stream.ts';
import type { Frame } from '../../src/http/framing.ts';
import { StreamGuard } from '../../src/http/stream.ts';
import { redact } from '../../src/policies/redact.ts';
import { atOnce, openedCall } from './calls.ts';

/** The SDK's own decoder. */
const sdk = new EventStreamCodec(
  (bytes) => (typeof bytes === 'string' ? bytes : new TextDecoder().decode(bytes)),
  (text) => new TextEncoder().encode(text),
);
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
const bytes = (raw: string): Buffer => Buffer.from(raw, 'latin1');

function read(raw: string): Frame[] {
  const reader = framing.reader();
  return [...reader.push(raw), ...reader.end()];
}

interface Decoded {
  readonly headers: Record<string, unknown>;
  readonly payload: unknown;
}

/** What an SDK's client reads of a stream. */
function decoded(raw: string): Decoded[] {
  return read(raw).map((one) => {
    const { headers, body } = sdk.decode(bytes(one.raw));
    const values = Object.entries(headers).map(([name, { value }]) => [name, value] as const);
    const payload = body.length === 0 ? undefined : (JSON.parse(new TextDecoder().decode(body)) as unknown);
    return { headers: Object.fromEntries(values), payload };
  });
}

const EVENTS = [
  eventFrame('messageStart', { role: 'assistant' }),
  eventFrame('contentBlockDelta', { contentBlockIndex: 0, delta: { text: 'Grüße 😀' } }),
  chunkFrame({ type: 'content_block_delta', delta: { text: 'é' } }),
  exceptionFrame('throttlingException', 'Slower.'),
  frame({ ':message-type': 'error', ':error-code': 'InternalFailure', ':error-message': 'Broken.' }, ''),
  frame({ ':message-type': 'event', ':event-type': 'empty' }, ''),
];
const STREAM = text(Buffer.concat(EVENTS));

describe('frames', () => {
  it('say what their payload says, under the type that stands in a header', () => {
    expect(read(STREAM).map(({ data }) => (data === undefined ? data : (JSON.parse(data) as unknown)))).toEqual([
      { messageStart: { role: 'assistant', p: expect.any(String) } },
      { contentBlockDelta: { contentBlockIndex: 0, delta: { text: 'Grüße 😀' }, p: expect.any(String) } },
      { type: 'content_block_delta', delta: { text: 'é' } },
      { throttlingException: { message: 'Slower.' } },
      { error: { code: 'InternalFailure', message: 'Broken.' } },
      undefined,
    ]);
  });

  it('are the same bytes and data wherever the stream is split', () => {
    const whole = read(STREAM);
    expect(whole.map(({ raw }) => raw).join('')).toBe(STREAM);
    for (let at = 0; at <= STREAM.length; at++) {
      const reader = framing.reader();
      const frames = [...reader.push(STREAM.slice(0, at)), ...reader.push(STREAM.slice(at)), ...reader.end()];
      expect(frames).toEqual(whole);
    }
  });

  it('are read of the SDK’s own encoder, whatever headers there are, and changed without losing one', () => {
    const headers = {
      ':message-type': { type: 'string', value: 'event' },
      ':event-type': { type: 'string', value: 'contentBlockDelta' },
      yes: { type: 'boolean', value: true },
      no: { type: 'boolean', value: false },
      byte: { type: 'byte', value: 1 },
      short: { type: 'short', value: 2 },
      integer: { type: 'integer', value: 3 },
      binary: { type: 'binary', value: new Uint8Array([1, 2, 3]) },
      time: { type: 'timestamp', value: new Date(0) },
      uuid: { type: 'uuid', value: '01234567-89ab-cdef-0123-456789abcdef' },
    } as const;
    const [one] = read(text(sdk.encode({ headers, body: Buffer.from('{"delta":{"text":"a"}}') })));
    const changed = framing.withData(one!, '{"contentBlockDelta":{"delta":{"text":"ü"}}}');
    const { headers: kept, body } = sdk.decode(bytes(changed));
    expect(kept).toEqual(headers);
    expect(new TextDecoder().decode(body)).toBe('{"delta":{"text":"ü"}}');
  });

  it('come back as they were when they are written with their own data', () => {
    const value = fc.record({ text: fc.string({ unit: 'binary' }), n: fc.integer() });
    fc.assert(
      fc.property(
        fc.constantFrom('contentBlockDelta', 'chunk', 'a"b'),
        value,
        fc.boolean(),
        (type, payload, wrapped) => {
          const raw = text(wrapped ? chunkFrame(payload) : eventFrame(type, payload));
          const [one] = read(raw);
          const again = framing.withData(one!, one!.data!);
          expect(decoded(again)).toEqual([
            { headers: sdkHeaders(raw), payload: expect.objectContaining(wrapped ? {} : payload) as unknown },
          ]);
          expect(read(again)[0]!.data).toBe(one!.data);
        },
      ),
    );
  });

  it('may hold what is no JSON', () => {
    const [one] = read(text(frame({ ':message-type': 'event', ':event-type': 'note' }, 'Hello')));
    expect(one!.data).toBe('Hello');
    expect(read(framing.withData(one!, 'Bye'))[0]!.data).toBe('Bye');
  });

  it('of errors that stand in headers alone are rewritten there', () => {
    const [one] = read(text(EVENTS[4]!));
    const changed = framing.withData(one!, '{"error":{"code":"InternalFailure","message":"Other."}}');
    expect(decoded(changed)[0]!.headers).toEqual({
      ':message-type': 'error',
      ':error-code': 'InternalFailure',
      ':error-message': 'Other.',
    });
  });
});

function sdkHeaders(raw: string): unknown {
  return decoded(raw)[0]!.headers;
}

describe('broken bytes', () => {
  const good = text(EVENTS[1]!);

  it('are an error, whichever byte is flipped, and never data', () => {
    for (let at = 0; at < good.length; at++) {
      const flipped = good.slice(0, at) + String.fromCharCode(good.charCodeAt(at) ^ 1) + good.slice(at + 1);
      expect(() => read(flipped), `byte ${at}`).toThrow(GatewayError);
    }
  });

  it('are an error wherever the stream ends within a frame', () => {
    for (let at = 1; at < good.length; at++) expect(() => read(good.slice(0, at)), `${at} bytes`).toThrow(GatewayError);
  });

  it('let the frames before them through, wherever the bytes are split', () => {
    const bad = text(EVENTS[0]!) + good.slice(0, -1) + String.fromCharCode(good.charCodeAt(good.length - 1) ^ 1);
    for (let at = 0; at <= bad.length; at++) {
      const reader = framing.reader();
      const frames: Frame[] = [];
      let error: unknown;
      try {
        frames.push(...reader.push(bad.slice(0, at)));
        frames.push(...reader.push(bad.slice(at)));
        reader.end();
      } catch (cause) {
        error = cause;
      }
      expect(frames.map(({ raw }) => raw)).toEqual([text(EVENTS[0]!)]);
      expect(error).toMatchObject({ code: 'provider_response_unreadable' });
    }
  });

  it.each<[string, Buffer]>([
    ['a frame of 4 GB', prelude(0xffffffff, 0)],
    ['headers longer than the frame', prelude(20, 100)],
    ['a frame shorter than its checksums', prelude(12, 0)],
    [
      'a payload that is no UTF-8',
      frame({ ':message-type': 'event', ':event-type': 'x' }, new Uint8Array([0xff, 0xfe])),
    ],
    ['a chunk whose bytes are no UTF-8', eventFrame('chunk', { bytes: Buffer.from([0xff, 0xfe]).toString('base64') })],
  ])('%s', (_name, raw) => {
    expect(() => read(text(raw))).toThrow(GatewayError);
  });

  /** A checksum that holds, so that the lengths alone are wrong. */
  function prelude(total: number, headers: number): Buffer {
    const lengths = Buffer.alloc(8);
    lengths.writeUInt32BE(total, 0);
    lengths.writeUInt32BE(headers, 4);
    return Buffer.concat([lengths, crcOf(lengths)]);
  }
});

function crcOf(head: Buffer): Buffer {
  let crc = ~0;
  for (const byte of head) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(~crc >>> 0, 0);
  return sum;
}

const REDACT = [redact()];

describe('a guarded stream', () => {
  const ADA = 'ada@example.com';
  const guard = async (
    dialect: Dialect,
    policies: readonly Policy[] = REDACT,
  ): Promise<(pieces: readonly string[]) => string> => {
    const call = await openedCall(policies, `Ask ${ADA}`);
    const stream = new StreamGuard(call, { dialect, framing, hideUsage: false, now: () => 0 });
    return (pieces) => pieces.map((piece) => atOnce(stream.push(piece))).join('') + atOnce(stream.end(''));
  };
  const delta = (piece: string, index = 0): Buffer =>
    eventFrame('contentBlockDelta', { contentBlockIndex: index, delta: { text: piece } });
  const tool = (piece: string): Buffer =>
    eventFrame('contentBlockDelta', { contentBlockIndex: 1, delta: { toolUse: { input: piece } } });
  const CONVERSE = text(
    Buffer.concat([
      eventFrame('messageStart', { role: 'assistant' }),
      ...['Mail <EMAIL', '_ADDRESS_1> and grace@exam', 'ple.org'].map((piece) => delta(piece)),
      eventFrame('contentBlockStop', { contentBlockIndex: 0 }),
      eventFrame('contentBlockStart', { contentBlockIndex: 1, start: { toolUse: { toolUseId: 't', name: 'mail' } } }),
      ...['{"to":"<EMAIL_ADD', 'RESS_1>"}'].map(tool),
      eventFrame('contentBlockStop', { contentBlockIndex: 1 }),
      eventFrame('messageStop', { stopReason: 'end_turn' }),
      eventFrame('metadata', { usage: { inputTokens: 1, outputTokens: 1 } }),
    ]),
  );
  const typesOf = (raw: string): unknown[] => decoded(raw).map(({ headers }) => headers[':event-type']);

  /** Texts and tool inputs by their block, as a client puts them together. */
  function textsOf(raw: string): Record<string, string> {
    const texts: Record<string, string> = {};
    for (const { payload } of decoded(raw)) {
      const { contentBlockIndex, delta: piece } = payload as {
        contentBlockIndex?: number;
        delta?: { text?: string; toolUse?: { input: string } };
      };
      const more = piece?.text ?? piece?.toolUse?.input ?? '';
      if (more !== '') texts[`${contentBlockIndex}`] = (texts[`${contentBlockIndex}`] ?? '') + more;
    }
    return texts;
  }

  const EXPECTED = { 0: `Mail ${ADA} and <EMAIL_ADDRESS_2>`, 1: `{"to":"${ADA}"}` };

  it('of Converse has the same texts wherever it is split, each before the end of its block', async () => {
    const all = new Set<string>();
    for (let at = 0; at <= CONVERSE.length; at++)
      all.add((await guard(awsConverse))([CONVERSE.slice(0, at), CONVERSE.slice(at)]));
    for (const shown of all) {
      expect(textsOf(shown)).toEqual(EXPECTED);
      const stops = typesOf(shown).flatMap((type, index) => (type === 'contentBlockStop' ? [index] : []));
      const deltas = typesOf(shown).flatMap((type, index) => (type === 'contentBlockDelta' ? [index] : []));
      expect(deltas.filter((index) => index > stops[1]!)).toEqual([]);
    }
  });

  it('goes out byte for byte when no policy filters it', async () => {
    const clean = text(
      Buffer.concat([
        eventFrame('messageStart', { role: 'assistant' }),
        delta('Fine words. '),
        delta('More. '),
        ...EVENTS.slice(3),
      ]),
    );
    const bytewise = [...clean];
    expect((await guard(awsConverse, []))(bytewise)).toBe(clean);
  });

  it.each<[string, Dialect, (piece: string) => object, (event: object) => string | undefined]>([
    [
      'Claude',
      invokeAnthropic,
      (piece) => ({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: piece } }),
      (event) => (event as { delta?: { text?: string } }).delta?.text,
    ],
    [
      'Llama',
      invokeLlama,
      (piece) => ({ generation: piece, stop_reason: null }),
      (event) => (event as { generation?: string }).generation,
    ],
    [
      'Mistral',
      invokeLlama,
      (piece) => ({ outputs: [{ text: piece, stop_reason: null }] }),
      (event) => (event as { outputs?: { text: string }[] }).outputs?.[0]?.text,
    ],
    [
      'models of OpenAI’s form',
      invokeLlama,
      (piece) => ({ choices: [{ index: 0, delta: { content: piece }, finish_reason: null }] }),
      (event) => (event as { choices?: { delta: { content: string } }[] }).choices?.[0]?.delta.content,
    ],
    [
      'Nova',
      invokeLlama,
      (piece) => ({ contentBlockDelta: { contentBlockIndex: 0, delta: { text: piece } } }),
      (event) => (event as { contentBlockDelta?: { delta: { text: string } } }).contentBlockDelta?.delta.text,
    ],
    [
      'Titan',
      invokeLlama,
      (piece) => ({ outputText: piece, index: 0, completionReason: null }),
      (event) => (event as { outputText?: string }).outputText,
    ],
    [
      'Cohere',
      invokeLlama,
      (piece) => ({ event_type: 'text-generation', text: piece, is_finished: false }),
      (event) => (event as { text?: string }).text,
    ],
  ])('of %s in chunks has the same text wherever it is split', async (_model, dialect, event, textIn) => {
    const pieces = ['Mail <EMAIL', '_ADDRESS_1> and grace@exam', 'ple.org'];
    const raw = text(Buffer.concat(pieces.map((piece) => chunkFrame(event(piece)))));
    for (let at = 0; at <= raw.length; at++) {
      const shown = (await guard(dialect))([raw.slice(0, at), raw.slice(at)]);
      const events = read(shown).map(({ data }) => JSON.parse(data!) as object);
      expect(events.map((one) => textIn(one) ?? '').join('')).toBe(EXPECTED[0]);
      expect(typesOf(shown).every((type) => type === 'chunk')).toBe(true);
    }
  });

  it('ends all texts before an exception, whose message is redacted too', async () => {
    const raw = text(
      Buffer.concat([delta('Mail <EMAIL_ADD'), exceptionFrame('modelStreamErrorException', 'No grace@example.org')]),
    );
    const shown = decoded((await guard(awsConverse))([raw]));
    expect(shown.map(({ headers }) => headers[':message-type'])).toEqual(['event', 'event', 'exception']);
    expect(shown.at(-1)!.payload).toEqual({ message: 'No <EMAIL_ADDRESS_2>' });
  });
});

it('an error of ours is an exception of the service', () => {
  const refusal = new GatewayError('spend_cap_reached', 'Too dear.', { details: { policy: 'cap' } });
  expect(decoded(framing.error(awsConverse.errors.event(refusal), true))).toEqual([
    {
      headers: {
        ':message-type': 'exception',
        ':exception-type': 'modelStreamErrorException',
        ':content-type': 'application/json',
      },
      payload: {
        message: 'Too dear.',
        originalStatusCode: 402,
        originalMessage: '{"code":"spend_cap_reached","message":"Too dear.","details":{"policy":"cap"}}',
      },
    },
  ]);
});
