/** The checksums that GitHub and npm put into their tokens. Knows nothing of where tokens stand. */

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const CHECKSUM_CHARS = 6;
const CRC_TABLE = buildCrcTable();

/**
 * Whether the last six characters of a token are the CRC-32 (IEEE) of what stands between its prefix and them, in base62
 * (github.blog, 2021-04-05, "Behind GitHub's new authentication token formats"; npm has the same form).
 */
export function hasBase62Checksum(body: string): boolean {
  const entropy = body.slice(0, -CHECKSUM_CHARS);
  return toBase62(crc32(entropy)) === body.slice(-CHECKSUM_CHARS);
}

/** CRC-32 of ASCII text, as ISO 3309. */
export function crc32(text: string): number {
  let crc = 0xffff_ffff;
  for (let at = 0; at < text.length; at++) crc = CRC_TABLE[(crc ^ text.charCodeAt(at)) & 0xff]! ^ (crc >>> 8);
  return (crc ^ 0xffff_ffff) >>> 0;
}

/** Six characters, most significant first. */
export function toBase62(given: number): string {
  let text = '';
  for (let rest = given; text.length < CHECKSUM_CHARS; rest = Math.floor(rest / 62)) text = BASE62[rest % 62]! + text;
  return text;
}

function buildCrcTable(): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, byte) => {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? 0xedb8_8320 ^ (crc >>> 1) : crc >>> 1;
    return crc;
  });
}
