/**
 * Reads a file of prices, whichever of three shapes it has: Postern's own, genai-prices' or LiteLLM's. Compares it with the
 * prices known so far, so that a slip or a forgery is not taken. Knows no network and no disk.
 */

import { isRecord } from '../core/record.ts';
import { readGenaiPrices } from './price-file-genai.ts';
import { readLitellmPrices } from './price-file-litellm.ts';
import { readOverrides } from './price-overrides.ts';
import { PriceTable, priceAt, type TablePrice } from './price-table.ts';
import type { Price, PriceBook, PriceSource } from './prices.ts';

/** Postern's own shape: `{ version, asOf, prices }`, with prices as in the gateway's option. */
export interface PriceFile {
  readonly version: string;
  /** UTC day: `'2026-11-21'`. A file that is older than the last one is not taken. */
  readonly asOf: string;
  readonly prices: Readonly<Record<string, unknown>>;
}

/** @throws Error that says what is wrong; GatewayError `invalid_option` that names an entry of our own shape */
export function readPriceFile(file: unknown, name: string): PriceSource {
  if (isRecord(file) && isRecord(file.prices)) return readOwn(file);
  const genai = readGenaiPrices(file);
  const table = genai ?? readLitellmPrices(file);
  if (table === undefined) throw new Error('It has none of the three shapes that are known.');
  return {
    version: `${genai === undefined ? 'litellm' : 'genai-prices'} (${name})`,
    overrides: new Map(),
    table: new PriceTable(table),
  };
}

function readOwn({ version, asOf, prices }: Record<string, unknown>): PriceSource {
  if (typeof version !== 'string' || version === '') throw new Error('version is no text.');
  if (typeof asOf !== 'string' || !/^\d{4}-\d\d-\d\d$/.test(asOf)) throw new Error('asOf is no day like 2026-11-21.');
  return { version, asOf, overrides: readOverrides(prices), table: new PriceTable({}) };
}

/** One rate that became free, or more than five times as dear or as cheap. */
export interface WildMove {
  readonly provider: string;
  readonly model: string;
  readonly rate: 'input' | 'output';
  /** USD per million tokens. */
  readonly before: number;
  readonly after: number;
}

const MAX_FACTOR = 5;
const PICO_PER_USD_MILLION = 1e6;

/** More wild moves than this share of all models that can be compared: the file itself is wrong, its unit for instance. */
const MAX_WILD_SHARE = 0.05;

/** What of a file may be taken. */
export interface GuardedPrices {
  /** Without the models that moved wildly: their known price stays. `undefined` when too many did. */
  readonly source: PriceSource | undefined;
  readonly moves: readonly WildMove[];
}

/**
 * Leaves out prices that moved further than prices move: in the years that are on record no model became five times as dear or
 * as cheap. New models have nothing to be compared with. `allow`: models (`provider/model`, a trailing `*` for all that begin
 * so) that may move.
 */
export function guardPrices(
  source: PriceSource,
  known: PriceBook,
  at: number,
  allow: readonly string[] = [],
): GuardedPrices {
  const moves: WildMove[] = [];
  let compared = 0;
  for (const { provider, model } of namesOf(source)) {
    const before = known.lookup(provider, model, at, 'embeddings');
    const after = priceIn(source, provider, model, at);
    if (before === undefined || after === undefined || before.source === 'ceiling' || before.source === 'override')
      continue;
    compared++;
    if (allow.some((pattern) => allows(pattern, `${provider}/${model}`))) continue;
    for (const rate of ['input', 'output'] as const) {
      if (rate === 'output' && !after.hasOutput) continue;
      const [from, to] = [usdOf(before, rate), usdOf(after, rate)];
      if (isWild(from, to)) moves.push({ provider, model, rate, before: from, after: to });
    }
  }
  const names = new Set(moves.map(({ provider, model }) => `${provider}/${model}`));
  if (moves.length === 0) return { source, moves };
  // One price of a short list is no sign of a broken file.
  if (names.size > Math.max(1, compared * MAX_WILD_SHARE)) return { source: undefined, moves };
  const overrides = new Map([...source.overrides].filter(([key]) => !names.has(key)));
  return { source: { ...source, overrides, table: source.table.without(names) }, moves };
}

function* namesOf({ overrides, table }: PriceSource): Generator<{ provider: string; model: string }> {
  yield* table.names();
  for (const key of overrides.keys()) {
    const [provider = '', ...model] = key.split('/');
    if (model.length > 0) yield { provider, model: model.join('/') };
  }
}

/** What the source alone says. */
function priceIn(
  { overrides, table }: PriceSource,
  provider: string,
  model: string,
  at: number,
): TablePrice | undefined {
  const written = overrides.get(`${provider}/${model}`);
  // A price from a later day on is compared already now.
  const price = written ? priceAt(written, Number.MAX_SAFE_INTEGER, []) : table.find(provider, model, at);
  return price?.byToken ? price : undefined;
}

function usdOf({ rates, divisor = 1 }: Pick<Price, 'rates' | 'divisor'>, rate: 'input' | 'output'): number {
  return rates[rate] / divisor / PICO_PER_USD_MILLION;
}

function isWild(before: number, after: number): boolean {
  if (before === 0) return false;
  return after === 0 || after > before * MAX_FACTOR || after < before / MAX_FACTOR;
}

function allows(pattern: string, name: string): boolean {
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1).toLowerCase()) : name === pattern.toLowerCase();
}

/** `openai/gpt-4o input 2.5 -> 250 USD per million tokens`, the first few. */
export function describeMoves(moves: readonly WildMove[]): string {
  const shown = moves
    .slice(0, 5)
    .map(({ provider, model, rate, before, after }) => `${provider}/${model} ${rate} ${before} -> ${after}`);
  const more = moves.length > shown.length ? ` and ${moves.length - shown.length} more` : '';
  return `${shown.join(', ')}${more} USD per million tokens`;
}
