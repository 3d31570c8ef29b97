/**
 * JSON text that is too large to be held, value by value as it arrives: each string, key and number is handed over as it is spelled,
 * with its path, and all between them passes. Checks structure as it goes; what stands in a value is the taker's to read.
 */
import type { KeyPath } from '../core/text.ts';
import { JsonSyntaxError } from '../json/walk.ts';

/** Where a value or key stands: its first character, from 1. */
export interface ValuePlace {
  readonly line: number;
  readonly column: number;
  readonly path: KeyPath;
}

/** Returns what is written in place of the value, or key, that stands there. */
export type TakeValue = (spelled: string, place: ValuePlace) => string;

interface Container {
  readonly isObject: boolean;
  /** The last key, or position, that was read. */
  key: string | number;
}

/** What may come next. `first`: a value or the end of an empty container. */
type Expected = 'value' | 'first' | 'key' | 'colon' | 'next' | 'nothing';

const SPACE = /[ \t\r\n]*/y;
const BARE = /[-+.\w]+/y;
const LITERAL = /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)$/;

export class JsonPieces {
  readonly #take: TakeValue;
  readonly #open: Container[] = [];
  #expected: Expected = 'value';
  /** What came and is not read yet: the beginning of a string or of a bare word. */
  #text = '';
  /** Characters read before `#text`. */
  #base = 0;
  #line = 1;
  /** Where that line begins, counted from the beginning. */
  #lineStart = 0;
  /** How far a string that is not closed yet has been searched for its end. */
  #searched = 0;

  constructor(take: TakeValue) {
    this.#take = take;
  }

  /** @throws JsonSyntaxError with the offset of what is wrong, counted from the beginning */
  push(piece: string): string {
    this.#text += piece;
    return this.#read(false);
  }

  end(): string {
    const shown = this.#read(true);
    if (this.#text !== '' || this.#expected !== 'nothing') throw this.#error(this.#text.length);
    return shown;
  }

  #read(isEnd: boolean): string {
    const text = this.#text;
    let at = 0;
    let shown = '';
    while (at < text.length) {
      const start = this.#skipSpace(at);
      const end = start === text.length ? start : this.#endOfToken(start, isEnd);
      if (end < 0) {
        shown += text.slice(at, start);
        at = start;
        break;
      }
      shown += text.slice(at, start) + (end > start ? this.#token(text.slice(start, end), start) : '');
      at = end;
    }
    this.#text = text.slice(at);
    this.#base += at;
    return shown;
  }

  /** Nothing but spaces holds line ends. */
  #skipSpace(at: number): number {
    const end = endOf(SPACE, this.#text, at);
    for (let from = at; ; from++) {
      from = this.#text.indexOf('\n', from);
      if (from < 0 || from >= end) return end;
      this.#line++;
      this.#lineStart = this.#base + from + 1;
    }
  }

  /** -1 when more has to come before it can be told. */
  #endOfToken(start: number, isEnd: boolean): number {
    const text = this.#text;
    const first = text[start]!;
    if ('{}[],:'.includes(first)) return start + 1;
    if (first === '"') return this.#endOfString(start);
    const end = endOf(BARE, text, start);
    if (end === start) throw this.#error(start);
    return end === text.length && !isEnd ? -1 : end;
  }

  #endOfString(start: number): number {
    const text = this.#text;
    for (let at = Math.max(start + 1, this.#searched); ; at++) {
      at = text.indexOf('"', at);
      if (at < 0) break;
      if (isEscaped(text, at)) continue;
      this.#searched = 0;
      return at + 1;
    }
    // What was waited for begins the text that is searched next.
    this.#searched = text.length - start;
    return -1;
  }

  #token(token: string, at: number): string {
    const first = token[0]!;
    if ('{}[],:'.includes(first)) {
      if (!this.#structure(first)) throw this.#error(at);
      return token;
    }
    if (this.#expected === 'key' || (this.#expected === 'first' && this.#open.at(-1)!.isObject))
      return this.#key(token, at);
    if (this.#expected !== 'value' && this.#expected !== 'first') throw this.#error(at);
    if (first !== '"' && !LITERAL.test(token)) throw this.#error(at);
    const container = this.#open.at(-1);
    if (container !== undefined && !container.isObject) container.key = Number(container.key) + 1;
    this.#close();
    return this.#take(token, this.#place(at));
  }

  #key(token: string, at: number): string {
    if (token[0] !== '"') throw this.#error(at);
    this.#open.at(-1)!.key = this.#parsed(token, at);
    this.#expected = 'colon';
    return this.#take(token, this.#place(at));
  }

  #parsed(token: string, at: number): string {
    try {
      return JSON.parse(token) as string;
    } catch {
      throw this.#error(at);
    }
  }

  /** False where JSON has no such character. */
  #structure(character: string): boolean {
    const container = this.#open.at(-1);
    const expected = this.#expected;
    if (character === '{' || character === '[') {
      if (expected !== 'value' && !(expected === 'first' && !container!.isObject)) return false;
      if (container !== undefined && !container.isObject) container.key = Number(container.key) + 1;
      this.#open.push({ isObject: character === '{', key: character === '{' ? '' : -1 });
      this.#expected = 'first';
      return true;
    }
    if (character === ':') {
      if (expected !== 'colon') return false;
      this.#expected = 'value';
      return true;
    }
    if (container === undefined || (expected !== 'next' && expected !== 'first')) return false;
    if (character === ',') {
      if (expected === 'first') return false;
      this.#expected = container.isObject ? 'key' : 'value';
      return true;
    }
    if (container.isObject !== (character === '}')) return false;
    this.#open.pop();
    this.#close();
    return true;
  }

  /** A value has ended. */
  #close(): void {
    this.#expected = this.#open.length === 0 ? 'nothing' : 'next';
  }

  #place(at: number): ValuePlace {
    const column = this.#base + at - this.#lineStart + 1;
    return { line: this.#line, column, path: this.#open.map(({ key }) => key) };
  }

  #error(at: number): JsonSyntaxError {
    return new JsonSyntaxError('syntax', this.#base + at, 'no JSON');
  }
}

function endOf(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}

/** Behind an odd number of backslashes. */
function isEscaped(text: string, at: number): boolean {
  let slash = at - 1;
  while (text[slash] === '\\') slash--;
  return (at - slash) % 2 === 0;
}
