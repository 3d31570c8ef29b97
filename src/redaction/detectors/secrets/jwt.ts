/** JSON Web Tokens: three parts in base64url whose first decodes to a JSON header with an algorithm (RFC 7515, RFC 7516). */
import { LOWER, UPPER } from '../../characters.ts';
import type { Candidate } from '../../detector.ts';
import { defineDetector, MAX_MATCH_CHARS } from '../../detector.ts';

const TOKEN = /(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_.-]{16,320}/g;

/** Two parts that begin as JSON objects do are a token, even if its header is damaged. */
const MIN_PAYLOAD_CHARS = 10;

export const jwt = defineDetector({
  name: 'jwt',
  group: 'secrets',
  entities: ['JWT'],
  gates: [{ kinds: LOWER | UPPER, length: 19, near: { words: ['eyj'], reach: 0 } }],
  continues: isPartChar,
  find(text, from) {
    const found: Candidate<'JWT'>[] = [];
    TOKEN.lastIndex = from;
    for (let match = TOKEN.exec(text); match !== null; match = TOKEN.exec(text)) {
      const value = match[0].slice(0, match[0].search(/\.{0,320}$/));
      const mayGoOn = match.index + match[0].length === text.length && value.length >= MAX_MATCH_CHARS;
      if (isToken(value, mayGoOn))
        found.push({ start: match.index, end: match.index + value.length, type: 'JWT', score: 1 });
    }
    return found;
  },
});

/** A token of which only the beginning is seen may still be in its header. */
function isToken(value: string, mayGoOn: boolean): boolean {
  const [header, payload] = value.split('.');
  if (payload?.startsWith('eyJ') && payload.length >= MIN_PAYLOAD_CHARS) return true;
  if (payload === undefined) return mayGoOn && /"alg"\s?:/.test(decode(header!));
  return (mayGoOn || payload.length >= 4) && hasAlgorithm(decode(header!));
}

function hasAlgorithm(header: string): boolean {
  try {
    const parsed: unknown = JSON.parse(header);
    return typeof parsed === 'object' && parsed !== null && 'alg' in parsed;
  } catch {
    return false;
  }
}

function decode(part: string): string {
  return fromBase64(
    part
      .replaceAll('-', '+')
      .replaceAll('_', '/')
      .slice(0, part.length - (part.length % 4 === 1 ? 1 : 0)),
  );
}

function fromBase64(base64: string): string {
  try {
    return atob(base64);
  } catch {
    return '';
  }
}

function isPartChar(code: number): boolean {
  return (
    (code >= 0x61 && code <= 0x7a) ||
    (code >= 0x41 && code <= 0x5a) ||
    (code >= 0x30 && code <= 0x39) ||
    code === 0x2d ||
    code === 0x2e ||
    code === 0x5f
  );
}
