/** A rollup as a table and accounts as bars, for the eyes of people. Pure. */
import type { Rollup } from '../spend/rollups.ts';
import type { AccountRow } from '../spend/spend-report.ts';
import { cell, table } from './table.ts';

export interface Look {
  /** Block characters instead of `#`, `+` and `.`. */
  readonly blocks: boolean;
  /** Columns of the terminal. */
  readonly width: number;
}

const NANO_PER_USD = 1e9;
const BAR_CHARS = 24;

export function spendTable(rollup: Rollup, accounts: readonly AccountRow[], look: Look): string {
  return [heading(rollup), '', ...rows(rollup), ...bars(accounts, look), ''].join('\n');
}

function heading({ window, label, by, start, rows }: Rollup): string {
  const since = rows.some((row) => 'window' in row) ? ` since ${new Date(start).toISOString().slice(0, 10)}` : '';
  return `Spend, ${window === label ? window : `${window} ${label}`}${since}${by.length > 0 ? `, by ${by.join(', ')}` : ''}`;
}

function rows({ by, rows: spent }: Rollup): string[] {
  if (spent.length === 0) return ['  Nothing was spent.'];
  const named = [...(spent.some((row) => 'window' in row) ? ['window'] : []), ...by];
  const header = [...named, 'cost', 'calls', 'input tokens', 'output tokens'];
  const lines = spent.map((row) => [
    ...named.map((name) => cell(row[name] ?? '-')),
    usd(row.costNanoUsd),
    ...[row.calls, row.inputTokens, row.outputTokens].map((count) => count.toLocaleString('en-US')),
  ]);
  const sum = (name: 'costNanoUsd' | 'calls' | 'inputTokens' | 'outputTokens'): number =>
    spent.reduce((total, row) => total + row[name], 0);
  const totals = [...(named.length > 0 ? ['total', ...named.slice(1).map(() => '')] : []), usd(sum('costNanoUsd'))];
  const counts = (['calls', 'inputTokens', 'outputTokens'] as const).map((name) => sum(name).toLocaleString('en-US'));
  const closing = spent.length > 1 ? [[...totals, ...counts]] : [];
  return table([header, ...lines, ...closing], named.length);
}

function bars(accounts: readonly AccountRow[], look: Look): string[] {
  const caps = [...new Set(accounts.map(({ cap }) => cap))];
  return caps.flatMap((cap) => {
    const own = accounts.filter((account) => account.cap === cap);
    const { limit, window, resetsAt } = own[0]!;
    const reset = resetsAt === undefined ? '' : `, resets ${new Date(resetsAt).toISOString()}`;
    const width = Math.max(...own.map(({ subject }) => cell(subject).length));
    // Overrides give some a limit of their own.
    const same = own.every((account) => account.limit === limit);
    return [
      '',
      `${cell(cap)}: ${same ? `${usd(limit)} in ` : ''}${window}${reset}`,
      ...own.map((account) => barLine(account, width, look) + (same ? '' : ` of ${usd(account.limit)}`)),
    ];
  });
}

function barLine(account: AccountRow, width: number, look: Look): string {
  const { subject, used, held, left } = account;
  const parts = `${usd(used)} used, ${usd(held)} held, ${usd(left)} left`;
  return `  ${cell(subject).padEnd(width)}  ${bar(account, look)}  ${parts}`;
}

/** Whatever is used or held shows, however little it is; a full account has no part left. */
function bar({ limit, used, held, left }: AccountRow, { blocks, width }: Look): string {
  const size = Math.min(BAR_CHARS, Math.max(8, width - 50));
  const all = Math.max(limit, used + held, 1);
  const part = (amount: number): number => (amount === 0 ? 0 : Math.max(1, Math.round((amount / all) * size)));
  const room = left === 0 ? size : size - 1;
  const usedChars = Math.min(part(used), held > 0 ? room - 1 : room);
  const heldChars = Math.min(part(held), room - usedChars);
  const filled = left === 0 && held === 0 ? size : usedChars;
  const grown = left === 0 && held > 0 ? size - filled : heldChars;
  const [usedChar, heldChar, leftChar] = blocks ? ['█', '▒', '░'] : ['#', '+', '.'];
  return `[${usedChar!.repeat(filled)}${heldChar!.repeat(grown)}${leftChar!.repeat(size - filled - grown)}]`;
}

/** Cents, or as many places as it takes to show that something was spent. */
function usd(nanoUsd: number): string {
  const amount = nanoUsd / NANO_PER_USD;
  const places = nanoUsd === 0 || amount >= 0.01 ? 2 : Math.min(9, 1 - Math.floor(Math.log10(amount)));
  return `$${amount.toLocaleString('en-US', { minimumFractionDigits: places, maximumFractionDigits: places })}`;
}
