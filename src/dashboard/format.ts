/** Figures, instants and names as people read them. Pure: no page, no state. */

const USD = { style: 'currency', currency: 'USD', currencyDisplay: 'narrowSymbol' } as const;
const LONG = new Intl.NumberFormat(undefined, USD);
const CENTS = new Intl.NumberFormat(undefined, { ...USD, maximumFractionDigits: 4 });
const FINE = new Intl.NumberFormat(undefined, { ...USD, maximumSignificantDigits: 2 });
const WHOLE = new Intl.NumberFormat(undefined);
const SHORT = new Intl.NumberFormat(undefined, { notation: 'compact', maximumFractionDigits: 1 });
const SHORT_USD = new Intl.NumberFormat(undefined, { ...USD, notation: 'compact', maximumFractionDigits: 2 });
const SECONDS = new Intl.NumberFormat(undefined, { maximumSignificantDigits: 2 });
const PERCENT = new Intl.NumberFormat(undefined, { style: 'percent', maximumFractionDigits: 0 });
const INSTANT = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
const DAY = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' });
const CLOCK = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' });

/** Cents; of what is less than a dollar four digits, so that a small cap and what is left of it do not read alike. */
export function usd(amount: string | number): string {
  const value = Number(amount);
  const size = Math.abs(value);
  if (size >= 1 || size === 0) return LONG.format(value);
  return (size < 0.001 ? FINE : CENTS).format(value);
}

/** For axes. */
export function shortUsd(value: number): string {
  return value !== 0 && Math.abs(value) < 0.01 ? FINE.format(value) : SHORT_USD.format(value);
}

export const whole = (value: number): string => WHOLE.format(value);
export const short = (value: number): string => SHORT.format(value);
export const percent = (value: number): string => PERCENT.format(value);

/** `1 call`, `2 calls`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${whole(count)} ${count === 1 ? one : many}`;
}

export function localInstant(at: string | number): string {
  return INSTANT.format(new Date(at));
}

export function localDay(at: string | number): string {
  return DAY.format(new Date(at));
}

/** Today's by its clock alone. */
export function localClock(at: string | number): string {
  return CLOCK.format(new Date(at));
}

export function isToday(at: string | number, now: number): boolean {
  return new Date(at).toDateString() === new Date(now).toDateString();
}

export function utcText(at: string | number): string {
  return `${new Date(at)
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, '')} UTC`;
}

const UNITS: readonly (readonly [string, number])[] = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
  ['s', 1],
];

/** The two largest units: `3 h 12 min`, `45 s`. */
export function span(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  const first = UNITS.findIndex(([, size]) => seconds >= size);
  if (first === -1) return '0 s';
  const [unit, size] = UNITS[first]!;
  const [nextUnit, nextSize] = UNITS[first + 1] ?? ['', Number.POSITIVE_INFINITY];
  const rest = Math.floor((seconds % size) / nextSize);
  return `${Math.floor(seconds / size)} ${unit}${rest > 0 ? ` ${rest} ${nextUnit}` : ''}`;
}

export function ago(at: string | number, now: number): string {
  const passed = now - new Date(at).getTime();
  return passed < 5_000 ? 'just now' : `${span(passed)} ago`;
}

export function milliseconds(value: number): string {
  if (value < 1_000) return `${Math.round(value)} ms`;
  return value < 60_000 ? `${SECONDS.format(value / 1_000)} s` : span(value);
}

/** `default_spend_cap` as `Default spend cap`. */
export function words(name: string): string {
  const text = name.replaceAll('_', ' ').replaceAll('-', ' ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** `"a"`, `5`, `{"x":1}`; nothing for what is not there. */
export function jsonText(value: unknown): string {
  return value === undefined ? '' : JSON.stringify(value);
}
