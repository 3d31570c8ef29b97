/** The second place: what the backend answers to a batch. Sends the probe; knows nothing of projects. */
import { type Checks, codeOf, type Found, failed, ok, skipped, warning } from './check.ts';
import { adviceFor, correction, type Endpoint } from './endpoint.ts';
import { partialSuccessOf } from './partial-success.ts';
import { type Answer, ask, toldBody, toldText, toldUrl } from './request.ts';
import type { Probe } from './spans.ts';

/** Zero bytes are a message without spans. */
const EMPTY: Probe = { headers: { 'content-type': 'application/x-protobuf' }, body: new Uint8Array() };

export function checkUrl(checks: Checks, endpoint: Endpoint): void {
  const { mistakes, corrected } = adviceFor(endpoint);
  const told = `${toldUrl(endpoint.url)} (from ${endpoint.source})`;
  const found =
    mistakes.length === 0 ? ok(told) : warning(`${told}: ${mistakes.join('; ')}`, correction(endpoint, corrected));
  checks.add('backend', 'URL', found);
}

/** Returns the answer when there was one. */
export async function checkExport(
  checks: Checks,
  endpoint: Endpoint,
  probe: Probe = EMPTY,
  timeoutMs: number,
): Promise<Answer | undefined> {
  try {
    const answer = await send(endpoint, endpoint.url, probe, timeoutMs);
    const found = explained(answer, endpoint, probe.body.length > 0);
    const isPath = answer.status === 404 || answer.status === 405;
    checks.add('backend', 'export', isPath ? { ...found, next: await rightPath(endpoint, timeoutMs) } : found);
    return answer;
  } catch (error) {
    const code = codeOf(error);
    checks.add('backend', 'export', failed(...brokenTold(code, endpoint, timeoutMs)));
    return undefined;
  }
}

function send({ headers }: Endpoint, url: string, probe: Probe, timeoutMs: number): Promise<Answer> {
  return ask({
    method: 'POST',
    url,
    headers: { ...probe.headers, ...headers, 'content-length': String(probe.body.length) },
    body: probe.body,
    timeoutMs,
  });
}

function brokenTold(code: string, { url }: Endpoint, timeoutMs: number): [reason: string, next: string] {
  if (code === 'ETIMEDOUT')
    return [
      `no answer within ${timeoutMs / 1000} s`,
      'Try a longer --timeout; the exporter itself waits OTEL_EXPORTER_OTLP_TIMEOUT (10 s)',
    ];
  if (code.startsWith('HPE_') || code === 'ECONNRESET' || code === 'EPIPE')
    return [
      `the connection broke before an answer (${code})`,
      url.startsWith('http:') ? 'Whether https is meant, or this port speaks gRPC' : 'Look for a proxy in between',
    ];
  return [`the request failed (${code})`, 'Look at the checks above'];
}

const NEXT: Readonly<Record<number, readonly [reason: string, next: string]>> = {
  400: ['the batch is refused as broken', 'Whether this URL takes OTLP over HTTP in protobuf'],
  401: ['the key is missing, wrong or revoked', 'Look at the key, and whether it belongs to this host and region'],
  403: ['the key may not do this here', "Look at the key's workspace, region and permissions"],
  413: [
    'the batch is too large',
    'Lower OTEL_BSP_MAX_EXPORT_BATCH_SIZE, or raise the limit of what stands before the backend',
  ],
  415: ['the backend does not take protobuf', 'Use the endpoint for OTLP over HTTP in protobuf'],
  429: ['too many requests, or the plan is used up', 'Wait, or look at the limits of the plan'],
};

function explained(answer: Answer, endpoint: Endpoint, hadSpan: boolean): Found {
  const { status, headers } = answer;
  const body = toldBody(answer, secretsOf(endpoint));
  const quoted = body === '' ? '' : `: ${body}`;
  if (status >= 200 && status < 300) {
    if (/text\/html/.test(headers['content-type'] ?? ''))
      return failed(
        `${status}, but a web page answered${quoted}`,
        'Use the URL of the API: this one is of a page or a login',
      );
    return takenFound(answer, endpoint, hadSpan);
  }
  if (status === 404 || status === 405)
    return failed(`${status}, nothing takes traces at ${new URL(endpoint.url).pathname}${quoted}`);
  if (status >= 300 && status < 400) {
    const { location } = headers;
    const where =
      location && URL.canParse(location, endpoint.url) ? toldUrl(new URL(location, endpoint.url).href) : 'elsewhere';
    return failed(
      `${status}, a redirect to ${where}, which the exporter does not follow`,
      'Use the URL that it leads to, if it is the API',
    );
  }
  const [reason, next] = NEXT[status] ?? ['', ''];
  if (reason)
    return failed(`${status}, ${hasKey(endpoint) || status !== 401 ? reason : 'no key was sent'}${quoted}`, next);
  if (status >= 500)
    return failed(
      `${status}, the backend or what stands before it fails${quoted}`,
      'Try again later; look at its logs',
    );
  return failed(`${status}${quoted}`);
}

/** Taken, whole or in part: exporters do not send again what a 200 throws away. */
function takenFound(answer: Answer, endpoint: Endpoint, hadSpan: boolean): Found {
  const told = `${answer.status} for ${hadSpan ? 'a batch of one span' : 'a batch without spans'}`;
  const partial = partialSuccessOf(answer);
  if (!partial) return ok(told);
  const { rejectedSpans, message } = partial;
  const said = toldText(message, secretsOf(endpoint));
  const quoted = said === '' ? '' : `: ${said}`;
  if (rejectedSpans === 0) return warning(`${told}, with a warning${quoted}`, 'Look at what the backend says');
  return failed(
    `${told}, but the backend threw ${rejectedSpans} of its spans away${quoted}`,
    'Look at its limits of sizes, ages and attributes; the exporter tells of this in the log of OpenTelemetry (diag) alone',
  );
}

function hasKey({ headers }: Endpoint): boolean {
  return Object.keys(headers).some((name) =>
    /^(?:authorization|x-api-key|api-key|.*-key|.*-token|x-honeycomb-team)$/i.test(name),
  );
}

export function secretsOf({ headers }: Endpoint): string[] {
  return Object.values(headers).flatMap((value) => [value, ...value.split(/\s+/)]);
}

/** Asks the paths that are likely meant, at the same host, with a message that holds no span. */
async function rightPath(endpoint: Endpoint, timeoutMs: number): Promise<string> {
  const { corrected } = adviceFor(endpoint);
  const { origin } = new URL(endpoint.url);
  const paths = endpoint.isLangSmith ? ['/api/v1/otel/v1/traces', '/otel/v1/traces'] : ['/v1/traces'];
  const others = [corrected, ...paths.map((path) => origin + path)].filter((url) => url !== toldUrl(endpoint.url));
  for (const url of new Set(others)) {
    if (new URL(url).origin !== origin) continue;
    const status = await send(endpoint, url, EMPTY, timeoutMs).then(
      (answer) => answer.status,
      () => 0,
    );
    if (status >= 200 && status < 300) return `${correction(endpoint, url)}: it answers ${status} there`;
    if (status === 401 || status === 403)
      return `${correction(endpoint, url)}: it answers there, and wants a key (${status})`;
  }
  const likely = corrected === toldUrl(endpoint.url) ? '' : `; ${correction(endpoint, corrected)} is likely`;
  return `Look up the path at which the backend takes OTLP over HTTP${likely}`;
}

/** Clocks that are apart put spans where nobody looks for them. */
const MAX_CLOCK_MS = 60_000;

export function clockFound(answer: Answer | undefined): Found {
  const told = Date.parse(answer?.headers.date ?? '');
  if (!answer || Number.isNaN(told)) return skipped('the backend told no time');
  const apart = answer.at - told;
  if (Math.abs(apart) <= MAX_CLOCK_MS) return ok('this clock and that of the backend agree within a minute');
  const seconds = Math.round(Math.abs(apart) / 1000);
  return failed(
    `this clock is ${seconds} s ${apart > 0 ? 'ahead of' : 'behind'} that of the backend; spans stand at the wrong time`,
    'Set the clock of this machine (NTP)',
  );
}
