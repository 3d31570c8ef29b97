/**
 * One walk over JSON text: where its strings, keys and long numbers stand and by which path, without building values.
 * Strings are hopped over with `indexOf`, so the cost is far below `JSON.parse`. Knows nothing of what the paths mean.
 */

import { placeLeaves, type Recall } from './known-values.ts';

/**
 * What is known about paths before the walk. `value` holds for everything below until a deeper entry says otherwise;
 * `null` means structure: nothing there is reported.
 */
export interface Shape<T> {
  readonly value?: T | null;
  readonly keys?: ReadonlyMap<string, Shape<T>>;
  /** Shape of every array item, or of every member that `keys` does not name. */
  readonly each?: Shape<T>;
}

/** An object or array on the way to a leaf. */
export interface Container {
  readonly parent: Container | undefined;
  /** Key or position in the parent; `''` for the root. */
  readonly key: string | number;
}

export interface Leaf<T> {
  readonly kind: 'string' | 'key' | 'number';
  /** Range in the text: between the quotes for strings and keys. */
  readonly start: number;
  readonly end: number;
  readonly container: Container;
  readonly key: string | number;
  readonly tag: T;
  /** What a string with escapes says, where the walk has looked already; `decodeJsonString` tells it of all. */
  readonly decoded?: string | undefined;
  /** The same object each time the leaf stands again in a text whose history is known. */
  readonly known?: KnownFact | undefined;
}

/** What was worked out of a leaf's text, by what, and about how much memory it takes. */
export interface KnownFact {
  by?: unknown;
  fact?: unknown;
  bytes?: number | undefined;
}

/** The range of a value in the text. */
export interface Member {
  readonly start: number;
  readonly end: number;
}

export interface JsonDocument<T> {
  readonly text: string;
  readonly leaves: readonly Leaf<T>[];
  /** What the root holds, by key or by position (`'0'`, `'1'`, ...). */
  readonly members: ReadonlyMap<string, Member>;
  /** Offset behind the root's `{`; -1 when the root is not an object. */
  readonly open: number;
}

export interface WalkOptions {
  /** Default `refuse`: two readers may take different ones, so what was checked might not be what is used. */
  readonly duplicateKeys?: 'refuse' | 'allow' | undefined;
}

/** Deeper nesting is refused: recursive readers behind us overflow. */
export const MAX_JSON_DEPTH = 64;
/** Shorter numbers cannot be a card, a phone or a social security number. */
const MIN_NUMBER_DIGITS = 9;

export class JsonSyntaxError extends Error {
  override readonly name = 'JsonSyntaxError';
  readonly reason: 'syntax' | 'depth' | 'duplicate_key';
  readonly offset: number;
  constructor(reason: JsonSyntaxError['reason'], offset: number, message: string) {
    super(message);
    this.reason = reason;
    this.offset = offset;
  }
}

const QUOTE = 34;
const COMMA = 44;
const MINUS = 45;
const COLON = 58;
const OPEN_BRACKET = 91;
const BACKSLASH = 92;
const CLOSE_BRACKET = 93;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;
const LETTER_U = 117;
const IS_SIMPLE_ESCAPE = new Uint8Array(128);
for (const char of '"\\/bfnrt') IS_SIMPLE_ESCAPE[char.charCodeAt(0)] = 1;
const HEX = /^[\da-fA-F]{4}$/;
/** By their first letters. */
const LITERALS: ReadonlyMap<number, string> = new Map(
  ['true', 'false', 'null'].map((word) => [word.charCodeAt(0), word]),
);
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

interface Frame<T> extends Container {
  readonly isArray: boolean;
  readonly start: number;
  /** How many leaves there were before it. */
  readonly from: number;
  readonly shape: Shape<T> | undefined;
  readonly tag: T | null;
  length: number;
  readonly seen: Set<string> | undefined;
}

/**
 * @param recall of earlier walks with the same options, whose values need no walk; it is told of those that are new
 * @throws JsonSyntaxError with the offset of what is wrong; the message never quotes the text.
 */
export function walkJson<T>(
  text: string,
  shape: Shape<T>,
  options: WalkOptions = {},
  recall?: Recall<T>,
): JsonDocument<T> {
  return new Walker(text, shape, options.duplicateKeys !== 'allow', recall).run();
}

class Walker<T> {
  readonly #text: string;
  readonly #shape: Shape<T>;
  readonly #refuseDuplicates: boolean;
  readonly #recall: Recall<T> | undefined;
  readonly #leaves: Leaf<T>[] = [];
  readonly #members = new Map<string, Member>();
  #at = 0;
  /** The first backslash that has not been stepped over. */
  #slash = -1;

  constructor(text: string, shape: Shape<T>, refuseDuplicates: boolean, recall: Recall<T> | undefined) {
    this.#recall = recall;
    this.#text = text;
    this.#shape = shape;
    this.#refuseDuplicates = refuseDuplicates;
  }

  run(): JsonDocument<T> {
    const text = this.#text;
    this.#space();
    const open = text.charCodeAt(this.#at) === OPEN_BRACE ? this.#at + 1 : -1;
    this.#containers();
    this.#space();
    if (this.#at < text.length) throw this.#fail('text after the end of the value');
    return { text, leaves: this.#leaves, members: this.#members, open };
  }

  /** The whole value, with an own stack: hostile nesting must not overflow ours. */
  #containers(): void {
    const root: Container = { parent: undefined, key: '' };
    const stack: Frame<T>[] = [];
    const first = this.#value(root, undefined, '', this.#shape, this.#shape.value ?? null);
    if (first) stack.push(first);
    let member: { key: string; start: number } | undefined;
    for (let frame = stack.at(-1); frame; frame = stack.at(-1)) {
      if (this.#closes(frame)) {
        stack.pop();
        if (this.#recall && isRecalled(stack, frame.isArray)) this.#walked(this.#recall, frame, stack.length);
        if (stack.length === 1 && member) this.#members.set(member.key, { start: member.start, end: this.#at });
        continue;
      }
      if (frame.length > 0) this.#expect(COMMA, 'a comma or the end');
      const key = frame.isArray ? frame.length : this.#key(frame);
      frame.length++;
      this.#space();
      const start = this.#at;
      const shape: Shape<T> | undefined = frame.shape?.keys?.get(key as string) ?? frame.shape?.each;
      const tag = shape?.value === undefined ? frame.tag : shape.value;
      const isKnown = this.#recall !== undefined && this.#isKnown(this.#recall, stack, key, shape, tag);
      const inner = isKnown ? undefined : this.#value(frame, frame, key, shape, tag);
      if (stack.length === 1 && inner) member = { key: String(key), start };
      else if (stack.length === 1) this.#members.set(String(key), { start, end: this.#at });
      if (inner && stack.push(inner) > MAX_JSON_DEPTH)
        throw this.#fail(`nesting deeper than ${MAX_JSON_DEPTH}`, 'depth', start);
    }
  }

  /** Steps over a value that was walked before. */
  #isKnown(
    recall: Recall<T>,
    stack: readonly Frame<T>[],
    key: string | number,
    shape: Shape<T> | undefined,
    tag: T | null,
  ): boolean {
    const code = this.#text.charCodeAt(this.#at);
    if (code !== OPEN_BRACE && code !== OPEN_BRACKET) return false;
    if (!isRecalled(stack, code === OPEN_BRACKET)) return false;
    const known = recall.at(this.#text, this.#at, { shape, tag, depth: stack.length });
    if (!known) return false;
    placeLeaves(known, this.#at, stack.at(-1)!, key, this.#leaves);
    this.#at += known.length;
    return true;
  }

  #walked(recall: Recall<T>, frame: Frame<T>, depth: number): void {
    const { shape, tag, start, from } = frame;
    recall.walked({ shape, tag, depth, start, end: this.#at, container: frame, from, to: this.#leaves.length });
  }

  #closes(frame: Frame<T>): boolean {
    this.#space();
    if (this.#text.charCodeAt(this.#at) !== (frame.isArray ? CLOSE_BRACKET : CLOSE_BRACE)) return false;
    this.#at++;
    return true;
  }

  /** Reads a scalar, or opens a container and returns its frame. */
  #value(
    container: Container,
    parent: Container | undefined,
    key: string | number,
    shape: Shape<T> | undefined,
    tag: T | null,
  ): Frame<T> | undefined {
    const code = this.#text.charCodeAt(this.#at);
    if (code === QUOTE) {
      const start = this.#at + 1;
      const decoded = tag === null ? void this.#string() : this.#read();
      const end = this.#at - 1;
      if (tag !== null && end > start)
        this.#leaves.push({ kind: 'string', start, end, container, key, tag, decoded, known: undefined });
      return undefined;
    }
    if (code === OPEN_BRACE || code === OPEN_BRACKET) {
      const start = this.#at++;
      const isArray = code === OPEN_BRACKET;
      const seen = isArray || !this.#refuseDuplicates ? undefined : new Set<string>();
      return { parent, key, isArray, start, from: this.#leaves.length, shape, tag, length: 0, seen };
    }
    this.#scalar(code, container, key, tag);
    return undefined;
  }

  #scalar(code: number, container: Container, key: string | number, tag: T | null): void {
    const text = this.#text;
    if (code === MINUS || (code >= 48 && code <= 57)) {
      NUMBER.lastIndex = this.#at;
      const found = NUMBER.exec(text);
      if (!found) throw this.#fail('a broken number');
      const start = this.#at;
      this.#at += found[0].length;
      if (tag !== null && found[0].length >= MIN_NUMBER_DIGITS && /^-?\d{9,}$/.test(found[0])) {
        this.#leaves.push({
          kind: 'number',
          start,
          end: this.#at,
          container,
          key,
          tag,
          decoded: undefined,
          known: undefined,
        });
      }
      return;
    }
    const literal = LITERALS.get(code);
    if (!literal || !text.startsWith(literal, this.#at))
      throw this.#fail(this.#at >= text.length ? 'the end of the text where a value belongs' : 'no JSON value');
    this.#at += literal.length;
  }

  #key(frame: Frame<T>): string {
    this.#space();
    if (this.#text.charCodeAt(this.#at) !== QUOTE) throw this.#fail('no key in quotes');
    const start = this.#at + 1;
    const end = this.#string();
    const key = decodeJsonString(this.#text, start, end);
    if (frame.seen?.has(key)) throw this.#fail('a key that stands twice in one object', 'duplicate_key', start);
    frame.seen?.add(key);
    if (frame.tag !== null && mayHoldValue(key)) {
      this.#leaves.push({
        kind: 'key',
        start,
        end,
        container: frame,
        key,
        tag: frame.tag,
        decoded: undefined,
        known: undefined,
      });
    }
    this.#space();
    this.#expect(COLON, 'a colon');
    return key;
  }

  /**
   * The same for a string that is likely to be read: from quote to quote, without a look at its escapes, which decoding it checks too. Code
   * in a string has an escape every dozen characters. Whatever is odd is left to the close look.
   */
  #read(): string | undefined {
    const text = this.#text;
    const start = this.#at + 1;
    let end = text.indexOf('"', start);
    while (end > start && isEscaped(text, start, end)) end = text.indexOf('"', end + 1);
    if (this.#slash < start) this.#slash = slashFrom(text, start);
    const decoded = end > this.#slash ? decodedAt(text, start, end) : undefined;
    if (end < 0 || (end > this.#slash && decoded === undefined)) this.#string();
    else this.#at = end + 1;
    return decoded;
  }

  /** Steps over a string and checks its escapes; returns the offset of its closing quote. */
  #string(): number {
    const text = this.#text;
    let slash = this.#slash;
    for (let at = this.#at + 1; ; ) {
      const end = text.indexOf('"', at);
      if (end < 0) throw this.#fail('a string without end');
      for (;;) {
        if (slash < at) slash = slashFrom(text, at);
        if (slash > end) break;
        at = this.#escapeEnd(slash);
      }
      // Behind it, when the quote itself was escaped.
      if (at > end) continue;
      this.#slash = slash;
      this.#at = end + 1;
      return end;
    }
  }

  /** The offset behind an escape. */
  #escapeEnd(slash: number): number {
    const code = this.#text.charCodeAt(slash + 1);
    if (IS_SIMPLE_ESCAPE[code] === 1) return slash + 2;
    if (code !== LETTER_U || !HEX.test(this.#text.slice(slash + 2, slash + 6)))
      throw this.#fail('a broken escape', 'syntax', slash);
    return slash + 6;
  }

  #space(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== 32 && code !== 10 && code !== 13 && code !== 9) return;
      this.#at++;
    }
  }

  #expect(code: number, what: string): void {
    if (this.#text.charCodeAt(this.#at) !== code) throw this.#fail(`something else where ${what} belongs`);
    this.#at++;
  }

  #fail(what: string, reason: JsonSyntaxError['reason'] = 'syntax', offset = this.#at): JsonSyntaxError {
    return new JsonSyntaxError(reason, offset, `${what} at offset ${offset}`);
  }
}

/** Items of the root's lists (messages, tools) and objects in the root: what a client sends again as it was. */
function isRecalled(stack: readonly Frame<unknown>[], isArray: boolean): boolean {
  return stack.length === 1 ? !isArray : stack.length === 2 && stack[1]!.isArray;
}

/** Whether the backslashes before a quote escape it. */
function isEscaped(text: string, start: number, quote: number): boolean {
  let at = quote;
  while (at > start && text.charCodeAt(at - 1) === BACKSLASH) at--;
  return ((quote - at) & 1) === 1;
}

/** `undefined` for what is no string in the strict sense. */
function decodedAt(text: string, start: number, end: number): string | undefined {
  try {
    return JSON.parse(text.slice(start - 1, end + 1)) as string;
  } catch {
    return undefined;
  }
}

/** The next backslash, or the end of the text. */
function slashFrom(text: string, at: number): number {
  const slash = text.indexOf('\\', at);
  return slash < 0 ? text.length : slash;
}

/** Plain field names cost nothing further; a key with an `@` or a run of digits may be somebody's address or number. */
const MAY_HOLD_A_VALUE = /@|\d{4}|[A-Za-z0-9_-]{20}/;
const MIN_VALUE_CHARS = 20;
const AT_SIGN = 64;

/** Without the pattern for nearly all: it needs an `@`, a digit or twenty characters. */
function mayHoldValue(key: string): boolean {
  if (key.length >= MIN_VALUE_CHARS) return MAY_HOLD_A_VALUE.test(key);
  for (let at = 0; at < key.length; at++) {
    const code = key.charCodeAt(at);
    if (code === AT_SIGN || (code >= 48 && code <= 57)) return MAY_HOLD_A_VALUE.test(key);
  }
  return false;
}

/** The text between two quotes of a text that a walk accepted, its escapes resolved. */
export function decodeJsonString(text: string, start: number, end: number): string {
  const raw = text.slice(start, end);
  return raw.includes('\\') ? (parseJson(text.slice(start - 1, end + 1)) as string) : raw;
}

/** A text as it stands between two quotes. */
export function encodeJsonString(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/** The value of a text that a walk accepted. `JSON.parse` alone refuses raw control characters in strings. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return JSON.parse(text.replace(STRING, escapeControls)) as unknown;
  }
}

const STRING = /"[^"\\]*(?:\\.[^"\\]*)*"/g;
// Raw control characters are against the standard, yet some senders write them and some providers read them.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\u0000-\u001f]/g;
const escapeControls = (text: string): string =>
  text.replace(CONTROL, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** Keys from the root to a leaf. */
export function pathOf(leaf: Pick<Leaf<unknown>, 'container' | 'key'>): (string | number)[] {
  const path = [leaf.key];
  for (let at: Container = leaf.container; at.parent; at = at.parent) path.push(at.key);
  return path.reverse();
}
