/** Addresses of cryptocurrencies, each checked by its own checksum; forms without one count beside a word that says wallet. */
import { isWord, LOWER, UPPER } from '../../characters.ts';
import type { Candidate, Keywords, ValueContext } from '../../detector.ts';
import { defineDetector } from '../../detector.ts';
import { passesAlgorand, passesStellar, passesTon } from './base32.ts';
import { base58Length, passesBase58Check, passesMonero, passesSs58 } from './base58.ts';
import { passesBech32, passesCashAddress } from './bech32.ts';
import { keccak256 } from './keccak.ts';

const CERTAIN = 0.95;
/** Of the right shape, with no checksum or a wrong one. */
const SHAPE = 0.3;
/** Of the right shape, where much else looks the same. */
const FAINT = 0.2;

interface Kind {
  readonly pattern: RegExp;
  readonly score: (address: string) => number;
  readonly context?: ValueContext;
}

const BASE58 = '[1-9A-HJ-NP-Za-km-z]';
/** The shortest word of an address. */
const MIN_CHARS = 22;
const FREE = '(?<![A-Za-z0-9])';
const END = '(?![A-Za-z0-9])';
const shape = (source: string) => new RegExp(`${FREE}${source}${END}`, 'g');

/** The first letters of addresses in Base58Check: Bitcoin and its kin, Tezos, Neo; small letters and digits for test networks. */
const FIRST = '[123579AaBDFGKLMNSTVXmnt]';

/** A key of 32 bytes may begin with any letter: only the words by which the prefilter finds its place count. */
const solana: ValueContext = { words: /[Ss]olana|SOLANA|SOL(?![A-Za-z])|[Ww]allet|WALLET/, keys: /(?!)/ };

const BASE58_KINDS: readonly Kind[] = [
  {
    pattern: shape(`${FIRST}${BASE58}{25,35}`),
    score: (address) =>
      !isMixed(address) ? 0 : passesBase58Check(address) ? CERTAIN : /^[13LMDT]/.test(address) ? SHAPE : 0,
  },
  {
    pattern: shape(`r${BASE58}{24,34}`),
    score: (address) => (isMixed(address) && passesBase58Check(address, 'ripple') ? CERTAIN : 0),
  },
  {
    pattern: shape(`[48][0-9AB]${BASE58}{93}(?:${BASE58}{11})?`),
    score: (address) => (!isMixed(address) ? 0 : passesMonero(address) ? CERTAIN : 0.6),
  },
  {
    pattern: shape(`${FIRST}${BASE58}{45,48}`),
    score: (address) => (isMixed(address) && passesSs58(address) ? 0.9 : 0),
  },
  { pattern: shape(`(?:Ae2td|DdzFF)${BASE58}{50,110}`), score: (address) => (isMixed(address) ? 0.6 : 0) },
  { pattern: shape(`${BASE58}{43,44}`), score: (address) => (isSolana(address) ? FAINT : 0), context: solana },
];

/** Human-readable parts of Bech32 addresses that are in use (SLIP-173, and the chain registry of Cosmos). */
const BECH32_PREFIXES = (
  'bc tb bcrt ltc tltc addr addr_test stake vtc dgb grs btg zs erd one zil ckb avax fuji hs cosmos osmo terra juno secret bnb tbnb inj ' +
  'celestia kava akash axelar band stars evmos sei dydx neutron stride thor maya noble dym persistence regen umee kujira agoric archway'
).split(' ');

const CODED_KINDS: readonly Kind[] = [
  {
    pattern: shape(`(?:[XP]-)?(?:${BECH32_PREFIXES.join('|')})1[02-9ac-hj-np-z]{20,100}`),
    score: (address) => (passesBech32(address.replace(/^[XP]-/, '')) ? CERTAIN : SHAPE),
  },
  {
    pattern: shape('(?:BC|TB|LTC)1[02-9AC-HJ-NP-Z]{20,87}'),
    score: (address) => (passesBech32(address) ? CERTAIN : 0),
  },
  {
    pattern: shape('(?:bitcoincash|bchtest|ecash|kaspa):[qpz][02-9ac-hj-np-z]{41,62}'),
    score: (address) => (passesCashAddress(address) ? CERTAIN : 0.6),
  },
  { pattern: shape('(?:0x|xdc)[0-9A-Fa-f]{40}'), score: (address) => ethereumScore(address.slice(-40)) },
  { pattern: shape('G[A-Z2-7]{55}'), score: (address) => (passesStellar(address) ? CERTAIN : 0) },
  { pattern: shape('[A-Z2-7]{58}'), score: (address) => (passesAlgorand(address) ? CERTAIN : 0) },
  { pattern: shape('[EUk0][Qf][\\w-]{46}'), score: (address) => (passesTon(address) ? CERTAIN : 0) },
];

const context = {
  words:
    /(?:^|[^a-z])(?:bitcoin|btc|ethereum|eth|ether|litecoin|ltc|dogecoin|doge|ripple|xrp|tron|trx|monero|xmr|solana|sol|usdt|usdc|wallet|crypto(?:currency)?|coin(?:s|base)?|blockchain|cardano|ada|polkadot|dot|kusama|ksm|avax|avalanche|matic|polygon|zcash|zec|dash|tezos|xtz|algorand|algo|stellar|xlm|ton|toncoin|cosmos|atom|bnb|cartera|billetera|geldb[oö]rse|portefeuille|portfel)(?![a-z])/i,
  keys: /(?:^|_)(?:btc|eth|ltc|doge|xrp|trx|xmr|sol|wallet|crypto|bitcoin|ethereum|solana|blockchain|usdt|usdc|bch|dash|zec|ada|dot|avax|xlm|xtz|algo|ton|atom|bnb)(?:_?addr(?:ess)?)?(?:_|$)/,
};

export const base58Address = defineDetector({
  name: 'base58-address',
  group: 'pii',
  entities: ['CRYPTO'],
  gates: [{ kinds: LOWER, digits: 1, length: 25 }],
  context,
  find: (text, from) => (hasLongWord(text, from) ? BASE58_KINDS.flatMap((kind) => addresses(kind, text, from)) : []),
});

/** What addresses of forty characters and more begin with. */
const BEGINNINGS: Keywords = {
  words: [
    ...BECH32_PREFIXES.map((prefix) => `${prefix}1`),
    '0x',
    'xdc',
    'bitcoincash:',
    'bchtest:',
    'ecash:',
    'kaspa:',
  ],
  reach: 0,
};

export const codedAddress = defineDetector({
  name: 'coded-address',
  group: 'pii',
  entities: ['CRYPTO'],
  gates: [
    { digits: 1, length: 25, near: BEGINNINGS },
    { kinds: UPPER, digits: 1, length: 48 },
  ],
  context,
  find: (text, from) => (hasLongWord(text, from) ? CODED_KINDS.flatMap((kind) => addresses(kind, text, from)) : []),
});

/** The shortest address has 25 characters: a cheap look before the close one. */
function hasLongWord(text: string, from: number): boolean {
  let start = from;
  for (let at = from; at < text.length; at++) {
    if (!isWord(text.charCodeAt(at))) start = at + 1;
    else if (at - start >= MIN_CHARS - 1) return true;
  }
  return false;
}

function addresses({ pattern, score, context: own }: Kind, text: string, from: number): Candidate<'CRYPTO'>[] {
  const found: Candidate<'CRYPTO'>[] = [];
  pattern.lastIndex = from;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    const [address] = match;
    const points = /[+_-]/.test(text[match.index - 1] ?? ' ') ? 0 : score(address);
    if (points > 0)
      found.push({
        start: match.index,
        end: match.index + address.length,
        type: 'CRYPTO',
        score: points,
        context: own,
      });
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
