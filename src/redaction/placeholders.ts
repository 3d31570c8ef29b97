/**
 * The placeholders of one exchange: `<EMAIL_ADDRESS_1>`, numbered by type in order of first appearance, and the way back from
 * them. Lives for one exchange and is never stored; knows nothing of detectors but their entity names.
 */
import { CUT_BEFORE, OTHER, UNDERSCORE } from './characters.ts';
import { candidates, defineDetector } from './detector.ts';

/** Type of a match that is a placeholder and not a value. */
export const PLACEHOLDER = 'PLACEHOLDER';

const OPEN = '<|&lt;|&#60;|&#x3c;|\\\\{1,4}u003c|%3c';
const CLOSE = '>|&gt;|&#62;|&#x3e;|\\\\{1,4}u003e|%3e';
/** A number, or the hexadecimal digits of a tag. */
const LABEL = '\\d{1,6}|[0-9a-f]{6}|[0-9a-f]{12}';
const FORM = `(?:${OPEN})[A-Za-z][A-Za-z0-9_]{1,40}_(?:${LABEL})(?:${CLOSE})`;
const SPELLING = new RegExp(`^(${OPEN})([A-Z][A-Z0-9_]{1,40})_(${LABEL})(?:${CLOSE})`, 'i');

/** Finds all that has the form of a placeholder, in any spelling. */
export const placeholderDetector = defineDetector({
  name: 'placeholder',
  group: 'pii',
  entities: [PLACEHOLDER],
  gates: [
    { kinds: UNDERSCORE | CUT_BEFORE, length: 5 },
    { kinds: UNDERSCORE | OTHER, length: 8 },
  ],
  find: (text, from) => candidates(new RegExp(FORM, 'gi'), text, from, PLACEHOLDER, 1),
});

/** Where a placeholder was written, which decides how its value has to be written there. */
type Spelling = 'plain' | 'json' | 'html' | 'percent';

export interface PlaceholderName {
  readonly type: string;
  /** Its number, or its tag by `placeholders: 'hmac'`. */
  readonly label: string;
  readonly spelling: Spelling;
}

/** Reads a placeholder in any accepted spelling. */
export function parsePlaceholder(text: string): PlaceholderName | undefined {
  const match = SPELLING.exec(text);
  if (match === null) return undefined;
  return { type: match[2]!.toUpperCase(), label: match[3]!.toLowerCase(), spelling: spellingOf(match[1]!) };
}

function spellingOf(open: string): Spelling {
  if (open === '<') return 'plain';
  if (open.startsWith('&')) return 'html';
  return open.startsWith('%') ? 'percent' : 'json';
}

export interface Placeholders {
  /** A number that stands in the request as the caller wrote it is never issued. All are skipped before the first issue. */
  skip(name: PlaceholderName): void;
  /**
   * For a value of the request: the same value, in any spelling, has the same placeholder. `same` is one form for all spellings;
   * by default the value is normalised by its type.
   */
  issue(type: string, value: string, same?: string): string;
  /** For a value that the model wrote itself; never restored in this exchange. */
  issueForResponse(type: string, value: string, same?: string): string;
  /** The first spelling of the value, written for where the placeholder stands; `undefined` when it was not issued. */
  restore(name: PlaceholderName): string | undefined;
}

/** The hexadecimal tag of a value, of six digits or of twelve. */
export type Tagger = (type: string, same: string, isLong: boolean) => string;

/** `normalise` gives one form for all spellings of a value of a type. With `tag` placeholders have tags instead of numbers. */
export function createPlaceholders(normalise: (type: string, value: string) => string, tag?: Tagger): Placeholders {
  const values = new Map<string, string>();
  const skipped = new Set<string>();
  const last = new Map<string, number>();
  const taken = new Map<string, string>();
  const inRequest = new Map<string, string>();
  const inResponse = new Map<string, string>();

  function next(type: string): string {
    let number = last.get(type) ?? 0;
    do number++;
    while (skipped.has(`${type}_${number}`));
    last.set(type, number);
    return `${type}_${number}`;
  }

  /** Two values of one exchange never share a tag: the second has a longer one. */
  function tagged(type: string, same: string): string {
    const short = `${type}_${tag!(type, same, false)}`;
    const isFree = !skipped.has(short) && (taken.get(short) ?? same) === same;
    const name = isFree ? short : `${type}_${tag!(type, same, true)}`;
    taken.set(name, same);
    return name;
  }

  function nameFor(known: Map<string, string>, type: string, same: string): { name: string; isNew: boolean } {
    const key = `${type} ${same}`;
    const name = known.get(key);
    if (name !== undefined) return { name, isNew: false };
    const made = tag === undefined ? next(type) : tagged(type, same);
    known.set(key, made);
    return { name: made, isNew: true };
  }

  return {
    skip: ({ type, label }) => void skipped.add(`${type}_${label}`),
    issue(type, value, same = normalise(type, value)) {
      const { name, isNew } = nameFor(inRequest, type, same);
      if (isNew) values.set(name, value);
      return `<${name}>`;
    },
    issueForResponse: (type, value, same = normalise(type, value)) => `<${nameFor(inResponse, type, same).name}>`,
    restore({ type, label, spelling }) {
      const value = values.get(`${type}_${label}`);
      return value === undefined ? undefined : write(value, spelling);
    },
  };
}

const HTML: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** A value must not break the JSON, HTML or URL that its placeholder was escaped for. */
function write(value: string, spelling: Spelling): string {
  if (spelling === 'json') return JSON.stringify(value).slice(1, -1);
  if (spelling === 'html') return value.replace(/[&<>"']/g, (character) => HTML[character]!);
  // `@` and `:` may stand in a URL as they are.
  if (spelling === 'percent') return encodeURIComponent(value).replaceAll('%40', '@').replaceAll('%3A', ':');
  return value;
}
