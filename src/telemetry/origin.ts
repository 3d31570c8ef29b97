/** Where a call comes from: the span and the LangSmith run above it, in this process or a trusted caller's, and what they tell already. */
import { type Context, context, type Link, type Span, trace } from '@opentelemetry/api';
import type { Exchange } from '../core/exchange.ts';
import type { SpanForm } from './attributes.ts';
import { activeRun, inboundRun, type LangSmithRun } from './langsmith-run.ts';
import { parseTraceparent } from './w3c.ts';

export interface Origin {
  /** Holds the parent, if there is one. */
  readonly context: Context;
  readonly links: Link[];
  readonly run: LangSmithRun | undefined;
}

/** A span that is active here has read the caller's headers itself, as HTTP instrumentation does, and stays the parent. */
export function originOf({ inbound }: Exchange): Origin {
  const active = context.active();
  const caller = inbound && parseTraceparent(inbound.traceparent, inbound.tracestate);
  const isParent = inbound?.as === 'parent';
  const run = activeRun() ?? (isParent ? inboundRun(inbound) : undefined);
  if (!caller) return { context: active, links: [], run };
  if (!isParent) return { context: active, links: [{ context: caller }], run };
  return { context: trace.getSpan(active) ? active : trace.setSpanContext(active, caller), links: [], run };
}

/** In `auto`, a call that a span or run above tells of as a model call already, with its tokens, is a step of the gateway. */
export function formOf(
  mode: SpanForm | 'auto',
  { fronted, identity }: Exchange,
  { context: parent, run }: Origin,
): SpanForm {
  if (mode !== 'auto') return mode;
  const isTold = run && (run.isModelCall || identity.run?.modelRunOpen);
  return fronted || isTold || tellsOfModelCall(trace.getSpan(parent)) ? 'gateway' : 'genai';
}

/** Operations of `gen_ai.operation.name` that are about a model call, not a call itself. */
const AROUND = new Set([
  'invoke_agent',
  'create_agent',
  'execute_tool',
  'invoke_workflow',
  'apply_guardrail',
  'retrieval',
]);
const OPENINFERENCE_KINDS = new Set(['LLM', 'EMBEDDING']);
/** The AI SDK's spans; `ai.toolCall` is a tool, in which a call is one of its own. */
const AI_SDK_CALL = /^ai\.(?:generate|stream|embed)/;

/** The SDK's spans show their attributes; the API has no name for it. */
function tellsOfModelCall(span: Span | undefined): boolean {
  if (!span?.isRecording()) return false;
  const attributes = Object(Object(span).attributes) as Record<string, unknown>;
  const operation = attributes['gen_ai.operation.name'];
  return (
    (typeof operation === 'string' && !AROUND.has(operation)) ||
    OPENINFERENCE_KINDS.has(String(attributes['openinference.span.kind'])) ||
    AI_SDK_CALL.test(String(attributes['ai.operationId'])) ||
    // Traceloop's name before it took over the conventions'. Its `traceloop.span.kind` names workflows and tasks only.
    attributes['llm.request.type'] !== undefined
  );
}
