/**
 * Tokens times prices: an exact sum in pico-USD, rounded once to whole nano-USD. Pure; knows nothing of models or names.
 */
import type { Cost, Usage } from '../core/exchange.ts';
import { divideHalfUp, divideUp, safeNumber } from './money.ts';
import type { Price, Rates } from './prices.ts';

const PICO_PER_NANO = 1_000n;

/**
 * What a call with this usage costs at this price. A cost that the provider reported goes before the price. The whole
 * request is billed at the rates of the highest tier its input reaches. Parts that are larger than what they are part of
 * (a provider's slip) are cut to it, so no kind of tokens is ever negative. `nanoUsd` is the rounded exact sum; of its two
 * sides the output one is the remainder, so that they always add up.
 */
export function cost(usage: Usage, price: Price): Cost {
  if (usage.reportedNanoUsd !== undefined) return reportedCost(usage, usage.reportedNanoUsd);
  const rates = ratesFor(price, usage.inputTokens);
  const input = inputPico(usage, rates);
  const nanoUsd = safeNumber(divideHalfUp(input + outputPico(usage, rates), PICO_PER_NANO));
  const inputNanoUsd = Math.min(nanoUsd, safeNumber(divideHalfUp(input, PICO_PER_NANO)));
  return {
    nanoUsd,
    inputNanoUsd,
    outputNanoUsd: nanoUsd - inputNanoUsd,
    assumed: price.assumed,
    estimated: usage.source === 'estimated',
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
 * cache, in any tier that so many tokens reach), every output token likewise, rounded up.
 */
export function costBound(inputTokens: number, outputTokens: number, price: Price): Cost {
  const reachable = [price.rates, ...price.tiers.filter(({ above }) => inputTokens > above).map(({ rates }) => rates)];
  const inputRate = Math.max(
    ...reachable.map((rates) => Math.max(rates.input, rates.cacheRead, rates.cacheWrite, rates.audioInput)),
  );
  const outputRate = Math.max(...reachable.map((rates) => Math.max(rates.output, rates.audioOutput)));
  const input = times(inputTokens, inputRate);
  const nanoUsd = safeNumber(divideUp(input + times(outputTokens, outputRate), PICO_PER_NANO));
  const inputNanoUsd = Math.min(nanoUsd, safeNumber(divideUp(input, PICO_PER_NANO)));
  const outputNanoUsd = nanoUsd - inputNanoUsd;
  return { nanoUsd, inputNanoUsd, outputNanoUsd, assumed: price.assumed, estimated: true, priceVersion: price.version };
}

function ratesFor({ rates, tiers }: Price, inputTokens: number): Rates {
  return tiers.findLast(({ above }) => inputTokens > above)?.rates ?? rates;
}

/**
 * Cached and audio tokens may be the same ones, which no provider tells for chat. As many as do not fit beside each other
 * must be; they are billed as cached audio.
 */
function inputPico(usage: Usage, rates: Rates): bigint {
  const total = count(usage.inputTokens);
  const read = Math.min(count(usage.cacheReadTokens), total);
  const written = Math.min(count(usage.cacheWriteTokens), total - read);
  const audio = Math.min(count(usage.audioInputTokens), total);
  const cachedAudio = Math.min(Math.max(0, audio - (total - read - written)), read);
  const freshAudio = Math.min(audio - cachedAudio, total - read - written);
  return (
    times(total - read - written - freshAudio, rates.input) +
    times(read - cachedAudio, rates.cacheRead) +
    times(cachedAudio, rates.audioCacheRead) +
    times(written, rates.cacheWrite) +
    times(freshAudio, rates.audioInput)
  );
}

function outputPico(usage: Usage, rates: Rates): bigint {
  const total = count(usage.outputTokens);
  const audio = Math.min(count(usage.audioOutputTokens), total);
  return times(total - audio, rates.output) + times(audio, rates.audioOutput);
}

/** Whole and not negative, whatever came. */
function count(tokens: number | undefined): number {
  return tokens !== undefined && tokens > 0 ? Math.min(Math.ceil(tokens), Number.MAX_SAFE_INTEGER) : 0;
}

function times(tokens: number, rate: number): bigint {
  return BigInt(count(tokens)) * BigInt(rate);
}
