/**
 * Usage times prices: an exact sum in pico-USD, rounded once to whole nano-USD. Pure; knows nothing of models or names.
 */
import type { Cost, Units, Usage, UsageUnit } from '../core/exchange.ts';
import { divideHalfUp, divideUp, type Factor, ONE, safeNumber } from './money.ts';
import type { Price } from './prices.ts';
import { FEE_NAMES, RATE_NAMES, type RateName, type Rates } from './rates.ts';

const PICO_PER_NANO = 1_000n;
/** Audio is sold by the hour and counted in seconds, of which providers tell thousandths. */
const MS_PER_HOUR = 3_600_000n;

/** One part of a bill: so much of a kind, and which list its price is in. */
export interface BilledPart {
  readonly kind: RateName | UsageUnit;
  /** Tokens or pieces; seconds of audio may have a fraction. */
  readonly quantity: number;
  readonly side: 'input' | 'output' | 'fee';
}

/**
 * What a call with this usage costs at this price. A cost that the provider reported goes before the price. The whole
 * request is billed at the rates of the highest tier its input reaches. Parts that are larger than what they are part of
 * (a provider's slip) are cut to it, so no kind of tokens is ever negative. `nanoUsd` is the rounded exact sum; its last side
 * is the remainder, so that they always add up. `factor`: a negotiated price, of tokens and pieces alike; what was reported
 * is left as it is.
 */
export function cost(usage: Usage, price: Price, factor: Factor = ONE): Cost {
  if (usage.reportedNanoUsd !== undefined) return reportedCost(usage, usage.reportedNanoUsd);
  return sumOf([exactCost(usage, price)], price, usage.source === 'estimated', factor);
}

/** Sums in pico-USD times `scale`. */
export interface ExactCost {
  readonly input: bigint;
  readonly output: bigint;
  readonly fees: bigint;
  readonly scale: bigint;
}

/** Not yet rounded, so that parts of one call which are billed by different prices are rounded once together. */
export function exactCost(usage: Usage, price: Price): ExactCost {
  const rates = ratesFor(price, usage.inputTokens);
  const divisor = BigInt(price.divisor ?? 1);
  const sums = { input: 0n, output: 0n, fee: 0n };
  for (const part of billedParts(usage, price)) {
    sums[part.side] +=
      part.side === 'fee'
        ? feeOf(part, price) * divisor
        : BigInt(part.quantity) * BigInt(rates[part.kind as RateName]) * MS_PER_HOUR;
  }
  return { input: sums.input, output: sums.output, fees: sums.fee, scale: divisor * MS_PER_HOUR };
}

/** Rounds the parts of one call together. */
export function sumOf(
  parts: readonly ExactCost[],
  price: Pick<Price, 'assumed' | 'version'>,
  estimated: boolean,
  factor: Factor = ONE,
): Cost {
  const scale = parts.reduce((product, part) => leastCommonMultiple(product, part.scale), 1n);
  const sum = (side: 'input' | 'output' | 'fees'): bigint =>
    parts.reduce((total, part) => total + part[side] * (scale / part.scale), 0n) * BigInt(factor.numerator);
  const divisor = PICO_PER_NANO * scale * BigInt(factor.denominator);
  const [input, output, fees] = [sum('input'), sum('output'), sum('fees')];
  const nanoUsd = safeNumber(divideHalfUp(input + output + fees, divisor));
  const inputNanoUsd = Math.min(nanoUsd, safeNumber(divideHalfUp(input, divisor)));
  const feesNanoUsd = fees === 0n ? 0 : Math.min(nanoUsd - inputNanoUsd, safeNumber(divideHalfUp(fees, divisor)));
  return {
    nanoUsd,
    inputNanoUsd,
    outputNanoUsd: nanoUsd - inputNanoUsd - feesNanoUsd,
    feesNanoUsd,
    assumed: price.assumed,
    estimated,
    priceVersion: price.version,
  };
}

/** What was billed in one sum; it is not told which side it is for, so all of it stands with the input. */
export function reportedCost(usage: Usage, nanoUsd: number): Cost {
  const estimated = usage.source === 'estimated';
  return { nanoUsd, inputNanoUsd: nanoUsd, outputNanoUsd: 0, assumed: false, estimated, priceVersion: 'reported' };
}

/**
 * The most a call can cost: every input token at the dearest rate that may apply to it (as text, as audio, written to a
 * cache, in any tier that so many tokens reach), every output token likewise, rounded up. Of what is sold by the piece only
 * `pieces` are in it: a request for text does not tell how many searches there will be.
 */
export function costBound(
  inputTokens: number,
  outputTokens: number,
  price: Price,
  factor: Factor = ONE,
  pieces?: Units,
): Cost {
  const inputRate = dearestRate(price, inputTokens, INPUT_RATES);
  const outputRate = dearestRate(price, inputTokens, OUTPUT_RATES);
  const numerator = BigInt(factor.numerator);
  const input = BigInt(count(inputTokens)) * BigInt(inputRate) * numerator;
  const output = BigInt(count(outputTokens)) * BigInt(outputRate) * numerator;
  const divisor = PICO_PER_NANO * BigInt(price.divisor ?? 1) * BigInt(factor.denominator);
  const feesNanoUsd = pieces === undefined ? 0 : feesBound(pieces, price, factor);
  const nanoUsd = Math.min(safeNumber(divideUp(input + output, divisor)) + feesNanoUsd, Number.MAX_SAFE_INTEGER);
  const inputNanoUsd = Math.min(nanoUsd - feesNanoUsd, safeNumber(divideUp(input, divisor)));
  return {
    nanoUsd,
    inputNanoUsd,
    outputNanoUsd: nanoUsd - inputNanoUsd - feesNanoUsd,
    ...(feesNanoUsd > 0 ? { feesNanoUsd } : {}),
    assumed: price.assumed,
    estimated: true,
    priceVersion: price.version,
  };
}

/** In any tier that so much input reaches. */
function dearestRate({ rates, tiers }: Price, inputTokens: number, names: readonly RateName[]): number {
  let dearest = 0;
  for (const name of names) dearest = Math.max(dearest, rates[name]);
  for (const { above, rates: higher } of tiers)
    if (inputTokens > above) for (const name of names) dearest = Math.max(dearest, higher[name]);
  return dearest;
}

/** Pieces without a fee are sold by the token, and are none here. */
function feesBound(pieces: Units, price: Price, { numerator, denominator }: Factor): number {
  const exact = FEE_NAMES.reduce(
    (sum, kind) => sum + feeOf({ kind, quantity: pieces[kind] ?? 0, side: 'fee' }, price),
    0n,
  );
  return safeNumber(divideUp(exact * BigInt(numerator), PICO_PER_NANO * MS_PER_HOUR * BigInt(denominator)));
}

/**
 * The same cost at a negotiated price, for accounts that pay another one than the call's: rounded half up. What the provider
 * reported stays.
 */
export function scaleCost(amount: Cost, factor: Factor): Cost {
  if (amount.priceVersion === 'reported') return amount;
  const scaled = (nanoUsd: number): number =>
    safeNumber(divideHalfUp(BigInt(nanoUsd) * BigInt(factor.numerator), BigInt(factor.denominator)));
  const nanoUsd = scaled(amount.nanoUsd);
  const inputNanoUsd = Math.min(nanoUsd, scaled(amount.inputNanoUsd));
  const feesNanoUsd = Math.min(nanoUsd - inputNanoUsd, scaled(amount.feesNanoUsd ?? 0));
  return { ...amount, nanoUsd, inputNanoUsd, outputNanoUsd: nanoUsd - inputNanoUsd - feesNanoUsd, feesNanoUsd };
}

/** Whether the price says something of every kind that was used. */
export function billsFully(usage: Usage, price: Price): boolean {
  const { byToken = true, hasOutput = true, fees = {} } = price;
  if (usage.inputTokens > 0 && !byToken) return false;
  if (usage.outputTokens > 0 && !(byToken && hasOutput)) return false;
  return FEE_NAMES.every((name) => !(usage.units?.[name] ?? 0) || fees[name] !== undefined);
}

/** The rates of a request with so much input. */
export function ratesFor({ rates, tiers }: Price, inputTokens: number): Rates {
  return tiers.findLast(({ above }) => inputTokens > above)?.rates ?? rates;
}

const OUTPUT_RATES: readonly RateName[] = ['output', 'audioOutput', 'imageOutput', 'videoOutput'];
const INPUT_RATES = RATE_NAMES.filter((name) => !OUTPUT_RATES.includes(name));

/** The kinds of which there is something, each token in one of them. */
export function billedParts(usage: Usage, { fees = {} }: Pick<Price, 'fees'>): BilledPart[] {
  const parts: BilledPart[] = [];
  const add = (side: BilledPart['side'], kind: BilledPart['kind'], quantity: number): void => {
    if (quantity > 0) parts.push({ kind, quantity, side });
  };
  addInput(usage, (kind, quantity) => add('input', kind, quantity));
  addOutput(usage, (kind, quantity) => add('output', kind, quantity));
  const units = fees.request === undefined ? usage.units : { request: 1, ...usage.units };
  if (units) for (const name of FEE_NAMES) add('fee', name, units[name] ?? 0);
  return parts;
}

type AddTokens = (kind: RateName, quantity: number) => void;

/**
 * Cached tokens may be those of audio or images, which few providers tell. As many as do not fit beside each other must be;
 * they are billed as cached audio, then as cached images.
 */
function addInput(usage: Usage, add: AddTokens): void {
  const total = count(usage.inputTokens);
  const read = Math.min(count(usage.cacheReadTokens), total);
  const written = Math.min(count(usage.cacheWriteTokens), total - read);
  const written1h = Math.min(count(usage.cacheWrite1hTokens), written);
  const fresh = total - read - written;
  const audio = Math.min(count(usage.audioInputTokens), total);
  const image = Math.min(count(usage.imageInputTokens), total - audio);
  const video = Math.min(count(usage.videoInputTokens), total - audio - image);
  const forced = Math.max(0, audio + image + video - fresh);
  const readAudio = Math.min(read, audio, Math.max(count(usage.audioCacheReadTokens), Math.min(forced, audio)));
  const readImage = Math.min(
    read - readAudio,
    image,
    Math.max(count(usage.imageCacheReadTokens), Math.min(Math.max(0, forced - readAudio), image)),
  );
  const freshAudio = Math.min(audio - readAudio, fresh);
  const freshImage = Math.min(image - readImage, fresh - freshAudio);
  const freshVideo = Math.min(video, fresh - freshAudio - freshImage);
  add('input', fresh - freshAudio - freshImage - freshVideo);
  add('audioInput', freshAudio);
  add('imageInput', freshImage);
  add('videoInput', freshVideo);
  add('cacheRead', read - readAudio - readImage);
  add('audioCacheRead', readAudio);
  add('imageCacheRead', readImage);
  add('cacheWrite', written - written1h);
  add('cacheWrite1h', written1h);
}

function addOutput(usage: Usage, add: AddTokens): void {
  const total = count(usage.outputTokens);
  const audio = Math.min(count(usage.audioOutputTokens), total);
  const image = Math.min(count(usage.imageOutputTokens), total - audio);
  const video = Math.min(count(usage.videoOutputTokens), total - audio - image);
  add('output', total - audio - image - video);
  add('audioOutput', audio);
  add('imageOutput', image);
  add('videoOutput', video);
}

/** In pico-USD times `MS_PER_HOUR`. */
function feeOf({ kind, quantity }: BilledPart, { fees = {} }: Price): bigint {
  const pico = BigInt(fees[kind as UsageUnit] ?? 0) * PICO_PER_NANO;
  if (kind === 'audioSecond') return pico * BigInt(Math.round(Math.min(quantity, 1e12) * 1_000));
  return pico * BigInt(count(quantity)) * MS_PER_HOUR;
}

/** Whole and not negative, whatever came. */
function count(tokens: number | undefined): number {
  return tokens !== undefined && tokens > 0 ? Math.min(Math.ceil(tokens), Number.MAX_SAFE_INTEGER) : 0;
}

function leastCommonMultiple(a: bigint, b: bigint): bigint {
  let [larger, smaller] = [a, b];
  while (smaller !== 0n) [larger, smaller] = [smaller, larger % smaller];
  return (a / larger) * b;
}
