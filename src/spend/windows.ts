/**
 * Spend windows: which hour, day, week or month an instant falls in, on the clocks of an IANA zone. Windows are computed,
 * never stored or reset. Knows nothing of money.
 */
import { optionError } from '../errors.ts';

export const SPEND_WINDOWS = ['hourly', 'daily', 'weekly', 'monthly', 'lifetime'] as const;
export type SpendWindowKind = (typeof SPEND_WINDOWS)[number];

export interface SpendWindow {
  /** Local and unique among windows of the same kind and zone: `2026-11-21T14+01:00`, `2026-11-21`, `2026-W47`, `2026-11`, `lifetime`. */
  readonly label: string;
  /** First instant, in ms since the epoch. */
  readonly start: number;
  /** First instant after it; `undefined` for a lifetime. */
  readonly resetsAt: number | undefined;
}

type CalendarKind = Exclude<SpendWindowKind, 'hourly' | 'lifetime'>;

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** 1970-01-05 was a Monday. */
const MONDAY = 4 * DAY;
/** Zones are at most 14 hours ahead of UTC and 12 behind; an hour more on each side. */
const MAX_AHEAD = 15 * HOUR;
const MAX_BEHIND = 13 * HOUR;

/**
 * The window that holds `at` (ms since the epoch), in a zone that `checkTimeZone` accepts. Weeks start on Monday. Where
 * clocks change, a day is 23 or 25 hours long, a repeated hour is two windows, and all windows join without a gap.
 */
export function spendWindow(window: SpendWindowKind, at: number, timeZone = 'UTC'): SpendWindow {
  if (window === 'lifetime') return { label: 'lifetime', start: 0, resetsAt: undefined };
  const offset = offsetsOf(timeZone);
  return window === 'hourly' ? hourWindow(at, offset) : calendarWindow(window, at, offset);
}

/** Throws an option error unless the zone is one that this platform knows. */
export function checkTimeZone(option: string, timeZone: unknown): string {
  try {
    if (typeof timeZone === 'string') return new Intl.DateTimeFormat('en-US', { timeZone }).format(0) && timeZone;
  } catch {
    // An unknown zone is a RangeError; it becomes ours.
  }
  throw optionError(option, "an IANA time zone like 'Europe/Berlin'", timeZone);
}

/** Local time minus UTC at an instant, in ms. */
type Offsets = (at: number) => number;

/** Formatters are slow to make and hold no state; there are as many as the platform knows zones. */
const formatters = new Map<string, Intl.DateTimeFormat>();

function offsetsOf(timeZone: string): Offsets {
  if (timeZone === 'UTC') return () => 0;
  const known = formatters.get(timeZone) ?? new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' });
  formatters.set(timeZone, known);
  return (at) => {
    const match = /GMT([+-])(\d\d):(\d\d)(?::(\d\d))?$/.exec(known.format(at));
    if (match === null) return 0;
    const seconds = Number(match[2]) * 3600 + Number(match[3]) * 60 + Number(match[4] ?? 0);
    return (match[1] === '-' ? -seconds : seconds) * 1000;
  };
}

function hourWindow(at: number, offset: Offsets): SpendWindow {
  const here = offset(at);
  const hour = floorTo(at + here, HOUR);
  const start = hour - here;
  const end = start + HOUR;
  return {
    label: `${isoText(hour, 13)}${offsetText(here)}`,
    start: offset(start) === here ? start : changeBetween(start, at, offset),
    resetsAt: offset(end - 1) === here ? end : changeBetween(at, end - 1, offset),
  };
}

function calendarWindow(window: CalendarKind, at: number, offset: Offsets): SpendWindow {
  let local = PERIODS[window].floor(at + offset(at));
  let start = instantOf(local, offset);
  let end = instantOf(PERIODS[window].next(local), offset);
  // Where clocks go back over midnight, the first minutes of a date come twice, with the old date between them.
  while (at >= end) {
    local = PERIODS[window].next(local);
    start = end;
    end = instantOf(PERIODS[window].next(local), offset);
  }
  return { label: PERIODS[window].label(local), start, resetsAt: end };
}

/** Calendar arithmetic on local times, written as ms since the epoch as if they were UTC. */
const PERIODS: Readonly<
  Record<CalendarKind, { floor(local: number): number; next(local: number): number; label(local: number): string }>
> = {
  daily: { floor: (local) => floorTo(local, DAY), next: (local) => local + DAY, label: (local) => isoText(local, 10) },
  weekly: {
    floor: (local) => floorTo(local - MONDAY, 7 * DAY) + MONDAY,
    next: (local) => local + 7 * DAY,
    label: isoWeek,
  },
  monthly: {
    floor: (local) => monthStart(local, 0),
    next: (local) => monthStart(local, 1),
    label: (local) => isoText(local, 7),
  },
};

/** The first instant at which the clocks show this local time, or are past it where they jump over it. */
function instantOf(local: number, offset: Offsets): number {
  const before = offset(local - MAX_AHEAD);
  const after = offset(local + MAX_BEHIND);
  if (offset(local - before) === before) return local - before;
  if (offset(local - after) === after) return local - after;
  return changeBetween(local - after, local - before, offset);
}

/** The instant at which the offset changes between two instants that have different ones. */
function changeBetween(from: number, to: number, offset: Offsets): number {
  const before = offset(from);
  let [low, high] = [from, to];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offset(middle) === before) low = middle;
    else high = middle;
  }
  return high;
}

function monthStart(local: number, months: number): number {
  const date = new Date(local);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months, 1);
}

/** ISO 8601 week of a Monday: a week belongs to the year of its Thursday. */
function isoWeek(monday: number): string {
  const thursday = monday + 3 * DAY;
  const year = new Date(thursday).getUTCFullYear();
  const week = Math.floor((thursday - Date.UTC(year, 0, 1)) / (7 * DAY)) + 1;
  return `${year}-W${String(week).padStart(2, '0')}`;
}

function offsetText(offset: number): string {
  const minutes = Math.abs(offset) / 60_000;
  const hours = String(Math.floor(minutes / 60)).padStart(2, '0');
  return `${offset < 0 ? '-' : '+'}${hours}:${String(Math.floor(minutes % 60)).padStart(2, '0')}`;
}

function isoText(local: number, length: number): string {
  return new Date(local).toISOString().slice(0, length);
}

function floorTo(value: number, step: number): number {
  return Math.floor(value / step) * step;
}
