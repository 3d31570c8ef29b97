/** `postern redact`: reads files or standard input and writes them without personal data and secrets, or tells where those are. */
import { type Command, CommandError, type ExitCode, type Terminal } from './command.ts';
import { type Format, redactAs } from './formats.ts';
import { type Input, openInputs } from './input.ts';
import { Output } from './output.ts';
import { createProgress, type Progress } from './progress.ts';
import { KEY_VARIABLE, type RedactCommandOptions, readOptions } from './redact-options.ts';
import { type Found, Redaction } from './redaction.ts';

const HELP = `Replace personal data and secrets in text, JSON or JSON Lines

Usage: postern redact [options] [file ...]

Reads the files, or standard input, and writes them to standard output with a placeholder such as
<EMAIL_ADDRESS_1> in place of each value. Equal values have equal placeholders in all files of one run.
JSON stays JSON: strings, keys and long numbers are redacted, the rest keeps its bytes.

Options:
  --entities <list>      what to look for: pii, secrets or entities such as EMAIL_ADDRESS,US_SSN
                         (default: pii,secrets; --list-entities prints them all)
  --action <[entity=]action>
                         what is done with a value: redact, mask (mask:4 keeps the last four), hash, block
                         (ends with 1 at the first one) or monitor (leaves it); of one entity, or of all
                         others; may be repeated (default: redact)
  --allow <value>        a value that stays, in any spelling; may be repeated
  --min-score <n>        leave what is less certain, 0 to 1 (default 0; nothing below 0.5 is reported)
  --placeholders <kind>  numbered, or hmac: the same value has the same tag in every run (default: numbered)
  --format <format>      text, json or jsonl (default: by the file's extension, else by its first line)
  --explain              print entity, score and place of each value instead of the text; never the value
  --check                print nothing but the number of values, and exit with 1 when there are any
  --list-entities        print what can be found, and by which group
  --no-progress          no progress bar on large inputs
  -h, --help             this text

hash and hmac take their key, 16 characters or more, from the variable ${KEY_VARIABLE}.

Exit codes: 0 done; 1 --check found values, or one is blocked; 2 an option is wrong or an input cannot be read.

Examples:
  postern redact < prompt.txt > clean.txt
  postern redact --entities secrets --check src/config.ts
  postern redact --action mask --action US_SSN=block export.csv
  postern redact --explain conversation.jsonl
`;

export const redactCommand: Command = {
  help: HELP,
  async run(args, terminal) {
    const options = readOptions(args, terminal.env);
    const output = new Output(terminal.stdout);
    if (options.listEntities) {
      await output.write(`${options.redactor.entities.toSorted().join('\n')}\n`);
      return 0;
    }
    const inputs = await openInputs(options.paths, terminal);
    const waitsForTyping = terminal.stdin.isTTY === true && inputs.some(({ path }) => path === undefined);
    if (waitsForTyping) terminal.stderr.write('Reading from the terminal; Ctrl-D ends it.\n');
    const counts = new Map<string, number>();
    const bar = progressOf(inputs, options, terminal);
    try {
      await redactAll(inputs, options, output, bar, counts);
    } finally {
      bar.clear();
    }
    if (options.explain || options.check || isWatched(terminal)) terminal.stderr.write(summary(counts));
    return exitCodeOf(options, counts);
  },
};

async function redactAll(
  inputs: readonly Input[],
  { redactor, format, explain, check }: RedactCommandOptions,
  output: Output,
  bar: Progress,
  counts: Map<string, number>,
): Promise<void> {
  let path: string | undefined;
  let lines = '';
  const redaction = new Redaction(redactor, (found, place) => {
    counts.set(found.type, (counts.get(found.type) ?? 0) + 1);
    if (explain) lines += findingLine(found, place(), path);
    else if (!check && found.action === 'block') throw blocked(found, place(), path);
  });
  for (const input of inputs) {
    path = input.path;
    for await (const text of redacted(input, format, redaction, bar)) {
      if (explain) await output.write(lines);
      else if (!check) await output.write(text);
      if (output.isClosed) return;
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

function progressOf(inputs: readonly Input[], { progress }: RedactCommandOptions, terminal: Terminal): Progress {
  const total = inputs.reduce<number | undefined>(
    (sum, { size }) => (sum === undefined || size === undefined ? undefined : sum + size),
    0,
  );
  const { stderr } = terminal;
  return createProgress({ stderr, total, now: () => performance.now() }, progress && isWatched(terminal));
}

/** Somebody looks at stderr, and the text itself goes elsewhere. */
function isWatched({ stdout, stderr }: Terminal): boolean {
  return stderr.isTTY === true && stdout.isTTY !== true;
}

function blocked({ type }: Found, place: string, path: string | undefined): CommandError {
  return new CommandError(
    `${type} stands at ${placeOf(place, path)}, and --action blocks it. The text ends before it.`,
    1,
  );
}

const placeOf = (place: string, path: string | undefined): string => (path === undefined ? place : `${path}:${place}`);

/** `EMAIL_ADDRESS             0.95  notes.txt:12:5` */
function findingLine({ type, score }: Found, place: string, path: string | undefined): string {
  return `${type.padEnd(24)}  ${score.toFixed(2)}  ${placeOf(place, path)}\n`;
}

/** `3 values: 2 EMAIL_ADDRESS, 1 US_SSN` */
function summary(counts: ReadonlyMap<string, number>): string {
  const sorted = [...counts].sort(([, a], [, b]) => b - a);
  const total = sorted.reduce((sum, [, count]) => sum + count, 0);
  if (total === 0) return 'No values found.\n';
  const kinds = sorted.map(([type, count]) => `${count} ${type}`).join(', ');
  return `${total} ${total === 1 ? 'value' : 'values'}: ${kinds}\n`;
}

const exitCodeOf = ({ check }: RedactCommandOptions, counts: ReadonlyMap<string, number>): ExitCode =>
  check && counts.size > 0 ? 1 : 0;
