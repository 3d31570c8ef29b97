/** JSON text: its strings, keys and long numbers are redacted, all else keeps its bytes, and the result is JSON. */
import { type BodySlot, JsonBody } from '../core/json-body.ts';
import type { KeyPath } from '../core/text.ts';
import { PLACEHOLDER } from '../redaction/placeholders.ts';
import { type ScanMatch, spliced } from '../redaction/redactor.ts';
import type { Redaction } from './redaction.ts';

const BYTE_ORDER_MARK = '\uFEFF';

/** Where a JSON text stands in what is read. */
export interface JsonPlace {
  /** Of its first character, from 1. */
  readonly line: number;
  readonly column: number;
  /** The path of the text itself, which goes on inside. */
  readonly path: KeyPath;
}

const WHOLE: JsonPlace = { line: 1, column: 1, path: [] };

/**
 * The text with its values replaced. Paths go on inside of strings that hold JSON.
 * @throws JsonSyntaxError
 */
export function redactJson(text: string, redaction: Redaction, start: JsonPlace = WHOLE): string {
  if (text.startsWith(BYTE_ORDER_MARK)) return BYTE_ORDER_MARK + redactJson(text.slice(1), redaction, start);
  const shape = { value: { scope: 'message', json: true } } as const;
  const body = new JsonBody(text, shape, { nested: true, duplicateKeys: 'allow' }, start.path);
  const found = scanned(body, start.path, redaction);
  for (const { matches } of found) for (const match of matches) redaction.skip(match);
  const secretKeys = new Map(found.filter(isSecretKey).map(({ path }) => [path.at(-1), '<key>']));
  const lines = new Lines(text, start);
  for (const { slot, path, value, matches } of found) {
    const places = new SpelledPlaces(text, slot);
    const edited = spliced(value, matches, (match) =>
      redaction.replace(match, () => {
        const at = lines.placeOf(places.offsetOf(match.start));
        return `${at}  ${pathText(path, (key) => secretKeys.get(key) ?? key, redaction)}`;
      }),
    );
    if (edited !== value) slot.write(edited);
  }
  return body.toString();
}

interface Scanned {
  readonly slot: BodySlot;
  readonly path: KeyPath;
  readonly value: string;
  readonly matches: readonly ScanMatch[];
}

function scanned({ slots, document }: JsonBody, parentPath: KeyPath, { redactor }: Redaction): Scanned[] {
  // A value alone stands under a key that is not there.
  const isAlone = !/^\s*[[{]/.test(document.text);
  return slots
    .map((slot) => {
      const path = isAlone ? [...parentPath, ...slot.path.slice(parentPath.length + 1)] : slot.path;
      const value = slot.read();
      return { slot, path, value, matches: redactor.scanWhole(value, { path }) };
    })
    .filter(({ matches }) => matches.length > 0);
}

const ESCAPE = /\\(?:u[\da-fA-F]{4}|.)/y;

/** Where places of a string's value, asked for in order, stand in the text; the string's beginning for a nested one. */
class SpelledPlaces {
  readonly #text: string;
  readonly #slot: BodySlot;
  #read = 0;
  #at: number;

  constructor(text: string, slot: BodySlot) {
    this.#text = text;
    this.#slot = slot;
    this.#at = slot.at;
  }

  offsetOf(place: number): number {
    if (this.#slot.isNested) return this.#slot.at;
    for (; this.#read < place; this.#read++) {
      ESCAPE.lastIndex = this.#at;
      this.#at = ESCAPE.test(this.#text) ? ESCAPE.lastIndex : this.#at + 1;
    }
    return this.#at;
  }
}

/** Lines and columns of places that are asked for in order. */
class Lines {
  readonly #text: string;
  #line: number;
  /** Where the line begins. */
  #start: number;

  constructor(text: string, { line, column }: JsonPlace) {
    this.#text = text;
    this.#line = line;
    this.#start = 1 - column;
  }

  placeOf(offset: number): string {
    for (let end = this.#next(); end >= 0 && end < offset; end = this.#next()) {
      this.#line++;
      this.#start = end + 1;
    }
    return `${this.#line}:${offset - this.#start + 1}`;
  }

  #next(): number {
    return this.#text.indexOf('\n', Math.max(0, this.#start));
  }
}

const isSecretKey = ({ slot, matches }: Scanned): boolean =>
  slot.kind === 'key' && matches.some(({ type }) => type !== PLACEHOLDER);

/** `$.messages[0]["first name"]`. A key may itself be an address or a number, and is redacted here too. */
function pathText(path: KeyPath, shownKey: (key: string) => string, { redactor }: Redaction): string {
  return `$${path.map((step) => (typeof step === 'number' ? `[${step}]` : keyText(redactor.redact(shownKey(step))))).join('')}`;
}

function keyText(key: string): string {
  return /^[A-Za-z_$][\w$-]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}
