/** The `traceparent` header of W3C Trace Context, read strictly and written. */
import { createTraceState, isSpanContextValid, type SpanContext } from '@opentelemetry/api';

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
/** The standard asks that 512 characters travel; longer ones may be dropped (section 3.3.1.5). */
const MAX_STATE_CHARS = 512;

/** `undefined` for what is no valid header: the standard asks to start anew then (section 4.3). */
export function parseTraceparent(header: string | undefined, state?: string): SpanContext | undefined {
  const [, version, traceId, spanId, flags, more] = TRACEPARENT.exec(header ?? '') ?? [];
  if (!version || !traceId || !spanId || !flags || version === 'ff') return undefined;
  // A version to come may have more fields; this one has not.
  if (version === '00' && more !== undefined) return undefined;
  // Only the flag that we know may be taken over (section 3.2.2.5).
  const context: SpanContext = { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 1, isRemote: true };
  if (!isSpanContextValid(context)) return undefined;
  if (!state || state.length > MAX_STATE_CHARS) return context;
  return { ...context, traceState: createTraceState(state) };
}

export function traceHeadersOf({ traceId, spanId, traceFlags, traceState }: SpanContext): Record<string, string> {
  const state = traceState?.serialize();
  return {
    traceparent: `00-${traceId}-${spanId}-${(traceFlags & 1).toString(16).padStart(2, '0')}`,
    ...(state && { tracestate: state }),
  };
}
