/** Where `postern spend` reads: a ledger of its own, or a report that somebody else made. Knows no format of output. */
import { readFile, stat } from 'node:fs/promises';
import { extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { LedgerStore } from '../core/ledger.ts';
import type { SpendCapOptions } from '../spend/cap.ts';
import { type Rollup, type RollupQuery, rollup } from '../spend/rollups.ts';
import { type AccountRow, spendReport } from '../spend/spend-report.ts';
import { CommandError, type Terminal } from './command.ts';

export interface SpendSource {
  rollup(query: RollupQuery): Promise<Rollup>;
  accounts(caps: readonly SpendCapOptions[], at: number | undefined): Promise<readonly AccountRow[]>;
  close(): Promise<void>;
}

const DATABASES = ['.db', '.sqlite', '.sqlite3'];
const MODULES = ['.js', '.mjs', '.cjs', '.ts', '.mts'];
const TIMEOUT_MS = 10_000;

/** @throws CommandError when there is no such source or it cannot be read */
export async function openSource(source: string, terminal: Terminal): Promise<SpendSource> {
  if (source === '-') return reportSource(parseReport(await textOf(terminal.stdin), 'standard input'));
  if (/^https?:\/\//.test(source)) return serverSource(source, terminal.env.POSTERN_ADMIN_TOKEN);
  await checkFile(source);
  const kind = extname(source).toLowerCase();
  if (DATABASES.includes(kind)) return ledgerSource(await openDatabase(source));
  if (MODULES.includes(kind)) return ledgerSource(await openModule(source));
  return reportSource(parseReport(await readFile(source, 'utf8'), source));
}

/** @throws CommandError when the file is no list of caps */
export async function readCaps(path: string): Promise<readonly SpendCapOptions[]> {
  await checkFile(path);
  const caps = parsed(await readFile(path, 'utf8'), path);
  if (!Array.isArray(caps)) throw new CommandError(`${path} holds no list of caps.`);
  return caps as SpendCapOptions[];
}

function ledgerSource(ledger: LedgerStore): SpendSource {
  return {
    rollup: (query) => rollup(ledger, query),
    accounts: async (caps, at) => (await spendReport({ ledger, caps, at })).accounts,
    close: async () => ledger.close?.(),
  };
}

/** A report says what was spent; of accounts it knows nothing. */
function reportSource(report: Rollup): SpendSource {
  return {
    rollup: async () => report,
    accounts: async () => {
      throw new CommandError('--caps needs a ledger: a report holds no accounts.');
    },
    close: async () => {},
  };
}

/** The server gets the query as parameters and answers with a rollup. */
function serverSource(address: string, token: string | undefined): SpendSource {
  const ask = async ({ by, window, at, from, timeZone }: RollupQuery): Promise<Rollup> => {
    const url = new URL(address);
    const parameters = { by: by.join(','), window, at, from, timeZone };
    for (const [name, value] of Object.entries(parameters))
      if (value !== undefined) url.searchParams.set(name, String(value));
    return parseReport(await download(url, token), url.origin);
  };
  return { ...reportSource({} as Rollup), rollup: ask };
}

async function download(url: URL, token: string | undefined): Promise<string> {
  const headers = { accept: 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) };
  let response: Response;
  try {
    response = await fetch(url, { headers, redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) });
  } catch {
    throw new CommandError(`${url.origin} cannot be reached.`);
  }
  if (!response.ok) throw new CommandError(`${url.origin} answered ${response.status}.`);
  return response.text();
}

/** Loaded by those alone who have such a file. */
async function openDatabase(path: string): Promise<LedgerStore> {
  const { sqliteLedger } = await import('../stores/sqlite.ts');
  return sqliteLedger({ path });
}

async function openModule(path: string): Promise<LedgerStore> {
  const exported = (await import(pathToFileURL(resolve(path)).href)) as { default?: unknown; ledger?: unknown };
  const ledger = exported.default ?? exported.ledger;
  const made: unknown = typeof ledger === 'function' ? await ledger() : ledger;
  const { query, read } = (made ?? {}) as Partial<LedgerStore>;
  if (typeof query !== 'function' || typeof read !== 'function')
    throw new CommandError(`${path} exports no ledger store as default or as "ledger".`);
  return made as LedgerStore;
}

function parseReport(text: string, name: string): Rollup {
  const report = parsed(text, name) as Partial<Rollup> | null;
  if (typeof report !== 'object' || report === null || !Array.isArray(report.rows) || !Array.isArray(report.by))
    throw new CommandError(`${name} holds no rollup.`);
  const { start, end } = report as { start?: unknown; end?: unknown };
  return { ...report, start: instantOf(start) ?? 0, end: instantOf(end) } as Rollup;
}

/** As exported: ISO text, or milliseconds. */
function instantOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : typeof value === 'string' ? Date.parse(value) : undefined;
}

function parsed(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new CommandError(`${name} is no JSON.`);
  }
}

async function textOf(stream: Terminal['stdin']): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}

async function checkFile(path: string): Promise<void> {
  const file = await stat(path).catch(() => undefined);
  if (file === undefined) throw new CommandError(`${path} does not exist.`);
  if (file.isDirectory()) throw new CommandError(`${path} is a folder.`);
}
