import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SPEND_WINDOWS, type SpendWindowKind, spendWindow } from '../../src/spend/windows.ts';

const ZONES = [
  'UTC',
  'America/New_York',
  'Europe/Berlin',
  'Asia/Kolkata',
  'Australia/Lord_Howe',
  'America/Havana',
  'Africa/Cairo',
  'Pacific/Apia',
  'Asia/Kathmandu',
  'America/St_Johns',
];
const ENDING = SPEND_WINDOWS.filter((window) => window !== 'lifetime');
const HOUR = 3_600_000;

const instant = fc.integer({ min: Date.parse('2005-01-01T00:00:00Z'), max: Date.parse('2035-01-01T00:00:00Z') });
const zone = fc.constantFrom(...ZONES);
const kind = fc.constantFrom<SpendWindowKind>(...ENDING);

function hours(window: SpendWindowKind, at: string, timeZone: string): number {
  const { start, resetsAt } = spendWindow(window, Date.parse(at), timeZone);
  return (resetsAt! - start) / HOUR;
}

/** Local wall clock by another path than the one under test. */
function wallClock(at: number, timeZone: string): string {
  return new Date(at).toLocaleString('sv-SE', { timeZone });
}

describe('spendWindow', () => {
  it('names windows by their local start', () => {
    const at = Date.parse('2026-11-21T23:30:00Z');
    const labels = (timeZone: string) => SPEND_WINDOWS.map((window) => spendWindow(window, at, timeZone).label);
    expect(labels('UTC')).toEqual(['2026-11-21T23+00:00', '2026-11-21', '2026-W47', '2026-11', 'lifetime']);
    expect(labels('Asia/Kolkata')).toEqual(['2026-11-22T05+05:30', '2026-11-22', '2026-W47', '2026-11', 'lifetime']);
  });

  it('begins weeks on Monday, and gives each to the year of its Thursday', () => {
    const week = (at: string) => spendWindow('weekly', Date.parse(at)).label;
    expect(week('2026-11-22T23:59:59Z')).toBe('2026-W47');
    expect(week('2026-11-23T00:00:00Z')).toBe('2026-W48');
    expect(week('2027-01-03T12:00:00Z')).toBe('2026-W53');
    expect(week('2024-12-30T00:00:00Z')).toBe('2025-W01');
  });

  it('has days of 23 and 25 hours where clocks change', () => {
    expect(hours('daily', '2026-03-08T12:00:00Z', 'America/New_York')).toBe(23);
    expect(hours('daily', '2026-11-01T12:00:00Z', 'America/New_York')).toBe(25);
    expect(hours('daily', '2026-04-05T00:00:00Z', 'Australia/Lord_Howe')).toBe(24.5);
  });

  it('makes two windows of an hour that comes twice', () => {
    const first = spendWindow('hourly', Date.parse('2026-11-01T05:30:00Z'), 'America/New_York');
    const second = spendWindow('hourly', Date.parse('2026-11-01T06:30:00Z'), 'America/New_York');
    expect([first.label, second.label]).toEqual(['2026-11-01T01-04:00', '2026-11-01T01-05:00']);
    expect(first.resetsAt).toBe(second.start);
  });

  it('cuts hours where clocks change by half of one', () => {
    expect(hours('hourly', '2026-04-04T15:10:00Z', 'Australia/Lord_Howe')).toBe(0.5);
    expect(hours('hourly', '2026-10-03T15:40:00Z', 'Australia/Lord_Howe')).toBe(0.5);
  });

  it('begins a day when its first minute is skipped', () => {
    const { start } = spendWindow('daily', Date.parse('2026-04-24T12:00:00Z'), 'Africa/Cairo');
    expect(wallClock(start, 'Africa/Cairo')).toBe('2026-04-24 01:00:00');
    expect(wallClock(start - 1, 'Africa/Cairo')).toBe('2026-04-23 23:59:59');
  });

  it('never ends for a lifetime', () => {
    expect(spendWindow('lifetime', 5)).toEqual({ label: 'lifetime', start: 0, resetsAt: undefined });
  });

  it('holds the instant it was asked for, and joins the next without a gap or a shared name', () => {
    fc.assert(
      fc.property(kind, instant, zone, (window, at, timeZone) => {
        const here = spendWindow(window, at, timeZone);
        expect(here.start <= at && at < here.resetsAt!).toBe(true);
        const next = spendWindow(window, here.resetsAt!, timeZone);
        expect(next.start).toBe(here.resetsAt);
        expect(next.label).not.toBe(here.label);
        expect(spendWindow(window, here.resetsAt! - 1, timeZone)).toEqual(here);
        expect(spendWindow(window, here.start, timeZone)).toEqual(here);
      }),
      { numRuns: 400 },
    );
  });

  it('holds and joins around every change of the clocks', () => {
    const changes = [
      '2026-03-08T07:00:00Z',
      '2026-11-01T06:00:00Z',
      '2026-03-29T01:00:00Z',
      '2026-10-25T01:00:00Z',
      '2026-04-04T15:00:00Z',
      '2026-10-03T15:30:00Z',
      '2011-12-30T10:00:00Z',
      '2011-11-06T02:31:00Z',
      '2026-10-29T21:00:00Z',
    ];
    for (const change of changes) {
      for (const timeZone of ZONES) {
        for (const window of ENDING) {
          for (let minutes = -150; minutes <= 150; minutes += 15) {
            const at = Date.parse(change) + minutes * 60_000;
            const here = spendWindow(window, at, timeZone);
            expect(here.start <= at && at < here.resetsAt!, `${window} ${timeZone} ${change} ${minutes}`).toBe(true);
            expect(spendWindow(window, here.resetsAt!, timeZone).start).toBe(here.resetsAt);
          }
        }
      }
    }
  });

  it('begins days at local midnight outside changes of the clocks', () => {
    fc.assert(
      fc.property(
        instant,
        fc.constantFrom('America/New_York', 'Europe/Berlin', 'Asia/Kolkata', 'Australia/Lord_Howe'),
        (at, timeZone) => {
          const { start, label } = spendWindow('daily', at, timeZone);
          expect(wallClock(start, timeZone)).toBe(`${label} 00:00:00`);
        },
      ),
    );
  });
});
