/**
 * Keeps a price book up to date from a file, a URL or a function: reads, verifies, compares, and swaps in one step. What was
 * good last stays until something better is there.
 */
import { optionError } from '../errors.ts';
import { describeMoves, guardPrices, readPriceFile, type WildMove } from './price-file.ts';
import type { PriceBook } from './prices.ts';

export interface PriceRefreshOptions {
  readonly prices: PriceBook;
  /** Where the prices are; one of the three. A URL has to be https, and is verified by key or digest. */
  readonly url?: string | undefined;
  readonly file?: string | undefined;
  readonly load?: (() => Uint8Array | Promise<Uint8Array>) | undefined;
  /** Public key (PEM, or base64 of its 32 bytes) of the signature that stands beside, under the same name and `.sig`. */
  readonly ed25519PublicKey?: string | undefined;
  /** Hexadecimal digest of the bytes, for a file that is not to change. */
  readonly sha256?: string | undefined;
  /** Signature of what `load` gives: 64 bytes, or base64 of them. */
  readonly loadSignature?: (() => Uint8Array | Promise<Uint8Array>) | undefined;
  /** Models (`provider/model`, a trailing `*` for all that begin so) that may become free or move more than five times. */
  readonly allow?: readonly string[] | undefined;
  /** Reads again after so long, in ms. Default: only when `refresh` is called. */
  readonly everyMs?: number | undefined;
  /** A file of our own shape that is older than this many days is not taken. Default: any age. */
  readonly maxAgeDays?: number | undefined;
  /** Told of every attempt. What it throws goes nowhere. */
  readonly onRefresh?: ((result: PriceRefreshResult) => void) | undefined;
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** The clock, ms since the epoch. Default `Date.now`. */
  readonly now?: (() => number) | undefined;
}

export interface PriceRefreshResult {
  /** False: nothing changed, `reason` says why. */
  readonly ok: boolean;
  /** What the prices in force are called. */
  readonly version: string;
  readonly reason?: string | undefined;
  /** Prices that were left out, for they moved wildly. */
  readonly moves: readonly WildMove[];
}

export interface PriceRefresh {
  /** Reads once. Never throws and never rejects: prices that cannot be had are no reason to fail a call. */
  refresh(): Promise<PriceRefreshResult>;
  /** Ends the repetition. */
  close(): void;
}

const MAX_BYTES = 16 * 1024 * 1024;
const TIMEOUT_MS = 10_000;
const DAY = 86_400_000;
/** What stands before the 32 bytes of an Ed25519 key in its DER form (RFC 8410, section 4). */
const ED25519_PREFIX = '302a300506032b6570032100';

/** @throws GatewayError `invalid_option` */
export function refreshPrices(options: PriceRefreshOptions): PriceRefresh {
  checkOptions(options);
  const refresher = new Refresher(options);
  const { everyMs } = options;
  if (everyMs === undefined) return refresher;
  const timer = setInterval(() => void refresher.refresh(), everyMs);
  // Prices alone keep no process alive.
  timer.unref?.();
  return {
    refresh: () => refresher.refresh(),
    close: () => clearInterval(timer),
  };
}

class Refresher implements PriceRefresh {
  readonly #options: PriceRefreshOptions;
  #running: Promise<PriceRefreshResult> | undefined;
  #lastDay: string | undefined;

  constructor(options: PriceRefreshOptions) {
    this.#options = options;
  }

  /** One at a time: who asks meanwhile gets the same answer. */
  refresh(): Promise<PriceRefreshResult> {
    this.#running ??= this.#told().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  close(): void {}

  async #told(): Promise<PriceRefreshResult> {
    const result = await this.#once();
    try {
      this.#options.onRefresh?.(result);
    } catch {
      // Who listens cannot disturb prices.
    }
    return result;
  }

  async #once(): Promise<PriceRefreshResult> {
    const { prices, allow, now = Date.now } = this.#options;
    let moves: readonly WildMove[] = [];
    const failed = (reason: string): PriceRefreshResult => ({ ok: false, version: prices.version, reason, moves });
    try {
      const bytes = await verified(this.#options);
      const source = readPriceFile(parsed(bytes), sourceName(this.#options));
      const { asOf } = source;
      if (this.#isTooOld(asOf, now())) return failed(`It is of ${asOf}, too old.`);
      if (asOf !== undefined && this.#lastDay !== undefined && asOf < this.#lastDay)
        return failed(`It is of ${asOf}, older than the prices of ${this.#lastDay} that were read before.`);
      const guarded = guardPrices(source, prices, now(), allow);
      moves = guarded.moves;
      if (guarded.source === undefined) return failed(`Too many prices moved wildly: ${describeMoves(moves)}.`);
      prices.refresh(guarded.source);
      this.#lastDay = asOf;
      const reason =
        moves.length === 0 ? undefined : `Prices that moved wildly keep their known value: ${describeMoves(moves)}.`;
      return { ok: true, version: prices.version, reason, moves };
    } catch (error) {
      return failed(error instanceof Error ? error.message : String(error));
    }
  }

  #isTooOld(asOf: string | undefined, now: number): boolean {
    const { maxAgeDays } = this.#options;
    return asOf !== undefined && maxAgeDays !== undefined && now - Date.parse(asOf) > maxAgeDays * DAY;
  }
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new Error('It is no JSON.');
  }
}

async function verified(options: PriceRefreshOptions): Promise<Uint8Array> {
  const bytes = await read(options, '');
  const { createHash, createPublicKey, verify } = await import('node:crypto');
  if (options.sha256 !== undefined) {
    const digest = createHash('sha256').update(bytes).digest('hex');
    if (digest !== options.sha256.toLowerCase()) throw new Error('Its SHA-256 digest is another one.');
  }
  if (options.ed25519PublicKey !== undefined) {
    const key = createPublicKey(publicKeyOf(options.ed25519PublicKey));
    if (!verify(null, bytes, key, signatureOf(await read(options, '.sig'))))
      throw new Error('Its signature does not match.');
  }
  return bytes;
}

/** Raw bytes, or base64 of them. */
function signatureOf(bytes: Uint8Array): Uint8Array {
  return bytes.length === 64 ? bytes : Buffer.from(new TextDecoder().decode(bytes).trim(), 'base64');
}

function publicKeyOf(key: string): Parameters<typeof import('node:crypto').createPublicKey>[0] {
  if (key.includes('-----BEGIN')) return key;
  return {
    key: Buffer.concat([Buffer.from(ED25519_PREFIX, 'hex'), Buffer.from(key, 'base64')]),
    format: 'der',
    type: 'spki',
  };
}

async function read(options: PriceRefreshOptions, suffix: '' | '.sig'): Promise<Uint8Array> {
  const { url, file, load, loadSignature } = options;
  if (url !== undefined) return download(`${url}${suffix}`, options.fetch ?? globalThis.fetch);
  if (file !== undefined) return bounded(await (await import('node:fs/promises')).readFile(`${file}${suffix}`));
  const given = suffix === '' ? load : loadSignature;
  if (given === undefined) throw new Error('There is no signature.');
  return bounded(await given());
}

async function download(url: string, fetch: typeof globalThis.fetch): Promise<Uint8Array> {
  const response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (!response.ok) throw new Error(`The server answered ${response.status}.`);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > MAX_BYTES) throw new Error(`It is larger than ${MAX_BYTES} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function bounded(bytes: Uint8Array): Uint8Array {
  if (bytes.length > MAX_BYTES) throw new Error(`It is larger than ${MAX_BYTES} bytes.`);
  return bytes;
}

/** The last part of where it came from, which says more than a path and holds no key. */
function sourceName({ url, file }: PriceRefreshOptions): string {
  if (url !== undefined) return new URL(url).host;
  return file === undefined ? 'loaded' : (file.split(/[/\\]/).at(-1) ?? 'file');
}

function checkOptions(options: PriceRefreshOptions): void {
  const { url, file, load, ed25519PublicKey, sha256, everyMs } = options;
  if ([url, file, load].filter((one) => one !== undefined).length !== 1)
    throw optionError('refreshPrices', 'given exactly one of url, file and load', 'another number of them');
  if (everyMs !== undefined && !(Number.isSafeInteger(everyMs) && everyMs >= 1_000))
    throw optionError('refreshPrices: everyMs', 'a whole number of at least 1000', everyMs);
  if (sha256 !== undefined && !/^[0-9a-f]{64}$/i.test(sha256))
    throw optionError('refreshPrices: sha256', '64 hexadecimal digits', sha256);
  if (url === undefined) return;
  if (!URL.canParse(url) || new URL(url).protocol !== 'https:')
    throw optionError('refreshPrices: url', 'an https URL', url);
  if (ed25519PublicKey === undefined && sha256 === undefined)
    throw optionError('refreshPrices: url', 'verified by ed25519PublicKey or sha256', 'neither');
}
