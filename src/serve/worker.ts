/**
 * A worker of a server that is several processes: takes calls as its primary tells it to, and ends with it. Reads no arguments and no files
 * of configuration.
 */
import cluster from 'node:cluster';
import type { FeedEntry } from '../admin/event-feed.ts';
import { isOwnError } from '../errors.ts';
import { jsonLogger, type LogEntry, type Logger } from '../server/index.ts';
import { Outbox } from '../telemetry/decision-sinks.ts';
import { assemble } from './assemble.ts';
import type { SharedServing } from './share.ts';
import type { Fault, Question, ToPrimary, ToWorker } from './worker-messages.ts';

/** Events that may wait for a primary that is busy. */
const MAX_QUEUED_EVENTS = 2_000;

/** Resolves when it was told to end, or its primary is gone, and all that was in flight has ended. */
export function runWorker(): Promise<void> {
  const worker = new Worker();
  return worker.ended;
}

class Worker {
  readonly ended: Promise<void>;
  readonly #dropped = { written: 0, dropped: 0, failed: 0 };
  readonly #events = new Outbox<FeedEntry>((entries) => this.#passOn(entries), MAX_QUEUED_EVENTS, this.#dropped);
  #resolve = (): void => {};
  #serving: SharedServing | undefined;
  #logger: Logger | undefined;
  /** What changes the worker happens in the order in which it was told. */
  #turn: Promise<void> = Promise.resolve();
  #isEnding = false;

  constructor() {
    this.ended = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    // Node would end it on the spot when the primary is gone, in the middle of its calls.
    if (cluster.worker) cluster.worker.exitedAfterDisconnect = true;
    process.on('disconnect', () => this.#end());
    for (const signal of ['SIGTERM', 'SIGINT'] as const)
      process.on(signal, () => {
        if (this.#isEnding) process.exit(1);
        this.#end();
      });
    // The primary reads the configuration, and tells of it. A terminal that is closed says so to all.
    process.on('SIGHUP', () => {});
    process.stderr.on('error', () => {});
    process.on('message', (message: ToWorker) => this.#take(message));
    void send({ type: 'hello' });
  }

  #take(message: ToWorker): void {
    if (message.type === 'start') this.#then(() => this.#start(message));
    else if (message.type === 'ask') this.#answer(message.id, message.question);
    else if (message.type === 'state_changed') void this.#serving?.state.refresh().catch(() => {});
    else if (message.type === 'end') this.#end();
  }

  async #start({ worker, loaded, version }: Extract<ToWorker, { type: 'start' }>): Promise<void> {
    try {
      const logger = loggerOf(worker);
      this.#logger = logger;
      const share = { of: 'calls', onEvent: (entry: FeedEntry) => this.#events.add(entry) } as const;
      this.#serving = await assemble(loaded, { logger, version }, share);
      await send({ type: 'up', url: await this.#serving.listenToCalls() });
    } catch (error) {
      await send({ type: 'failed', fault: faultOf(error) });
      process.exit(2);
    }
  }

  #answer(id: number, question: Question): void {
    const answer = async (): Promise<void> => {
      try {
        await send({ type: 'answer', id, value: await this.#valueOf(question) });
      } catch (error) {
        await send({ type: 'fault', id, fault: faultOf(error) });
      }
    };
    if (question.of === 'reload') this.#then(answer);
    else void answer();
  }

  async #valueOf(question: Question): Promise<unknown> {
    const serving = this.#serving;
    if (serving === undefined) throw new Error('It has not started.');
    if (question.of !== 'reload') return question.of === 'metrics' ? serving.metrics() : serving.status();
    await serving.reload(question.loaded);
    return true;
  }

  #end(): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    this.#then(async () => {
      this.#logger?.info({ event: 'draining', open_calls: this.#serving?.gateway.stats.open ?? 0 });
      try {
        await this.#serving?.close();
        await this.#events.flush();
        await send({ type: 'ended', metrics: this.#serving?.metrics() ?? '' });
      } catch (error) {
        this.#logger?.error({ event: 'close_failed', message: faultOf(error).message });
      } finally {
        // Nobody else ends it, where its primary is gone.
        if (process.connected) process.disconnect();
        this.#resolve();
      }
    });
  }

  #then(act: () => Promise<void>): void {
    this.#turn = this.#turn.then(act);
  }

  #passOn(entries: readonly FeedEntry[]): Promise<void> {
    return send({ type: 'events', entries, dropped: this.#dropped.dropped });
  }
}

/** Resolves when the system has it, so that what a busy primary does not read holds back the next. Nobody is there: nobody is told. */
function send(message: ToPrimary): Promise<void> {
  return new Promise((resolve) => {
    if (!process.connected) resolve();
    else process.send?.(message, undefined, undefined, () => resolve());
  });
}

function loggerOf(worker: number): Logger {
  const logger = jsonLogger();
  const naming =
    (log: (entry: LogEntry) => void) =>
    (entry: LogEntry): void =>
      log({ ...entry, worker } as LogEntry);
  return { info: naming(logger.info), warn: naming(logger.warn), error: naming(logger.error) };
}

/** What is not meant for whoever runs the server may quote anything: of that, its code alone. */
function faultOf(error: unknown): Fault {
  if (isOwnError(error)) return { code: error.code, message: error.message, param: error.param };
  const { code, syscall } = error as NodeJS.ErrnoException;
  const cannotListen = syscall === 'listen' || syscall === 'bind';
  const where = cannotListen ? 'server.port: the gateway cannot listen there' : 'A worker failed';
  const why = typeof code === 'string' && /^E[A-Z]+$/.test(code) ? ` (${code})` : '';
  return { code: 'invalid_option', message: `${where}${why}.`, param: cannotListen ? 'server.port' : undefined };
}
