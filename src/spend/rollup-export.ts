/** Rollups as files: CSV for a spreadsheet, JSON for programs. Pure. */
import type { Rollup } from './rollups.ts';

const SUMS = ['costUsd', 'costNanoUsd', 'calls', 'inputTokens', 'outputTokens'] as const;
/** What a spreadsheet takes for a formula (OWASP, CSV injection). Users choose their ids and tags. */
const FORMULA = /^[=+\-@\t\r]/;

/** RFC 4180, a header line first: the dimensions (and `window` where there are several), then cost, calls and tokens. */
export function rollupCsv({ by, rows }: Rollup): string {
  const windows = rows.some((row) => 'window' in row) ? ['window'] : [];
  const columns = [...windows, ...by, ...SUMS];
  const lines = [columns, ...rows.map((row) => columns.map((column) => row[column] ?? ''))];
  return lines.map((line) => `${line.map(field).join(',')}\r\n`).join('');
}

function field(value: string | number): string {
  const safe = typeof value === 'string' && FORMULA.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Indented JSON with a final line break; instants as ISO text. */
export function rollupJson({ start, end, ...rest }: Rollup): string {
  const instants = {
    start: new Date(start).toISOString(),
    end: end === undefined ? null : new Date(end).toISOString(),
  };
  return `${JSON.stringify({ ...rest, ...instants }, null, 2)}\n`;
}
