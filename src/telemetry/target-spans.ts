/**
 * Which spans a target gets, and which of them as roots: LangSmith drops a span whose parent it never gets, without an error. Looks at
 * spans as they start, for a child ends before its parent. Knows no backend and no SDK value.
 */
import { TraceFlags, trace } from '@opentelemetry/api';
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace-node';
import type { OtlpTarget } from './langsmith.ts';
import { TRACER_NAME } from './observer.ts';
import { spanView } from './span-view.ts';

/** A span with one of these is placed below a run of LangSmith by its ids; the OTLP parent says nothing there. */
const PLACED = ['langsmith.span.parent_id', 'langsmith.span.dotted_order'] as const;

/** The processor as it is, for a target that takes all spans as they are. */
export function forTarget(processor: SpanProcessor, target: OtlpTarget | undefined): SpanProcessor {
  if (!target || (target.spans !== 'postern' && !target.needsParents)) return processor;
  // By object: a child's context holds its parent's span itself when that was started here, and forgets it with the span.
  const taken = new WeakSet<object>();
  const roots = new WeakSet<object>();
  return {
    onStart(span, parentContext) {
      if (!takes(target, span)) return;
      taken.add(span);
      const parent = trace.getSpan(parentContext);
      if (target.needsParents && !(parent && taken.has(parent))) roots.add(span);
      processor.onStart(span, parentContext);
    },
    onEnding: (span) => processor.onEnding?.(span),
    onEnd(span) {
      if (!takes(target, span)) return;
      const isRoot = span.parentSpanContext !== undefined && (roots.has(span) || !taken.has(span));
      processor.onEnd(
        target.needsParents && isRoot && !isPlaced(span) ? spanView(span, { parentSpanContext: undefined }) : span,
      );
    },
    forceFlush: () => processor.forceFlush(),
    shutdown: () => processor.shutdown(),
  };
}

/** A span that is recorded but not sampled is exported nowhere. */
function takes({ spans = 'all' }: OtlpTarget, span: ReadableSpan): boolean {
  if ((span.spanContext().traceFlags & TraceFlags.SAMPLED) === 0) return false;
  return spans === 'all' || span.instrumentationScope.name === TRACER_NAME;
}

function isPlaced({ attributes }: ReadableSpan): boolean {
  return PLACED.some((name) => attributes[name] !== undefined);
}
