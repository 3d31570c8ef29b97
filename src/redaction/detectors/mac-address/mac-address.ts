/** Hardware addresses: EUI-48 and EUI-64 in the forms of IEEE 802, Windows and Cisco, with one kind of separator. */
import { COLON, DASH, DOT, UPPER } from '../../characters.ts';
import type { Candidate } from '../../detector.ts';
import { defineDetector } from '../../detector.ts';

/** Pairs with `:` or `-`, or groups of four with `.`, `:` or `-`; never part of something longer. */
const PAIRS =
  /(?<![\w:.-])[0-9A-Fa-f]{2}([:-])[0-9A-Fa-f]{2}(?:\1[0-9A-Fa-f]{2}){4}(?:(?:\1[0-9A-Fa-f]{2}){2})?(?!\1?\w|[:-]\w|\.\w)/g;
const QUADS = /(?<![\w:.-])[0-9A-Fa-f]{4}([.-])[0-9A-Fa-f]{4}(?:\1[0-9A-Fa-f]{4}){1,2}(?!\1?\w|[:-]\w)/g;
/** Unset and broadcast addresses name no device. */
const NO_DEVICE = /^(?:0+|f+)$/i;

export const macAddress = defineDetector({
  name: 'mac-address',
  group: 'pii',
  entities: ['MAC_ADDRESS'],
  gates: [
    { kinds: COLON, digits: 1, length: 14 },
    { kinds: COLON, length: 17 },
    { kinds: DASH, digits: 1, length: 14 },
    { kinds: DASH | UPPER, length: 17 },
    { kinds: DOT, digits: 1, length: 14 },
  ],
  context: {
    words: /(?:^|[^a-z])(?:mac|hardware|physical|ethernet|wi-?fi|bluetooth|bssid|eui|adapter|nic)(?![a-z])/i,
    keys: /(?:^|_)(?:mac|mac_?addr(?:ess)?|hwaddr|hardware_address|physical_address|bssid|eui)(?:_|$)/,
  },
  normalise: (value) => value.replace(/[^0-9A-Fa-f]/g, '').toLowerCase(),
  find(text, from) {
    if (!mayHoldAddress(text, from)) return [];
    return [...addresses(PAIRS, text, from, pairScore), ...addresses(QUADS, text, from, quadScore)];
  },
});

/** A cheap look: two of the same separators, two or four characters apart. */
function mayHoldAddress(text: string, from: number): boolean {
  for (let at = from + 2; at + 3 < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code !== 0x3a && code !== 0x2d && code !== 0x2e) continue;
    if (text.charCodeAt(at + 3) === code || text.charCodeAt(at + 5) === code) return true;
  }
  return false;
}

function addresses(
  pattern: RegExp,
  text: string,
  from: number,
  score: (value: string) => number,
): Candidate<'MAC_ADDRESS'>[] {
  const found: Candidate<'MAC_ADDRESS'>[] = [];
  pattern.lastIndex = from;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    const [value] = match;
    if (NO_DEVICE.test(value.replace(/[^0-9A-Fa-f]/g, ''))) continue;
    found.push({ start: match.index, end: match.index + value.length, type: 'MAC_ADDRESS', score: score(value) });
  }
  return found;
}

/** Digits only, with dashes, may be a date and a time or a part number. */
function pairScore(value: string): number {
  // Eight pairs are an IPv6 address too, but those leave out leading zeros.
  return /[A-Fa-f]/.test(value) || value.includes(':') ? 0.92 : 0.4;
}

/** Four and four and four is also how numbers of other kinds are grouped. */
function quadScore(value: string): number {
  return /[A-Fa-f]/.test(value) && /\d/.test(value) && value.includes('.') ? 0.85 : 0.3;
}
