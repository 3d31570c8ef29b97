/** The way to a host: its name, its port, its certificate, and proxies that may stand before it. Knows no HTTP. */
import { lookup } from 'node:dns/promises';
import { connect, isIP } from 'node:net';
import { connect as connectTls, type DetailedPeerCertificate, type TLSSocket } from 'node:tls';
import {
  type Checks,
  codeOf,
  type Environment,
  type Found,
  failed,
  ok,
  skipped,
  variable,
  warning,
  within,
} from './check.ts';

/** Returns whether a request can be sent. */
export async function checkNetwork(checks: Checks, url: string, env: Environment, timeoutMs: number): Promise<boolean> {
  const { hostname, port, protocol } = new URL(url);
  const place = { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) || (protocol === 'https:' ? 443 : 80) };
  checks.add('backend', 'proxy', proxyFound(place.host, protocol, env));
  if (checks.add('backend', 'DNS', await nameFound(place.host, timeoutMs)) === 'failed') return false;
  if (checks.add('backend', 'TCP', await portFound(place, timeoutMs)) === 'failed') return false;
  if (protocol !== 'https:') {
    checks.add('backend', 'TLS', skipped('the URL is http: keys and traces go unencrypted'));
    return true;
  }
  return checks.add('backend', 'TLS', await certificateFound(place, env, timeoutMs)) !== 'failed';
}

interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

async function nameFound(host: string, timeoutMs: number): Promise<Found> {
  if (isIP(host)) return skipped(`${host} is an address`);
  try {
    const found = await within(timeoutMs, lookup(host, { all: true }));
    return ok(
      `${host} is ${found
        .map(({ address }) => address)
        .slice(0, 4)
        .join(', ')}`,
    );
  } catch (error) {
    return failed(
      `${host} has no address (${codeOf(error)})`,
      'Look for a typing mistake, or for a VPN or DNS server that is needed',
    );
  }
}

const TCP_REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ETIMEDOUT: 'no answer; a firewall drops the packets, or the host is down',
  EHOSTUNREACH: 'there is no way to that host',
  ENETUNREACH: 'there is no way to that network',
};

async function portFound({ host, port }: HostAndPort, timeoutMs: number): Promise<Found> {
  const socket = connect({ host, port });
  try {
    await within(timeoutMs, new Promise((resolve, reject) => socket.once('connect', resolve).on('error', reject)));
    return ok(`${host}:${port} accepts connections`);
  } catch (error) {
    const code = codeOf(error);
    return failed(
      `${host}:${port} cannot be reached: ${TCP_REASONS[code] ?? 'the connection failed'} (${code})`,
      'Look at the port, whether the backend runs, and whether this machine may connect to it',
    );
  } finally {
    socket.on('error', () => {}).destroy();
  }
}

const UNKNOWN_AUTHORITY: readonly string[] = [
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_UNTRUSTED',
];

async function certificateFound({ host, port }: HostAndPort, env: Environment, timeoutMs: number): Promise<Found> {
  // Not refused here, so that the chain can be read; nothing is sent over it.
  const socket = connectTls({ host, port, rejectUnauthorized: false, ...(isIP(host) ? {} : { servername: host }) });
  try {
    await within(
      timeoutMs,
      new Promise((resolve, reject) => socket.once('secureConnect', resolve).on('error', reject)),
    );
    return judged(socket, host, env);
  } catch (error) {
    const code = codeOf(error);
    const isPlain = /WRONG_VERSION_NUMBER|PACKET_LENGTH|EPROTO/.test(code);
    return failed(
      `no TLS connection (${code})`,
      isPlain
        ? 'This port speaks plain HTTP: use http, or the port for https'
        : 'Look for a proxy or firewall that cuts TLS connections',
    );
  } finally {
    socket.on('error', () => {}).destroy();
  }
}

function judged(socket: TLSSocket, host: string, env: Environment): Found {
  // Typed as an Error; at run time it is the code (Node's docs and lib/_tls_wrap.js).
  const given: unknown = socket.authorizationError;
  const code = typeof given === 'string' ? given : given ? codeOf(given) : undefined;
  const chain = chainOf(socket.getPeerCertificate(true));
  const [leaf] = chain;
  const told = `${socket.getProtocol() ?? 'TLS'}, ${chain.map(certificateTold).join('; ')}`;
  if (code === undefined) return ok(told);
  if (UNKNOWN_AUTHORITY.includes(code))
    return failed(
      `the certificate is of an authority that Node does not know (${code}): ${told}`,
      authorityAdvice(chain, env),
    );
  if (code === 'CERT_HAS_EXPIRED')
    return failed(
      `a certificate has expired, valid to ${leaf?.valid_to ?? 'unknown'}: ${told}`,
      "Renew it, or set this machine's clock",
    );
  if (code === 'CERT_NOT_YET_VALID')
    return failed(`a certificate is not valid yet: ${told}`, "Set this machine's clock");
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return failed(
      `the certificate is for another host, not ${host}: ${leaf?.subjectaltname ?? certificateTold(leaf!)}`,
      'Use a host name that the certificate is for',
    );
  return failed(`the certificate is refused (${code}): ${told}`);
}

function authorityAdvice(chain: readonly DetailedPeerCertificate[], env: Environment): string {
  const top = chain.at(-1);
  const authority = top ? nameTold(top.issuer) : 'that authority';
  const given = variable(env, 'NODE_EXTRA_CA_CERTS');
  const advice = `start Node with NODE_EXTRA_CA_CERTS=/path/to/ca.pem, which holds the certificate of "${authority}" in PEM`;
  if (given !== undefined) return `NODE_EXTRA_CA_CERTS is set, but it is unreadable or lacks "${authority}"; ${advice}`;
  return `When it is your own or your company's: ${advice}. Node reads it at its start alone, and the system's own store only with --use-system-ca (Node 22.15 or newer)`;
}

/** At most so many: a chain that goes in a circle ends too. */
const MAX_CHAIN = 8;

function chainOf(leaf: DetailedPeerCertificate): DetailedPeerCertificate[] {
  const chain: DetailedPeerCertificate[] = [];
  for (
    let one: DetailedPeerCertificate | undefined = leaf;
    one?.subject && chain.length < MAX_CHAIN;
    one = one.issuerCertificate
  ) {
    if (chain.includes(one)) break;
    chain.push(one);
  }
  return chain;
}

function certificateTold({ subject, issuer }: DetailedPeerCertificate): string {
  return `"${nameTold(subject)}" issued by "${nameTold(issuer)}"`;
}

/** Text of the other side: no control characters, and an end. */
function nameTold({ CN, O }: { CN?: string | string[]; O?: string | string[] }): string {
  const parts = [CN, O].flatMap((part) => part ?? []);
  return (parts.join(', ') || 'unnamed').replace(/\p{C}/gu, '?').slice(0, 120);
}

function proxyFound(host: string, protocol: string, env: Environment): Found {
  const names = protocol === 'https:' ? ['https_proxy', 'HTTPS_PROXY'] : ['http_proxy', 'HTTP_PROXY'];
  const name = [...names, 'all_proxy', 'ALL_PROXY'].find((option) => variable(env, option) !== undefined);
  if (name === undefined) return ok('none is set');
  const noProxy = variable(env, 'no_proxy') ?? variable(env, 'NO_PROXY');
  if (noProxy !== undefined && isExcepted(host, noProxy)) return ok(`${name} is set, and NO_PROXY takes ${host} out`);
  const fetches = variable(env, 'NODE_USE_ENV_PROXY')
    ? 'Node goes by it for fetch alone (NODE_USE_ENV_PROXY)'
    : 'Node does not go by it unless NODE_USE_ENV_PROXY=1 is set';
  return warning(
    `${name} is set; ${fetches}, and OpenTelemetry's exporter connects to ${host} directly in any case`,
    `Let this machine connect to ${host} itself, or send traces to a collector that can`,
  );
}

function isExcepted(host: string, noProxy: string): boolean {
  return noProxy
    .toLowerCase()
    .split(/[\s,]+/)
    .map((entry) => entry.replace(/:\d+$/, '').replace(/^\*?\./, ''))
    .some((entry) => entry === '*' || (entry !== '' && (host === entry || host.endsWith(`.${entry}`))));
}
