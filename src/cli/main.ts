/** Finds the sub-command, prints help and errors. Knows nothing of what the commands do. */
import { isOwnError } from '../errors.ts';
import { type Command, type CommandEntry, CommandError, type ExitCode, type Terminal } from './command.ts';
import { ownManifest } from './manifest.ts';

const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'serve',
    summary: 'Run a gateway server',
    load: async () => (await import('./serve.ts')).serveCommand,
  },
  {
    name: 'redact',
    summary: 'Replace personal data and secrets in text, JSON or JSON Lines',
    load: async () => (await import('./redact.ts')).redactCommand,
  },
  {
    name: 'spend',
    summary: 'Show what was spent, and how full each account is',
    load: async () => (await import('./spend.ts')).spendCommand,
  },
  {
    name: 'keys',
    summary: "Make, list and end the keys of a server's clients",
    load: async () =>
      (await import('./keys.ts')).keysCommand((await import('../serve/open-configured.ts')).openConfigured),
  },
  {
    name: 'audit',
    summary: 'Verify and export the log of what was changed',
    load: async () =>
      (await import('./audit.ts')).auditCommand((await import('../serve/open-configured.ts')).openConfigured),
  },
  {
    name: 'policies',
    summary: 'Check policies before they are loaded',
    load: async () => (await import('./policies.ts')).policiesCommand,
  },
  {
    name: 'doctor',
    summary: 'Find out why a trace did not arrive',
    load: async () => (await import('./doctor.ts')).doctorCommand,
  },
];

/** Runs the command that the arguments name. */
export async function main(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  try {
    return await dispatch(args, terminal);
  } catch (error) {
    terminal.stderr.write(`postern: ${messageOf(error, args[0])}\n`);
    return error instanceof CommandError ? error.exitCode : 2;
  }
}

async function dispatch([name, ...rest]: readonly string[], terminal: Terminal): Promise<ExitCode> {
  if (name === undefined || name === '--help' || name === '-h' || (name === 'help' && rest.length === 0)) {
    const stream = name === undefined ? terminal.stderr : terminal.stdout;
    stream.write(overview());
    return name === undefined ? 2 : 0;
  }
  if (name === '--version' || name === '-v') {
    terminal.stdout.write(`${ownManifest().manifest?.version ?? 'unknown'}\n`);
    return 0;
  }
  if (name === 'help') return help(await find(rest[0]!), terminal);
  const command = await find(name);
  if (asksForHelp(rest)) return help(command, terminal);
  return command.run(rest, terminal);
}

function find(name: string): Promise<Command> {
  const entry = COMMANDS.find((one) => one.name === name);
  if (entry !== undefined)
    return entry.load().catch((error: unknown) => Promise.reject(missingPackage(error) ?? error));
  const kind = name.startsWith('-') ? 'option' : 'command';
  throw new CommandError(`there is no ${kind} ${JSON.stringify(name.slice(0, 40))}. See postern --help.`);
}

/** Some commands need packages that `npm install --omit=optional` leaves out. */
function missingPackage(error: unknown): CommandError | undefined {
  const { code, message } = error as { code?: unknown; message?: unknown };
  if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND') return undefined;
  const [, name] = /^Cannot find (?:package|module) '([^'./][^']*)'/.exec(String(message)) ?? [];
  return name === undefined
    ? undefined
    : new CommandError(
        `this command needs the package ${name}, which was left out at installation: npm install ${name}`,
      );
}

/** What stands behind `--` is the name of a file. */
function asksForHelp(args: readonly string[]): boolean {
  const options = args.includes('--') ? args.slice(0, args.indexOf('--')) : args;
  return options.includes('--help') || options.includes('-h');
}

function help(command: Command, terminal: Terminal): ExitCode {
  terminal.stdout.write(command.help);
  return 0;
}

function overview(): string {
  const width = Math.max(...COMMANDS.map(({ name }) => name.length));
  const lines = COMMANDS.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`);
  return [
    'postern: an LLM gateway inside your process',
    '',
    'Usage: postern <command> [options]',
    '',
    'Commands:',
    ...lines,
    '',
    'postern <command> --help tells more, postern --version the version.',
    '',
  ].join('\n');
}

/** What to tell the user. The message of an error that is not meant for them may quote their text, so only its place is told. */
function messageOf(error: unknown, command: string | undefined): string {
  if (error instanceof CommandError || isOwnError(error)) return error.message;
  const { code, message, name, stack } = error as {
    code?: unknown;
    message?: unknown;
    name?: unknown;
    stack?: unknown;
  };
  if (typeof code === 'string' && code.startsWith('ERR_PARSE_ARGS'))
    return `${firstSentence(String(message))} See postern ${command} --help.`;
  const frames = String(stack)
    .split('\n')
    .filter((line) => /^\s+at /.test(line));
  return [`this is an error of postern's own (${String(name)}); please report it.`, ...frames].join('\n');
}

/** Node goes on about positional arguments. */
function firstSentence(text: string): string {
  return `${text.split('. ')[0]!.replace(/\.$/, '')}.`;
}
