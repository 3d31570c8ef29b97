/**
 * Which run is around a call, as LangChain and LangSmith keep it in their async-local store. It is there inside of lambdas, LangGraph
 * nodes and `traceable`; bare models and steps of a sequence have none. Read only: entering the store from a callback gave one of
 * two concurrent prompts the other's context (measured, docs/langchain.md).
 */
import type { CallContext } from '../core/context.ts';
import type { RunInfo } from '../core/exchange.ts';
import { hasModelRun } from './model-runs.ts';

/** By the global symbols that both packages share, so nothing of them is loaded. */
const STORE = Symbol.for('ls:tracing_async_local_storage');
const CONFIG = Symbol.for('lc:child_config');

/** Names by which LangSmith groups threads, in its own order, and those of users. */
const SESSIONS = ['thread_id', 'session_id', 'conversation_id'] as const;
const USERS = ['user_id', 'userId'] as const;

const MAX_METADATA = 32;

interface RunTree {
  readonly id?: unknown;
  readonly parent_run_id?: unknown;
  readonly parent_run?: { readonly id?: unknown };
  readonly tracingEnabled?: unknown;
  readonly metadata?: unknown;
  readonly extra?: { readonly [CONFIG]?: RunnableConfig; readonly metadata?: unknown };
}

interface RunnableConfig {
  readonly tags?: unknown;
  readonly metadata?: unknown;
  readonly configurable?: unknown;
  readonly callbacks?: { getParentRunId?(): unknown };
}

/** What the store knows; nothing where there is none. */
export function runContext(): CallContext {
  const holder = globalThis as { [STORE]?: { getStore?(): RunTree | undefined } };
  const tree = holder[STORE]?.getStore?.();
  if (typeof tree !== 'object' || tree === null) return {};
  const config = tree.extra?.[CONFIG];
  const metadata = { ...record(tree.extra?.metadata), ...record(config?.metadata) };
  const traced = tree.tracingEnabled !== false;
  // Without LangSmith the tree is a stand-in with an id of its own; LangChain's own id of the run is with the callbacks.
  const known = text(config?.callbacks?.getParentRunId?.());
  const id = known ?? (traced ? text(tree.id) : undefined);
  const parent = traced ? (text(tree.parent_run_id) ?? text(tree.parent_run?.id)) : undefined;
  const run = runInfo(id, parent, config?.tags, metadata);
  return {
    ...contextOf({ ...record(config?.configurable), ...metadata }),
    ...(Object.keys(run).length > 0 && { run: hasModelRun(id) ? { ...run, modelRunOpen: true } : run }),
  };
}

/** Who and which thread, by the names that apps give LangChain in metadata or `configurable`. */
export function contextOf(names: Readonly<Record<string, unknown>>): CallContext {
  const session = first(names, SESSIONS);
  const user = first(names, USERS);
  return { ...(session && { session }), ...(user && { user }) };
}

/** Without any callback handler LangChain gives its runs no ids; tags and metadata are there all the same. */
export function runInfo(
  id: string | undefined,
  parentId: string | undefined,
  tags: unknown,
  metadata: unknown,
): RunInfo {
  return {
    ...(id && { id }),
    ...(parentId && { parentId }),
    ...(Array.isArray(tags) && tags.length > 0 && { tags: tags.filter((tag) => typeof tag === 'string') }),
    ...scalars(record(metadata)),
  };
}

function scalars(metadata: Record<string, unknown>): Pick<RunInfo, 'metadata'> {
  const kept = Object.entries(metadata).filter(([, value]) => ['string', 'number', 'boolean'].includes(typeof value));
  return kept.length === 0
    ? {}
    : { metadata: Object.fromEntries(kept.slice(0, MAX_METADATA)) as NonNullable<RunInfo['metadata']> };
}

function first(names: Readonly<Record<string, unknown>>, wanted: readonly string[]): string | undefined {
  return wanted.map((name) => text(names[name])).find((value) => value !== undefined);
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
