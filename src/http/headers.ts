/** Which headers travel. Trace context and baggage stay at home unless the host is the app's own. */

/** Trace ids and user ids in baggage are nobody's business at a provider. */
const TRACE_HEADERS = ['traceparent', 'tracestate', 'baggage', 'langsmith-trace'];
/** They describe the connection or the bytes of a body, and both may be others behind us. */
export const HOP_HEADERS = [
  'host',
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'content-length',
  'expect',
];
const BODY_HEADERS = [
  'content-encoding',
  'content-length',
  'transfer-encoding',
  'content-md5',
  'digest',
  'content-digest',
  'repr-digest',
  'connection',
  'keep-alive',
  'proxy-connection',
  'trailer',
  'upgrade',
];
/** What proves who the client is to a provider. */
export const CREDENTIAL_HEADERS = [
  'authorization',
  'x-api-key',
  'api-key',
  'x-goog-api-key',
  'openai-organization',
  'openai-project',
  'cookie',
];

export function without(headers: Headers, names: readonly string[]): Headers {
  const kept = new Headers(headers);
  for (const name of names) kept.delete(name);
  return kept;
}

/** What places a call in a trace; baggage is the app's and only travels beside it. */
const PLACE_HEADERS = ['traceparent', 'tracestate', 'langsmith-trace'];

/** @param trace what becomes of the caller's trace headers; a record takes the place of those that it had */
export function requestHeaders(
  headers: Headers,
  trace: 'kept' | 'dropped' | Readonly<Record<string, string>>,
): Headers {
  if (trace === 'kept') return without(headers, HOP_HEADERS);
  if (trace === 'dropped') return without(headers, [...HOP_HEADERS, ...TRACE_HEADERS]);
  const sent = without(headers, [...HOP_HEADERS, ...PLACE_HEADERS]);
  for (const [name, value] of Object.entries(trace)) sent.set(name, value);
  return sent;
}

/** Whoever writes an answer again writes it decoded, perhaps with another length, and over a connection of its own. */
export function decodedHeaders(headers: Headers): Headers {
  return without(headers, BODY_HEADERS);
}

/** As `decodedHeaders`. An upstream's wish to be retried is dropped where money ran out. */
export function responseHeaders({ headers, status }: Response): Headers {
  const kept = decodedHeaders(headers);
  if (status === 402) kept.delete('x-should-retry');
  return kept;
}
