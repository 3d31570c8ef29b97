/** The main thread's end of the SQLite worker: sends what is to be written and settles promises when it is answered. */
import { Worker } from 'node:worker_threads';
import { GatewayError } from '../errors.ts';
import type { Engine, EngineRow, Operation } from './operations.ts';
import type { SqliteReply, SqliteRequest, SqliteWorkerData } from './sqlite-worker.ts';

interface Pending {
  resolve(answers: readonly unknown[]): void;
  reject(cause: unknown): void;
}

type Body<Request = SqliteRequest> = Request extends SqliteRequest ? Omit<Request, 'seq'> : never;

export class SqliteEngine implements Engine {
  readonly #data: SqliteWorkerData;
  #worker: Worker | undefined;
  #seq = 0;
  readonly #pending = new Map<number, Pending>();

  constructor(data: SqliteWorkerData) {
    this.#data = data;
  }

  run(operations: readonly Operation[], now: number | undefined): Promise<readonly unknown[]> {
    return this.#ask({ operations, now });
  }

  async rows(from: number, to: number): Promise<readonly EngineRow[]> {
    return (await this.#ask({ rows: { from, to } })) as readonly EngineRow[];
  }

  async close(): Promise<void> {
    if (!this.#worker) return;
    await this.#ask({ close: true });
    const worker = this.#worker;
    this.#worker = undefined;
    await worker.terminate();
  }

  #ask(body: Body): Promise<readonly unknown[]> {
    return new Promise((resolve, reject) => {
      this.#worker ??= this.#start();
      const worker = this.#worker;
      const seq = this.#seq++;
      this.#pending.set(seq, { resolve, reject });
      // The process stays for as long as somebody waits for an answer, and no longer.
      if (this.#pending.size === 1) worker.ref();
      worker.postMessage({ ...body, seq });
    });
  }

  #start(): Worker {
    const worker = new Worker(workerUrl(), {
      workerData: this.#data,
      // Node 22 warns that its SQLite is experimental.
      execArgv: ['--disable-warning=ExperimentalWarning'],
    });
    worker.unref();
    worker.on('message', (replies: readonly SqliteReply[]) => this.#read(replies));
    worker.on('error', (cause) => this.#lost(worker, cause));
    worker.on('exit', () => this.#lost(worker, undefined));
    return worker;
  }

  #read(replies: readonly SqliteReply[]): void {
    for (const reply of replies) {
      const pending = this.#pending.get(reply.seq);
      this.#pending.delete(reply.seq);
      if ('error' in reply) pending?.reject(faultOf(reply));
      else pending?.resolve(reply.answers);
    }
    if (this.#pending.size === 0) this.#worker?.unref();
  }

  /** The thread is gone: what it had not answered is unknown, and the next request starts another. */
  #lost(worker: Worker, cause: unknown): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    const error = new GatewayError('ledger_unavailable', 'The thread that writes the SQLite ledger has stopped.', {
      cause,
    });
    for (const { reject } of this.#pending.values()) reject(error);
    this.#pending.clear();
  }
}

function faultOf({ error, setup }: Extract<SqliteReply, { error: string }>): GatewayError {
  return new GatewayError(setup ? 'not_supported' : 'ledger_unavailable', `SQLite ledger: ${error}`);
}

/** Beside this file, in the source as in the package; the worker is an ES module for both of the package's kinds. */
function workerUrl(): URL {
  const isSource = import.meta.url.endsWith('.ts');
  return new URL(isSource ? './sqlite-worker.ts' : './sqlite-worker.js', import.meta.url);
}
