/**
 * What LangSmith's own client may send: runs of chains hold what the app passed in, before any model was called. Knows of a gateway
 * only how it redacts a text.
 */
import { optionError } from '../errors.ts';
import type { Gateway } from '../gateway/gateway.ts';

/** Deeper than this a value is left out: no run nests so deep, and a walk must end. */
const MAX_DEPTH = 200;
const WITHHELD = '[withheld: not redacted]';

/** As `new Client({ anonymizer })` of `langsmith` takes it. */
export type LangSmithAnonymizer = (values: Record<string, unknown>) => Record<string, unknown>;

/**
 * Redacts the inputs, outputs, metadata and errors of runs: `new LangChainTracer({ client: new Client({ anonymizer }) })`. It walks
 * to any depth (LangSmith's `createAnonymizer` stops at ten), leaves what it is given as it was, and cannot reach tags and names of
 * runs: LangSmith anonymises those nowhere.
 * @throws GatewayError `invalid_option`
 */
export function langsmithAnonymizer(gateway: Pick<Gateway, 'redactText'>): LangSmithAnonymizer {
  if (typeof gateway?.redactText !== 'function') throw optionError('gateway', 'what createGateway() returns', gateway);
  const redact = (text: string): string => {
    try {
      return gateway.redactText(text);
    } catch {
      return WITHHELD;
    }
  };
  return (values) => (asJson(values, gateway) ?? redacted(values, redact, new Set())) as Record<string, unknown>;
}

/** At once, so that keys tell what values are and one value has one number; `undefined` when it is no JSON, or was refused. */
function asJson(values: unknown, gateway: Pick<Gateway, 'redactText'>): unknown {
  try {
    return JSON.parse(gateway.redactText(JSON.stringify(values)));
  } catch {
    return undefined;
  }
}

/** `above` are the objects on the way down: a run may hold itself. */
function redacted(value: unknown, redact: (text: string) => string, above: Set<object>): unknown {
  if (typeof value === 'string') return redact(value);
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  if (above.has(value) || above.size >= MAX_DEPTH) return WITHHELD;
  above.add(value);
  const plain = plainOf(value);
  const result = Array.isArray(plain)
    ? plain.map((item) => redacted(item, redact, above))
    : typeof plain === 'object' && plain !== null
      ? Object.fromEntries(Object.entries(plain).map(([key, item]) => [redact(key), redacted(item, redact, above)]))
      : redacted(plain, redact, above);
  above.delete(value);
  return result;
}

/** Messages, dates and others say themselves what is sent of them. */
function plainOf(value: object): unknown {
  const { toJSON } = value as { toJSON?: unknown };
  return typeof toJSON === 'function' ? toJSON.call(value) : value;
}
