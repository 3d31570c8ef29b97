/**
 * Passwords, keys and tokens of no known form, found by the label before them: assignments, JSON and XML, headers, SQL, command
 * lines and prose. The segmenter gives such a value as one segment (labels.ts).
 */
import { COLON, LABELLED } from '../../characters.ts';
import type { Candidate, ValueContext } from '../../detector.ts';
import { CERTAIN_SCORE, defineDetector } from '../../detector.ts';
import { kindOfLabel, type LabelKind, namesClient, namesVendor } from '../../label-words.ts';
import type { Label } from '../../labels.ts';
import { labelBefore } from '../../labels.ts';
import { entropyOf, looksRandom } from './randomness.ts';
import { isPassphrase, isPlaceholder, isStrongPassword, keyScore, passwordScore } from './values.ts';

type Entity = 'PASSWORD' | 'API_KEY' | 'BEARER_TOKEN' | 'BASIC_AUTH';
type Found = Candidate<Entity>;

/** Accepted for its key alone: `{ "password": ... }`. */
const BY_KEY_SCORE = 0.2;
const MIN_VALUE_CHARS = 4;
/** A colon of a script without spaces, and the blanks behind it. */
const BEFORE_VALUES = ': ：\u3000';
const MIN_BEARER_CHARS = 12;
const SCHEME = /^(Bearer|Basic|Token|Api-?Key(?:-v\d)?|Api-Token|GenieKey|OAuth|Splunk|SSWS|Digest)\s+/i;
/** An id or key that a service gives its client: shorter numbers are counts and years. */
const CLIENT_NUMBER = /^\d{15,19}$/;
const MIN_NUMBER_BITS = 2;
/** Of a wallet: twelve to twenty-four words (BIP 39). */
const WORD_LIST = /^(?:[a-z]{3,8} ){11,23}[a-z]{3,8}$/;
const PIN = /^\d{6,12}$/;
const PIN_SCORE = 0.6;
const PHRASE_SCORE = 0.7;
const ESCAPED_BREAK = /^\\[nrt]$/;
const COOKIE_NAME = /^[\w.-]{2,40}=/;

/** Of the server and its poolers. */
const PGPASS = /^[\w.-]{1,64}:(?:5432|5433|6432|6543):[\w-]{1,32}:[\w.-]{1,32}:([^\s:]{4,64})$/;

const byKey = (kinds: readonly LabelKind[]): ValueContext => ({
  words: { test: () => false },
  keys: { test: (key) => kinds.includes(kindOfLabel(key) as LabelKind) },
});
const PASSWORD_KEY = byKey(['password']);
const SECRET_KEY = byKey(['secret', 'vendor']);

export const labelledSecret = defineDetector({
  name: 'labelled-secret',
  group: 'secrets',
  entities: ['PASSWORD', 'API_KEY', 'BEARER_TOKEN', 'BASIC_AUTH'],
  gates: [{ kinds: LABELLED, length: MIN_VALUE_CHARS }],
  continues: isTokenChar,
  find(text, from): Found[] {
    const label = labelBefore(text, from);
    // A colon at the end of an account is an empty password.
    const { start, end } = trim(text, from, label?.quote !== 0 || label.kind === 'account');
    if (end - start < MIN_VALUE_CHARS) return [];
    if (label !== undefined) return behindLabel(text, start, end, label);
    return from === 0 ? underKey(text, start, end) : [];
  },
});

/** `password:x`, `user:pass:x`: the label and its value are one word. */
export const inlineSecret = defineDetector({
  name: 'inline-secret',
  group: 'secrets',
  entities: ['PASSWORD', 'API_KEY'],
  gates: [{ kinds: COLON, length: 8 }],
  continues: isTokenChar,
  find(text, from) {
    const pgpass = pgpassPassword(text, from);
    if (pgpass !== undefined) return [pgpass];
    const colon = text.lastIndexOf(':', text.length - MIN_VALUE_CHARS);
    const name = colon < from ? undefined : /(?:^|[^\w-])([A-Za-z][\w-]{1,40})$/.exec(text.slice(from, colon))?.[1];
    const kind =
      name === undefined || text.startsWith('//', colon + 1) || text.startsWith('arn:', from)
        ? undefined
        : kindOfLabel(name.toLowerCase());
    if (kind !== 'password' && kind !== 'secret') return [];
    const { start, end } = trim(text, colon + 1, false);
    const value = text.slice(start, end);
    const score = kind === 'password' ? passwordScore(value, true) : keyScore(value, true);
    return score === 0 ? [] : [{ start, end, type: kind === 'password' ? 'PASSWORD' : 'API_KEY', score }];
  },
});

/** `host:port:database:user:password`, a line of PostgreSQL's password file. */
function pgpassPassword(text: string, from: number): Candidate<'PASSWORD'> | undefined {
  const line = PGPASS.exec(text.slice(from));
  if (line === null || passwordScore(line[1]!, false) === 0) return undefined;
  return { start: text.length - line[1]!.length, end: text.length, type: 'PASSWORD', score: 0.8 };
}

/** Without the quotes and brackets of the syntax around it. */
function trim(text: string, from: number, isQuoted: boolean): { start: number; end: number } {
  let [start, end] = [from, text.length];
  while (end > start && (text[end - 1] === '\\' || text[end - 1]! <= ' ')) end--;
  while (start < end && text[start]! <= ' ') start++;
  while (ESCAPED_BREAK.test(text.slice(end - 2, end)) && end - 2 > start) end -= 2;
  if (isQuoted) return { start, end };
  while (start < end && BEFORE_VALUES.includes(text[start]!)) start++;
  if (text[end - 1] === '?') end--;
  while (
    end > start &&
    '.,;:)'.includes(text[end - 1]!) &&
    !(text[end - 1] === ')' && text.slice(start, end).includes('('))
  )
    end--;
  if ('}]'.includes(text[end - 1] ?? ' ') && !/[{[]/.test(text.slice(start, end))) end--;
  return { start, end };
}

function behindLabel(text: string, start: number, end: number, label: Label): Found[] {
  const scheme = SCHEME.exec(text.slice(start, end));
  if (label.kind === 'scheme' || (scheme !== null && label.kind !== 'password')) {
    const name = scheme === null ? label.phrase : scheme[1]!.toLowerCase();
    return behindScheme(text, start + (scheme?.[0].length ?? 0), end, name);
  }
  const value = text.slice(start, end);
  if (label.kind === 'account') return account(value, start, end);
  if (label.kind === 'password') return one('PASSWORD', start, end, scoreAsPassword(value, label));
  if (WORD_LIST.test(value) && /mnemonic|seed/.test(label.phrase)) return one('PASSWORD', start, end, 0.9);
  if (label.kind === 'secret' && CLIENT_NUMBER.test(value) && namesVendor(label.phrase))
    return one('API_KEY', start, end, entropyOf(value) > MIN_NUMBER_BITS ? 0.6 : 0);
  const cookie = label.phrase.endsWith('cookie') ? COOKIE_NAME.exec(value)?.[0].length : undefined;
  if (cookie !== undefined)
    return one(
      'API_KEY',
      start + cookie,
      end,
      looksRandom(value.slice(cookie)) ? keyScore(value.slice(cookie), true) : 0,
    );
  const score = keyScore(value, label.kind === 'secret' && label.assigned);
  return one('API_KEY', start, end, score > 0 && namesClient(label.phrase) ? CERTAIN_SCORE : score);
}

/** A bare word behind nothing but a space must look like a password; digits alone are one behind an operator. */
function scoreAsPassword(value: string, label: Label): number {
  if (label.quote === 0 && !label.assigned && label.phrase !== 'pw' && !isStrongPassword(value)) return 0;
  if (label.quote === 0 && label.assigned && PIN.test(value)) return PIN_SCORE;
  if (label.quote !== 0 && label.phrase.includes('passphrase') && isPassphrase(value)) return PHRASE_SCORE;
  return passwordScore(value, label.quote === 0 || !label.assigned);
}

function one(type: Entity, start: number, end: number, score: number, context?: ValueContext): Found[] {
  return score === 0 ? [] : [{ start, end, type, score, context }];
}

/** RFC 6750 and RFC 7617. */
function behindScheme(text: string, start: number, end: number, scheme: string): Found[] {
  const length = /^[\w\-.~+/:|=]+/.exec(text.slice(start, end))?.[0].length ?? 0;
  const value = text.slice(start, start + length);
  if (value.length < 8 || isPlaceholder(value)) return [];
  if (scheme === 'basic')
    return one('BASIC_AUTH', start, start + length, isUserAndPassword(value) ? 0.9 : keyScore(value, true));
  if (scheme === 'bearer')
    return one(
      'BEARER_TOKEN',
      start,
      start + length,
      value.length >= MIN_BEARER_CHARS && /\d/.test(value) ? keyScore(value, true) : 0,
    );
  return one('API_KEY', start, start + length, keyScore(value, true));
}

function isUserAndPassword(base64: string): boolean {
  try {
    return /^[\x20-\x7e]{1,80}$/.test(atob(base64)) && atob(base64).includes(':');
  } catch {
    return false;
  }
}

/** `curl -u user:password`, or `curl -u key:` of services that take their key for the user's name. */
function account(value: string, start: number, end: number): Found[] {
  const colon = value.indexOf(':');
  if (colon < 0) return [];
  const [user, password] = [value.slice(0, colon), value.slice(colon + 1)];
  if (password === '') return one('API_KEY', start, start + colon, keyScore(user, true));
  return password.length < MIN_VALUE_CHARS || isPlaceholder(password) || isNoAccount(user, password)
    ? []
    : one('BASIC_AUTH', start, end, 0.8);
}

/** The user and group of a process (`1000:1000`, `node:node`), or variables of a script. */
function isNoAccount(user: string, password: string): boolean {
  return /^[$:%{<]/.test(password) || user === password || /^\d{1,5}:\d{1,5}$/.test(`${user}:${password}`);
}

/** The key of a structure counts in place of a label; which kind it is decides which of the candidates is raised. */
function underKey(text: string, start: number, end: number): Found[] {
  const value = text.slice(start, end);
  return [
    ...one('PASSWORD', start, end, passwordScore(value, false) > 0 ? BY_KEY_SCORE : 0, PASSWORD_KEY),
    ...one('API_KEY', start, end, keyScore(value, true) > 0 ? BY_KEY_SCORE : 0, SECRET_KEY),
  ];
}

export function isTokenChar(code: number): boolean {
  return (
    (code >= 0x61 && code <= 0x7a) ||
    (code >= 0x41 && code <= 0x5a) ||
    (code >= 0x2d && code <= 0x39) ||
    code === 0x2b ||
    code === 0x5f ||
    code === 0x3d
  );
}
