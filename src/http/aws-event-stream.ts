/**
 * Amazon's binary event streams (`application/vnd.amazon.eventstream`): frames of headers and a payload, each with two checksums, at
 * https://smithy.io/2.0/aws/amazon-eventstream.html. A frame that is not changed goes out byte for byte, which no decoder of whole
 * messages can promise. It knows how events are named and wrapped, and nothing of what they say.
 *
 * What a payload is does not stand in it, so a frame's data is `{"<event type>": payload}`. Payloads of the type `chunk` hold the base64 of
 * a model's own event, which then is the data; what else stands beside it (`p`, padding) no client reads.
 */
import { crc32 } from 'node:zlib';
import type { ErrorEvent } from '../dialects/dialect.ts';
import { GatewayError } from '../errors.ts';
import { type Frame, type FrameReader, type Framing, MAX_EVENT_CHARS } from './framing.ts';

/** Total length, length of the headers, checksum of both. */
const PRELUDE_BYTES = 12;
const CHECKSUM_BYTES = 4;
const MIN_BYTES = PRELUDE_BYTES + CHECKSUM_BYTES;
/** The specification's own limit. */
const MAX_HEADER_BYTES = 128 * 1024;
const STRING = 7;
/** Bytes of values by their type; two bytes of length stand before byte arrays and strings. */
const VALUE_BYTES: readonly number[] = [0, 0, 1, 2, 4, 8, -1, -1, 8, 16];

type Headers = ReadonlyMap<string, string>;

interface Message {
  readonly headers: Headers;
  /** As they stand in the frame. */
  readonly headerBytes: Buffer;
  readonly payload: string;
}

/** How the payload of a message is handed out. */
type Form = { readonly type: string; readonly as: 'chunk' | 'named' | 'error' } | { readonly as: 'plain' };

class MessageReader implements FrameReader {
  #buffer = '';
  /** Until so much is there, the buffer is not looked at: that would copy it. */
  #awaited = PRELUDE_BYTES;
  /** Told with the next push: the frames before a broken one are whole, wherever the bytes were split. */
  #broken: GatewayError | undefined;

  push(text: string): Frame[] {
    if (this.#broken) throw this.#broken;
    this.#buffer += text;
    if (this.#buffer.length < this.#awaited) return [];
    const frames: Frame[] = [];
    let at = 0;
    try {
      for (let end = this.#end(at); end !== undefined; end = this.#end(at)) {
        frames.push(frameOf(this.#buffer.slice(at, end)));
        at = end;
      }
    } catch (error) {
      this.#broken = error as GatewayError;
      if (frames.length === 0) throw error;
    }
    this.#buffer = this.#buffer.slice(at);
    return frames;
  }

  end(): Frame[] {
    if (this.#broken) throw this.#broken;
    if (this.#buffer !== '') throw broken('it ends in the middle of a frame');
    return [];
  }

  /** Where the frame ends that begins at an offset; `undefined` while that is not there. */
  #end(at: number): number | undefined {
    this.#awaited = PRELUDE_BYTES;
    if (this.#buffer.length - at < PRELUDE_BYTES) return undefined;
    const prelude = Buffer.from(this.#buffer.slice(at, at + PRELUDE_BYTES), 'latin1');
    if (crc32(prelude.subarray(0, 8)) !== prelude.readUInt32BE(8)) throw broken('a checksum is wrong');
    const [total, headers] = [prelude.readUInt32BE(0), prelude.readUInt32BE(4)];
    if (total > MAX_EVENT_CHARS) throw broken(`a frame has more than ${MAX_EVENT_CHARS} bytes`);
    if (headers > MAX_HEADER_BYTES || total < MIN_BYTES + headers) throw broken('the lengths of a frame are wrong');
    this.#awaited = total;
    return this.#buffer.length - at < total ? undefined : at + total;
  }
}

function broken(what: string): GatewayError {
  return new GatewayError(
    'provider_response_unreadable',
    `The provider's event stream cannot be read: ${what}. What came before it was passed on.`,
  );
}

function frameOf(raw: string): Frame {
  const message = parse(raw);
  return { raw, data: dataOf(message, formOf(message)) };
}

/** @throws GatewayError `provider_response_unreadable` */
function parse(raw: string): Message {
  const bytes = Buffer.from(raw, 'latin1');
  const end = bytes.length - CHECKSUM_BYTES;
  if (crc32(bytes.subarray(0, end)) !== bytes.readUInt32BE(end)) throw broken('a checksum is wrong');
  const payloadAt = PRELUDE_BYTES + bytes.readUInt32BE(4);
  const headerBytes = bytes.subarray(PRELUDE_BYTES, payloadAt);
  return { headers: headersIn(headerBytes), headerBytes, payload: decodeText(bytes.subarray(payloadAt, end)) };
}

/** Those that are strings; the others say nothing of an event. */
function headersIn(bytes: Buffer): Headers {
  const headers = new Map<string, string>();
  const need = (end: number): number => {
    if (end > bytes.length) throw broken('a header is cut off');
    return end;
  };
  for (let at = 0; at < bytes.length; ) {
    const nameEnd = need(at + 1 + bytes[at]!);
    need(nameEnd + 1);
    const type = bytes[nameEnd]!;
    const fixed = VALUE_BYTES[type];
    if (fixed === undefined) throw broken('a header has no known type');
    const valueAt = fixed < 0 ? need(nameEnd + 3) : nameEnd + 1;
    const end = need(valueAt + (fixed < 0 ? bytes.readUInt16BE(nameEnd + 1) : fixed));
    if (type === STRING) headers.set(bytes.toString('utf8', at + 1, nameEnd), bytes.toString('utf8', valueAt, end));
    at = end;
  }
  return headers;
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decodeText(bytes: Uint8Array): string {
  try {
    return UTF8.decode(bytes);
  } catch {
    throw broken('a payload is not text');
  }
}

function formOf({ headers, payload }: Message): Form {
  const kind = headers.get(':message-type');
  if (kind === 'error') return { type: 'error', as: 'error' };
  const type = headers.get(kind === 'exception' ? ':exception-type' : ':event-type');
  if (type === undefined || !/^\s*\{/.test(payload)) return { as: 'plain' };
  return { type, as: type === 'chunk' && bytesOf(payload) !== undefined ? 'chunk' : 'named' };
}

/** The base64 in a chunk. */
function bytesOf(payload: string): string | undefined {
  try {
    const { bytes } = JSON.parse(payload) as { bytes?: unknown };
    return typeof bytes === 'string' ? bytes : undefined;
  } catch {
    return undefined;
  }
}

function dataOf({ headers, payload }: Message, form: Form): string | undefined {
  switch (form.as) {
    case 'plain':
      return payload === '' ? undefined : payload;
    case 'named':
      return opening(form.type) + payload + CLOSING;
    case 'chunk':
      return decodeText(Buffer.from(bytesOf(payload)!, 'base64'));
    case 'error':
      return JSON.stringify({ error: { code: headers.get(':error-code'), message: headers.get(':error-message') } });
  }
}

const opening = (type: string): string => `{${JSON.stringify(type)}:`;
const CLOSING = '}';

/** A frame of the same headers, with other data in the place of its own. */
function withData({ raw }: Frame, data: string): string {
  const message = parse(raw);
  const form = formOf(message);
  switch (form.as) {
    case 'plain':
      return encode(message.headerBytes, data);
    case 'named':
      return encode(message.headerBytes, payloadIn(data, form.type));
    case 'chunk':
      return encode(message.headerBytes, chunk(data, JSON.parse(message.payload) as object));
    case 'error': {
      const { error = {} } = JSON.parse(data) as { error?: Record<string, unknown> };
      return errorFrame(String(error.code ?? ''), String(error.message ?? ''));
    }
  }
}

/** What stands under a type, in its own spelling. */
function payloadIn(data: string, type: string): string {
  const start = opening(type);
  if (data.startsWith(start) && data.endsWith(CLOSING)) return data.slice(start.length, -CLOSING.length);
  throw broken('an event lost its type');
}

const chunk = (data: string, beside: object = {}): string =>
  JSON.stringify({ ...beside, bytes: Buffer.from(data, 'utf8').toString('base64') });

/** A new event: of its own type where it names one, else in the envelope of the other. */
function sibling({ raw }: Frame, data: string): string {
  const form = formOf(parse(raw));
  if (form.as === 'chunk') return encode(eventHeaders('chunk'), chunk(data));
  const [type = ''] = Object.keys(JSON.parse(data) as object);
  return encode(eventHeaders(type), payloadIn(data, type));
}

function error({ name = 'modelStreamErrorException', data }: ErrorEvent): string {
  const headers = { ':exception-type': name, ':content-type': 'application/json', ':message-type': 'exception' };
  return encode(headerBytes(headers), JSON.stringify(data));
}

/** Errors that no service models stand in headers alone. */
function errorFrame(code: string, message: string): string {
  return encode(headerBytes({ ':message-type': 'error', ':error-code': code, ':error-message': message }), '');
}

function eventHeaders(type: string): Buffer {
  return headerBytes({ ':event-type': type, ':content-type': 'application/json', ':message-type': 'event' });
}

/** The longest value that the SDKs read. */
const MAX_VALUE_BYTES = 32_767;

function headerBytes(headers: Readonly<Record<string, string>>): Buffer {
  const parts = Object.entries(headers).flatMap(([name, value]) => {
    const bytes = Buffer.from(value, 'utf8').subarray(0, MAX_VALUE_BYTES);
    const [nameLength, form] = [
      Buffer.from([name.length]),
      Buffer.from([STRING, bytes.length >> 8, bytes.length & 255]),
    ];
    return [nameLength, Buffer.from(name, 'utf8'), form, bytes];
  });
  return Buffer.concat(parts);
}

function encode(headers: Uint8Array, payload: string): string {
  const body = Buffer.from(payload, 'utf8');
  const frame = Buffer.alloc(MIN_BYTES + headers.length + body.length);
  frame.writeUInt32BE(frame.length, 0);
  frame.writeUInt32BE(headers.length, 4);
  frame.writeUInt32BE(crc32(frame.subarray(0, 8)), 8);
  frame.set(headers, PRELUDE_BYTES);
  frame.set(body, PRELUDE_BYTES + headers.length);
  const end = frame.length - CHECKSUM_BYTES;
  frame.writeUInt32BE(crc32(frame.subarray(0, end)), end);
  return frame.toString('latin1');
}

export const awsEventStream: Framing = {
  charset: 'latin1',
  reader: () => new MessageReader(),
  withData,
  sibling: (frame, data) => sibling(frame, data),
  // A frame that was cut off is an error already.
  missingEnd: () => '',
  error,
};
