/**
 * Whether the platform's fetch is what it was: nobody replaced it (a mock, an instrumentation) or told it how to connect (a proxy,
 * certificates, a recorder). Only then may a request leave by another way, for nobody could tell.
 */

/** Node's own, by its source: a wrapper has another one, and so has what is native elsewhere. */
const OF_NODE = /\binternal\/deps\/undici\/undici\b/;

/** Where `setGlobalDispatcher` of Node's fetch and of undici's packages puts what connects. */
const DISPATCHER = Symbol.for('undici.globalDispatcher.1');

/** Looks again only when one of the two is another one. */
export function createPlatformCheck(): () => boolean {
  let seen: { fetch: unknown; dispatcher: unknown; isUntouched: boolean } | undefined;
  return () => {
    const { fetch } = globalThis;
    const dispatcher = (globalThis as { [DISPATCHER]?: unknown })[DISPATCHER];
    if (seen?.fetch !== fetch || seen.dispatcher !== dispatcher)
      seen = { fetch, dispatcher, isUntouched: isOfNode(fetch) && isDefault(dispatcher) };
    return seen.isUntouched;
  };
}

const isOfNode = (fetch: unknown): boolean =>
  typeof fetch === 'function' && OF_NODE.test(Function.prototype.toString.call(fetch));

/**
 * `undefined` until the first fetch; then an `Agent` without options, whoever made it. With `NODE_USE_ENV_PROXY` it is an
 * `EnvHttpProxyAgent`; what was composed with interceptors has a `dispatch` of its own.
 */
function isDefault(dispatcher: unknown): boolean {
  if (dispatcher === undefined) return true;
  if (typeof dispatcher !== 'object' || dispatcher === null || dispatcher.constructor?.name !== 'Agent') return false;
  const options = Object.getOwnPropertySymbols(dispatcher).find(({ description }) => description === 'options');
  const given: unknown = options && (dispatcher as Record<symbol, unknown>)[options];
  return (
    typeof given === 'object' &&
    given !== null &&
    Object.values(given).every((value) => value === undefined || value === Number.POSITIVE_INFINITY) &&
    (dispatcher as { dispatch?: unknown }).dispatch === inherited(dispatcher, 'dispatch')
  );
}

function inherited(object: object, name: string): unknown {
  return (Object.getPrototypeOf(object.constructor.prototype) as Record<string, unknown>)[name];
}
