/** The windows of a chart: which instants they start at on the clock of this browser, and what they are called. Pure. */

export type Window = 'hourly' | 'daily' | 'weekly' | 'monthly';

export const WINDOWS: readonly { readonly value: Window; readonly label: string; readonly shown: number }[] = [
  { value: 'hourly', label: 'Hour', shown: 24 },
  { value: 'daily', label: 'Day', shown: 30 },
  { value: 'weekly', label: 'Week', shown: 16 },
  { value: 'monthly', label: 'Month', shown: 12 },
];

const HOUR = 3_600_000;

const FORMATS: Readonly<Record<Window, readonly [Intl.DateTimeFormatOptions, Intl.DateTimeFormatOptions]>> = {
  hourly: [
    { hour: '2-digit', minute: '2-digit' },
    { weekday: 'short', hour: '2-digit', minute: '2-digit' },
  ],
  daily: [
    { day: 'numeric', month: 'short' },
    { weekday: 'short', day: 'numeric', month: 'short' },
  ],
  weekly: [
    { day: 'numeric', month: 'short' },
    { day: 'numeric', month: 'short', year: 'numeric' },
  ],
  monthly: [{ month: 'short' }, { month: 'long', year: 'numeric' }],
};

/** The name of this browser's zone, in which the server is asked to cut. */
export function timeZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';
}

/** Starts of the last `count` windows, oldest first; the last holds `now`. */
export function lastWindows(window: Window, count: number, now: number): readonly number[] {
  const here = new Date(now);
  const [year, month, day] = [here.getFullYear(), here.getMonth(), here.getDate()];
  const monday = day - ((here.getDay() + 6) % 7);
  const hour = now - (((now % HOUR) + HOUR) % HOUR);
  const start = (back: number): number =>
    ({
      hourly: () => hour - back * HOUR,
      daily: () => new Date(year, month, day - back).getTime(),
      weekly: () => new Date(year, month, monday - 7 * back).getTime(),
      monthly: () => new Date(year, month - back, 1).getTime(),
    })[window]();
  return Array.from({ length: count }, (_, index) => start(count - 1 - index));
}

/** Where a label of the API's starts: `2026-11-21T14+01:00`, `2026-11-21`, `2026-W47`, `2026-11`. */
export function startOfLabel(label: string): number {
  const hour = /^(\d{4}-\d{2}-\d{2}T\d{2})(.*)$/.exec(label);
  if (hour) return Date.parse(`${hour[1]}:00${hour[2]}`);
  const week = /^(\d{4})-W(\d{2})$/.exec(label);
  if (week) return mondayOf(Number(week[1]), Number(week[2]));
  const [year, month = 1, day = 1] = label.split('-').map(Number);
  return new Date(year!, month - 1, day).getTime();
}

/** The week with a year's fourth of January is its first. */
function mondayOf(year: number, week: number): number {
  const fourth = new Date(year, 0, 4);
  return new Date(year, 0, 4 - ((fourth.getDay() + 6) % 7) + 7 * (week - 1)).getTime();
}

export function windowName(window: Window, start: number, long = false): string {
  const text = new Intl.DateTimeFormat(undefined, FORMATS[window][long ? 1 : 0]).format(start);
  return window === 'weekly' && long ? `Week of ${text}` : text;
}
