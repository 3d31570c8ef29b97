/** IPv4 and IPv6 addresses that name a machine: loopback, unspecified and broadcast addresses stay. */
import { COLON, DIGIT, DOT } from '../../characters.ts';
import type { Candidate } from '../../detector.ts';
import { defineDetector } from '../../detector.ts';

const V4 = /(?<![\w.-])\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?![\w-]|\.\w)/g;
const V6 = /(?<![\w:.])[0-9A-Fa-f:]{3,39}(?![\w:]|\.\w)/g;
/** `version 1.2.3.4`, `v1.2.3.4`, `Chrome/120.0.0.0`, `section 1.2.3.4`. */
const VERSION_BEFORE = /(?:\b(?:version|ver|release|build|firmware|section|chapter)[ .:="'v]{0,4}|[A-Za-z]\/|\bv\.?)$/i;

export const ipv4 = defineDetector({
  name: 'ipv4',
  group: 'pii',
  entities: ['IP_ADDRESS'],
  needs: { kinds: DIGIT | DOT, digits: 4, length: 7 },
  trace: '\\d\\.\\d{1,3}\\.\\d{1,3}\\.\\d',
  find(text, from) {
    const found: Candidate<'IP_ADDRESS'>[] = [];
    V4.lastIndex = from;
    for (let match = V4.exec(text); match !== null; match = V4.exec(text)) {
      const start = match.index;
      if (namesMachineV4(match[0]) && !VERSION_BEFORE.test(text.slice(Math.max(0, start - 16), start))) {
        found.push({ start, end: start + match[0].length, type: 'IP_ADDRESS', score: 0.9 });
      }
    }
    return found;
  },
});

export const ipv6 = defineDetector({
  name: 'ipv6',
  group: 'pii',
  entities: ['IP_ADDRESS'],
  needs: { kinds: DIGIT | COLON, digits: 1, length: 4 },
  trace: ':[0-9A-Fa-f]{0,4}:',
  normalise: (value) => value.toLowerCase(),
  find(text, from) {
    const found: Candidate<'IP_ADDRESS'>[] = [];
    V6.lastIndex = from;
    for (let match = V6.exec(text); match !== null; match = V6.exec(text)) {
      const value = trimColons(match[0]);
      if (namesMachineV6(value))
        found.push({ start: match.index, end: match.index + value.length, type: 'IP_ADDRESS', score: 0.9 });
    }
    return found;
  },
});

function namesMachineV4(address: string): boolean {
  const octets = address.split('.');
  if (octets.some((octet) => Number(octet) > 255 || (octet.length > 1 && octet.startsWith('0')))) return false;
  return octets[0] !== '0' && octets[0] !== '127' && !address.startsWith('255.') && !address.endsWith('.0.0.0');
}

/** Eight groups, or fewer around one `::`. A digit must occur: `Face::add` is code. */
function namesMachineV6(address: string): boolean {
  const halves = address.split('::');
  const groups = address.split(':').filter((group) => group !== '');
  if (halves.length > 2 || groups.some((group) => group.length > 4) || !/\d/.test(address)) return false;
  if (halves.length === 1) return groups.length === 8 && address.split(':').length === 8;
  return groups.length >= 2 && groups.length <= 7 && /^[0-9A-Fa-f]{3,4}:/.test(address);
}

/** `2001:db8::1: unreachable` ends in a colon that is not part of the address. */
function trimColons(value: string): string {
  return value.endsWith(':') && !value.endsWith('::') ? value.slice(0, -1) : value;
}
