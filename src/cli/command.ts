/** What a sub-command is. Knows none of them. */
import type { Readable, Writable } from 'node:stream';

/** Where a command reads and writes: the process's own streams and variables, or a test's. */
export interface Terminal {
  readonly stdin: Readable & { readonly isTTY?: boolean; readonly fd?: number };
  readonly stdout: Writable & { readonly isTTY?: boolean };
  readonly stderr: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** 0: done. 1: a check found something. 2: it could not be done; the reason is on stderr. */
export type ExitCode = 0 | 1 | 2;

export interface Command {
  /** What `postern redact --help` prints. */
  readonly help: string;
  /** @throws CommandError, and errors of `parseArgs` */
  run(args: readonly string[], terminal: Terminal): Promise<ExitCode>;
}

/** A line in the list of commands; a command's own code is loaded when it is asked for. */
export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  load(): Promise<Command>;
}

/** Something the user can put right. The message says what, and never holds what stands in their files. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly exitCode: ExitCode;

  constructor(message: string, exitCode: ExitCode = 2) {
    super(message);
    this.exitCode = exitCode;
  }
}
