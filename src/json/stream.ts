/**
 * Filters the strings, keys and long numbers of JSON text that arrives in pieces, so that what comes out is JSON again.
 * Text that turns out not to be JSON is filtered as plain text from there on. Knows nothing of what is filtered.
 */
import { encodeJsonString } from './walk.ts';

/** The part of a text filter that is needed here. Its end may take its time. */
interface Filter {
  push(piece: string): string;
  end(): string | Promise<string>;
  held?(): string;
}

export interface JsonStreamFilter extends Filter {
  /** False when the strings shown are those that came: the text may then be passed on as it came. Known when it has ended. */
  readonly changed: boolean;
}

export type StreamedKind = 'string' | 'key' | 'number';
/** Longer runs outside of strings are no JSON number. */
const MAX_BARE = 64;
const SPACE = /[ \t\r\n]/;
const STRUCTURE = /[{}[\],:]/;
const LITERAL = /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)$/;

/** `make` gives a fresh filter for one string, key, number or, for text that is no JSON, the plain rest. */
export function jsonStreamFilter(make: (kind: StreamedKind, key: string | undefined) => Filter): JsonStreamFilter {
  return new StreamFilter(make);
}

/** An open brace or bracket, and the key it stands under. */
interface Container {
  readonly open: '{' | '[';
  readonly key: string | undefined;
}

class StreamFilter implements JsonStreamFilter {
  changed = false;
  readonly #make: (kind: StreamedKind, key: string | undefined) => Filter;
  #mode: 'structure' | 'string' | 'bare' | 'plain' = 'structure';
  #filter: Filter | undefined;
  #isKey = false;
  readonly #stack: Container[] = [];
  #expect: 'key' | 'colon' | 'value' | 'next' = 'value';
  #key: string | undefined;
  #keyText = '';
  /** An escape that is not complete, or a run outside of strings. */
  #pending = '';
  /** What was fed to the current filter and is not shown yet. */
  #unseen = '';
  /** What may be shown now. */
  #out = '';
  /** What stands behind a string that is not ready, shown at the end. */
  readonly #behind: (string | Promise<string>)[] = [];

  constructor(make: (kind: StreamedKind, key: string | undefined) => Filter) {
    this.#make = make;
  }

  push(piece: string): string {
    let at = 0;
    while (at < piece.length) at = this.#step(piece, at);
    return this.#take();
  }

  end(): string | Promise<string> {
    if (this.#mode === 'bare') this.#endBare(undefined);
    if (this.#mode === 'string' && this.#pending) this.#feed(this.#pending);
    if (this.#filter) this.#endText('structure');
    if (this.#behind.length === 0) return this.#take();
    return Promise.all([this.#take(), ...this.#behind]).then((parts) => parts.join(''));
  }

  held(): string {
    const inner = this.#filter?.held?.() ?? '';
    return (this.#mode === 'string' ? encodeJsonString(inner) : inner) + this.#pending;
  }

  #step(piece: string, at: number): number {
    if (this.#mode === 'plain') {
      this.#feed(piece.slice(at));
      return piece.length;
    }
    if (this.#mode === 'string') return this.#inString(piece, at);
    this.#outside(piece[at]!);
    return at + 1;
  }

  /** One character outside of strings. */
  #outside(char: string): void {
    if (this.#mode === 'bare' && !STRUCTURE.test(char)) this.#bare(char);
    else if (this.#mode === 'bare' && !this.#endBare(char)) this.#feed(char);
    else if (SPACE.test(char)) this.#write(char);
    else if (STRUCTURE.test(char) ? this.#structure(char) : this.#opens(char)) return;
    else this.#plain(char);
  }

  /** False where JSON has no such character. */
  #structure(char: string): boolean {
    const inside = this.#stack.at(-1)?.open;
    if ((char === '{' || char === '[') && this.#expect === 'value') {
      this.#stack.push({ open: char, key: this.#key });
      this.#expect = char === '{' ? 'key' : 'value';
    } else if (inside && char === (inside === '{' ? '}' : ']')) {
      this.#key = this.#stack.pop()!.key;
      this.#expect = 'next';
    } else if (inside && char === ',' && this.#expect === 'next') this.#expect = inside === '{' ? 'key' : 'value';
    else if (char === ':' && this.#expect === 'colon') this.#expect = 'value';
    else return false;
    this.#write(char);
    return true;
  }

  /** Opens a string or a run outside of strings; false where none may stand. */
  #opens(char: string): boolean {
    if (char === '"' && (this.#expect === 'key' || this.#expect === 'value')) this.#openString();
    else if (char !== '"' && this.#expect === 'value') this.#bare(char);
    else return false;
    return true;
  }

  #openString(): void {
    this.#mode = 'string';
    this.#isKey = this.#expect === 'key';
    this.#keyText = '';
    this.#filter = this.#make(this.#isKey ? 'key' : 'string', this.#key);
    this.#write('"');
  }

  #inString(piece: string, at: number): number {
    if (this.#pending) return this.#escape(piece, at);
    let end = at;
    while (end < piece.length && piece[end] !== '"' && piece[end] !== '\\') end++;
    if (end > at) this.#feed(piece.slice(at, end));
    if (end === piece.length) return end;
    if (piece[end] === '\\') this.#pending = '\\';
    else this.#closeString();
    return end + 1;
  }

  #escape(piece: string, at: number): number {
    this.#pending += piece[at]!;
    const isUnicode = this.#pending[1] === 'u';
    if (this.#pending.length === (isUnicode ? 6 : 2)) {
      const sequence = this.#pending;
      this.#pending = '';
      this.#feed(decodeEscape(sequence));
    }
    return at + 1;
  }

  #closeString(): void {
    this.#endText('structure');
    if (this.#isKey) this.#key = this.#keyText;
    this.#expect = this.#isKey ? 'colon' : 'next';
    this.#write('"');
  }

  /**
   * Spaces belong to the run until it is known that the next value is behind a comma: `4111 1111 1111 1111` is no list of
   * numbers.
   */
  #bare(char: string): void {
    this.#mode = 'bare';
    this.#pending += char;
    if (this.#pending.length <= MAX_BARE) return;
    if (LITERAL.test(this.#pending.trimEnd())) this.#endBare(',');
    else this.#plain('');
  }

  /** Ends a run outside of strings; false when it was no JSON and all that follows is plain text. */
  #endBare(next: string | undefined): boolean {
    const run = this.#pending.trimEnd();
    const fits = next === undefined || (this.#stack.length > 0 && /[,}\]]/.test(next));
    if (!fits || !LITERAL.test(run)) {
      this.#plain('');
      return false;
    }
    const space = this.#pending.slice(run.length);
    this.#pending = '';
    this.#mode = 'structure';
    this.#expect = 'next';
    this.#write(/^-?\d{9,}$/.test(run) ? this.#number(run) : run);
    this.#write(space);
    return true;
  }

  #number(run: string): string | Promise<string> {
    const filter = this.#make('number', this.#key);
    const start = filter.push(run);
    const rest = filter.end();
    const written = (shown: string): string => {
      if (shown === run) return run;
      this.changed = true;
      return JSON.stringify(shown);
    };
    return typeof rest === 'string' ? written(start + rest) : rest.then((end) => written(start + end));
  }

  /** What came is no JSON: the rest is one plain text. */
  #plain(next: string): void {
    const text = this.#pending + next;
    this.#pending = '';
    this.#mode = 'plain';
    this.#filter = this.#make('string', undefined);
    this.#feed(text);
  }

  #feed(text: string): void {
    if (this.#mode === 'string' && this.#isKey) this.#keyText += text;
    this.#unseen += text;
    this.#show(this.#filter?.push(text) ?? text);
  }

  #endText(next: 'structure' | 'plain'): void {
    const rest = this.#filter?.end() ?? '';
    if (typeof rest === 'string') this.#show(rest);
    else this.#showLater(rest);
    if (this.#unseen !== '') this.changed = true;
    this.#unseen = '';
    this.#filter = undefined;
    this.#pending = '';
    this.#mode = next;
  }

  /** Shows text of the current filter, and follows whether it is what was fed. */
  #show(text: string): void {
    this.#write(this.#mode === 'string' ? encodeJsonString(text) : text);
    if (this.#unseen.startsWith(text)) this.#unseen = this.#unseen.slice(text.length);
    else this.changed = true;
  }

  #showLater(rest: Promise<string>): void {
    const [unseen, isString] = [this.#unseen, this.#mode === 'string'];
    this.#unseen = '';
    this.#write(
      rest.then((text) => {
        if (text !== unseen) this.changed = true;
        return isString ? encodeJsonString(text) : text;
      }),
    );
  }

  #write(text: string | Promise<string>): void {
    if (typeof text === 'string' && this.#behind.length === 0) {
      this.#out += text;
      return;
    }
    this.#behind.push(text);
    // Told at the end; until then nobody listens.
    if (typeof text !== 'string') text.catch(() => {});
  }

  #take(): string {
    const out = this.#out;
    this.#out = '';
    return out;
  }
}

function decodeEscape(sequence: string): string {
  try {
    return JSON.parse(`"${sequence}"`) as string;
  } catch {
    // Not an escape that JSON knows: keep what was meant readable rather than break the text.
    return sequence.slice(1);
  }
}
