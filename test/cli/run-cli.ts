/** Runs the command in this process, with streams of the test in place of the terminal's. */
import { PassThrough, Readable } from 'node:stream';
import type { Command, Terminal } from '../../src/cli/command.ts';
import { main } from '../../src/cli/main.ts';

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface Settings {
  readonly stdin?: string | Uint8Array | readonly Uint8Array[];
  readonly isTerminal?: boolean;
  readonly env?: Readonly<Record<string, string>>;
}

export function runCli(args: readonly string[], settings: Settings = {}): Promise<Ended> {
  return run((terminal) => main(args, terminal), settings);
}

/** A command by itself, as `main` would run it. */
export function runCommand(command: Command, args: readonly string[], settings: Settings = {}): Promise<Ended> {
  return run(async (terminal) => {
    try {
      return await command.run(args, terminal);
    } catch (error) {
      terminal.stderr.write(`postern: ${(error as Error).message}\n`);
      return 2;
    }
  }, settings);
}

async function run(
  act: (terminal: Terminal) => Promise<number>,
  { stdin = '', isTerminal = false, env = {} }: Settings,
): Promise<Ended> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const shown = [collect(stdout), collect(stderr)];
  const input = Readable.from(Array.isArray(stdin) ? stdin : [Buffer.from(stdin as string)]);
  const code = await act({ stdin: input, env, stdout, stderr: Object.assign(stderr, { isTTY: isTerminal }) });
  stdout.end();
  stderr.end();
  const [out, err] = await Promise.all(shown);
  return { code, stdout: out!, stderr: err! };
}

async function collect(stream: PassThrough): Promise<string> {
  let text = '';
  for await (const chunk of stream as AsyncIterable<Buffer>) text += chunk.toString('utf8');
  return text;
}
