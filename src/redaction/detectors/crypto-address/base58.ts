/** Base58 and the checksums that addresses in it carry. Knows shapes of bytes, no currency's name. */
import { createHash } from 'node:crypto';
import { keccak256 } from './keccak.ts';

const BITCOIN = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
/** The same characters in the XRP Ledger's order. */
const RIPPLE = 'rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz';
const CHECKSUM_BYTES = 4;
/** A version of one byte and a hash of 160 bits; Zcash has two bytes of version, Tezos three. */
const CHECKED_BYTES: readonly number[] = [25, 26, 27];

/** Whether an address passes Base58Check: double SHA-256 over its version and hash. */
export function passesBase58Check(address: string, alphabet: 'bitcoin' | 'ripple' = 'bitcoin'): boolean {
  const bytes = decodeBase58(address, alphabet === 'bitcoin' ? BITCOIN : RIPPLE);
  if (bytes === undefined || !CHECKED_BYTES.includes(bytes.length)) return false;
  const payload = bytes.subarray(0, -CHECKSUM_BYTES);
  return sha256(sha256(payload)).subarray(0, CHECKSUM_BYTES).equals(bytes.subarray(-CHECKSUM_BYTES));
}

/** SS58, of Polkadot and the chains on it: a network, a key of 32 bytes, and two bytes of BLAKE2b. */
export function passesSs58(address: string): boolean {
  const bytes = decodeBase58(address, BITCOIN);
  if (bytes === undefined || bytes.length < 35 || bytes.length > 36) return false;
  const hash = createHash('blake2b512').update('SS58PRE').update(bytes.subarray(0, -2)).digest();
  return hash.subarray(0, 2).equals(bytes.subarray(-2));
}

/** Length in bytes of what a base58 text stands for, or -1. */
export function base58Length(text: string): number {
  return decodeBase58(text, BITCOIN)?.length ?? -1;
}

const MONERO_BLOCK_CHARS = 11;
const MONERO_BLOCK_BYTES = 8;
/** Bytes of a last block that is shorter, by its characters. */
const MONERO_REST_BYTES = [0, -1, 1, 2, -1, 3, 4, 5, -1, 6, 7] as const;

/** Monero's base58 goes by blocks of eight bytes; the last four bytes are Keccak's of those before. */
export function passesMonero(address: string): boolean {
  const bytes: number[] = [];
  for (let at = 0; at < address.length; at += MONERO_BLOCK_CHARS) {
    const block = moneroBlock(address.slice(at, at + MONERO_BLOCK_CHARS));
    if (block === undefined) return false;
    bytes.push(...block);
  }
  const payload = String.fromCharCode(...bytes.slice(0, -CHECKSUM_BYTES));
  return keccak256(payload).startsWith(Buffer.from(bytes.slice(-CHECKSUM_BYTES)).toString('hex'));
}

function moneroBlock(text: string): number[] | undefined {
  const length = text.length === MONERO_BLOCK_CHARS ? MONERO_BLOCK_BYTES : (MONERO_REST_BYTES[text.length] ?? -1);
  if (length < 0) return undefined;
  let number = 0n;
  for (const character of text) number = number * 58n + BigInt(BITCOIN.indexOf(character));
  if (number >> BigInt(8 * length) !== 0n) return undefined;
  return Array.from({ length }, (_, at) => Number((number >> BigInt(8 * (length - 1 - at))) & 0xffn));
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
