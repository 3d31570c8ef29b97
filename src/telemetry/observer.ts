/**
 * One CLIENT span a call, through the OpenTelemetry API alone: whatever provider the app registered gets it, and without one this
 * does nothing. Spans never hold content. Must not know the SDK, an exporter or a backend's address.
 */
import { context, type Span, SpanKind, SpanStatusCode, type Tracer, trace } from '@opentelemetry/api';
import type { GatewayEvent, Observer } from '../core/events.ts';
import type { Exchange } from '../core/exchange.ts';
import { endAttributes, spanName, startAttributes } from './attributes.ts';
import { failureOf } from './failure.ts';
import { count, createTally, type PolicyTally, spanEvent, tallyAttributes } from './policy-events.ts';
import { registeredProvider } from './provider.ts';

/** Name and version of the instrumentation scope; a test keeps the version equal to the package's. */
export const TRACER_NAME = 'postern';
export const TRACER_VERSION = '0.1.0';

export interface SpanObserverOptions {
  /** Default: a tracer of the provider that is registered when a call starts. */
  readonly tracer?: Tracer | undefined;
}

interface Recording {
  readonly span: Span;
  readonly tally: PolicyTally;
}

/** The span that is active when a call starts becomes the parent. A span that is not sampled costs nothing after its start. */
export function createSpanObserver({ tracer }: SpanObserverOptions = {}): Required<Observer> {
  const recordings = new WeakMap<Exchange, Recording>();
  return {
    start(exchange) {
      // The attributes of a call cost more than all the rest of it; nobody would see them.
      if (!tracer && !registeredProvider()) return;
      const span = startSpan(tracer ?? trace.getTracer(TRACER_NAME, TRACER_VERSION), exchange);
      const { traceId, spanId } = span.spanContext();
      exchange.trace = { traceId, spanId };
      if (span.isRecording()) recordings.set(exchange, { span, tally: createTally() });
    },
    event(exchange, event) {
      const recording = recordings.get(exchange);
      if (recording) addEvent(recording, event);
    },
    end(exchange, error) {
      const recording = recordings.get(exchange);
      if (!recording) return;
      recordings.delete(exchange);
      endSpan(recording, exchange, error);
    },
  };
}

function startSpan(tracer: Tracer, exchange: Exchange): Span {
  return tracer.startSpan(
    spanName(exchange),
    { kind: SpanKind.CLIENT, attributes: startAttributes(exchange) },
    context.active(),
  );
}

function addEvent({ span, tally }: Recording, event: GatewayEvent): void {
  const { name, attributes } = spanEvent(event);
  span.addEvent(name, attributes);
  count(tally, event);
}

function endSpan({ span, tally }: Recording, exchange: Exchange, error: unknown): void {
  const failure = failureOf(exchange, error);
  if (exchange.outcome === 'blocked') tally.tags.add('gateway:blocked');
  span.setAttributes({ ...endAttributes(exchange), ...tallyAttributes(tally, exchange.policies ?? []) });
  if (failure) {
    span.setAttribute('error.type', failure.type);
    span.setStatus({ code: SpanStatusCode.ERROR, message: failure.message });
    // LangSmith reads a run's error from this event. No stack trace: its first line repeats the original message.
    span.addEvent('exception', { 'exception.type': failure.type, 'exception.message': failure.message });
  }
  span.end();
}
