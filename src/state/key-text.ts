/** What a virtual key looks like, and the keyed hash that is kept of it. Knows no store. */
import { createHmac, randomBytes } from 'node:crypto';
import type { Secret } from '../core/secret.ts';

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** Bytes from here on would make the first letters likelier than the others. */
const FAIR = 248;
const ID_CHARS = 12;
/** 43 letters of 62 are 256 bits. */
const SECRET_CHARS = 43;
const FORM = /^ptn_([0-9A-Za-z]{12})_[0-9A-Za-z]{43}$/;

export type RandomBytes = (size: number) => Uint8Array;

export function newKeyId(random: RandomBytes = randomBytes): string {
  return base62(ID_CHARS, random);
}

/** `ptn_<id>_<secret>`: neither part holds an underscore. */
export function newKey(id: string, random: RandomBytes = randomBytes): string {
  return `ptn_${id}_${base62(SECRET_CHARS, random)}`;
}

/** Undefined when it is no key of ours. */
export function keyIdOf(key: string): string | undefined {
  return FORM.exec(key)?.[1];
}

/** Who has the store and not the pepper can neither tell a key from it nor make one that fits. */
export function keyHash(pepper: Secret, key: string): Buffer {
  return createHmac('sha256', pepper.reveal()).update(key).digest();
}

/** Tells peppers apart without telling anything of them. */
export function pepperId(pepper: Secret): string {
  return createHmac('sha256', pepper.reveal()).update('postern pepper id').digest('hex').slice(0, 16);
}

function base62(length: number, random: RandomBytes): string {
  let text = '';
  while (text.length < length) {
    for (const byte of random(length)) if (byte < FAIR && text.length < length) text += BASE62[byte % 62];
  }
  return text;
}
