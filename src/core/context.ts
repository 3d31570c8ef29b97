/**
 * Who is calling, carried from the app to the door. Kept under one global symbol, so that two copies of the package (ESM
 * beside CommonJS, or two versions) agree.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { optionError } from '../errors.ts';
import type { Identity } from './exchange.ts';

export interface CallContext extends Identity {
  /** One logical call over several attempts. Default: each attempt is a call. */
  readonly callId?: string | undefined;
}

const KEY = Symbol.for('postern.context');
const holder = globalThis as { [KEY]?: AsyncLocalStorage<CallContext> };

function storage(): AsyncLocalStorage<CallContext> {
  holder[KEY] ??= new AsyncLocalStorage<CallContext>();
  return holder[KEY];
}

const EMPTY: CallContext = Object.freeze({});

export function currentContext(): CallContext {
  return holder[KEY]?.getStore() ?? EMPTY;
}

/** Runs `fn` with the context laid over the one around it; tags are merged. @throws GatewayError `invalid_option` */
export function runWithContext<T>(context: CallContext, fn: () => T): T {
  return storage().run(mergeContext(currentContext(), checkContext(context)), fn);
}

/** The inner one's fields win where it has them. */
export function mergeContext(outer: CallContext, inner: CallContext): CallContext {
  const given = Object.fromEntries(Object.entries(inner).filter(([, value]) => value !== undefined));
  return { ...outer, ...given, ...(outer.tags || inner.tags ? { tags: { ...outer.tags, ...inner.tags } } : {}) };
}

const FIELDS = ['organization', 'workspace', 'user', 'apiKey', 'session', 'callId'] as const;

/** @throws GatewayError `invalid_option` that names the field */
export function checkContext(context: CallContext): CallContext {
  if (typeof context !== 'object' || context === null) throw optionError('context', 'an object', context);
  for (const field of FIELDS) {
    const value: unknown = context[field];
    if (value !== undefined && (typeof value !== 'string' || value === ''))
      throw optionError(`context.${field}`, 'a non-empty string', value);
  }
  const { tags = {} } = context;
  if (typeof tags !== 'object' || tags === null) throw optionError('context.tags', 'an object of strings', tags);
  for (const [tag, value] of Object.entries(tags)) {
    if (typeof value !== 'string') throw optionError(`context.tags.${tag}`, 'a string', value);
  }
  return context;
}
