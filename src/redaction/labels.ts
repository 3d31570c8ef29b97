/**
 * Reads what stands directly before a value: the label in `api_key: "`, `password=`, `<token>`, `IDENTIFIED BY '` or
 * `password is `, and how the value is quoted. Looks at most 64 characters back; knows nothing of the value.
 */
import { LEFT_CONTEXT_CHARS } from './detector.ts';
import { createKeywordScanner } from './keyword-scanner.ts';
import {
  ASCII,
  ASSIGNS,
  ENDS_PHRASE,
  ENDS_TYPE,
  FIRST_CJK,
  hasRole,
  IN_TYPE,
  isBlank,
  isNameChar,
  isSmall,
  isWordEnd,
  mayEndLabel,
  OPERATOR,
  QUOTE,
  STRING_PREFIX,
} from './label-characters.ts';
import { kindOfLabel, LABEL_KEYWORDS, type LabelKind, PHRASE_KEYWORDS } from './label-words.ts';

export { kindOfLabel, LABEL_WORDS, type LabelKind } from './label-words.ts';

export interface Label {
  readonly kind: LabelKind;
  /** Lower-case, as it was read. */
  readonly phrase: string;
  /** Character code of the quote that ends the value, `<` for one between tags; 0 for none. */
  readonly quote: number;
  /** An operator stands between label and value, not only a space. */
  readonly assigned: boolean;
}

const MAX_PHRASE_CHARS = 48;
const MAX_BLANK_CHARS = 24;
const SPACE = 0x20;
const LINE_FEED = 0x0a;
const COLON = 0x3a;
const EQUALS = 0x3d;
const GREATER = 0x3e;
const BACKSLASH = 0x5c;
/** In a string inside of another one. */
const BACKTICK = 0x60;
/** A value in a tag ends where the next one begins. */
const TAG = 0x3c;

/** `ID/PW: ada / `, `login: ada / `: a user, and a password behind a slash. */
const ACCOUNT_PAIR =
  /(?:(?:pw|pass(?:word|wd)?|비번|비밀번호|패스워드)|creds?|credentials?|login|accounts?|계정)\s{0,3}[:=]?\s{0,3}[^\s/]{1,40}\s{0,2}\/$/i;
/** `process.env.TOKEN || '`. */
const FALLBACKS = ['||', '??'];

const SCHEMES = new Set(
  'bearer basic token apikey api-key api-token apikey-v1 geniekey oauth negotiate digest splunk ssws'.split(' '),
);
/** Of curl; the value is a user and a password. */
const ACCOUNT_FLAGS = new Set(['-u', '--user', '--proxy-user']);
/** `curl -sku`: several flags in one, of which the last takes an account. */
const CURL_FLAGS = /^-[A-Za-z]{0,6}u$/;
const CURL = /(?:^|[^\w])curl\s/;
const ACCOUNT_ASSIGNED = /(?:^|\s)(?:-u|--(?:proxy-)?user)$/;
const CONNECTIVES = new Set('is was are ist est es lautet jest by as equals to è é är er'.split(' '));
const MAX_LEADING_CHARS = 12;
/** Of words in small letters the ones that a value without quotes may follow directly. */
const LEADING_WORDS = new Set([...SCHEMES, ...CONNECTIVES, 'password', 'passwd', 'passwort', 'passcode', 'pw']);
const LONGEST_LEADING = Math.max(...[...LEADING_WORDS].map(({ length }) => length));
/** By length and last letter, whether one of them may be a word: of most words that is known without a copy. */
const MAY_LEAD = mayLeadTable();
const BEFORE_BLANK = beforeBlankTable();
/** In other languages `to` is no verb. */
const POLISH = /has[łl][oa]\s+$/i;
const IDENTIFIED = /identified\s+(?:with\s+\S{1,40}\s+)?$/i;
/** Of netrc (`login ada password x`) and of chats (`pw x`). */
const STANDS_ALONE = /(?:login\s+\S{1,32}\s+password|(?:^|[^\w])pw)$/;
/** `ftp_password x`: what follows must look like one by itself. */
const ENDS_LIKE_PASSWORD = /(?:^|[_.-])(?:password|passwd|passwort|passcode)$/i;
/** `ENV SECRET_KEY x` of a Dockerfile, `setenv`, `#define`. */
const DEFINED_NAME = /(?:^|[^\w])(?:ENV|ARG|setenv|export|define|set)\s+[A-Z][A-Z0-9]{1,24}(?:_[A-Z0-9]{1,24}){1,4}$/;
const DEFINED = /(?:define|global|set|const)\s+\S+$|\slogin\s+password$/i;
const MAX_NAME_CHARS = 40;
const CONNECTIVE_CJK = '는은이가는を은がは是为為：:';
/** `<add key="DbPassword" value="`, `{"name": "DB_PASSWORD", "value": "`, `- name: DB_PASSWORD` and `value: ` in the next line. */
const VALUE_WORDS = new Set([
  'value',
  'val',
  'default',
  'default_value',
  'defaultvalue',
  'content',
  'text',
  'plaintext',
]);
const NAMED =
  /(?:name|key|id|field|variable|header|property|option|param)\\?["']?\s{0,4}[:=]\s{0,4}\\?["']?([\w.-]{2,40})\\?["']?\s{0,4}[,;]?\s{0,24}-?\s?\\?["']?\w{3,12}\\?["']?\s{0,4}$/i;
const ATTRIBUTE = /\s(?:name|key|id)=["']([\w.-]{2,48})["']/;
/** A call that takes a user and a password. */
const CREDENTIALS =
  /(?:credentials?|basic_?auth|auth|login|authenticate|sign_?in|authentication(?:token)?)\s{0,2}=?\s{0,2}\(\s{0,2}["'`][^"'`]{1,40}["'`]\s?$/i;
/** The first of a call; in a list of words the next one is no value, but for a flag's. */
const FIRST_ARGUMENT = /\(\s{0,16}[a-zA-Z]?["'`]([\w.@-]{2,48})["'`]\s?$/;
const LISTED_FLAG = /["'`]--([\w-]{2,40})["'`]\s?$/;
const DOES_MORE =
  /^(?:split|create|get|parse|check|validate|hash|encode|decode|has|is|make|generate|verify|find|read|next|expect|match|consume|peek|skip|add|remove|delete|fetch|new|build|token(?:ize|s)?$|lex)/i;
const COMPARISON = /\.(?:equals(?:IgnoreCase)?|compareTo|contentEquals|eq|is)\s?$/;
const COMPARED = /\(\s{0,2}\*?([A-Za-z_][\w.]{1,40})\s?$/;
/** `password: String =`, `var token string =`, `secret[25] =`. */
const TYPE_NOTE = /(?:\s?:\s?[A-Za-z][\w.<>?]{0,20}|\s(?:string|str|text|String|NSString \*|varchar))$/;
/** Of the name behind its colon and a blank. */
const MAX_TYPE_CHARS = 21;
const TYPE_END_CHARS = 'varchar'.length;
const TYPE_END = /(?:string|str|text|varchar|\*)$/i;
const ANY_WORD = /[a-zà-ÿżółşа-я]{2}|[\u3000-\ud7ff]/i;

/** A cheap look, inlined where all words behind a label's are asked: no label ends in what stands before a single space. */
export function mayBeLabelled(text: string, start: number): boolean {
  if (text.charCodeAt(start - 1) !== SPACE) return true;
  const code = text.charCodeAt(start - 2);
  return code >= ASCII || BEFORE_BLANK[code] === 1;
}

/** The label of a value that would start at `start`; `undefined` when nothing before it says that it is a secret. */
export function labelBefore(text: string, start: number): Label | undefined {
  const min = Math.max(0, start - LEFT_CONTEXT_CHARS);
  if (isBehindProse(text, start, min)) return undefined;
  let at = start;
  let quote = 0;
  if (at > min && hasRole(text.charCodeAt(at - 1), QUOTE)) {
    quote = text.charCodeAt(--at);
    while (at > min && text.charCodeAt(at - 1) === BACKSLASH) at--;
    if (at > min + 1 && hasRole(text.charCodeAt(at - 1), STRING_PREFIX) && ' =:(,'.includes(text[at - 2]!)) at--;
  }
  const end = skipBlanks(text, at, min);
  if (end === min) return undefined;
  const code = text.charCodeAt(end - 1);
  if (quote === 0 && !mayEndLabel(code)) return undefined;
  if (hasRole(code, ASSIGNS)) return assigned(text, min, end, at, quote);
  return unassigned(text, min, end, at, quote);
}

/** The label of a value without an operator before it. */
function unassigned(text: string, min: number, end: number, at: number, quote: number): Label | undefined {
  const last = text[end - 1]!;
  if (last === '$') return text.slice(min, end).endsWith('access_token$') ? paypal(quote) : undefined;
  if (quote !== 0 && FALLBACKS.includes(text.slice(end - 2, end))) return classify(text, min, end - 2, quote, true);
  if (last === ',' && quote !== 0) return secondArgument(text, min, end - 1, quote);
  if (last === '(' && quote !== 0) return argument(text, min, end - 1, quote);
  if (last === '|') return classify(text, min, end - 1, quote, false);
  if (last === '/' && quote === 0) return ACCOUNT_PAIR.test(text.slice(min, end)) ? password(quote, true) : undefined;
  if (last.charCodeAt(0) >= FIRST_CJK) return afterCjk(text, min, end, quote);
  if (end === at && quote !== 0 && text.endsWith('-u', end)) return account(quote);
  return end < at && isWordEnd(text.charCodeAt(end - 1)) ? afterWord(text, min, end, at, quote) : undefined;
}

/** A space stands before, and before that a word in small letters that leads nothing: nearly all of a text is passed so. */
function isBehindProse(text: string, start: number, min: number): boolean {
  const end = start - 1;
  if (end <= min || text.charCodeAt(end) !== SPACE) return false;
  let from = end;
  while (from > min && isSmall(text.charCodeAt(from - 1))) from--;
  // Behind a backslash it is no word: `\\n `.
  if (end - from < 2 || (from > min && isNameChar(text.charCodeAt(from - 1)))) return false;
  return !mayLead(end - from, text.charCodeAt(end - 1)) || !LEADING_WORDS.has(text.slice(from, end));
}

/** Of ASCII: what a label may end in whose value has no quotes, and other blanks. */
function beforeBlankTable(): Uint8Array {
  return Uint8Array.from({ length: ASCII }, (_, code) => Number(mayEndLabel(code) || isBlank(code)));
}

function mayLeadTable(): Uint8Array {
  const table = new Uint8Array((LONGEST_LEADING + 1) * ASCII);
  for (const word of LEADING_WORDS) {
    const last = word.charCodeAt(word.length - 1);
    if (last < ASCII) table[word.length * ASCII + last] = 1;
  }
  return table;
}

/** Of words in small letters of ASCII. */
function mayLead(length: number, last: number): boolean {
  return length <= LONGEST_LEADING && MAY_LEAD[length * ASCII + last] === 1;
}

function password(quote: number, isAssigned: boolean): Label {
  return { kind: 'password', phrase: 'password', quote, assigned: isAssigned };
}

function account(quote: number): Label {
  return { kind: 'account', phrase: '--user', quote, assigned: true };
}

function paypal(quote: number): Label {
  return { kind: 'secret', phrase: 'access_token', quote, assigned: true };
}

function skipBlanks(text: string, from: number, min: number): number {
  let at = from;
  while (at > min && from - at < MAX_BLANK_CHARS) {
    if (isBlank(text.charCodeAt(at - 1))) at--;
    else if (isEscapedBlank(text, at)) at -= 2;
    else break;
  }
  return at;
}

/** `\\t`, `\\n`, `\\r` of JSON within JSON. */
function isEscapedBlank(text: string, end: number): boolean {
  const last = text.charCodeAt(end - 1);
  return (last === 0x6e || last === 0x72 || last === 0x74) && text.charCodeAt(end - 2) === 0x5c;
}

/** Small letters of ASCII alone. */
function isPlain(word: string): boolean {
  for (let at = 0; at < word.length; at++) if (!isSmall(word.charCodeAt(at))) return false;
  return true;
}

/** `label :=`, `label =>`, `<label>`. `from` is where the value begins, or its quote. */
function assigned(text: string, min: number, end: number, from: number, quote: number): Label | undefined {
  let at = end;
  let hasEquals = false;
  while (at > min && end - at < 4 && hasRole(text.charCodeAt(at - 1), OPERATOR)) {
    at--;
    if (text.charCodeAt(at) === EQUALS) hasEquals = true;
  }
  if (at === end - 1 && text.charCodeAt(at) === GREATER) return tag(text, min, end - 1, quote);
  if (hasEquals && hasLineBreak(text, end, from)) return undefined;
  if (hasEquals && at === end - 1 && endsInAccountFlag(text, min, at)) return account(quote);
  // A label may hold operator characters of its own: `SONAR.LOGIN`, `user:`.
  return classify(text, min, at, quote, true);
}

function hasLineBreak(text: string, from: number, until: number): boolean {
  for (let at = from; at < until; at++) if (text.charCodeAt(at) === LINE_FEED) return true;
  return false;
}

function endsInAccountFlag(text: string, min: number, end: number): boolean {
  const last = text[end - 1];
  return (last === 'u' || last === 'r') && ACCOUNT_ASSIGNED.test(text.slice(min, end));
}

/** The name in an opening tag that ends at `end`. */
function tag(text: string, min: number, end: number, quote: number): Label | undefined {
  const open = text.lastIndexOf('<', end);
  // Behind a name, `<` opens the type of a generic one: `static_cast<Pass *>(`.
  if (open < min || quote !== 0 || (open > 0 && /[\w*&]/.test(text[open - 1]!))) return undefined;
  const opened = /^<([A-Za-z][\w.:-]*)((?:\s[^<>]*)?)$/.exec(text.slice(open, end));
  if (opened === null) return undefined;
  const attribute = ATTRIBUTE.exec(opened[2]!)?.[1];
  return (
    classifyPhrase(opened[1]!, TAG, true) ??
    (attribute === undefined ? undefined : classifyPhrase(attribute, TAG, true))
  );
}

/** `setPassword("`, `config.token("`; what `createToken("` and `splitpasswd("` are given is none. */
function argument(text: string, min: number, end: number, quote: number): Label | undefined {
  const before = text.slice(min, end).replace(COMPARISON, '');
  const name = /([A-Za-z_]\w{1,40})\s?$/.exec(before)?.[1];
  if (name === undefined || DOES_MORE.test(name))
    return name === undefined ? classify(text, min, end, quote, true) : undefined;
  return classifyPhrase(name, quote, true);
}

/** `setProperty("API_TOKEN", "`, `HTTPBasicAuth("ada", "`, `strcmp(password, "`. */
function secondArgument(text: string, min: number, end: number, quote: number): Label | undefined {
  const before = text.slice(min, end);
  const first = (FIRST_ARGUMENT.exec(before) ?? LISTED_FLAG.exec(before))?.[1];
  if (first !== undefined) {
    return classifyPhrase(first, quote, true) ?? (CREDENTIALS.test(before) ? password(quote, true) : undefined);
  }
  const name = COMPARED.exec(before)?.[1];
  const label = name === undefined ? undefined : classifyPhrase(name, quote, false);
  return label?.kind === 'password' ? label : undefined;
}

/** A particle, a full-width colon or the label itself, in a script without spaces. */
function afterCjk(text: string, min: number, end: number, quote: number): Label | undefined {
  const at = CONNECTIVE_CJK.includes(text[end - 1]!) ? skipBlanks(text, end - 1, min) : end;
  return classify(text, min, at, quote, at < end);
}

/** `Bearer `, `password is `, `IDENTIFIED BY '`, `--api-key `, `PASSWORD '`. */
function afterWord(text: string, min: number, end: number, at: number, quote: number): Label | undefined {
  let from = end;
  while (from > min && end - from < MAX_NAME_CHARS && isNameChar(text.charCodeAt(from - 1))) from--;
  const word = text.slice(from, end);
  // Nearly all words of prose and code.
  if (quote === 0 && isPlain(word) && !LEADING_WORDS.has(word)) return undefined;
  const lower = word.length <= MAX_LEADING_CHARS ? word.toLowerCase() : '';
  if (SCHEMES.has(lower)) return { kind: 'scheme', phrase: lower, quote, assigned: false };
  if (CONNECTIVES.has(lower)) return afterConnective(text, min, from, lower, quote);
  if (ACCOUNT_FLAGS.has(lower) || (CURL_FLAGS.test(word) && CURL.test(text.slice(min, end)))) return account(quote);
  if (lower === '-p') return /sshpass\s+-p$/.test(text.slice(min, end)) ? password(quote, true) : undefined;
  if (lower === 'pass') return undefined;
  if (word.startsWith('-')) return classifyPhrase(word.replace(/^-+/, ''), quote, true);
  if (text.slice(end, at).includes('\n')) return undefined;
  if (word === 'PASSWORD') return classify(text, min, end, quote, true);
  return afterName(text, min, end, quote, word);
}

/** A label with nothing but a space behind it. */
function afterName(text: string, min: number, end: number, quote: number, word: string): Label | undefined {
  const isPassword = ENDS_LIKE_PASSWORD.test(word);
  if (quote === 0 && !isPassword && !/^(?:pw|[A-Z][A-Z0-9_]+)$/.test(word)) return undefined;
  const before = text.slice(min, end);
  const isDefined = DEFINED_NAME.test(before) || DEFINED.test(before);
  if (quote === 0 && !isPassword && !isDefined && !STANDS_ALONE.test(before)) return undefined;
  return classify(text, min, end, quote, isDefined);
}

/** `identified by`, `password is`. */
function afterConnective(text: string, min: number, from: number, word: string, quote: number): Label | undefined {
  if (word === 'to' && !POLISH.test(text.slice(min, from))) return undefined;
  if (word !== 'by' && word !== 'as') return classify(text, min, skipBlanks(text, from, min), quote, true);
  return quote !== BACKTICK && (quote !== 0 || text[from] === 'B') && IDENTIFIED.test(text.slice(min, from))
    ? password(quote, true)
    : undefined;
}

/** `src/secrets/token.ts: `. */
const FILE = /\.(?:[cm]?[jt]sx?|py|go|rb|rs|java|kt|php|cs|c|h|cpp|swift|md|txt|html?|css|lock|sh|sql)$/;

/** What the words that end at `end` say of the value behind them: a name with its dots and dashes, or some words of prose. */
function classify(text: string, min: number, end: number, quote: number, isAssigned: boolean): Label | undefined {
  const from = Math.max(min, end - MAX_PHRASE_CHARS);
  if (isPlainPhrase(text, from, end) || !LABEL_SCANNER.occurs(text, from, end)) return undefined;
  const phrase = phraseIn(text.slice(from, end));
  const name = VALUE_WORDS.has(phrase.trim().toLowerCase()) ? NAMED.exec(text.slice(min, end))?.[1] : undefined;
  return classifyPhrase(name ?? phrase, quote, isAssigned);
}

/**
 * A cheap look that rules out nearly all of code, where something is assigned everywhere: the words before are nothing but a phrase, and
 * none of it is part of a label.
 */
function isPlainPhrase(text: string, min: number, end: number): boolean {
  if (end === min || !isNameChar(text.charCodeAt(end - 1)) || mayHaveType(text, min, end)) return false;
  let from = end;
  while (from > min && !hasRole(text.charCodeAt(from - 1), ENDS_PHRASE)) from--;
  return !PHRASE_SCANNER.occurs(text, from, end) && !VALUE_WORDS.has(text.slice(from, end).trim().toLowerCase());
}

function classifyPhrase(given: string, quote: number, isAssigned: boolean): Label | undefined {
  if (given.length < 2 || FILE.test(given)) return undefined;
  const phrase = wordsOf(given);
  const kind = kindOfLabel(phrase);
  return kind === undefined ? undefined : { kind, phrase, quote, assigned: isAssigned };
}

/** Without closing quotes, brackets and types, and without what belongs to another statement. */
function phraseIn(before: string): string {
  const trimmed = before.trimEnd();
  // Most end in a letter or a digit: nothing is to be taken off.
  const bare = isNameChar(trimmed.charCodeAt(trimmed.length - 1))
    ? trimmed
    : trimmed.replace(/\[\d{0,6}\]$/, '').replace(/[\])"'`}\\\s]{1,6}$/, '');
  const phrase = lastPhrase(bare);
  if (!mayHaveType(bare, 0, bare.length)) return phrase;
  const typed = lastPhrase(bare.replace(TYPE_NOTE, ''));
  return typed !== '' && ANY_WORD.test(typed) ? typed : phrase;
}

/** A cheap look: a colon before a name, or the end of one of the names of types. */
function mayHaveType(text: string, min: number, end: number): boolean {
  let at = end;
  while (at > min && end - at < MAX_TYPE_CHARS && hasRole(text.charCodeAt(at - 1), IN_TYPE)) at--;
  const isBehindColon = text.charCodeAt(at - 1) === COLON || text.charCodeAt(at - 2) === COLON;
  return (
    isBehindColon ||
    (hasRole(text.charCodeAt(end - 1), ENDS_TYPE) && TYPE_END.test(text.slice(Math.max(0, end - TYPE_END_CHARS), end)))
  );
}

function lastPhrase(text: string): string {
  let from = text.length;
  while (from > 0 && !hasRole(text.charCodeAt(from - 1), ENDS_PHRASE)) from--;
  return text.slice(from);
}

const CAPITAL = /[A-Z]/;

/** `dbPassword` -> `db_password`. */
function wordsOf(label: string): string {
  if (!CAPITAL.test(label)) return label.toLowerCase().trim();
  return label
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/([A-Z]{2,})([A-Z][a-z])/g, '$1_$2')
    .toLowerCase()
    .trim();
}

const LABEL_SCANNER = createKeywordScanner(LABEL_KEYWORDS, { fold: true });
const PHRASE_SCANNER = createKeywordScanner(PHRASE_KEYWORDS, { fold: true });

const USERINFO = /:\/\/[^\s/@:]{0,64}:(?!\d{1,5}(?:[^\w@]|$))[^\s/@]{0,100}$/;
const INLINE_LABEL = /(?:pass(?:word|wd)?|pwd|pw|token|secret|key):[^\s:]{0,100}$/i;

/** Whether a word that goes on is a URL in its password, or a label with a colon and its value. */
export function opensInline(word: string): boolean {
  return USERINFO.test(word) || INLINE_LABEL.test(word);
}
