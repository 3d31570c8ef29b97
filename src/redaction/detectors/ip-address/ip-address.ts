/** IPv4 and IPv6 addresses that name a machine: loopback, unspecified and broadcast addresses stay. */
import { COLON, DOT } from '../../characters.ts';
import type { Candidate } from '../../detector.ts';
import { defineDetector } from '../../detector.ts';

const V4 = /(?<![\w.-]|::)\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?![\w-]|\.\w)/g;
/** With an IPv4 address at its end (RFC 4291, 2.2) and a zone (RFC 4007, 11) if it has them. */
const V6 = /(?<![\w:.])([0-9A-Fa-f:]{2,39})((?<=:)\d{1,3}(?:\.\d{1,3}){3})?(%[A-Za-z0-9._~-]{1,24})?(?![\w:]|\.\w)/g;
/** `version 1.2.3.4`, `v1.2.3.4`, `Chrome/120.0.0.0`, `section 1.2.3.4`. */
const VERSION_BEFORE =
  /(?:\b(?:version|ver|release|build|firmware|section|chapter|rev|revision|upgrade(?:d)? to)[ .:="'v]{0,4}|[A-Za-z]\/|\bv\.?)$/i;

export const ipv4 = defineDetector({
  name: 'ipv4',
  group: 'pii',
  entities: ['IP_ADDRESS'],
  gates: [{ kinds: DOT, digits: 4, length: 7 }],
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
  gates: [{ kinds: COLON, digits: 1, length: 6 }],
  normalise: (value) => value.toLowerCase(),
  find(text, from) {
    const found: Candidate<'IP_ADDRESS'>[] = [];
    const colon = text.indexOf(':', from);
    if (colon < 0 || text.indexOf(':', colon + 1) < 0) return found;
    V6.lastIndex = from;
    for (let match = V6.exec(text); match !== null; match = V6.exec(text)) {
      const [whole, colons, v4 = '', zone = ''] = match;
      const address = v4 === '' && zone === '' ? trimColons(colons!) : colons!;
      // A dotted end takes the place of two groups.
      if (!namesMachineV6(v4 === '' ? address : `${address}1:1`)) continue;
      if (v4 !== '' && !isV4(v4)) continue;
      const length = v4 === '' && zone === '' ? address.length : whole.length;
      found.push({ start: match.index, end: match.index + length, type: 'IP_ADDRESS', score: 0.9 });
    }
    return found;
  },
});

function isV4(address: string): boolean {
  return address.split('.').every((octet) => Number(octet) <= 255 && (octet.length === 1 || !octet.startsWith('0')));
}

function namesMachineV4(address: string): boolean {
  if (!isV4(address)) return false;
  return !/^(?:0|127|255)\./.test(address) && !address.endsWith('.0.0.0');
}

/** Eight groups, or fewer around one `::`. A digit must occur: `Face::add` is code. */
function namesMachineV6(address: string): boolean {
  const halves = address.split('::');
  const groups = address.split(':').filter((group) => group !== '');
  if (halves.length > 2 || groups.some((group) => group.length > 4) || !/\d/.test(address)) return false;
  if (halves.length === 1) return groups.length === 8 && address.split(':').length === 8;
  if (groups.length > 7) return false;
  // With fewer than three groups, a short first one may be a count and a path of code: `2::b1`.
  return groups.length >= 3 ? !address.startsWith('::') || groups.length > 3 : isShortAddress(groups, halves[1]!);
}

function isShortAddress(groups: readonly string[], rest: string): boolean {
  return groups.length >= 1 && groups[0]!.length >= 3 && (groups.length === 2 || rest === '') && groups[0] !== '0000';
}

/** `2001:db8::1: unreachable` ends in a colon that is not part of the address. */
function trimColons(value: string): string {
  return value.endsWith(':') && !value.endsWith('::') ? value.slice(0, -1) : value;
}
