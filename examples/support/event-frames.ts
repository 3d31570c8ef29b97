/** Writes frames of Amazon's event streams, independently of what is under test. */
import { crc32 } from 'node:zlib';

export function frame(headers: Readonly<Record<string, string>>, payload: string | Uint8Array): Buffer {
  const parts = Object.entries(headers).map(([name, value]) => {
    const length = Buffer.alloc(3);
    length.writeUInt8(7, 0);
    length.writeUInt16BE(Buffer.byteLength(value), 1);
    return Buffer.concat([Buffer.from([name.length]), Buffer.from(name), length, Buffer.from(value)]);
  });
  const head = Buffer.concat(parts);
  const prelude = Buffer.alloc(8);
  prelude.writeUInt32BE(16 + head.length + Buffer.byteLength(payload), 0);
  prelude.writeUInt32BE(head.length, 4);
  const body = Buffer.concat([prelude, checksum(prelude), head, Buffer.from(payload as string)]);
  return Buffer.concat([body, checksum(body)]);
}

function checksum(bytes: Uint8Array): Buffer {
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(bytes), 0);
  return sum;
}

/** Padding as Bedrock adds it: of random length, here always the same. */
const PADDING = 'abcdefghijklmnopqrstuvwxyzABCDEF';

export function eventFrame(type: string, payload: object): Buffer {
  const headers = { ':event-type': type, ':content-type': 'application/json', ':message-type': 'event' };
  return frame(headers, JSON.stringify({ ...payload, p: PADDING }));
}

/** A model's own event. */
export function chunkFrame(event: object): Buffer {
  return eventFrame('chunk', { bytes: Buffer.from(JSON.stringify(event)).toString('base64') });
}

export function exceptionFrame(type: string, message: string): Buffer {
  const headers = { ':exception-type': type, ':content-type': 'application/json', ':message-type': 'exception' };
  return frame(headers, JSON.stringify({ message }));
}
