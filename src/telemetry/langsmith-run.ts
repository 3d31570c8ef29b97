/**
 * A place in a LangSmith trace: the run that is active in this process, or the one that a header names, and where a span of ours
 * stands below it. A run has a UUID, which no OTLP parent id can hold, so LangSmith reads these places from attributes of its own
 * (docs.langchain.com, "trace with OpenTelemetry"). Needs no `langsmith` package: its store stands under a global symbol.
 */
import type { Attributes } from '@opentelemetry/api';
import type { InboundTrace } from '../core/exchange.ts';
import { known } from './attributes.ts';

export interface LangSmithRun {
  readonly id: string;
  readonly traceId: string;
  /** The runs from the root down to this one, each by start and id; LangSmith sorts by it. */
  readonly dottedOrder: string;
  /** The project it is in; LangSmith calls it session. A tree must not be spread over several. */
  readonly project?: string | undefined;
  readonly thread?: string | undefined;
  /** It stands for a model call itself, whose tokens it tells. */
  readonly isModelCall: boolean;
}

const STORE = Symbol.for('ls:tracing_async_local_storage');
const UUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
const SEGMENT = `\\d{8}T\\d{12}Z(${UUID})`;
const DOTTED_ORDER = new RegExp(`^${SEGMENT}(?:\\.${SEGMENT})*$`);
/** A tree of a hundred generations. */
const MAX_HEADER_CHARS = 6_000;
const MAX_NAME_CHARS = 256;
/** Where LangSmith looks for the thread, in its order. */
const THREAD_KEYS = ['session_id', 'thread_id', 'conversation_id'] as const;

/** The run that is active here, unless it is one that is not sent. */
export function activeRun(): LangSmithRun | undefined {
  const storage = (globalThis as { [STORE]?: { getStore?: () => unknown } })[STORE];
  const tree = fields(storage?.getStore?.());
  if (tree.tracingEnabled === false) return undefined;
  const run = runAt(tree.dotted_order);
  if (!run) return undefined;
  return {
    ...run,
    project: name(tree.project_name),
    thread: threadIn(fields(fields(tree.extra).metadata)),
    isModelCall: tree.run_type === 'llm' || tree.run_type === 'embedding',
  };
}

/** The run that a request's `langsmith-trace` names; project and thread stand in its baggage. */
export function inboundRun({ langsmithTrace, baggage = '' }: InboundTrace): LangSmithRun | undefined {
  const run = runAt(langsmithTrace);
  if (!run || baggage.length > MAX_HEADER_CHARS) return run;
  const entries = new Map(baggage.split(',').map((entry) => splitEntry(entry)));
  return {
    ...run,
    project: name(decoded(entries.get('langsmith-project'))),
    thread: threadIn(fields(parsed(decoded(entries.get('langsmith-metadata'))))),
  };
}

/** A new place right below a run. */
export function below(run: LangSmithRun, startedAt: number): LangSmithRun {
  const id = globalThis.crypto.randomUUID();
  return { ...run, id, dottedOrder: `${run.dottedOrder}.${instant(startedAt)}${id}`, isModelCall: false };
}

/** What a span at `place` says of it. @param parent the run above */
export function placeAttributes(place: LangSmithRun, parent: LangSmithRun): Attributes {
  return known({
    'langsmith.trace.id': place.traceId,
    'langsmith.span.id': place.id,
    'langsmith.span.parent_id': parent.id,
    'langsmith.span.dotted_order': place.dottedOrder,
    'langsmith.trace.session_name': place.project,
  });
}

function runAt(dottedOrder: unknown): LangSmithRun | undefined {
  if (typeof dottedOrder !== 'string' || dottedOrder.length > MAX_HEADER_CHARS) return undefined;
  if (!DOTTED_ORDER.test(dottedOrder)) return undefined;
  const ids = dottedOrder.split('.').map((segment) => segment.slice(segment.indexOf('Z') + 1));
  return { id: ids.at(-1)!, traceId: ids[0]!, dottedOrder, isModelCall: false };
}

/** `20261122T101500123000Z`: microseconds, of which a clock of ours knows the thousands. */
function instant(at: number): string {
  return new Date(at).toISOString().replace(/[-:.]/g, '').replace('Z', '000Z');
}

function threadIn(metadata: Readonly<Record<string, unknown>>): string | undefined {
  for (const key of THREAD_KEYS) {
    const thread = name(metadata[key]);
    if (thread) return thread;
  }
  return undefined;
}

const name = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' && value.length <= MAX_NAME_CHARS ? value : undefined;
const fields = (value: unknown): Readonly<Record<string, unknown>> => Object(value) as Record<string, unknown>;

function splitEntry(entry: string): [name: string, value: string] {
  const at = entry.indexOf('=');
  return [
    entry.slice(0, at).trim(),
    entry
      .slice(at + 1)
      .split(';', 1)[0]!
      .trim(),
  ];
}

function decoded(value: string | undefined): string | undefined {
  try {
    return value && decodeURIComponent(value);
  } catch {
    return undefined;
  }
}

function parsed(json: string | undefined): unknown {
  try {
    return json && JSON.parse(json);
  } catch {
    return undefined;
  }
}
