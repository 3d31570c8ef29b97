/** Tables and numbers as Markdown. Knows nothing of what they mean. */

export const section = (title: string, ...texts: readonly string[]): string => [`### ${title}`, ...texts].join('\n\n');

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((name, index) => Math.max(name.length, 3, ...rows.map((row) => row[index]!.length)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, index) => cell.padEnd(widths[index]!)).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

/** Rows of shares, the most of each column in bold. */
export function sharesWithBest(rows: readonly (readonly (number | null)[])[]): string[][] {
  const most = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column] ?? 0)));
  return rows.map((row) =>
    row.map((value, column) => (value !== null && value > 0 && value === most[column] ? bold(value) : decimals(value))),
  );
}

const bold = (value: number): string => `**${decimals(value)}**`;

/** A share: `.987`. */
export function decimals(value: number | null): string {
  if (value === null) return '–';
  return value === 0 ? '0' : value.toFixed(3).replace(/^0/, '');
}

export const plain = (value: number | null): string => (value === null ? '–' : value.toFixed(value < 10 ? 1 : 0));

export const megabytes = (value: number | undefined): string =>
  value === undefined ? '–' : value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0);

export function milliseconds(value: number): string {
  return value < 1000 ? `${value.toFixed(value < 10 ? 1 : 0)} ms` : `${(value / 1000).toFixed(1)} s`;
}
