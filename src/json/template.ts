/**
 * Recognises JSON texts that differ from a known one in their strings alone, as the events of a stream do, and tells where those
 * stand without walking them. Knows nothing of what the texts mean.
 */
import type { JsonDocument, Leaf } from './walk.ts';

export interface TemplateOptions<T> {
  /** What the known text stands in, and where: what is recognised then stands in the same. Default in nothing else. */
  readonly within?: { readonly text: string; readonly at: number } | undefined;
  /** Tells strings that decide what the others mean, and must therefore be the same. Default none. */
  readonly decides?: ((tag: T) => boolean) | undefined;
  /** Keys of small numbers that may differ too. Default none. */
  readonly counters?: readonly string[] | undefined;
}

/** What stands before the next place where texts may differ. */
interface Step {
  readonly before: string;
  readonly place: 'string' | 'number';
}

interface Steps {
  readonly list: readonly Step[];
  /** Behind the last place. */
  readonly rest: string;
  /** The rest again, as what closes the text (without spaces) and what that stands in; `''` when the rest is more. */
  readonly closers: string;
  readonly tail: string;
}

const QUOTE = 34;
const BACKSLASH = 92;
const SPACE = 32;
/** Of longer numbers a walk tells. */
const MAX_DIGITS = 8;
const REST = /^("[ \]}]*[\]}])(\s*)$/;
const ESCAPE = /\\(?:["\\/bfnrt]|u[\da-fA-F]{4})/y;

export class JsonTemplate<T> {
  /** Those that may differ. */
  readonly leaves: readonly Leaf<T>[];
  readonly #known: JsonDocument<T>;
  readonly #options: TemplateOptions<T>;
  readonly #fits: boolean;
  /** Most are never asked: the next event is of another kind. */
  #steps: Steps | undefined;

  constructor(known: JsonDocument<T>, options: TemplateOptions<T> = {}) {
    this.#known = known;
    this.#options = options;
    this.leaves = known.leaves.filter(({ tag }) => options.decides?.(tag) !== true);
    this.#fits = this.leaves.every(({ kind }) => kind === 'string');
  }

  /**
   * Where each leaf of a text begins and ends, in turn, that stands at `from` in `text`, and last where it ends itself (with what it
   * stands in): what a walk would find. `undefined` when more than its strings differs, and for what needs a closer look: leaves other
   * than strings, empty strings, control characters.
   */
  match(text: string, from = 0): readonly number[] | undefined {
    if (!this.#fits) return undefined;
    this.#steps ??= this.#stepsOf();
    const places: number[] = [];
    let at = from;
    for (const { before, place } of this.#steps.list) {
      if (!text.startsWith(before, at)) return undefined;
      const start = at + before.length;
      at = place === 'string' ? stringEnd(text, start) : numberEnd(text, start);
      if (at <= start) return undefined;
      if (place === 'string') places.push(start, at);
    }
    const end = this.#end(text, at, this.#steps);
    if (end < 0) return undefined;
    places.push(end);
    return places;
  }

  #end(text: string, at: number, { rest, closers, tail }: Steps): number {
    if (text.startsWith(rest, at)) return at + rest.length;
    let next = at;
    for (let closed = 0; closed < closers.length; next++) {
      const code = text.charCodeAt(next);
      if (code === closers.charCodeAt(closed)) closed++;
      else if (code !== SPACE) return -1;
    }
    return closers !== '' && text.startsWith(tail, next) ? next + tail.length : -1;
  }

  #stepsOf(): Steps {
    const { within, counters = [] } = this.#options;
    const { text, at } = within ?? { text: this.#known.text, at: 0 };
    const number = counters.length === 0 ? undefined : new RegExp(`(?<="(?:${counters.join('|')})": ?)\\d+(?=[,}\\]])`);
    const segments = segmentsOf(text, this.leaves, at);
    const list = segments.flatMap((segment): Step[] => {
      const parts = number === undefined ? [segment] : segment.split(number);
      return parts.map((before, index) => ({ before, place: index === parts.length - 1 ? 'string' : 'number' }));
    });
    const rest = list.pop()!.before;
    const [, closers = '', tail = ''] = REST.exec(rest) ?? [];
    return { list, rest, closers: closers.replaceAll(' ', ''), tail };
  }
}

/** What stands before, between and behind the leaves of a JSON text that stands at `offset`. */
function segmentsOf(text: string, leaves: readonly Leaf<unknown>[], offset: number): string[] {
  const starts = [0, ...leaves.map(({ end }) => offset + end)];
  return starts.map((start, index) => {
    const next = leaves[index];
    return text.slice(start, next && offset + next.start);
  });
}

/** Of the closing quote; -1 for a string with a broken escape or a control character, and without an end. */
function stringEnd(text: string, start: number): number {
  for (let at = start; ; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return at;
    if (code === BACKSLASH) {
      ESCAPE.lastIndex = at;
      if (!ESCAPE.test(text)) return -1;
      at = ESCAPE.lastIndex - 1;
    } else if (!(code >= SPACE)) return -1;
  }
}

/** Behind a small whole number; -1 for another. */
function numberEnd(text: string, start: number): number {
  let at = start;
  while (isDigit(text.charCodeAt(at))) at++;
  const length = at - start;
  return length > MAX_DIGITS || (length > 1 && text[start] === '0') ? -1 : at;
}

const isDigit = (code: number): boolean => code >= 48 && code <= 57;
