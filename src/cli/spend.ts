/** `postern spend`: what was spent, from a ledger or from a server's report, as a table with a bar for each account, CSV or JSON. */
import { parseArgs } from 'node:util';
import type { RollupDimension } from '../core/ledger.ts';
import { rollupCsv, rollupJson } from '../spend/rollup-export.ts';
import type { RollupQuery } from '../spend/rollups.ts';
import type { SpendWindowKind } from '../spend/windows.ts';
import { type Command, CommandError, type Terminal } from './command.ts';
import { Output } from './output.ts';
import { openSource, readCaps } from './spend-sources.ts';
import { spendTable } from './spend-table.ts';

const HELP = `Show what was spent, and how full each account is

Usage: postern spend [options] <source>

The source is a ledger file of the SQLite store (ledger.db), a module that exports a ledger store (ledger.mjs), the
address of a running server's rollup (https://...), a rollup that was saved as JSON, or - for one on standard input.

Options:
  --by <list>          organization, workspace, user, apiKey, session, provider, model, tag:<name> (default: user)
  --window <window>    hourly, daily, weekly, monthly or lifetime (default: daily)
  --at <time>          an instant in the window (default: now)
  --since <time>       each window from this instant on
  --time-zone <zone>   by whose clocks windows begin (default: UTC)
  --caps <file>        JSON list of caps ({ name, limitUsd, window, per, timeZone }, as given to spendCap): a bar for
                       each of their accounts, with the part used, held and left
  --format <format>    table, csv or json (default: table)
  -h, --help           this text

A server is asked with the token in POSTERN_ADMIN_TOKEN, when there is one.

Exit codes: 0 done; 2 an option is wrong or the source cannot be read.

Examples:
  postern spend ledger.db
  postern spend --by workspace,model --window monthly --format csv ledger.db > spend.csv
  postern spend --caps caps.json ledger.db
`;

const FORMATS = ['table', 'csv', 'json'] as const;
type Format = (typeof FORMATS)[number];

interface Options {
  readonly source: string;
  readonly query: RollupQuery;
  readonly caps: string | undefined;
  readonly format: Format;
}

export const spendCommand: Command = {
  help: HELP,
  async run(args, terminal) {
    const { source, query, caps, format } = readOptions(args);
    const ledger = await openSource(source, terminal);
    try {
      const rollup = await ledger.rollup(query);
      const accounts = caps === undefined ? [] : await ledger.accounts(await readCaps(caps), query.at);
      const text = { csv: rollupCsv, json: rollupJson, table: () => spendTable(rollup, accounts, lookOf(terminal)) };
      await new Output(terminal.stdout).write(text[format](rollup));
    } finally {
      await ledger.close();
    }
    return 0;
  },
};

/** Bars are drawn for people; what is piped on stays plain. */
function lookOf({ stdout }: Terminal): { blocks: boolean; width: number } {
  const { columns } = stdout as { columns?: number };
  return { blocks: stdout.isTTY === true, width: Math.min(Math.max(columns ?? 80, 40), 120) };
}

function readOptions(args: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      by: { type: 'string', default: 'user' },
      window: { type: 'string', default: 'daily' },
      at: { type: 'string' },
      since: { type: 'string' },
      'time-zone': { type: 'string' },
      caps: { type: 'string' },
      format: { type: 'string', default: 'table' },
    },
  });
  const [source, ...more] = positionals;
  if (source === undefined || more.length > 0) throw new CommandError('name one source. See postern spend --help.');
  const { by, window, caps, format } = values;
  if (!FORMATS.includes(format as Format)) throw new CommandError(`--format must be one of ${FORMATS.join(', ')}.`);
  const dimensions = by.split(',').filter((dimension) => dimension !== '');
  return {
    source,
    query: {
      by: dimensions as RollupDimension[],
      window: window as SpendWindowKind,
      at: instant('--at', values.at) ?? Date.now(),
      from: instant('--since', values.since),
      timeZone: values['time-zone'],
    },
    caps,
    format: format as Format,
  };
}

function instant(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const at = Date.parse(text);
  if (Number.isNaN(at)) throw new CommandError(`${option} must be a time like 2026-11-21 or 2026-11-21T12:00:00Z.`);
  return at;
}
