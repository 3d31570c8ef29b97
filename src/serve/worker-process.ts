/** One worker as its primary sees it: a process that is started, asked and told, and may be gone at any time. Starts no other in its place. */
import cluster, { type Worker as ClusterWorker } from 'node:cluster';
import type { FeedEntry } from '../admin/event-feed.ts';
import { GatewayError } from '../errors.ts';
import type { LoadedConfig } from './load-config.ts';
import { WORKER_VARIABLE } from './worker-limits.ts';
import type { Answers, Fault, Question, ToPrimary, ToWorker } from './worker-messages.ts';

export interface WorkerProcessOptions {
  /** From 1; stands in logs and metrics. */
  readonly number: number;
  readonly version: string | undefined;
  /** Asked when the worker is ready to be told: what holds then. */
  readonly loaded: () => LoadedConfig;
  readonly onEvents: (entries: readonly FeedEntry[], dropped: number) => void;
  /** What it counted, told as it ends. */
  readonly onLastMetrics: (text: string) => void;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
}

/** What it said last may be read after it has ended, so much later. */
const LAST_WORDS_MS = 1_000;

interface Pending {
  readonly resolve: (value: never) => void;
  readonly reject: (error: Error) => void;
}

export class WorkerProcess {
  readonly number: number;
  /** Where it listens. @throws GatewayError why it could not start */
  readonly up: Promise<string>;
  readonly exited: Promise<Exit>;
  readonly #options: WorkerProcessOptions;
  readonly #process: ClusterWorker;
  readonly #pending = new Map<number, Pending>();
  #hasConfig = false;
  #isUp = false;
  #isGone = false;
  #nextId = 1;
  #fault: Fault | undefined;

  constructor(options: WorkerProcessOptions) {
    this.#options = options;
    this.number = options.number;
    this.#process = cluster.fork({ [WORKER_VARIABLE]: String(options.number) });
    const silent = new Promise<void>((resolve) => this.#process.once('disconnect', () => resolve()));
    const ended = new Promise<Exit>((resolve) => {
      this.#process.once('exit', (code: number | null, signal: string | null) => {
        this.#gone();
        resolve({ code: signal ? null : code, signal: signal || null });
      });
    });
    // Node does not tell of the channel's end where a connection was on its way through it.
    this.exited = ended.then(async (exit) => {
      await within(silent, LAST_WORDS_MS);
      return exit;
    });
    this.up = new Promise((resolve, reject) => {
      this.#process.on('message', (message: ToPrimary) => this.#take(message, resolve));
      void this.exited.then(() => reject(errorOf(this.#fault)));
    });
    this.up.catch(() => {});
    // A message to a process that is just dying.
    this.#process.on('error', () => {});
  }

  get pid(): number | undefined {
    return this.#process.process.pid;
  }

  get isUp(): boolean {
    return this.#isUp && !this.#isGone;
  }

  /** Why it could not start, in its own words. */
  get reason(): string | undefined {
    return this.#fault?.message;
  }

  /** It has a configuration, though it may not take calls yet. */
  get hasConfig(): boolean {
    return this.#hasConfig && !this.#isGone;
  }

  tell(message: ToWorker): void {
    if (!this.#isGone && this.#process.isConnected()) this.#process.send(message, () => {});
  }

  /** @throws GatewayError what the worker says is wrong; Error when it is gone, or does not answer in time */
  ask<Of extends Question['of']>(question: Question & { readonly of: Of }, timeoutMs: number): Promise<Answers[Of]> {
    const id = this.#nextId++;
    return new Promise<Answers[Of]>((resolve, reject) => {
      if (this.#isGone) throw gone();
      const timer = setTimeout(() => this.#pending.get(id)?.reject(new Error('It does not answer.')), timeoutMs);
      const settle = (): void => {
        clearTimeout(timer);
        this.#pending.delete(id);
      };
      this.#pending.set(id, {
        resolve: (value) => {
          settle();
          resolve(value);
        },
        reject: (error) => {
          settle();
          reject(error);
        },
      });
      this.tell({ type: 'ask', id, question });
    });
  }

  kill(): void {
    this.#process.process.kill('SIGKILL');
  }

  #take(message: ToPrimary, up: (url: string) => void): void {
    const { version, onEvents, onLastMetrics } = this.#options;
    if (message.type === 'hello') {
      this.#hasConfig = true;
      this.tell({ type: 'start', worker: this.number, version, loaded: this.#options.loaded() });
    } else if (message.type === 'up') {
      this.#isUp = true;
      up(message.url);
    } else if (message.type === 'failed') this.#fault = message.fault;
    else if (message.type === 'answer') this.#pending.get(message.id)?.resolve(message.value as never);
    else if (message.type === 'fault') this.#pending.get(message.id)?.reject(errorOf(message.fault));
    else if (message.type === 'events') onEvents(message.entries, message.dropped);
    else if (message.type === 'ended') onLastMetrics(message.metrics);
  }

  #gone(): void {
    this.#isGone = true;
    for (const { reject } of [...this.#pending.values()]) reject(gone());
  }
}

/** Resolves with the promise, or when so much time has passed. */
function within(promise: Promise<void>, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    void promise.then(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}

class WorkerGone extends Error {}

const gone = (): Error => new WorkerGone('The worker has ended.');

/** Whoever takes its place starts with what holds then. */
export const isGone = (error: unknown): boolean => error instanceof WorkerGone;

function errorOf(fault: Fault | undefined): GatewayError {
  if (fault === undefined)
    return new GatewayError('invalid_option', 'server.workers: a worker ended before it took calls.');
  return new GatewayError(fault.code, fault.message, { param: fault.param });
}
