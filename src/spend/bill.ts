/** The lines of a bill: how much of what, at which price, as exact decimals. Pure. */
import type { Usage } from '../core/exchange.ts';
import { type BilledPart, billedParts, ratesFor } from './cost.ts';
import { decimalText, type Factor, quotientText } from './money.ts';
import type { Price } from './prices.ts';
import type { RateName } from './rates.ts';

export interface BillLine {
  /** `input`, `cache_read`, `cache_write`, `cache_write_1h`, `output`, `input_audio`, `web_search`, ..., or `reported`. */
  readonly unit: string;
  readonly quantity: number;
  /** USD for `per` units, an exact decimal. */
  readonly usdPer: string;
  readonly per: number;
  /** Exact, but for prices by the hour, which are rounded to 18 places. */
  readonly usd: string;
  /** The model, where it is another one than the call's. */
  readonly model?: string | undefined;
}

/** What a line of a bill says of each kind. */
export const UNITS: Readonly<Record<BilledPart['kind'], string>> = {
  input: 'input',
  output: 'output',
  cacheRead: 'cache_read',
  cacheWrite: 'cache_write',
  cacheWrite1h: 'cache_write_1h',
  audioInput: 'input_audio',
  audioOutput: 'output_audio',
  audioCacheRead: 'cache_read_audio',
  imageInput: 'input_image',
  imageOutput: 'output_image',
  imageCacheRead: 'cache_read_image',
  videoInput: 'input_video',
  videoOutput: 'output_video',
  webSearch: 'web_search',
  fileSearch: 'file_search',
  codeSession: 'code_session',
  request: 'request',
  page: 'page',
  image: 'image',
  audioSecond: 'audio_seconds',
  character: 'character',
};

const MAX_PLACES = 18;

export function billLines(usage: Usage, price: Price, factor: Factor, model?: string): BillLine[] {
  const rates = ratesFor(price, usage.inputTokens);
  return billedParts(usage, price).map((part) => {
    const fee = part.side === 'fee';
    const rate = fee
      ? (price.fees?.[part.kind as keyof NonNullable<Price['fees']>] ?? 0)
      : rates[part.kind as RateName];
    return lineOf(
      part,
      BigInt(rate) * BigInt(factor.numerator),
      BigInt(factor.denominator * (fee ? 1 : (price.divisor ?? 1))),
      model,
    );
  });
}

/** Tokens are priced by the million, in pico-USD each; pieces each, audio by the hour, in nano-USD. */
function lineOf(
  { kind, quantity, side }: BilledPart,
  rate: bigint,
  divisor: bigint,
  model: string | undefined,
): BillLine {
  const per = side !== 'fee' ? 1_000_000 : kind === 'audioSecond' ? 3_600 : 1;
  const places = side === 'fee' ? 9 : 6;
  const thousandths = BigInt(Math.round(quantity * 1_000));
  return {
    unit: UNITS[kind],
    quantity,
    usdPer: quotientText(rate, divisor * 10n ** BigInt(places), MAX_PLACES),
    per,
    usd: quotientText(rate * thousandths, divisor * BigInt(per) * 1_000n * 10n ** BigInt(places), MAX_PLACES),
    ...(model === undefined ? {} : { model }),
  };
}

/** What the provider says it billed, in one sum. */
export function reportedLine(nanoUsd: number): BillLine {
  const usd = decimalText(BigInt(nanoUsd), 9);
  return { unit: 'reported', quantity: 1, usdPer: usd, per: 1, usd };
}
