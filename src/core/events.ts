/** What a gateway tells about its calls, and to whom. Events never hold texts, secrets or keys. */
import type { Exchange } from './exchange.ts';
import type { Finding } from './policy.ts';

/**
 * A policy fired, or would have. `decision` speaks the vocabulary of OpenTelemetry's GenAI security proposal: `deny` (refused),
 * `modify` (edited), `audit` (monitor mode: would have denied or modified), `warn`, `allow`.
 */
export interface PolicyEvent {
  readonly type: 'policy';
  readonly callId: string;
  readonly exchangeId: string;
  readonly policy: string;
  readonly mode: 'enforce' | 'monitor';
  readonly action: 'block' | 'redact' | 'set' | 'warn' | 'fail';
  readonly decision: 'allow' | 'audit' | 'deny' | 'modify' | 'warn';
  /** `input` is the request, `output` the answer. */
  readonly target: 'input' | 'output';
  /** One entry for each kind, scope and action. */
  readonly findings?: readonly Finding[] | undefined;
  /** Code of the refusal or warning. */
  readonly code?: string | undefined;
  readonly message?: string | undefined;
  readonly details?: Readonly<Record<string, unknown>> | undefined;
  readonly at: number;
}

/** A request that Postern could not read went on because `unguarded: 'pass'` says so. */
export interface UnguardedEvent {
  readonly type: 'unguarded';
  readonly callId: string;
  readonly exchangeId: string;
  readonly reason: string;
  /** The policies that would have guarded it. */
  readonly policies: readonly string[];
  readonly at: number;
}

export type GatewayEvent = PolicyEvent | UnguardedEvent;

/** Watches calls. Cannot influence them: what it throws is counted and goes nowhere else. */
export interface Observer {
  start?(exchange: Exchange): void;
  event?(exchange: Exchange, event: GatewayEvent): void;
  /** Once a call, after it was settled. `error` is why it was refused or failed. */
  end?(exchange: Exchange, error?: unknown): void;
}

/** Keeps what it is told for a while. */
export interface BufferedObserver extends Observer {
  /** Resolves when all that was told before has been passed on or given up; never rejects. `gateway.close()` waits for it. */
  flush(): Promise<void>;
}

/** Waits for those that keep what they are told, at most so long. */
export async function flushObservers(observers: readonly Observer[], timeoutMs: number): Promise<void> {
  const flushes = observers.flatMap((observer) => {
    const { flush } = observer as Partial<BufferedObserver>;
    return typeof flush === 'function' ? [Promise.resolve().then(() => flush.call(observer))] : [];
  });
  if (flushes.length === 0) return;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, timeoutMs);
  });
  await Promise.race([Promise.allSettled(flushes), late]);
  clearTimeout(timer);
}

/** Tells several observers; counts those that throw. */
export function fanOut(observers: readonly Observer[]): Required<Observer> & { readonly failures: number } {
  let failures = 0;
  const each = (tell: (observer: Observer) => void): void => {
    for (const observer of observers) {
      try {
        tell(observer);
      } catch {
        failures++;
      }
    }
  };
  return {
    start: (exchange) => each((observer) => observer.start?.(exchange)),
    event: (exchange, event) => each((observer) => observer.event?.(exchange, event)),
    end: (exchange, error) => each((observer) => observer.end?.(exchange, error)),
    get failures() {
      return failures;
    },
  };
}
