/** Base58Check: the payload of an address whose double SHA-256 checksum is right. */
import { createHash } from 'node:crypto';

const BITCOIN = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
/** The same characters in the XRP Ledger's order. */
const RIPPLE = 'rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz';
const CHECKSUM_BYTES = 4;

/** The version byte of an address of 25 bytes, or -1 when length or checksum is wrong. */
export function base58Version(address: string, alphabet: 'bitcoin' | 'ripple' = 'bitcoin'): number {
  const bytes = decodeBase58(address, alphabet === 'bitcoin' ? BITCOIN : RIPPLE);
  if (bytes === undefined || bytes.length !== 25) return -1;
  const payload = bytes.subarray(0, -CHECKSUM_BYTES);
  const checksum = sha256(sha256(payload)).subarray(0, CHECKSUM_BYTES);
  return checksum.equals(bytes.subarray(-CHECKSUM_BYTES)) ? bytes[0]! : -1;
}

/** Length in bytes of what a base58 text stands for, or -1. */
export function base58Length(text: string): number {
  return decodeBase58(text, BITCOIN)?.length ?? -1;
}

function decodeBase58(text: string, alphabet: string): Buffer | undefined {
  const bytes: number[] = [];
  for (const character of text) {
    let carry = alphabet.indexOf(character);
    if (carry < 0) return undefined;
    for (let at = 0; at < bytes.length; at++) {
      carry += bytes[at]! * 58;
      bytes[at] = carry & 0xff;
      carry >>= 8;
    }
    for (; carry > 0; carry >>= 8) bytes.push(carry & 0xff);
  }
  // Each leading zero is written as one first letter of the alphabet.
  for (let at = 0; at < text.length && text[at] === alphabet[0]; at++) bytes.push(0);
  return Buffer.from(bytes.reverse());
}

function sha256(data: Uint8Array): Buffer {
  return createHash('sha256').update(data).digest();
}
