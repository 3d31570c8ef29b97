/**
 * Texts and what rewrites them. A text may stand in the JSON of an HTTP body or in a field of an object; policies cannot
 * tell and must not know.
 */

/** Whose text it is. `tool-input` is what a model asks a tool to do, `tool-output` what the tool answered. */
export type TextScope = 'system' | 'message' | 'tool-input' | 'tool-output' | 'output' | 'reasoning';

/** Keys from the root of the body to a value; array positions are numbers. */
export type KeyPath = readonly (string | number)[];

/** One place that holds text: what it is, and how to read and replace it. */
export interface TextSlot {
  readonly scope: TextScope;
  /**
   * Who said it, as the API calls them (`user`, `assistant`, `model`), where a `role` beside it or around it tells. It stands there as
   * the client wrote it, and nothing looked at it.
   */
  readonly role?: string | undefined;
  /**
   * `json`: the text is itself JSON text that could not be taken apart into slots of its own (tool arguments that are
   * still being streamed); the pipeline filters its strings one by one, so that it stays valid JSON.
   */
  readonly encoding: 'text' | 'json';
  /** What stands here: a string, an object key, or a number of nine digits or more (written back as a string). */
  readonly kind: 'string' | 'key' | 'number';
  /** Where it stands. Through a string that holds JSON the path goes on inside. */
  readonly path: KeyPath;
  /** The text now: with the edits of the policies that came before. */
  read(): string;
  write(text: string): void;
}

/**
 * Rewrites one text that arrives in pieces. A whole text is one `push` and one `end`, and the result must not depend on
 * where the text was split.
 */
export interface TextFilter {
  /** Takes the next piece and returns what may be shown now. */
  push(piece: string): string;
  /** Returns the rest. Called once, after the last piece. */
  end(): string;
  /** What was pushed and is not shown yet: passed on as it is when a filter of a policy with `failure: 'open'` throws. */
  held?(): string;
}

/** A value that is there, or will be. */
export type Pending<Value> = Value | Promise<Value>;

/** A promise of any library: an app's own policies and stores may answer with one. */
export function isPending<Value>(value: Pending<Value>): value is Promise<Value> {
  return typeof (value as { readonly then?: unknown } | null | undefined)?.then === 'function';
}

/** A filter whose end may take its time: a detector that is a service, asked for the whole of a text. */
export interface AnswerFilter extends Omit<TextFilter, 'end'> {
  end(): Pending<string>;
}

/** Uses what is there at once: a stream must not wait a turn for each of its pieces. */
export function whenReady<Value, Used>(value: Pending<Value>, use: (value: Value) => Pending<Used>): Pending<Used> {
  return value instanceof Promise ? handled(value.then(use)) : use(value);
}

/** Whoever waits is told of a failure. Nobody may be waiting when another text has ended the answer, and the process must go on. */
export function handled<Value>(promise: Promise<Value>): Promise<Value> {
  promise.catch(() => {});
  return promise;
}

/** Passes text through one filter after the other. */
export function chainFilters(filters: readonly AnswerFilter[]): AnswerFilter {
  if (filters.length === 1) return filters[0]!;
  return {
    push: (piece) => filters.reduce((text, filter) => filter.push(text), piece),
    end: () =>
      filters.reduce<Pending<string>>((rest, filter) => whenReady(rest, (text) => filterWhole(filter, text)), ''),
  };
}

/** Shows a filter the text and passes it on as it came: JSON that is written anew may be spelled differently. */
export function watching(filter: AnswerFilter): AnswerFilter {
  return {
    push: (piece) => {
      filter.push(piece);
      return piece;
    },
    end: () => whenReady(filter.end(), () => ''),
  };
}

/** A whole text through a filter. */
export function filterWhole(filter: TextFilter, text: string): string;
export function filterWhole(filter: AnswerFilter, text: string): Pending<string>;
export function filterWhole(filter: AnswerFilter, text: string): Pending<string> {
  const shown = filter.push(text);
  return whenReady(filter.end(), (rest) => shown + rest);
}
