/** `postern audit`: proves the chain of the audit log, of a store or of an export, and exports it. */
import { parseArgs } from 'node:util';
import type { AuditRecord, StateHead } from '../core/state.ts';
import { auditRows, type ChainResult, verifyChain } from '../state/audit-chain.ts';
import { toOcsf } from '../state/ocsf.ts';
import { auditFile, type UnreadableLine } from './audit-file.ts';
import { type Command, CommandError, type ExitCode, type Terminal } from './command.ts';
import { type OpenConfigured, withConfigured } from './configured.ts';
import { openInputs } from './input.ts';
import { ownManifest } from './manifest.ts';
import { Output } from './output.ts';

const HELP = `Prove the audit log, or export it

Usage: postern audit verify [options]
       postern audit export [options]

verify reads every row from the first on and says which one does not follow the row before it: one that was edited, taken
out, put in or moved. That the last rows were cut off, or the whole log written anew, shows against a head that was noted
elsewhere: the store's own, or --head.

export writes JSON Lines to standard output, oldest first: events of OCSF 1.7.0 (API Activity, class 6003), each with its
row in unmapped.original_audit_log.

Options:
  --file <path>          verify an export, of either kind, instead of a store; - for standard input
  --head <seq>:<hash>    a head that verify printed before: that row must be there (may be given several times)
  --raw                  export the rows themselves
  --config <path>        the server's configuration (default: the one that postern serve would find)
  --json                 the result of verify as JSON
  -h, --help             this text

Exit codes: 0 done, the chain is whole; 1 it is broken, and the first row that does not fit is named; 2 it could not be read.

Examples:
  postern audit verify
  postern audit export > audit.jsonl && postern audit verify --file audit.jsonl --head 1024:9f2c...
`;

interface Options {
  readonly action: 'verify' | 'export';
  readonly file: string | undefined;
  readonly config: string | undefined;
  readonly heads: readonly StateHead[];
  readonly raw: boolean;
  readonly json: boolean;
}

export function auditCommand(open: OpenConfigured): Command {
  return {
    help: HELP,
    async run(args, terminal) {
      const options = read(args);
      if (options.action === 'export') return exportAll(open, options, terminal);
      const { result, line } = await verify(open, options, terminal);
      await new Output(terminal.stdout).write(options.json ? `${JSON.stringify(result)}\n` : told(result, line));
      return result.ok ? 0 : 1;
    },
  };
}

function read(args: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      file: { type: 'string' },
      head: { type: 'string', multiple: true, default: [] },
      raw: { type: 'boolean', default: false },
      config: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  });
  const [action, ...more] = positionals;
  const { file, config, raw, json, head } = values;
  if ((action !== 'verify' && action !== 'export') || more.length > 0)
    throw new CommandError('name verify or export. See postern audit --help.');
  if (file !== undefined && config !== undefined) throw new CommandError('give --file or --config, not both.');
  if (action === 'export' && (file !== undefined || head.length > 0 || json))
    throw new CommandError('export takes --raw and --config. See postern audit --help.');
  if (action === 'verify' && raw) throw new CommandError('--raw is an option of export.');
  return { action, file, config, heads: head.map(headOf), raw, json };
}

function headOf(text: string): StateHead {
  const [, seq, hash] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text) ?? [];
  if (hash === undefined) throw new CommandError('--head must be <seq>:<hash>, as verify prints it.');
  return { seq: Number(seq), hash };
}

async function verify(
  open: OpenConfigured,
  { file, config, heads }: Options,
  terminal: Terminal,
): Promise<{ result: ChainResult; line?: UnreadableLine | undefined }> {
  if (file !== undefined) return verifyFile(file, heads, terminal);
  return withConfigured(open, config, terminal, async ({ state }) => ({
    result: await verifyChain(auditRows(state), state.head, ...heads),
  }));
}

async function verifyFile(
  file: string,
  heads: readonly StateHead[],
  terminal: Terminal,
): Promise<{ result: ChainResult; line?: UnreadableLine | undefined }> {
  const [input] = await openInputs([file], terminal);
  let line: UnreadableLine | undefined;
  const result = await verifyChain(
    auditFile(input!, (unreadable) => {
      line = unreadable;
    }),
    ...heads,
  );
  // Had a row before it been broken, the line would not have been read.
  if (line === undefined) return { result };
  const broken = { seq: result.head.seq + 1, reason: line.reason };
  return { result: { ...result, ok: false, broken }, line };
}

function told({ rows, head, broken }: ChainResult, line: UnreadableLine | undefined): string {
  const whole = `${rows} ${rows === 1 ? 'row' : 'rows'}, head ${head.seq}:${head.hash}\n`;
  if (broken === undefined) return `The chain is whole: ${whole}`;
  const place = line === undefined ? '' : ` (line ${line.line})`;
  return `The chain is broken at row ${broken.seq}${place}: ${broken.reason}.\nBefore it: ${whole}`;
}

async function exportAll(open: OpenConfigured, { config, raw }: Options, terminal: Terminal): Promise<ExitCode> {
  const product = { version: ownManifest().manifest?.version ?? 'unknown' };
  const shown = (row: AuditRecord): unknown => (raw ? row : toOcsf(row, product));
  await withConfigured(open, config, terminal, async ({ state }) => {
    const output = new Output(terminal.stdout);
    for await (const row of auditRows(state)) {
      if (output.isClosed) return;
      await output.write(`${JSON.stringify(shown(row))}\n`);
    }
  });
  return 0;
}
