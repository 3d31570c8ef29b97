/**
 * What a request must look like before anybody reads it: one meaning for its path, host, length and credentials, whoever parsed it
 * before. Knows names and values alone, no sockets.
 */
import { GatewayError } from '../errors.ts';
import { HeaderList } from '../http/header-list.ts';
import type { ReadLimits } from './limits.ts';

export interface RequestHead {
  /** As it stands in the request line: path and query. */
  readonly target: string;
  /** Every field, in order, those that came twice too. */
  readonly fields: Iterable<readonly [name: string, value: string]>;
  /** Told when it could be read in two ways: whatever stands behind it on its connection may be part of it. */
  distrust(): void;
}

/** Two of them could be read as one by us and as the other by somebody else. */
const ONCE: ReadonlySet<string> = new Set([
  'host',
  'authorization',
  'x-api-key',
  'api-key',
  'x-goog-api-key',
  'content-type',
  'content-length',
  'content-encoding',
  'transfer-encoding',
  'expect',
  'x-postern-exchange-id',
  'x-postern-hop',
]);
/** `X-Gateway-*` name a customer, whose limits count. */
const isOnce = (name: string): boolean => ONCE.has(name) || name.startsWith('x-gateway-');

/** @throws GatewayError `headers_too_large`, `invalid_request`, `not_supported` */
export function readHead(head: RequestHead, limits: ReadLimits): HeaderList {
  try {
    return checkedHead(head, limits);
  } catch (error) {
    // At once, while nothing behind it was looked at.
    head.distrust();
    throw error;
  }
}

function checkedHead({ target, fields }: RequestHead, limits: ReadLimits): HeaderList {
  if (!target.startsWith('/'))
    throw invalid('path', 'The request line must hold a path, which begins with a slash, and no whole URL.');
  const headers = new HeaderList();
  let [count, bytes] = [0, target.length];
  for (const [given, value] of fields) {
    const name = given.toLowerCase();
    count += 1;
    bytes += name.length + value.length;
    if (count > limits.maxHeaders) throw tooLarge(`more than ${limits.maxHeaders} header fields`);
    if (bytes > limits.maxHeaderBytes) throw tooLarge(`more than ${limits.maxHeaderBytes} bytes of headers`);
    // Codex sends `session_id`; what stands for another name to a server behind us goes no further.
    if (name.includes('_')) checkUnderscores(name);
    else if (headers.has(name) && isOnce(name)) throw invalid(name, `The header "${name}" came more than once.`);
    else append(headers, name, value);
  }
  checkFraming(headers);
  return headers;
}

/** CGI and what descends from it reads `content_length` and `content-length` as one. */
function checkUnderscores(name: string): void {
  if (isOnce(name.replaceAll('_', '-')))
    throw invalid('headers', 'A header whose name differs from a known one by underscores is refused.');
}

function append(headers: HeaderList, name: string, value: string): void {
  try {
    headers.append(name, value);
  } catch {
    throw invalid('headers', 'A header holds characters that no header may hold.');
  }
}

function checkFraming(headers: HeaderList): void {
  if (!HOST.test(headers.get('host') ?? ''))
    throw invalid('host', 'The request must name one host, as in "gateway.example:4100".');
  const coding = headers.get('transfer-encoding');
  if (coding !== null && coding.toLowerCase() !== 'chunked')
    throw invalid('transfer-encoding', 'A body may be sent chunked and in no other transfer encoding.');
  if (coding !== null && headers.has('content-length'))
    throw invalid('content-length', 'A body has a length or comes in chunks, never both.');
  const length = headers.get('content-length');
  if (length !== null && !/^\d{1,15}$/.test(length))
    throw invalid('content-length', 'The length of the body is no number.');
  if (!/^(?:100-continue)?$/i.test(headers.get('expect') ?? ''))
    throw invalid('expect', 'A request may expect 100-continue and nothing else.');
  const upgrade = headers.get('upgrade');
  // Java's client offers `h2c` with every request and takes any answer; nobody has to take the offer.
  if (upgrade !== null && upgrade.toLowerCase() !== 'h2c')
    throw new GatewayError('not_supported', 'This server speaks HTTP/1.1 and upgrades to nothing else (WebSocket).', {
      param: 'upgrade',
    });
}

/** What the client's own connection is told, and nobody behind it. */
export function connectionNames(headers: HeaderList): ReadonlySet<string> {
  const value = headers.get('connection');
  return new Set(value === null ? [] : value.toLowerCase().split(/\s*,\s*/));
}

const HOST = /^(?<name>\[[\da-f:.]+\]|[a-z\d.-]+)(?::\d{1,5})?$/i;
const LOOPBACK = /^(?:localhost|.+\.localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** Names and addresses of this machine, as a listener of its own is asked for. */
export const isLoopback = (name: string): boolean => LOOPBACK.test(name.toLowerCase().replace(/\.$/, ''));

/**
 * A web page can point a name of its own at 127.0.0.1 and then ask as its own origin (DNS rebinding): what came to this machine alone
 * has to ask for this machine.
 * @param hosts names that are taken; `undefined` for any
 * @throws GatewayError `host_not_allowed`
 */
export function checkHost(headers: HeaderList, hosts: readonly string[] | 'loopback' | undefined): void {
  const name = HOST.exec(headers.get('host') ?? '')?.groups?.name?.toLowerCase() ?? '';
  const allowed = hosts === undefined || (hosts === 'loopback' ? isLoopback(name) : hosts.includes(name));
  if (!allowed)
    throw new GatewayError(
      'host_not_allowed',
      'This server does not answer for the host of this request. Add it to `hosts`.',
      { param: 'host' },
    );
}

/** Where nobody is asked for a key, a web page of another origin could spend. @throws GatewayError `origin_not_allowed` */
export function checkOrigin(headers: HeaderList): void {
  const origin = headers.get('origin');
  if (origin === null || origin.replace(/^https?:\/\//, '') === headers.get('host')) return;
  throw new GatewayError(
    'origin_not_allowed',
    'This server asks nobody for a key, and so takes no requests of web pages. Set `keys` or `authenticate`.',
    { param: 'origin' },
  );
}

function invalid(param: string, message: string): GatewayError {
  return new GatewayError('invalid_request', message, { param });
}

function tooLarge(what: string): GatewayError {
  return new GatewayError('headers_too_large', `The request has ${what}.`, { param: 'headers' });
}
