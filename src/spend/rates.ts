/** What a price consists of: rates for kinds of tokens and fees for what is sold by the piece. Knows no model and no usage. */
import type { UsageUnit } from '../core/exchange.ts';

/** Kinds of tokens that have rates, in the order in which price tables store them. */
export const RATE_NAMES = [
  'input',
  'output',
  'cacheRead',
  'cacheWrite',
  'audioInput',
  'audioOutput',
  'audioCacheRead',
  'cacheWrite1h',
  'imageInput',
  'imageOutput',
  'imageCacheRead',
  'videoInput',
  'videoOutput',
] as const;
export type RateName = (typeof RATE_NAMES)[number];

/** Pico-USD per token (1e-12 USD), times the divisor of their price; one USD per million tokens is 1,000,000. */
export type Rates = Readonly<Record<RateName, number>>;

/** What is sold by the piece, in the order in which price tables store it. Audio is sold by the hour and counted in seconds. */
export const FEE_NAMES = [
  'webSearch',
  'fileSearch',
  'codeSession',
  'request',
  'page',
  'image',
  'audioSecond',
  'character',
] as const satisfies readonly UsageUnit[];

/** Nano-USD a piece; `audioSecond`: an hour, for few prices an hour are whole a second. */
export type Fees = Readonly<Partial<Record<UsageUnit, number>>>;

/** Rates of the whole request when it has more than `above` input tokens. */
export interface RateTier {
  readonly above: number;
  readonly rates: Rates;
}

/** All kinds of tokens from those that have a rate: one without is billed as the kind it is part of. */
export function completeRates(known: Partial<Record<RateName, number | undefined>>): Rates {
  const { input = 0, output = 0 } = known;
  const { cacheRead = input, cacheWrite = input, audioInput = input, imageInput = input } = known;
  return {
    input,
    output,
    cacheRead,
    cacheWrite,
    cacheWrite1h: known.cacheWrite1h ?? cacheWrite,
    audioInput,
    audioOutput: known.audioOutput ?? output,
    audioCacheRead: known.audioCacheRead ?? known.audioInput ?? cacheRead,
    imageInput,
    imageOutput: known.imageOutput ?? output,
    imageCacheRead: known.imageCacheRead ?? cacheRead,
    videoInput: known.videoInput ?? input,
    videoOutput: known.videoOutput ?? output,
  };
}

/** Each rate of the first list changed by its name. */
export function mapRates(rates: Rates, change: (rate: number, name: RateName) => number): Rates {
  return Object.fromEntries(RATE_NAMES.map((name) => [name, change(rates[name], name)])) as Rates;
}

/** The larger of each rate. */
export function dearestRates(candidates: readonly Rates[]): Rates {
  return candidates.reduce((most, rates) => mapRates(most, (rate, name) => Math.max(rate, rates[name])));
}
