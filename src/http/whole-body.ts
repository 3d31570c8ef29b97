/** Bodies of answers read to their end, within a bound that counts what they are once they are decoded. */
import { GatewayError } from '../errors.ts';

/** @throws GatewayError `provider_response_unreadable`; what reading throws */
export async function readWhole(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  limit: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for await (const piece of body) {
    length += piece.length;
    if (length > limit) throw answerTooLarge(limit);
    pieces.push(piece);
  }
  return joined(pieces, length);
}

export function joined(pieces: readonly Uint8Array<ArrayBuffer>[], length: number): Uint8Array<ArrayBuffer> {
  if (pieces.length === 1) return pieces[0]!;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

export function answerTooLarge(limit: number): GatewayError {
  return new GatewayError('provider_response_unreadable', `The provider's answer is larger than ${limit} bytes.`);
}
