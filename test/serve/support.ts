/** `postern serve` as a process of its own, and the commands beside it, in a folder of its own. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const CLI = fileURLToPath(new URL('../../src/cli/index.ts', import.meta.url));

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Served {
  readonly url: string;
  readonly adminUrl: string;
  readonly process: ChildProcess;
  /** Lines of JSON on standard error so far. */
  log(): Record<string, unknown>[];
  /** All that was printed so far. */
  printed(): string;
  /** Resolves when a line of the log has this event. */
  event(name: string): Promise<Record<string, unknown>>;
  /** Sends a signal and waits for the end. */
  end(signal?: NodeJS.Signals): Promise<number | null>;
}

export class Folder {
  readonly path: string;
  readonly env: Readonly<Record<string, string>>;
  readonly #running: ChildProcess[] = [];

  private constructor(path: string, env: Readonly<Record<string, string>>) {
    this.path = path;
    this.env = env;
  }

  static async make(env: Readonly<Record<string, string>>): Promise<Folder> {
    return new Folder(await mkdtemp(join(tmpdir(), 'postern-serve-')), env);
  }

  write(name: string, text: string): Promise<void> {
    return writeFile(join(this.path, name), text);
  }

  /** A command that ends by itself. */
  run(...args: string[]): Promise<Ended> {
    return new Promise((resolve) => {
      const options = { cwd: this.path, env: { ...process.env, ...this.env } };
      execFile(process.execPath, [CLI, ...args], options, (error, stdout, stderr) =>
        resolve({ code: error ? Number(error.code ?? 1) : 0, stdout, stderr }),
      );
    });
  }

  async serve(...args: string[]): Promise<Served> {
    const child = spawn(process.execPath, [CLI, 'serve', '--port', '0', '--admin-port', '0', ...args], {
      cwd: this.path,
      env: { ...process.env, ...this.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#running.push(child);
    let [out, err] = ['', ''];
    const waiting = new Set<() => void>();
    const told = (): void => {
      for (const look of waiting) look();
    };
    child.stdout.on('data', (piece: Buffer) => {
      out += piece.toString();
      told();
    });
    child.stderr.on('data', (piece: Buffer) => {
      err += piece.toString();
      told();
    });
    const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
    const until = <T>(find: () => T | undefined): Promise<T> =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = find();
          if (found === undefined) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        void ended.then((code) => reject(new Error(`postern serve ended with ${code}: ${out}${err}`)));
        look();
      });
    const log = (): Record<string, unknown>[] =>
      err
        .split('\n')
        .filter((line) => line.startsWith('{'))
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    const urls = await until(() => /Gateway +(\S+)[\s\S]*Dashboard +(\S+)[\s\S]*API_KEY/.exec(out) ?? undefined);
    return {
      url: urls[1]!,
      adminUrl: urls[2]!,
      process: child,
      log,
      printed: () => out + err,
      event: (name) => until(() => log().find(({ event }) => event === name)),
      end(signal = 'SIGTERM') {
        child.kill(signal);
        return ended;
      },
    };
  }

  async remove(): Promise<void> {
    for (const child of this.#running) child.kill('SIGKILL');
    await rm(this.path, { recursive: true, force: true });
  }
}

/** Asks again until it holds: another process has to hear of something first. */
export async function eventually<T>(
  ask: () => Promise<T>,
  holds: (value: T) => boolean,
  patienceMs = 10_000,
): Promise<T> {
  const end = Date.now() + patienceMs;
  for (;;) {
    const value = await ask();
    if (holds(value) || Date.now() > end) return value;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
