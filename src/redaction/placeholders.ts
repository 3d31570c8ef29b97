/**
 * The placeholders of one exchange: `<EMAIL_ADDRESS_1>`, numbered by type in order of first appearance, and the way back from
 * them. Lives for one exchange and is never stored; knows nothing of detectors but their entity names.
 */
import { DIGIT, UNDERSCORE } from './characters.ts';
import { candidates, defineDetector } from './detector.ts';

/** Type of a match that is a placeholder and not a value. */
export const PLACEHOLDER = 'PLACEHOLDER';

const OPEN = '<|&lt;|&#60;|&#x3c;|\\\\{1,4}u003c|%3c';
const CLOSE = '>|&gt;|&#62;|&#x3e;|\\\\{1,4}u003e|%3e';
const FORM = `(?:${OPEN})[A-Za-z][A-Za-z0-9_]{1,40}_\\d{1,6}(?:${CLOSE})`;
const SPELLING = new RegExp(`^(${OPEN})([A-Z][A-Z0-9_]{1,40})_(\\d{1,6})`, 'i');

/** Finds all that has the form of a placeholder, in any spelling. */
export const placeholderDetector = defineDetector({
  name: 'placeholder',
  group: 'pii',
  entities: [PLACEHOLDER],
  needs: { kinds: DIGIT | UNDERSCORE, digits: 1, length: 5 },
  trace: '_\\d{1,6}(?:[>&\\\\]|%3)',
  find: (text, from) => candidates(new RegExp(FORM, 'gi'), text, from, PLACEHOLDER, 1),
});

/** Where a placeholder was written, which decides how its value has to be written there. */
type Spelling = 'plain' | 'json' | 'html' | 'percent';

export interface PlaceholderName {
  readonly type: string;
  readonly number: number;
  readonly spelling: Spelling;
}

/** Reads a placeholder in any accepted spelling. */
export function parsePlaceholder(text: string): PlaceholderName | undefined {
  const match = SPELLING.exec(text);
  if (match === null) return undefined;
  return { type: match[2]!.toUpperCase(), number: Number(match[3]), spelling: spellingOf(match[1]!) };
}

function spellingOf(open: string): Spelling {
  if (open === '<') return 'plain';
  if (open.startsWith('&')) return 'html';
  return open.startsWith('%') ? 'percent' : 'json';
}

export interface Placeholders {
  /** A number that stands in the request as the caller wrote it is never issued. All are skipped before the first issue. */
  skip(name: PlaceholderName): void;
  /** For a value of the request: the same value, in any spelling, has the same placeholder. */
  issue(type: string, value: string): string;
  /** For a value that the model wrote itself; never restored in this exchange. */
  issueForResponse(type: string, value: string): string;
  /** The first spelling of the value, written for where the placeholder stands; `undefined` when it was not issued. */
  restore(name: PlaceholderName): string | undefined;
}

/** `normalise` gives one form for all spellings of a value of a type. */
export function createPlaceholders(normalise: (type: string, value: string) => string): Placeholders {
  const values = new Map<string, string>();
  const skipped = new Set<string>();
  const last = new Map<string, number>();
  const inRequest = new Map<string, string>();
  const inResponse = new Map<string, string>();

  function next(type: string): string {
    let number = last.get(type) ?? 0;
    do number++;
    while (skipped.has(`${type}_${number}`));
    last.set(type, number);
    return `${type}_${number}`;
  }

  function nameFor(known: Map<string, string>, type: string, value: string): { name: string; isNew: boolean } {
    const key = `${type} ${normalise(type, value)}`;
    const name = known.get(key);
    if (name !== undefined) return { name, isNew: false };
    const made = next(type);
    known.set(key, made);
    return { name: made, isNew: true };
  }

  return {
    skip: ({ type, number }) => void skipped.add(`${type}_${number}`),
    issue(type, value) {
      const { name, isNew } = nameFor(inRequest, type, value);
      if (isNew) values.set(name, value);
      return `<${name}>`;
    },
    issueForResponse: (type, value) => `<${nameFor(inResponse, type, value).name}>`,
    restore({ type, number, spelling }) {
      const value = values.get(`${type}_${number}`);
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
