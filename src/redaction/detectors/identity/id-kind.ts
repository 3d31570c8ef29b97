/**
 * What a country's files say about a number that identifies a person or a taxpayer: how it is written, how it is checked and
 * what it is called. Data only; knows nothing of how a text is searched.
 */

/** Nothing else is written so: an order id that looks like it is one by mistake. */
export const DISTINCT = 0.9;
/** Stands alone, but not behind a key that says it is something else. */
export const LIKELY = 0.6;
/** Fewer than one in fifty random numbers pass, so that it counts alone, but behind no key that says it is something else. */
export const CHECKED = 0.5;
/** One random number in ten passes: only beside a word or key that names it. */
export const BARE = 0.44;

export interface IdForm {
  /** How it is written: `9` a digit, `A` a letter, `X` either; space, `-`, `.`, `/` and `:` themselves. */
  readonly shapes: readonly string[];
  /** How sure the form makes it once `valid` holds. */
  readonly score: number;
  /** The check of a value without separators, in capitals. Default: the shape is enough. */
  readonly valid?: ((compact: string) => boolean) | undefined;
}

export interface IdKind<Entity extends string = string> {
  readonly entity: Entity;
  /** Names that stand directly before a value, or as its key: any value is taken behind one. Lower case, without accents. */
  readonly labels?: readonly string[] | undefined;
  /** Names that other things share: a value behind one needs letters and five digits. */
  readonly weakLabels?: readonly string[] | undefined;
  /** More words that, in the 64 characters before, let a `BARE` form with valid check digits count. Labels do as well. */
  readonly hints?: readonly string[] | undefined;
  readonly forms?: readonly IdForm[] | undefined;
}

/** Keeps the entity names as literal types. */
export function defineIds<const Entity extends string>(kinds: readonly IdKind<Entity>[]): readonly IdKind<Entity>[] {
  return kinds;
}

/** Whether there is such a day; the leap day always is. */
export function isDay(month: number, day: number): boolean {
  const days = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1];
  return days !== undefined && day >= 1 && day <= days;
}

/** Whether the digits at `at` are month and day, in the order of ISO 8601. */
export function hasMonthAndDay(text: string, at: number): boolean {
  return isDay(Number(text.slice(at, at + 2)), Number(text.slice(at + 2, at + 4)));
}

/** Whether the digits at `at` are day and month, in the European order. */
export function hasDayAndMonth(text: string, at: number): boolean {
  return isDay(Number(text.slice(at + 2, at + 4)), Number(text.slice(at, at + 2)));
}

/** `111111111` passes many schemes and is nobody's number. */
export function isRepeated(text: string): boolean {
  return /^(.)\1*$/.test(text);
}
