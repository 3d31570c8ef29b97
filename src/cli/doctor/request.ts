/**
 * One HTTP request as OpenTelemetry's exporter makes it: by node:http with an agent of its own, so neither proxies nor redirects
 * are followed. Knows no backend.
 */
import { type IncomingHttpHeaders, type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { createRedactor } from '../../redaction/redactor.ts';

export interface Asked {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: Uint8Array | string | undefined;
  readonly timeoutMs: number;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** When its head came; milliseconds since the epoch. */
  readonly at: number;
}

/** What is longer tells nothing more. */
const MAX_BODY_BYTES = 64 * 1024;
const MAX_TOLD_CHARS = 200;

/** Rejects with a system code; `ETIMEDOUT` when the whole answer is not there in time. */
export function ask({ method, url, headers = {}, body, timeoutMs }: Asked): Promise<Answer> {
  const send = url.startsWith('https:') ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => request.destroy(Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' })),
      timeoutMs,
    );
    // No agent: the global one goes by a proxy under NODE_USE_ENV_PROXY, the exporter's own does not (measured, Node 24.21).
    const request = send(url, { method, headers: { ...headers }, agent: false }, (response) => {
      const at = Date.now();
      read(response)
        .then(
          (bytes) => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: bytes, at }),
          reject,
        )
        .finally(() => clearTimeout(timer));
    });
    request.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    request.end(body);
  });
}

async function read(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= MAX_BODY_BYTES) break;
  }
  return Buffer.concat(chunks).subarray(0, MAX_BODY_BYTES);
}

/** The beginning of a body on one line, without what was sent as a header and without what a redactor finds. */
export function toldBody({ body }: Pick<Answer, 'body'>, secrets: readonly string[]): string {
  return toldText(body.toString('utf8'), secrets);
}

/** The same for a text out of a body. */
export function toldText(said: string, secrets: readonly string[]): string {
  let text = said;
  for (const secret of secrets) if (secret.length >= 6) text = text.replaceAll(secret, '***');
  const line = text.replace(/[\s\p{C}\uFFFD]+/gu, ' ').trim();
  return createRedactor().redact(line).slice(0, MAX_TOLD_CHARS);
}

export function parsedJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

/** Origin and path: a URL may hold credentials in what is left out. */
export function toldUrl(url: string): string {
  if (!URL.canParse(url)) return 'a URL that is none';
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname}`;
}
