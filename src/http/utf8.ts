/** Bytes that must be UTF-8, every one of them. */

const DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** `undefined` where they are not. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return DECODER.decode(bytes);
  } catch {
    return undefined;
  }
}
