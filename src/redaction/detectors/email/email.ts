/** E-mail addresses, found from their `@` outwards. */
import { AT } from '../../characters.ts';
import type { Candidate } from '../../detector.ts';
import { defineDetector } from '../../detector.ts';

/** RFC 5321, 4.5.3.1.1. */
const MAX_LOCAL_CHARS = 64;
/** Shorter than RFC 5321 allows (255), so that an address fits a window. */
const MAX_DOMAIN_CHARS = 63;
/** `icon@2x.png` and `lodash@latest.js` have the shape of an address. */
const FILE_ENDINGS = new Set(
  'png jpg jpeg gif svg webp ico css scss js mjs cjs ts tsx jsx json html md py txt yml yaml map lock'.split(' '),
);
const DOMAIN_LABEL = /^[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?$/u;
const TOP_LEVEL = /^(?:\p{L}{2,24}|xn--[a-z0-9-]{2,58})$/iu;
/** `ssh://`, or `https://user:` */
const URL_BEFORE = /:\/\/(?:[^\s/@:]{0,48}:)?$/;
const PATH_BEHIND = /^:(?:[~/]|[\w./-]{1,56}\.git(?![\w-]))/;
const JSON_ESCAPE = /[nrtbf]/;

export const email = defineDetector({
  name: 'email',
  group: 'pii',
  entities: ['EMAIL_ADDRESS'],
  gates: [{ kinds: AT, length: 6 }],
  normalise: (value) => value.toLowerCase(),
  find(text, from) {
    const found: Candidate<'EMAIL_ADDRESS'>[] = [];
    for (let at = text.indexOf('@', from); at >= 0; at = text.indexOf('@', at + 1)) {
      const start = localStart(text, at);
      const end = domainEnd(text, at + 1);
      if (start >= from && start < at && isDomain(text.slice(at + 1, end)) && !isRemote(text, start, at, end)) {
        found.push({ start, end, type: 'EMAIL_ADDRESS', score: 0.95 });
      }
    }
    return found;
  },
});

/** Where the local part begins; `at` itself when there is none or it is too long to be one. */
function localStart(text: string, at: number): number {
  let start = at;
  while (start > 0 && isLocal(text.charCodeAt(start - 1)) && at - start <= MAX_LOCAL_CHARS) start--;
  if (at - start > MAX_LOCAL_CHARS) return at;
  // In JSON that stands in a text, `\n` before an address is a line break and not its first letter.
  if (text[start - 1] === '\\' && JSON_ESCAPE.test(text[start]!)) start++;
  while (start < at && (text[start] === '.' || text[start] === '-')) start++;
  return text[at - 1] === '.' ? at : start;
}

function domainEnd(text: string, from: number): number {
  let end = from;
  while (end < text.length && isDomainChar(text.charCodeAt(end)) && end - from < MAX_DOMAIN_CHARS) end++;
  while (end > from && (text[end - 1] === '.' || text[end - 1] === '-')) end--;
  return end;
}

function isDomain(domain: string): boolean {
  const labels = domain.split('.');
  const last = labels.at(-1)!;
  if (labels.length < 2 || !TOP_LEVEL.test(last) || FILE_ENDINGS.has(last.toLowerCase())) return false;
  return labels.every((label) => DOMAIN_LABEL.test(label));
}

/**
 * `git@github.com:owner/repo`, `deploy@host.example:app.git`, `rsync ada@host.example:/srv` and the user of a URL name a login
 * on a machine. `ada@example.org:...` without a path may be an address with its password.
 */
function isRemote(text: string, start: number, at: number, end: number): boolean {
  if (URL_BEFORE.test(text.slice(Math.max(0, start - MAX_LOCAL_CHARS), start))) return true;
  if (text.slice(start, at) === 'git') return text[end] === ':' || text[end] === '/';
  return PATH_BEHIND.test(text.slice(end, end + MAX_DOMAIN_CHARS));
}

function isLocal(code: number): boolean {
  return isDomainChar(code) || code === 0x5f || code === 0x25 || code === 0x2b;
}

/** Letters of any script, digits, `.` and `-`. */
function isDomainChar(code: number): boolean {
  if (code >= 0x80) return code >= 0xc0 && code < 0x2000;
  return (
    (code >= 0x61 && code <= 0x7a) ||
    (code >= 0x30 && code <= 0x39) ||
    (code >= 0x41 && code <= 0x5a) ||
    code === 0x2d ||
    code === 0x2e
  );
}
