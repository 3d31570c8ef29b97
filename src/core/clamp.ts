/** How far a call's output limit has to be lowered so that the call is affordable. Pure: it asks no ledger. */
import type { Exchange } from './exchange.ts';
import type { AccountState } from './ledger.ts';
import type { CallMeter } from './meter.ts';
import type { Hold } from './policy.ts';

/** An answer that is shorter is not worth calling for. */
const MIN_TOKENS = 256;
/** Prices are read off so many tokens, so that they are exact to a thousandth of a nano-USD. */
const SAMPLE_TOKENS = 1_000_000;

/** One account's limit, and how it stands. */
export interface Standing {
  readonly hold: Hold;
  readonly state: AccountState;
}

/**
 * The output limit of one choice that fits under all limits; `undefined` where the call's own limit fits, or nothing worth
 * calling for does. A call without a limit gets one only below `defaultMaxOutputTokens`, which every model takes: a larger one
 * may be more than the model has, and the provider would refuse it.
 */
export function clampedTokens(
  exchange: Exchange,
  standings: readonly Standing[],
  meter: CallMeter,
): number | undefined {
  const asked = exchange.maxOutputTokens ?? meter.defaultMaxOutputTokens;
  const affordable = standings.map((standing) => affordableTokens(exchange, standing, meter));
  const tokens = Math.floor(Math.min(...affordable) / exchange.choices);
  return tokens < asked && tokens >= Math.min(MIN_TOKENS, asked) ? tokens : undefined;
}

function affordableTokens(exchange: Exchange, { hold, state }: Standing, meter: CallMeter): number {
  const input = inputTokens(exchange, hold, meter);
  const none = meter.held(exchange, input, 0)?.nanoUsd;
  const some = meter.held(exchange, input, SAMPLE_TOKENS)?.nanoUsd;
  if (none === undefined || some === undefined || some <= none) return Infinity;
  const left = hold.limit - state.posted - state.held - none;
  return Math.floor((left * SAMPLE_TOKENS) / (some - none));
}

/** What is held for the input, whatever the output. */
export function inputTokens(exchange: Exchange, { amount }: Hold, meter: CallMeter): number {
  return amount === 'estimate' ? (meter.estimate(exchange)?.inputTokens ?? 0) : exchange.inputTokenBound;
}
