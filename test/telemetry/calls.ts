/** Exchanges and events made by hand, and tracing that goes to a receiver and is undone after each test. */
import { context, propagation, trace } from '@opentelemetry/api';
import {
  type OtlpReceiver,
  type OtlpReceiverOptions,
  type ReceivedSpan,
  startOtlpReceiver,
} from '../../examples/support/otlp-receiver.ts';
import type { PolicyEvent } from '../../src/core/events.ts';
import type { Exchange } from '../../src/core/exchange.ts';
import { setupTracing, type Tracing, type TracingOptions } from '../../src/telemetry/otel.ts';

/** Stands in every text of the exchange; no exported byte may hold it. */
export const CANARY = 'canary-ada.lovelace@example.com';

export function makeExchange(changes: Partial<Exchange> = {}): Exchange {
  return {
    id: 'exchange-1',
    callId: 'call-1',
    identity: {},
    provider: 'openai',
    upstream: 'https://api.openai.com',
    dialect: 'openai.chat',
    operation: 'chat',
    model: 'gpt-4o-mini',
    stream: false,
    maxOutputTokens: undefined,
    choices: 1,
    inputTokenBound: 100,
    parameters: {},
    readable: { texts: true, cost: true },
    texts: [
      {
        scope: 'message',
        encoding: 'text',
        kind: 'string',
        path: ['messages', 0, 'content'],
        read: () => `Write to ${CANARY}`,
        write: () => {},
      },
    ],
    startedAt: 1_700_000_000_000,
    ...changes,
  };
}

export function policyEvent(changes: Partial<PolicyEvent> = {}): PolicyEvent {
  return {
    type: 'policy',
    callId: 'call-1',
    exchangeId: 'exchange-1',
    policy: 'redact',
    mode: 'enforce',
    action: 'redact',
    decision: 'modify',
    target: 'input',
    at: 1_700_000_000_000,
    ...changes,
  };
}

export interface Bench {
  receive(options?: OtlpReceiverOptions): Promise<OtlpReceiver>;
  trace(options?: TracingOptions): Promise<Tracing>;
  /** Stops tracing and receivers and gives the API's globals back. */
  cleanUp(): Promise<void>;
}

export function createBench(): Bench {
  const receivers: OtlpReceiver[] = [];
  const tracings: Tracing[] = [];
  return {
    async receive(options) {
      const receiver = await startOtlpReceiver(options);
      receivers.push(receiver);
      return receiver;
    },
    async trace(options) {
      const tracing = await setupTracing(options);
      tracings.push(tracing);
      return tracing;
    },
    async cleanUp() {
      await Promise.all(tracings.splice(0).map((tracing) => tracing.shutdown()));
      await Promise.all(receivers.splice(0).map((receiver) => receiver.close()));
      forgetGlobals();
    },
  };
}

export function forgetGlobals(): void {
  trace.disable();
  context.disable();
  propagation.disable();
}

export function endpoint(receiver: OtlpReceiver): string {
  return `${receiver.origin}/v1/traces`;
}

export const isPolicySpan = ({ name }: ReceivedSpan): boolean => name.startsWith('gateway.policy ');

/** The only span of a call that arrived; those of what policies did in it stand beside it. */
export function onlySpan(receiver: OtlpReceiver): ReceivedSpan {
  const spans = receiver.spans.filter((span) => !isPolicySpan(span));
  if (spans.length !== 1) throw new Error(`${spans.length} spans arrived instead of one.`);
  return spans[0]!;
}
