/** Database servers of a test's own, on free ports and in a folder of their own, to be killed, frozen and restarted. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { accepts } from './services.ts';

export interface PrivateServer {
  readonly url: string;
  start(): Promise<void>;
  /** As when the machine's power fails for this process. */
  kill(): Promise<void>;
  freeze(): void;
  thaw(): void;
  /** Stops it for good and takes out its folder. */
  dispose(): Promise<void>;
}

const PATIENCE_MS = 20_000;

class Server implements PrivateServer {
  readonly url: string;
  readonly #port: number;
  readonly #folder: string;
  readonly #spawn: () => ChildProcess;
  readonly #probe: () => boolean;
  #process: ChildProcess | undefined;

  constructor(options: { url: string; port: number; folder: string; spawn: () => ChildProcess; probe: () => boolean }) {
    ({ url: this.url, port: this.#port, folder: this.#folder, spawn: this.#spawn, probe: this.#probe } = options);
  }

  async start(): Promise<void> {
    const end = Date.now() + PATIENCE_MS;
    while (Date.now() < end) {
      if (!this.#process || this.#process.exitCode !== null || this.#process.signalCode !== null)
        this.#process = this.#spawn();
      if ((await accepts(this.#port)) && this.#probe()) return;
      await sleep(50);
    }
    throw new Error(`The server on port ${this.#port} did not start.`);
  }

  async kill(): Promise<void> {
    const ended = new Promise((resolve) => this.#process?.once('exit', resolve));
    this.#signal('SIGKILL');
    await ended;
  }

  freeze(): void {
    this.#signal('SIGSTOP');
  }

  thaw(): void {
    this.#signal('SIGCONT');
  }

  async dispose(): Promise<void> {
    this.thaw();
    if (this.#process && this.#process.exitCode === null && this.#process.signalCode === null) await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** To the process and those that it has made itself. */
  #signal(signal: NodeJS.Signals): void {
    const pid = this.#process?.pid;
    if (pid === undefined) return;
    for (const each of [pid, ...childrenOf(pid)]) {
      try {
        process.kill(each, signal);
      } catch {
        // It has just ended.
      }
    }
  }
}

function childrenOf(pid: number): number[] {
  try {
    return execFileSync('pgrep', ['-P', String(pid)], { encoding: 'utf8' })
      .trim()
      .split('\n')
      .filter(Boolean)
      .map(Number);
  } catch {
    return [];
  }
}

/** Undefined where Redis is not installed. */
export async function privateRedis(): Promise<PrivateServer | undefined> {
  if (!isInstalled('redis-server')) return undefined;
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'postern-redis-'));
  // With `everysec` Redis answers before it writes while a disk is slow to sync (flushAppendOnlyFile), and loses that when it is killed.
  const persistence = ['--appendonly', 'yes', '--appendfsync', 'always', '--save', ''];
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--daemonize', 'no', ...persistence];
  const probe = (): boolean => {
    try {
      return execFileSync('redis-cli', ['-p', String(port), 'ping'], { encoding: 'utf8', timeout: 2_000 }).includes(
        'PONG',
      );
    } catch {
      return false;
    }
  };
  const url = `redis://127.0.0.1:${port}`;
  return new Server({ url, port, folder, spawn: () => spawn('redis-server', args, { stdio: 'ignore' }), probe });
}

/** Undefined where PostgreSQL's programs, or the account that may run them, are missing. */
export async function privatePostgres(): Promise<PrivateServer | undefined> {
  const bin = postgresPrograms();
  const owner = serverAccount();
  if (!bin || !owner) return undefined;
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'postern-postgres-'));
  const data = join(folder, 'data');
  if (owner.uid !== undefined && owner.gid !== undefined) chownSync(folder, owner.uid, owner.gid);
  execFileSync(join(bin, 'initdb'), ['-D', data, '-A', 'trust', '-U', 'postgres', '-N'], { ...owner, stdio: 'ignore' });
  const args = [
    '-D',
    data,
    '-p',
    String(port),
    '-k',
    folder,
    '-c',
    'listen_addresses=127.0.0.1',
    '-c',
    'max_connections=60',
  ];
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  const probe = (): boolean => {
    try {
      execFileSync(join(bin, 'pg_isready'), ['-h', '127.0.0.1', '-p', String(port)], {
        stdio: 'ignore',
        timeout: 2_000,
      });
      return true;
    } catch {
      return false;
    }
  };
  return new Server({
    url,
    port,
    folder,
    probe,
    spawn: () => spawn(join(bin, 'postgres'), args, { ...owner, stdio: 'ignore' }),
  });
}

function postgresPrograms(): string | undefined {
  const root = '/usr/lib/postgresql';
  const versions = existsSync(root) ? readdirSync(root).sort((a, b) => Number(b) - Number(a)) : [];
  return versions.map((version) => join(root, version, 'bin')).find((bin) => existsSync(join(bin, 'initdb')));
}

/** PostgreSQL refuses to run as root. */
function serverAccount(): { uid?: number; gid?: number } | undefined {
  if (process.getuid?.() !== 0) return {};
  try {
    const id = (kind: string): number =>
      Number(execFileSync('id', [kind, 'postgres'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
    return { uid: id('-u'), gid: id('-g') };
  } catch {
    return undefined;
  }
}

function isInstalled(program: string): boolean {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
