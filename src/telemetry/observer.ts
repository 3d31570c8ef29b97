/**
 * One span a call, through the OpenTelemetry API alone: whatever provider the app registered gets it, and without one this does
 * nothing. Spans hold content only where the app asks for it. Must not know the SDK, an exporter or a backend's address.
 */
import {
  type Context,
  isSpanContextValid,
  propagation,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import type { GatewayEvent, Observer, PolicyEvent } from '../core/events.ts';
import type { Exchange } from '../core/exchange.ts';
import { endAttributes, inForm, known, type SpanForm, spanName, startAttributes } from './attributes.ts';
import { type ContentOptions, contentAttributes } from './content.ts';
import { failureOf } from './failure.ts';
import { below, type LangSmithRun, placeAttributes } from './langsmith-run.ts';
import { formOf, type Origin, originOf } from './origin.ts';
import { count, createTally, isViolation, type PolicyTally, spanEvent, tallyAttributes } from './policy-events.ts';
import { registeredProvider } from './provider.ts';
import { traceHeadersOf } from './w3c.ts';

/** Name and version of the instrumentation scope; a test keeps the version equal to the package's. */
export const TRACER_NAME = 'postern';
export const TRACER_VERSION = '0.1.0';

/** Spans of violations one call may have; what is above that stands in its events alone. */
const MAX_POLICY_SPANS = 16;

export interface SpanObserverOptions {
  /** Default: a tracer of the provider that is registered when a call starts. */
  readonly tracer?: Tracer | undefined;
  /** Default `auto`. */
  readonly spans?: SpanForm | 'auto' | undefined;
  /** What the span of a call may hold of texts, asked when it starts: its policies are known then. Default nothing. */
  readonly content?: (() => ContentOptions) | undefined;
}

export interface SpanObserver extends Required<Observer> {
  /** Headers that place what happens behind this call under its span. `undefined` when there is none. Never throws. */
  headers(exchange: Exchange): Record<string, string> | undefined;
}

interface Recording {
  readonly tracer: Tracer;
  readonly span: Span;
  /** Has the span as its active one. */
  readonly context: Context;
  readonly form: SpanForm;
  /** Where the span stands in a LangSmith trace. */
  readonly place: LangSmithRun | undefined;
  readonly tally: PolicyTally;
  readonly content: ContentOptions | undefined;
  policySpans: number;
}

/** The span that is active when a call starts becomes the parent. A span that is not sampled costs nothing after its start. */
export function createSpanObserver(options: SpanObserverOptions = {}): SpanObserver {
  const recordings = new WeakMap<Exchange, Recording>();
  return {
    start(exchange) {
      // The attributes of a call cost more than all the rest of it; nobody would see them.
      if (!options.tracer && !registeredProvider()) return;
      const tracer = options.tracer ?? trace.getTracer(TRACER_NAME, TRACER_VERSION);
      const recording = startRecording(tracer, exchange, options);
      const { traceId, spanId } = recording.span.spanContext();
      exchange.trace = { traceId, spanId };
      recordings.set(exchange, recording);
    },
    event(exchange, event) {
      const recording = recordings.get(exchange);
      if (recording?.span.isRecording()) addEvent(recording, exchange, event);
    },
    end(exchange, error) {
      const recording = recordings.get(exchange);
      recordings.delete(exchange);
      if (recording?.span.isRecording()) endSpan(recording, exchange, error);
    },
    headers(exchange) {
      const recording = recordings.get(exchange);
      return recording && headersOf(recording);
    },
  };
}

function startRecording(tracer: Tracer, exchange: Exchange, options: SpanObserverOptions): Recording {
  const { spans = 'auto', content } = options;
  const origin = originOf(exchange);
  const form = formOf(spans, exchange, origin);
  const place = origin.run && below(origin.run, exchange.startedAt);
  const span = tracer.startSpan(
    spanName(exchange, form),
    {
      kind: form === 'genai' ? SpanKind.CLIENT : SpanKind.INTERNAL,
      links: origin.links,
      attributes: {
        ...inForm(startAttributes(exchange), form),
        ...threadAttributes(exchange, origin),
        ...(place && origin.run && placeAttributes(place, origin.run)),
      },
    },
    origin.context,
  );
  const context = trace.setSpan(origin.context, span);
  return { tracer, span, context, form, place, tally: createTally(), content: content?.(), policySpans: 0 };
}

/** LangSmith leaves runs without the thread of their trace out of its totals. What the app says wins over the run above. */
function threadAttributes({ identity }: Exchange, { run }: Pick<Origin, 'run'>): ReturnType<typeof known> {
  const thread = identity.session ?? run?.thread;
  return known({
    'gen_ai.conversation.id': thread,
    'langsmith.metadata.session_id': thread,
    'langsmith.metadata.thread_id': thread,
  });
}

function addEvent(recording: Recording, exchange: Exchange, event: GatewayEvent): void {
  const { span, tally } = recording;
  const { name, attributes } = spanEvent(event);
  span.addEvent(name, attributes);
  count(tally, event);
  if (event.type === 'policy' && isViolation(event) && recording.policySpans++ < MAX_POLICY_SPANS)
    addPolicySpan(recording, exchange, event);
}

/** A short span of its own: backends search spans, and few search their events. */
function addPolicySpan({ tracer, context, place }: Recording, exchange: Exchange, event: PolicyEvent): void {
  const own = place && below(place, event.at);
  const span = tracer.startSpan(
    `gateway.policy ${event.policy}`,
    {
      kind: SpanKind.INTERNAL,
      attributes: {
        ...spanEvent(event).attributes,
        'langsmith.span.kind': 'chain',
        'gateway.call.id': exchange.callId,
        'gateway.exchange.id': exchange.id,
        ...threadAttributes(exchange, { run: place }),
        ...(own && place && placeAttributes(own, place)),
      },
    },
    context,
  );
  if (event.decision === 'deny') {
    span.setAttribute('error.type', event.code ?? 'denied');
    span.setStatus({ code: SpanStatusCode.ERROR });
  }
  span.end();
}

function endSpan({ span, tally, form, content }: Recording, exchange: Exchange, error: unknown): void {
  const failure = failureOf(exchange, error);
  if (exchange.outcome === 'blocked') tally.tags.add('gateway:blocked');
  span.setAttributes({
    ...inForm({ ...endAttributes(exchange), ...(content && contentAttributes(exchange, content)) }, form),
    ...tallyAttributes(tally, exchange.policies ?? []),
  });
  if (failure) {
    span.setAttribute('error.type', failure.type);
    span.setStatus({ code: SpanStatusCode.ERROR, message: failure.message });
    // LangSmith reads a run's error from this event. No stack trace: its first line repeats the original message.
    span.addEvent('exception', { 'exception.type': failure.type, 'exception.message': failure.message });
  }
  span.end();
}

/** In the form that the app has chosen for its own headers; in W3C's when it registered none. */
function headersOf({ span, context, place }: Recording): Record<string, string> | undefined {
  const spanContext = span.spanContext();
  if (!isSpanContextValid(spanContext)) return undefined;
  const headers: Record<string, string> = {};
  try {
    propagation.inject(context, headers);
  } catch {
    // A propagator of the app's that fails must not fail the call.
  }
  if (Object.keys(headers).every((name) => name === 'baggage')) Object.assign(headers, traceHeadersOf(spanContext));
  return place ? { ...headers, 'langsmith-trace': place.dottedOrder } : headers;
}
