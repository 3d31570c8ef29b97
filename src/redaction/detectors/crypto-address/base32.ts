/** Addresses in RFC 4648's base32 and base64url, with the checksums of those who use them. */
import { createHash } from 'node:crypto';

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** Stellar's StrKey (SEP-23): the last two bytes are a CRC-16 of those before. */
export function passesStellar(text: string): boolean {
  const bytes = decodeBase32(text);
  const checksum = bytes.slice(0, -2).reduce(crc16, 0);
  return bytes.at(-2) === (checksum & 0xff) && bytes.at(-1) === checksum >> 8;
}

/** Algorand: a key of 32 bytes and the last four of its SHA-512/256. */
export function passesAlgorand(text: string): boolean {
  const bytes = Buffer.from(decodeBase32(text));
  const hash = createHash('sha512-256').update(bytes.subarray(0, 32)).digest();
  return bytes.length === 36 && hash.subarray(-4).equals(bytes.subarray(32));
}

/** TON (TEP-2): tag, workchain, account, CRC-16. */
export function passesTon(text: string): boolean {
  const bytes = [...Buffer.from(text, 'base64')];
  const checksum = bytes.slice(0, -2).reduce(crc16, 0);
  return bytes.length === 36 && bytes[34] === checksum >> 8 && bytes[35] === (checksum & 0xff);
}

function decodeBase32(text: string): number[] {
  const bytes: number[] = [];
  let bits = 0;
  let held = 0;
  for (const character of text) {
    held = (held << 5) | BASE32.indexOf(character);
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push((held >> bits) & 0xff);
    held &= (1 << bits) - 1;
  }
  return bytes;
}

/** CRC-16/XMODEM, one byte more. */
function crc16(checksum: number, byte: number): number {
  let next = checksum ^ (byte << 8);
  for (let bit = 0; bit < 8; bit++) next = ((next << 1) ^ ((next & 0x8000) === 0 ? 0 : 0x1021)) & 0xffff;
  return next;
}
