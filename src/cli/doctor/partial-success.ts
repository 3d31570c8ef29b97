/**
 * What an OTLP backend says of a batch that it took in part, in its answer of 200: how many spans it threw away, and why. Read from
 * the field numbers of OTLP's `ExportTraceServiceResponse`, or from its JSON. Knows no request.
 */
import { type Answer, parsedJson } from './request.ts';

export interface PartialSuccess {
  /** Zero with a message is a warning of the backend's. */
  readonly rejectedSpans: number;
  readonly message: string;
}

/** `undefined` where nothing was said, or nothing that can be read: most backends answer without a body. */
export function partialSuccessOf({ body, headers }: Pick<Answer, 'body' | 'headers'>): PartialSuccess | undefined {
  const found = /json/.test(headers['content-type'] ?? '') ? fromJson(parsedJson(body)) : fromProtobuf(body);
  return found && (found.rejectedSpans > 0 || found.message !== '') ? found : undefined;
}

/** 64-bit numbers are strings in protobuf's JSON; some senders write numbers. */
function fromJson(json: unknown): PartialSuccess | undefined {
  const { partialSuccess } = Object(json) as { partialSuccess?: unknown };
  const { rejectedSpans, errorMessage } = Object(partialSuccess) as { rejectedSpans?: unknown; errorMessage?: unknown };
  const count = Number(rejectedSpans ?? 0);
  return {
    rejectedSpans: Number.isSafeInteger(count) ? count : 0,
    message: typeof errorMessage === 'string' ? errorMessage : '',
  };
}

const PARTIAL_SUCCESS = 1;
const REJECTED_SPANS = 1;
const ERROR_MESSAGE = 2;

function fromProtobuf(body: Buffer): PartialSuccess | undefined {
  const inner = fieldsOf(body)?.get(PARTIAL_SUCCESS);
  const fields = Buffer.isBuffer(inner) ? fieldsOf(inner) : undefined;
  if (!fields) return undefined;
  const [count, message] = [fields.get(REJECTED_SPANS), fields.get(ERROR_MESSAGE)];
  return {
    rejectedSpans: typeof count === 'number' ? count : 0,
    message: Buffer.isBuffer(message) ? message.toString('utf8') : '',
  };
}

const VARINT = 0;
const BYTES = 2;
/** Further bits stand in numbers that are no counts of spans. */
const MAX_VARINT_BYTES = 7;

/** The numbers and byte strings of a message by their field numbers; `undefined` for what is none, or is cut off. */
function fieldsOf(message: Buffer): Map<number, number | Buffer> | undefined {
  const fields = new Map<number, number | Buffer>();
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let i = 0; i < MAX_VARINT_BYTES; i++) {
      const byte = message[at++];
      if (byte === undefined) return Number.NaN;
      value += (byte & 0x7f) * 2 ** (7 * i);
      if (byte < 0x80) return value;
    }
    return Number.NaN;
  };
  while (at < message.length) {
    const tag = varint();
    const value = varint();
    if (Number.isNaN(tag) || Number.isNaN(value)) return undefined;
    const field = Math.floor(tag / 8);
    if (tag % 8 === VARINT) fields.set(field, value);
    else if (tag % 8 === BYTES && at + value <= message.length) {
      fields.set(field, message.subarray(at, at + value));
      at += value;
    } else return undefined;
  }
  return fields;
}
