/**
 * The workers of a primary: starts them, puts another in the place of one that died, and tells and asks all of them. Knows what they are
 * asked for, not what the answers are good for.
 */
import cluster from 'node:cluster';
import type { FeedEntry } from '../admin/event-feed.ts';
import type { Logger } from '../server/index.ts';
import type { LoadedConfig } from './load-config.ts';
import { MergedMetrics } from './merged-metrics.ts';
import type { WorkerStatus } from './share.ts';
import type { ToWorker } from './worker-messages.ts';
import { type Exit, isGone, WorkerProcess } from './worker-process.ts';

export interface WorkersOptions {
  readonly count: number;
  /** The program that is a worker when it is started by a primary: `postern serve`. */
  readonly program: string;
  readonly loaded: LoadedConfig;
  readonly version: string | undefined;
  readonly logger: Logger | undefined;
  readonly onEvents: (entries: readonly FeedEntry[]) => void;
}

export interface TellingWorker {
  readonly number: number;
  /** `undefined` when it does not answer. */
  readonly status: WorkerStatus | undefined;
}

/** One that dies earlier is started again later each time. */
const STEADY_MS = 10_000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 30_000;
const ANSWER_MS = 3_000;
/** It may have to look at hosts, files and the store. */
const RELOAD_MS = 15_000;
/** For what a worker lets go of when its calls have ended. */
const CLOSE_MS = 10_000;

export class Workers {
  readonly metrics = new MergedMetrics();
  readonly #options: WorkersOptions;
  /** By number, from 1. */
  readonly #processes = new Map<number, WorkerProcess>();
  readonly #early = new Map<number, number>();
  readonly #pauses = new Map<number, ReturnType<typeof setTimeout>>();
  #loaded: LoadedConfig;
  #url: string | undefined;
  #isStarting = true;
  #isEnding = false;
  #exits = 0;
  #dropped = 0;

  constructor(options: WorkersOptions) {
    this.#options = options;
    this.#loaded = options.loaded;
  }

  get configured(): number {
    return this.#options.count;
  }

  get up(): number {
    return this.#all.filter(({ isUp }) => isUp).length;
  }

  /** Where they listen. */
  get url(): string | undefined {
    return this.#url;
  }

  /** Workers that ended without being told to. */
  get exits(): number {
    return this.#exits;
  }

  /** Events that workers had no room for. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Where all of them listen. @throws GatewayError why one cannot; then none is left */
  async start(): Promise<string> {
    cluster.setupPrimary({ exec: this.#options.program, args: ['serve'] });
    const numbers = Array.from({ length: this.configured }, (_, i) => i + 1);
    try {
      const urls = await Promise.all(numbers.map((number) => this.#start(number).up));
      this.#isStarting = false;
      return urls[0]!;
    } catch (cause) {
      this.kill();
      throw cause;
    }
  }

  tell(message: ToWorker): void {
    for (const worker of this.#all) if (worker.hasConfig) worker.tell(message);
  }

  /** Another configuration for all, or for none. @throws GatewayError of the first that cannot take it */
  async reload(loaded: LoadedConfig): Promise<void> {
    const before = this.#loaded;
    this.#loaded = loaded;
    const faults = await this.#reloadAll(loaded);
    if (faults.length === 0) return;
    this.#loaded = before;
    // One that cannot go back to where it was is not what the others are: another takes its place.
    for (const { worker } of await this.#reloadAll(before)) worker.kill();
    throw faults[0]!.error;
  }

  /** Tells `metrics` what each has counted. One that does not answer is left at what it said before. */
  async count(): Promise<void> {
    const counting = this.#up.map(async (worker) => {
      const text = await worker.ask({ of: 'metrics' }, ANSWER_MS).catch(() => undefined);
      if (text !== undefined && this.#processes.get(worker.number) === worker)
        this.metrics.tell(String(worker.number), text);
    });
    await Promise.all(counting);
  }

  statuses(): Promise<readonly TellingWorker[]> {
    return Promise.all(
      this.#up.map(async (worker) => ({
        number: worker.number,
        status: await worker.ask({ of: 'status' }, ANSWER_MS).catch(() => undefined),
      })),
    );
  }

  /** Lets calls in flight end, at most so long. */
  async end(drainMs: number): Promise<void> {
    this.#isEnding = true;
    for (const pause of this.#pauses.values()) clearTimeout(pause);
    for (const worker of this.#all) worker.tell({ type: 'end' });
    const timer = setTimeout(() => this.kill(), drainMs + CLOSE_MS);
    await Promise.all(this.#all.map(({ exited }) => exited));
    clearTimeout(timer);
  }

  kill(): void {
    this.#isEnding = true;
    for (const pause of this.#pauses.values()) clearTimeout(pause);
    for (const worker of this.#all) worker.kill();
  }

  get #all(): WorkerProcess[] {
    return [...this.#processes.values()];
  }

  get #up(): WorkerProcess[] {
    return this.#all.filter(({ isUp }) => isUp);
  }

  #start(number: number): WorkerProcess {
    const { version, logger, onEvents } = this.#options;
    let dropped = 0;
    const worker = new WorkerProcess({
      number,
      version,
      loaded: () => this.#loaded,
      onEvents: (entries, soFar) => {
        if (soFar > dropped) logger?.warn({ event: 'events_dropped', worker: number, dropped: soFar - dropped });
        this.#dropped += Math.max(0, soFar - dropped);
        dropped = soFar;
        onEvents(entries);
      },
      onLastMetrics: (text) => this.metrics.tell(String(number), text),
    });
    const startedAt = Date.now();
    this.#processes.set(number, worker);
    worker.up.then(
      (url) => {
        this.#url = url;
        logger?.info({ event: 'worker_up', worker: number, pid: worker.pid });
      },
      () => {},
    );
    void worker.exited.then((exit) => this.#ended(worker, exit, Date.now() - startedAt));
    return worker;
  }

  #ended(worker: WorkerProcess, { code, signal }: Exit, livedMs: number): void {
    const { number, pid } = worker;
    this.#processes.delete(number);
    this.metrics.end(String(number));
    // Who starts the server is told why it cannot.
    if (this.#isEnding || this.#isStarting) return;
    this.#exits++;
    const early = livedMs < STEADY_MS ? (this.#early.get(number) ?? 0) + 1 : 0;
    this.#early.set(number, early);
    const pauseMs = early === 0 ? 0 : Math.min(FIRST_PAUSE_MS * 2 ** (early - 1), LONGEST_PAUSE_MS);
    const reason = worker.reason === undefined ? {} : { message: worker.reason };
    this.#options.logger?.error({
      event: 'worker_died',
      ...{ worker: number, pid, code, signal, ...reason, restart_in_ms: pauseMs },
    });
    this.#pauses.set(
      number,
      setTimeout(() => this.#start(number), pauseMs),
    );
  }

  /** Those that cannot. Who is gone is none of them. */
  async #reloadAll(loaded: LoadedConfig): Promise<{ readonly worker: WorkerProcess; readonly error: unknown }[]> {
    const faults: { worker: WorkerProcess; error: unknown }[] = [];
    const reloading = this.#all
      .filter(({ hasConfig }) => hasConfig)
      .map((worker) =>
        worker.ask({ of: 'reload', loaded }, RELOAD_MS).catch((error: unknown) => {
          if (!isGone(error)) faults.push({ worker, error });
        }),
      );
    await Promise.all(reloading);
    return faults;
  }
}
