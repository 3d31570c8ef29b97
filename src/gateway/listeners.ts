/** What a gateway tells the app: calls, runs and policy events, and which calls are open or ended just now. */
import { LRUCache } from 'lru-cache';
import type { GatewayEvent, Observer, PolicyEvent, UnguardedEvent } from '../core/events.ts';
import type { Cost, Exchange, Identity, Outcome, RunInfo, Usage } from '../core/exchange.ts';
import { optionError } from '../errors.ts';

/** A call that has ended. */
export interface CallEvent {
  readonly type: 'call';
  readonly id: string;
  readonly callId: string;
  readonly identity: Identity;
  readonly provider: string;
  readonly model: string;
  /** The provider's id of the answer. */
  readonly responseId: string | undefined;
  readonly outcome: Outcome;
  readonly policies: readonly string[];
  readonly usage: Usage | undefined;
  readonly cost: Cost | undefined;
  readonly durationMs: number;
}

/** A model call was matched with the run of a framework that made it. Told after its `call`, by `GatewayCallbackHandler`. */
export interface RunEvent {
  readonly type: 'run';
  readonly callId: string;
  readonly exchangeId: string;
  readonly outcome: Outcome;
  /** The run of the model itself. */
  readonly run: RunInfo;
  readonly session: string | undefined;
}

export interface GatewayEvents {
  readonly run: RunEvent;
  /** A policy fired, or would have in monitor mode. */
  readonly policy: PolicyEvent;
  /** A request that could not be read went on. */
  readonly unguarded: UnguardedEvent;
  readonly call: CallEvent;
}

/** Frameworks report an answer right after its call has ended; that many calls may end in between. */
const MAX_RECENT_CALLS = 1_000;

/** Hands calls and their events to the app, and knows which are open or ended just now. */
export class Listeners implements Observer {
  open = 0;
  failures = 0;
  readonly recent = new LRUCache<string, CallEvent>({ max: MAX_RECENT_CALLS });
  readonly #runs = new LRUCache<string, true>({ max: MAX_RECENT_CALLS });
  readonly #now: () => number;
  readonly #listeners = new Map<string, Set<(event: never) => void>>();
  readonly #waiting = new Set<() => void>();

  constructor(now: () => number) {
    this.#now = now;
  }

  on(event: string, listener: (event: never) => void): () => void {
    if (typeof listener !== 'function') throw optionError('listener', 'a function', listener);
    const set = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, set.add(listener));
    return () => {
      set.delete(listener);
    };
  }

  start(): void {
    this.open++;
  }

  event(_exchange: Exchange, event: GatewayEvent): void {
    this.#tell(event);
  }

  end(exchange: Exchange): void {
    this.open--;
    const {
      id,
      callId,
      identity,
      provider,
      model,
      response,
      outcome = 'failed',
      policies = [],
      usage,
      cost,
      startedAt,
    } = exchange;
    const event: CallEvent = {
      type: 'call',
      id,
      callId,
      identity,
      provider,
      model,
      responseId: response?.id,
      outcome,
      policies,
      usage,
      cost,
      durationMs: this.#now() - startedAt,
    };
    if (event.responseId) this.recent.set(event.responseId, event);
    this.#tell(event);
    if (this.open === 0) for (const resume of this.#waiting) resume();
  }

  tellRun(event: RunEvent): void {
    const { id = '' } = event.run;
    if (this.#runs.has(id)) return;
    this.#runs.set(id, true);
    this.#tell(event);
  }

  async idle(timeoutMs: number): Promise<void> {
    if (this.open === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(done, timeoutMs);
      const waiting = this.#waiting.add(done);
      function done(): void {
        clearTimeout(timer);
        waiting.delete(done);
        resolve();
      }
    });
  }

  #tell(event: GatewayEvent | CallEvent | RunEvent): void {
    for (const listener of this.#listeners.get(event.type) ?? []) {
      try {
        listener(event as never);
      } catch {
        this.failures++;
      }
    }
  }
}
