/**
 * Redacts the spans of everybody, above all of instrumentation that stands outside of `gateway.fetch` and records the raw prompt:
 * at an exporter (stable), or in a processor for all exporters behind it. Knows spans, and of a gateway only how it redacts a text.
 */
import type { Attributes, AttributeValue, SpanStatus } from '@opentelemetry/api';
import type { ReadableSpan, Span, SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace-node';
import { optionError } from '../errors.ts';
import { spanView } from './span-view.ts';

/** What is needed of a gateway. */
export interface TextRedactor {
  redactText(text: string): string;
}

/**
 * Attributes that are not looked at, by name: enums of the conventions, models and hosts (they name no person and are what traces
 * are grouped by), ids that are random or built of instants (their digits may look like a card's), and the ids by which the app
 * itself told Postern who calls. Everything else is text until proven otherwise, URLs included: their paths hold addresses.
 */
const STRUCTURE: ReadonlySet<string> = new Set([
  'gen_ai.operation.name',
  'gen_ai.system',
  'gen_ai.provider.name',
  'gen_ai.request.model',
  'gen_ai.response.model',
  'gen_ai.response.id',
  'gen_ai.output.type',
  'openinference.span.kind',
  'traceloop.span.kind',
  'ai.operationId',
  'http.request.method',
  'server.address',
  'langsmith.span.kind',
  'langsmith.trace.id',
  'langsmith.span.id',
  'langsmith.span.parent_id',
  'langsmith.span.dotted_order',
  'langsmith.trace.session_name',
  'gateway.call.id',
  'gateway.exchange.id',
  'gateway.organization.id',
  'gateway.workspace.id',
  'gateway.user.id',
  'gateway.api_key.id',
  'langsmith.metadata.gateway.organization_id',
  'langsmith.metadata.gateway.workspace_id',
  'langsmith.metadata.gateway.user_id',
  'langsmith.metadata.gateway.api_key_id',
]);

/** Stands for a text whose redaction failed or was refused (a value whose action is `block`): rather none of it than all. */
const WITHHELD = '[withheld: not redacted]';

/**
 * An exporter that gives `exporter` redacted spans: attributes, also of events and links, names and status messages. Keys, numbers
 * and what other exporters get are untouched. Give it where a span leaves:
 * `new BatchSpanProcessor(redactingExporter(new OTLPTraceExporter(), gateway))`.
 * @throws GatewayError `invalid_option`
 */
export function redactingExporter(exporter: SpanExporter, gateway: TextRedactor): SpanExporter {
  if (typeof exporter?.export !== 'function') throw optionError('exporter', 'a span exporter', exporter);
  const redact = safely(gateway);
  return {
    export: (spans, done) =>
      exporter.export(
        spans.map((span) => redactedSpan(span, redact)),
        done,
      ),
    shutdown: () => exporter.shutdown(),
    forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve(),
  };
}

/**
 * A processor that redacts each span in place as it ends, for all processors: `spanProcessors: [redactingSpanProcessor(gateway), ...]`.
 * It must come first, and needs an SDK that calls `onEnding` (2.0, where it is experimental); an older one never redacts.
 * Other processors see what a span was started with in their `onStart`, and one that adds text in its own `onEnding` adds it raw.
 * @throws GatewayError `invalid_option`
 */
export function redactingSpanProcessor(gateway: TextRedactor): SpanProcessor {
  const redact = safely(gateway);
  return {
    onStart() {},
    onEnding: (span) => redactInPlace(span, redact),
    onEnd() {},
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  };
}

type Redact = (text: string) => string;

function safely(gateway: TextRedactor): Redact {
  if (typeof gateway?.redactText !== 'function') throw optionError('gateway', 'what createGateway() returns', gateway);
  return (text) => {
    try {
      return gateway.redactText(text);
    } catch {
      return WITHHELD;
    }
  };
}

function redactedSpan(span: ReadableSpan, redact: Redact): ReadableSpan {
  return spanView(span, {
    name: redact(span.name),
    attributes: redactedAttributes(span.attributes, redact),
    status: redactedStatus(span.status, redact),
    events: span.events.map((event) => ({
      ...event,
      name: redact(event.name),
      ...(event.attributes && { attributes: redactedAttributes(event.attributes, redact) }),
    })),
    links: span.links.map((link) => ({
      ...link,
      ...(link.attributes && { attributes: redactedAttributes(link.attributes, redact) }),
    })),
  });
}

/** The SDK copies all that it is given, so nothing here belongs to the app. */
function redactInPlace(span: Span, redact: Redact): void {
  const { name, attributes, status, events, links } = redactedSpan(span, redact);
  span.updateName(name);
  Object.assign(span.attributes, attributes);
  Object.assign(span.status, status);
  for (const [i, event] of span.events.entries()) Object.assign(event, events[i]);
  for (const [i, link] of span.links.entries()) Object.assign(link, links[i]);
}

function redactedAttributes(attributes: Attributes, redact: Redact): Attributes {
  const result: Attributes = {};
  for (const [key, value] of Object.entries(attributes))
    result[key] = STRUCTURE.has(key) ? value : redactedValue(value, redact);
  return result;
}

function redactedValue(value: AttributeValue | undefined, redact: Redact): AttributeValue | undefined {
  if (typeof value === 'string') return redact(value);
  if (!Array.isArray(value)) return value;
  return value.map((item) => (typeof item === 'string' ? redact(item) : item)) as AttributeValue;
}

function redactedStatus(status: SpanStatus, redact: Redact): SpanStatus {
  return status.message ? { ...status, message: redact(status.message) } : status;
}
