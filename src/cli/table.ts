/** Lines of cells as text in columns. Knows not what stands in them, and lets none of it steer the terminal. */

import { printable } from './output.ts';

const MAX_CELL_CHARS = 40;

/** The first `names` columns to the left, numbers to the right. */
export function table(lines: readonly (readonly string[])[], names: number): string[] {
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  const aligned = (text: string, column: number): string =>
    column < names ? text.padEnd(widths[column]!) : text.padStart(widths[column]!);
  return lines.map((line) => `  ${line.map(aligned).join('  ')}`.trimEnd());
}

export function cell(value: string | number): string {
  const text = printable(String(value));
  return text.length <= MAX_CELL_CHARS ? text : `${text.slice(0, MAX_CELL_CHARS - 1)}~`;
}
