/** Which headers travel. Trace context and baggage stay at home unless the host is the app's own. */
import type { HeaderList } from './header-list.ts';

/** Trace ids and user ids in baggage are nobody's business at a provider. */
const TRACE_HEADERS = ['traceparent', 'tracestate', 'baggage', 'langsmith-trace'];
/** What places a call in a trace; baggage is the app's and only travels beside it. */
const PLACE_HEADERS = ['traceparent', 'tracestate', 'langsmith-trace'];
/** They describe the connection or the bytes of a body, and both may be others behind us. */
export const HOP_HEADERS: ReadonlySet<string> = new Set([
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
]);
const HOP_AND_TRACE_HEADERS: ReadonlySet<string> = new Set([...HOP_HEADERS, ...TRACE_HEADERS]);
const HOP_AND_PLACE_HEADERS: ReadonlySet<string> = new Set([...HOP_HEADERS, ...PLACE_HEADERS]);
const BODY_HEADERS: ReadonlySet<string> = new Set([
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
]);
/** What proves who the client is to a provider. */
export const CREDENTIAL_HEADERS: ReadonlySet<string> = new Set([
  'authorization',
  'x-api-key',
  'api-key',
  'x-goog-api-key',
  'openai-organization',
  'openai-project',
  'cookie',
]);

export function without(headers: HeaderList, names: ReadonlySet<string>): HeaderList {
  return headers.filter((name) => !names.has(name));
}

/** @param trace what becomes of the caller's trace headers; a record takes the place of those that it had */
export function requestHeaders(
  headers: HeaderList,
  trace: 'kept' | 'dropped' | Readonly<Record<string, string>>,
): HeaderList {
  if (trace === 'kept') return without(headers, HOP_HEADERS);
  if (trace === 'dropped') return without(headers, HOP_AND_TRACE_HEADERS);
  const sent = without(headers, HOP_AND_PLACE_HEADERS);
  for (const [name, value] of Object.entries(trace)) sent.set(name, value);
  return sent;
}

/** They say how the answer came: whoever writes it again writes it decoded, perhaps longer, and over a connection of its own. */
export const describesBody = (name: string): boolean => BODY_HEADERS.has(name);

/** Of an answer that is written again. An upstream's wish to be retried is dropped where money ran out. */
export function responseHeaders(headers: HeaderList, status: number): HeaderList {
  return headers.filter((name) => !describesBody(name) && !(status === 402 && name === 'x-should-retry'));
}
