/** `postern redact`: reads files or standard input and writes them without personal data and secrets, or tells where those are. */
import { parseArgs } from 'node:util';
import type { EntityGroup, EntityName } from '../redaction/detectors/all-detectors.ts';
import { createRedactor, type Redactor } from '../redaction/redactor.ts';
import { type Command, CommandError, type ExitCode, type Terminal } from './command.ts';
import { FORMATS, type Format, redactAs } from './formats.ts';
import { type Input, openInputs } from './input.ts';
import { createProgress, type Progress } from './progress.ts';
import { type Found, Redaction } from './redaction.ts';

const HELP = `Replace personal data and secrets in text, JSON or JSON Lines

Usage: postern redact [options] [file ...]

Reads the files, or standard input, and writes them to standard output with a placeholder such as
<EMAIL_ADDRESS_1> in place of each value. Equal values have equal placeholders in all files of one run.
JSON stays JSON: strings, keys and long numbers are redacted, the rest keeps its bytes.

Options:
  --entities <list>    what to look for: pii, secrets or entities such as EMAIL_ADDRESS,US_SSN (default: pii,secrets)
  --allow <value>      a value that stays, in any spelling; may be repeated
  --min-score <n>      leave what is less certain, 0 to 1 (default 0; nothing below 0.5 is reported)
  --format <format>    text, json or jsonl (default: by the file's extension, else by its first line)
  --explain            print entity, score and place of each value instead of the text; never the value
  --check              print nothing but the number of values, and exit with 1 when there are any
  --no-progress        no progress bar on large inputs
  -h, --help           this text

Exit codes: 0 done; 1 --check found values; 2 an option is wrong or an input cannot be read.

Examples:
  postern redact < prompt.txt > clean.txt
  postern redact --entities secrets --check src/config.ts
  postern redact --explain conversation.jsonl
`;

interface Options {
  readonly paths: readonly string[];
  readonly redactor: Redactor;
  readonly format: Format | undefined;
  readonly explain: boolean;
  readonly check: boolean;
  readonly progress: boolean;
}

export const redactCommand: Command = {
  help: HELP,
  async run(args, terminal) {
    const options = readOptions(args);
    const inputs = await openInputs(options.paths, terminal);
    const waitsForTyping = terminal.stdin.isTTY === true && inputs.some(({ path }) => path === undefined);
    if (waitsForTyping) terminal.stderr.write('Reading from the terminal; Ctrl-D ends it.\n');
    const counts = new Map<string, number>();
    const bar = progressOf(inputs, options, terminal);
    const output = new Output(terminal.stdout);
    try {
      await redactAll(inputs, options, output, bar, counts);
    } finally {
      bar.clear();
    }
    if (options.explain || options.check) terminal.stderr.write(summary(counts));
    return exitCodeOf(options, counts);
  },
};

async function redactAll(
  inputs: readonly Input[],
  { redactor, format, explain, check }: Options,
  output: Output,
  bar: Progress,
  counts: Map<string, number>,
): Promise<void> {
  let place: string | undefined;
  let lines = '';
  const redaction = new Redaction(redactor, (found) => {
    counts.set(found.type, (counts.get(found.type) ?? 0) + 1);
    if (explain) lines += findingLine(found, place);
  });
  for (const input of inputs) {
    place = input.path;
    for await (const text of redacted(input, format, redaction, bar)) {
      if (output.isClosed) return;
      if (explain) await output.write(lines);
      else if (!check) await output.write(text);
      lines = '';
    }
  }
}

/** What an input becomes, piece by piece. */
async function* redacted(
  input: Input,
  format: Format | undefined,
  redaction: Redaction,
  bar: Progress,
): AsyncGenerator<string> {
  const filter = redactAs(format, input.path, redaction);
  for await (const piece of input.read((bytes) => bar.add(bytes))) yield filter.push(piece);
  yield filter.end();
}

function readOptions(args: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      entities: { type: 'string', multiple: true },
      allow: { type: 'string', multiple: true },
      'min-score': { type: 'string' },
      format: { type: 'string' },
      explain: { type: 'boolean', default: false },
      check: { type: 'boolean', default: false },
      'no-progress': { type: 'boolean', default: false },
    },
  });
  const redactor = createRedactor(
    {
      entities: values.entities?.flatMap((list) => list.split(',').map((name) => name.trim())) as
        | (EntityGroup | EntityName)[]
        | undefined,
      allow: values.allow,
      minScore: scoreOf(values['min-score']),
      // Nothing is read twice here.
      memo: false,
    },
    'redact',
  );
  const { explain, check } = values;
  return {
    paths: positionals,
    redactor,
    format: formatOf(values.format),
    explain,
    check,
    progress: !values['no-progress'],
  };
}

function scoreOf(given: string | undefined): number | undefined {
  if (given === undefined) return undefined;
  const score = Number(given);
  if (given.trim() !== '' && score >= 0 && score <= 1) return score;
  throw new CommandError('--min-score must be a number from 0 to 1.');
}

function formatOf(given: string | undefined): Format | undefined {
  const format = FORMATS.find((one) => one === given);
  if (given === undefined || format !== undefined) return format;
  throw new CommandError(`--format must be one of ${FORMATS.join(', ')}.`);
}

function progressOf(inputs: readonly Input[], { progress }: Options, { stdout, stderr }: Terminal): Progress {
  const total = inputs.reduce<number | undefined>(
    (sum, { size }) => (sum === undefined || size === undefined ? undefined : sum + size),
    0,
  );
  // Where the text itself is shown, a bar would stand in it.
  const isShown = progress && stderr.isTTY === true && stdout.isTTY !== true;
  return createProgress({ stderr, total, now: () => performance.now() }, isShown);
}

/** `EMAIL_ADDRESS             0.95  notes.txt:12:5` */
function findingLine({ type, score, place }: Found, path: string | undefined): string {
  return `${type.padEnd(24)}  ${score.toFixed(2)}  ${path === undefined ? '' : `${path}:`}${place}\n`;
}

/** `3 values: 2 EMAIL_ADDRESS, 1 US_SSN` */
function summary(counts: ReadonlyMap<string, number>): string {
  const sorted = [...counts].sort(([, a], [, b]) => b - a);
  const total = sorted.reduce((sum, [, count]) => sum + count, 0);
  if (total === 0) return 'No values found.\n';
  const kinds = sorted.map(([type, count]) => `${count} ${type}`).join(', ');
  return `${total} ${total === 1 ? 'value' : 'values'}: ${kinds}\n`;
}

const exitCodeOf = ({ check }: Options, counts: ReadonlyMap<string, number>): ExitCode =>
  check && counts.size > 0 ? 1 : 0;

/** Standard output that waits for its reader, and that may be closed by it (`| head`), which is no error. */
class Output {
  isClosed = false;
  readonly #stream: Terminal['stdout'];

  constructor(stream: Terminal['stdout']) {
    this.#stream = stream;
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      this.isClosed = true;
    });
  }

  /** Resolves when the text has left. */
  write(text: string): Promise<void> {
    if (text === '' || this.isClosed) return Promise.resolve();
    return new Promise((resolve) => this.#stream.write(text, () => resolve()));
  }
}
