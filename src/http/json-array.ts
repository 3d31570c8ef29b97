/**
 * Reads and rewrites a streamed answer that is one JSON array, an event an item, as Google writes it without `alt=sse`. Items that are
 * not changed go out byte for byte, with the commas and spaces before them. It knows no item's meaning.
 */
import type { ErrorEvent } from '../dialects/dialect.ts';
import { type Frame, type FrameReader, type Framing, MAX_EVENT_CHARS } from './framing.ts';

const SEPARATOR = /[\s,\uFEFF]/;
/** Behind an item that is a number or a literal. */
const DELIMITER = /[\s,\]]/;

class JsonArrayReader implements FrameReader {
  #buffer = '';
  /** How far the buffer was read. */
  #at = 0;
  #opened = false;
  #closed = false;
  /** Where the item begins that is being read. */
  #item: number | undefined;
  /** Objects and arrays that are open in it. */
  #depth = 0;
  #inString = false;

  push(text: string): Frame[] {
    this.#buffer += text;
    const frames: Frame[] = [];
    for (let frame = this.#next(); frame; frame = this.#next()) frames.push(frame);
    if (this.#buffer.length > MAX_EVENT_CHARS)
      throw new RangeError(`an item of a JSON array of more than ${MAX_EVENT_CHARS} characters`);
    return frames;
  }

  /** An item that was cut off, or what follows the array: text, of which a policy may want to see every word. */
  end(): Frame[] {
    const raw = this.#buffer;
    this.#buffer = '';
    if (raw === '') return [];
    const text = this.#closed ? raw.trimStart() : raw.slice(this.#item ?? raw.length);
    return [{ raw, data: text === '' ? undefined : text }];
  }

  #next(): Frame | undefined {
    const end = this.#item === undefined ? this.#between() : this.#within();
    if (end === undefined) return undefined;
    const raw = this.#buffer.slice(0, end);
    const frame =
      this.#item === undefined ? { raw, data: undefined, last: true } : { raw, data: raw.slice(this.#item) };
    this.#buffer = this.#buffer.slice(end);
    this.#at = 0;
    this.#item = undefined;
    return frame;
  }

  /** Offset behind the end of the array, or of the next item if it is here. */
  #between(): number | undefined {
    for (; !this.#closed && this.#at < this.#buffer.length; this.#at++) {
      const char = this.#buffer[this.#at]!;
      if (SEPARATOR.test(char)) continue;
      if (char === ']') {
        this.#closed = true;
        return this.#at + 1;
      }
      if (char !== '[' || this.#opened) {
        this.#item = this.#at;
        return this.#within();
      }
      this.#opened = true;
    }
    return undefined;
  }

  /** Offset behind the item that is being read, if its end is here. */
  #within(): number | undefined {
    while (this.#at < this.#buffer.length) {
      if (this.#inString) {
        if (!this.#stringEnds()) return undefined;
        if (this.#depth === 0 && !this.#inString) return this.#at;
        continue;
      }
      const char = this.#buffer[this.#at]!;
      if (this.#depth === 0 && this.#at > this.#item! && DELIMITER.test(char)) return this.#at;
      this.#at++;
      if (char === '"') this.#inString = true;
      else if (char === '{' || char === '[') this.#depth++;
      else if ((char === '}' || char === ']') && --this.#depth === 0) return this.#at;
    }
    return undefined;
  }

  /** Steps behind the string that is open, by hopping from quote to quote. */
  #stringEnds(): boolean {
    const quote = this.#buffer.indexOf('"', this.#at);
    this.#at = quote < 0 ? this.#buffer.length : quote + 1;
    if (quote >= 0 && !isEscaped(this.#buffer, quote)) this.#inString = false;
    return quote >= 0;
  }
}

function isEscaped(text: string, at: number): boolean {
  let slashes = 0;
  while (text[at - 1 - slashes] === '\\') slashes++;
  return slashes % 2 === 1;
}

function error({ data }: ErrorEvent, begun: boolean): string {
  return `${begun ? ',\n' : '['}${JSON.stringify(data)}\n]`;
}

export const jsonArray: Framing = {
  charset: 'utf-8',
  reader: () => new JsonArrayReader(),
  withData: ({ raw, data = '' }, changed) => raw.slice(0, raw.length - data.length) + changed,
  // Its text was begun by an item before it.
  sibling: (_frame, data) => `,\n${data}`,
  missingEnd: () => '',
  error,
};
