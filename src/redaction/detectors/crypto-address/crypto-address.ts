/** Addresses of cryptocurrencies, each checked by its own checksum; forms without one count beside a word that says wallet. */
import { LOWER, UPPER } from '../../characters.ts';
import type { Candidate } from '../../detector.ts';
import { defineDetector } from '../../detector.ts';
import { base58Length, base58Version } from './base58.ts';
import { passesBech32 } from './bech32.ts';
import { keccak256 } from './keccak.ts';

const CERTAIN = 0.95;
/** Of the right shape, with no checksum or a wrong one. */
const SHAPE = 0.3;

interface Kind {
  readonly pattern: RegExp;
  readonly score: (address: string) => number;
}

const BASE58 = '[1-9A-HJ-NP-Za-km-z]';
/** No address is shorter. */
const LONG_RUN = new RegExp(`${BASE58}{25}`);
const FREE = '(?<![A-Za-z0-9])';
const END = '(?![A-Za-z0-9])';
const shape = (source: string) => new RegExp(`${FREE}${source}${END}`, 'g');

/** Version bytes of addresses: Bitcoin, its test network, Litecoin, Dogecoin, TRON. */
const VERSIONS = new Set([0x00, 0x05, 0x6f, 0xc4, 0x30, 0x32, 0x1e, 0x16, 0x41]);

const BASE58_KINDS: readonly Kind[] = [
  {
    pattern: shape(`[13LMDT]${BASE58}{25,34}`),
    score: (address) => (VERSIONS.has(base58Version(address)) ? CERTAIN : isMixed(address) ? SHAPE : 0),
  },
  {
    pattern: shape(`r${BASE58}{24,34}`),
    score: (address) => (base58Version(address, 'ripple') === 0 ? CERTAIN : 0),
  },
  { pattern: shape(`[48][0-9AB]${BASE58}{93}`), score: (address) => (isMixed(address) ? 0.9 : 0) },
  { pattern: shape(`${BASE58}{43,44}`), score: (address) => (isSolana(address) ? 0.2 : 0) },
];

/** Human-readable parts of Bech32 addresses that are in use (SLIP-173). */
const BECH32_PREFIXES = [
  'bc',
  'tb',
  'bcrt',
  'ltc',
  'addr',
  'stake',
  'cosmos',
  'osmo',
  'terra',
  'bnb',
  'inj',
  'celestia',
];

const CODED_KINDS: readonly Kind[] = [
  {
    pattern: shape(`(?:${BECH32_PREFIXES.join('|')})1[02-9ac-hj-np-z]{20,100}`),
    score: (address) => (passesBech32(address) ? CERTAIN : SHAPE),
  },
  {
    pattern: shape('(?:BC|TB|LTC)1[02-9AC-HJ-NP-Z]{20,87}'),
    score: (address) => (passesBech32(address) ? CERTAIN : 0),
  },
  { pattern: shape('(?:bitcoincash|bchtest):[qp][02-9ac-hj-np-z]{41}'), score: () => 0.9 },
  { pattern: shape('0x[0-9A-Fa-f]{40}'), score: (address) => ethereumScore(address.slice(2)) },
  { pattern: shape('G[A-Z2-7]{55}'), score: (address) => (passesStellar(address) ? CERTAIN : 0) },
];

const context = {
  words:
    /(?:^|[^a-z])(?:bitcoin|btc|ethereum|eth|ether|litecoin|ltc|dogecoin|doge|ripple|xrp|tron|trx|monero|xmr|solana|sol|usdt|usdc|wallet|crypto(?:currency)?|coin(?:s|base)?|blockchain|cartera|billetera|geldb[oö]rse|portefeuille|portfel)(?![a-z])/i,
  keys: /(?:^|_)(?:btc|eth|ltc|doge|xrp|trx|xmr|sol|wallet|crypto|bitcoin|ethereum|solana|blockchain)(?:_?addr(?:ess)?)?(?:_|$)/,
};

export const base58Address = defineDetector({
  name: 'base58-address',
  group: 'pii',
  entities: ['CRYPTO'],
  // A Solana address begins with any letter, and counts beside its own words only.
  gates: [{ kinds: LOWER, digits: 1, length: 25 }],
  context,
  find: (text, from) => (LONG_RUN.test(text) ? BASE58_KINDS.flatMap((kind) => addresses(kind, text, from)) : []),
});

export const codedAddress = defineDetector({
  name: 'coded-address',
  group: 'pii',
  entities: ['CRYPTO'],
  gates: [
    { digits: 1, length: 25, near: { words: [...BECH32_PREFIXES.map((prefix) => `${prefix}1`), '0x', 'bitcoincash:', 'bchtest:'], reach: 0 } },
    { kinds: UPPER, digits: 1, length: 56 },
  ],
  context,
  find: (text, from) => CODED_KINDS.flatMap((kind) => addresses(kind, text, from)),
});

function addresses({ pattern, score }: Kind, text: string, from: number): Candidate<'CRYPTO'>[] {
  const found: Candidate<'CRYPTO'>[] = [];
  pattern.lastIndex = from;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    const [address] = match;
    const points = /[+_-]/.test(text[match.index - 1] ?? ' ') ? 0 : score(address);
    if (points > 0)
      found.push({ start: match.index, end: match.index + address.length, type: 'CRYPTO', score: points });
  }
  return found;
}

/** Random base58 of 26 characters or more has all three kinds of characters. */
function isMixed(text: string): boolean {
  return /[a-z]/.test(text) && /[A-Z]/.test(text) && /\d/.test(text);
}

/** EIP-55: in mixed case, a letter is upper-case where the digit of the hash is 8 or more. Only one case carries no checksum. */
function ethereumScore(hex: string): number {
  const lower = hex.toLowerCase();
  if (/^(.)\1+$/.test(lower)) return 0;
  if (hex === lower || hex === hex.toUpperCase()) return 0.8;
  const hash = keccak256(lower);
  const expected = [...lower].map((digit, at) => (Number.parseInt(hash[at]!, 16) > 7 ? digit.toUpperCase() : digit));
  return expected.join('') === hex ? CERTAIN : 0.6;
}

/** A public key of 32 bytes. */
function isSolana(text: string): boolean {
  return isMixed(text) && base58Length(text) === 32;
}

/** StrKey (SEP-23): base32, the last two bytes are a CRC-16 of those before. */
function passesStellar(text: string): boolean {
  const bytes = decodeBase32(text);
  const checksum = bytes.slice(0, -2).reduce(crc16, 0);
  return bytes.at(-2) === (checksum & 0xff) && bytes.at(-1) === checksum >> 8;
}

function decodeBase32(text: string): number[] {
  const bytes: number[] = [];
  let bits = 0;
  let held = 0;
  for (const character of text) {
    held = (held << 5) | 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(character);
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
