/**
 * Where decisions are written: a file, or a webhook. Each has a bounded queue of its own, so that a slow one loses its own lines and
 * holds up nothing. Knows lines of JSON, not what they say.
 */
import { createHmac, randomUUID } from 'node:crypto';
import { optionError } from '../errors.ts';

export interface DecisionFile {
  readonly path: string;
  /** A file that would grow past it is renamed to `<path>.1` first. Default: it is never renamed. */
  readonly maxBytes?: number | undefined;
  /** How many renamed files are kept. Default 5. */
  readonly keep?: number | undefined;
}

export interface DecisionWebhook {
  readonly url: string;
  /** `whsec_` and base64, as Standard Webhooks writes it, or any text; at least 24 bytes. */
  readonly secret: string;
  /** Sent with each POST. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Of one attempt. Default 10,000. */
  readonly timeoutMs?: number | undefined;
  /** Attempts at one batch, on 429, 5xx and network errors. Default 5. */
  readonly maxAttempts?: number | undefined;
  /** Before the second attempt; doubled with each, at most a minute. `retry-after` may lengthen it. Default 500. */
  readonly retryDelayMs?: number | undefined;
  /** Default: the global one. */
  readonly fetch?: typeof fetch | undefined;
}

export interface SinkStats {
  /** Lines that arrived. */
  written: number;
  /** Lines that the queue had no room for. */
  dropped: number;
  /** Lines that could not be written, or whose attempts were used up. */
  failed: number;
}

/** Passes lines, or other things, on in batches, one batch at a time; `add` never waits and never throws. */
export class Outbox<Line = string> {
  readonly #send: (lines: readonly Line[]) => Promise<void>;
  readonly #maxQueued: number;
  readonly #stats: SinkStats;
  #queued: Line[] = [];
  #working: Promise<void> | undefined;

  constructor(send: (lines: readonly Line[]) => Promise<void>, maxQueued: number, stats: SinkStats) {
    this.#send = send;
    this.#maxQueued = maxQueued;
    this.#stats = stats;
  }

  add(line: Line): void {
    if (this.#queued.length >= this.#maxQueued) {
      this.#stats.dropped++;
      return;
    }
    this.#queued.push(line);
    this.#working ??= this.#work();
  }

  /** What is added while it is waited for is waited for too. */
  async flush(): Promise<void> {
    while (this.#working) await this.#working;
  }

  async #work(): Promise<void> {
    // Lines that one call makes in a row go together.
    await Promise.resolve();
    while (this.#queued.length > 0) {
      const lines = this.#queued.splice(0, MAX_BATCH);
      try {
        await this.#send(lines);
        this.#stats.written += lines.length;
      } catch {
        this.#stats.failed += lines.length;
      }
    }
    this.#working = undefined;
  }
}

const MAX_BATCH = 100;
const MAX_DELAY_MS = 60_000;
/** Standard Webhooks: a secret has 24 to 64 bytes. */
const MIN_SECRET_BYTES = 24;

/** @throws GatewayError `invalid_option` */
export function fileSender(given: string | DecisionFile): (lines: readonly string[]) => Promise<void> {
  const { path, maxBytes = Number.POSITIVE_INFINITY, keep = 5 } = typeof given === 'string' ? { path: given } : given;
  if (typeof path !== 'string' || path === '') throw optionError('decisionLog: file.path', 'a path', path);
  if (!(maxBytes > 0)) throw optionError('decisionLog: file.maxBytes', 'a number above 0', maxBytes);
  checkCount('file.keep', keep);
  return async (lines) => {
    // Loaded by those who have a file: elsewhere there may be no file system.
    const files = await import('node:fs/promises');
    const text = `${lines.join('\n')}\n`;
    if (maxBytes !== Number.POSITIVE_INFINITY) await rotate(files, path, maxBytes - Buffer.byteLength(text), keep);
    // Who called is for the owner's eyes.
    await files.appendFile(path, text, { mode: 0o600 });
  };
}

async function rotate(
  files: typeof import('node:fs/promises'),
  path: string,
  room: number,
  keep: number,
): Promise<void> {
  const size = await files.stat(path).then(
    (file) => file.size,
    () => 0,
  );
  if (size === 0 || size <= room) return;
  for (let i = keep - 1; i >= 1; i--) await files.rename(`${path}.${i}`, `${path}.${i + 1}`).catch(ignoreMissing);
  await files.rename(path, `${path}.1`);
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}

/** @throws GatewayError `invalid_option`, without the secret */
export function webhookSender(webhook: DecisionWebhook): (lines: readonly string[]) => Promise<void> {
  const { url, headers = {}, timeoutMs = 10_000, maxAttempts = 5, retryDelayMs = 500 } = webhook;
  if (typeof url !== 'string' || !/^https?:/.test(URL.canParse(url) ? new URL(url).protocol : ''))
    throw optionError('decisionLog: webhook.url', 'an http or https URL', undefined);
  const key = secretKey(webhook.secret);
  checkCount('webhook.timeoutMs', timeoutMs);
  checkCount('webhook.maxAttempts', maxAttempts);
  checkCount('webhook.retryDelayMs', retryDelayMs);
  const send = webhook.fetch ?? ((target: string, init: RequestInit) => globalThis.fetch(target, init));
  return async (lines) => {
    const id = `msg_${randomUUID()}`;
    const body = `{"type":"postern.decisions","timestamp":${JSON.stringify(new Date().toISOString())},"data":[${lines.join(',')}]}`;
    for (let attempt = 1; ; attempt++) {
      const signed = { ...headers, 'content-type': 'application/json', ...signature(key, id, body) };
      const result = await attemptOnce(() =>
        // A redirect would carry the body to another host.
        send(url, {
          method: 'POST',
          headers: signed,
          body,
          redirect: 'manual',
          signal: AbortSignal.timeout(timeoutMs),
        }),
      );
      if (result === 'done') return;
      if (result === 'refused' || attempt >= maxAttempts) throw new Error('The webhook took no batch.');
      const backoff = retryDelayMs * 2 ** (attempt - 1) * (0.5 + Math.random() / 2);
      await new Promise((resolve) => setTimeout(resolve, Math.min(Math.max(backoff, result.afterMs), MAX_DELAY_MS)));
    }
  };
}

type Attempt = 'done' | 'refused' | { readonly afterMs: number };

async function attemptOnce(post: () => Promise<Response>): Promise<Attempt> {
  try {
    const { ok, status, headers, body } = await post();
    await body?.cancel();
    if (ok) return 'done';
    if (status !== 429 && status < 500) return 'refused';
    const seconds = Number(headers.get('retry-after') ?? 0);
    return { afterMs: Number.isFinite(seconds) ? seconds * 1000 : 0 };
  } catch {
    return { afterMs: 0 };
  }
}

/** https://www.standardwebhooks.com: the id, the time and the body, each attempt with its own time. */
function signature(key: Buffer, id: string, body: string): Record<string, string> {
  const timestamp = String(Math.floor(Date.now() / 1000));
  const code = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${code}` };
}

function secretKey(secret: unknown): Buffer {
  const text = typeof secret === 'string' ? secret : '';
  const key = text.startsWith('whsec_') ? Buffer.from(text.slice(6), 'base64') : Buffer.from(text);
  if (key.length >= MIN_SECRET_BYTES) return key;
  throw optionError('decisionLog: webhook.secret', `at least ${MIN_SECRET_BYTES} bytes`, key.length);
}

export function checkCount(option: string, value: unknown): void {
  if (!Number.isSafeInteger(value) || (value as number) < 1)
    throw optionError(`decisionLog: ${option}`, 'a whole number of at least 1', value);
}
