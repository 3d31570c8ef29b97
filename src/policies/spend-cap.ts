/**
 * A hard cap on what calls may cost in a window: says which account a call is held on and how much may stand there. It
 * never books or refuses; the pipeline reserves all holds in one step.
 */
import type { Exchange, Identity } from '../core/exchange.ts';
import type { Decision, Hold, Policy, PolicyContext } from '../core/policy.ts';
import { describe, GatewayError, optionError } from '../errors.ts';
import { decimalOf, parseDecimal } from '../spend/money.ts';
import { priceSnippet } from '../spend/prices.ts';
import { checkTimeZone, SPEND_WINDOWS, type SpendWindow, type SpendWindowKind, spendWindow } from '../spend/windows.ts';

type Dimension = Exclude<keyof Identity, 'tags'>;
type OneOf = string | readonly string[];

/** Whom a cap is for: every dimension named must have one of the values given. */
export interface SpendCapMatch extends Partial<Readonly<Record<Dimension, OneOf>>> {
  readonly tags?: Readonly<Record<string, OneOf>> | undefined;
}

export interface SpendCapOptions {
  /** Unique in a gateway; stands in refusals, events and account names. Default: made of the window and `per`. */
  readonly name?: string | undefined;
  /** USD; a decimal string, or a number meant as it is written. At most 9 decimal places, from 0 to 9,007,199. */
  readonly limitUsd: number | string;
  readonly window: SpendWindowKind;
  /** IANA zone by whose clocks the window begins. Default `UTC`; weeks start on Monday. */
  readonly timeZone?: string | undefined;
  /** Whom the cap is for. Default: every call. */
  readonly match?: SpendCapMatch | undefined;
  /**
   * Gives every value of a dimension an account of its own with this limit; calls without a value share one named
   * `unattributed`. Default: one account for all.
   */
  readonly per?: Dimension | `tag:${string}` | undefined;
  /** `monitor` books and reports, and never refuses. Default `enforce`. */
  readonly mode?: 'enforce' | 'monitor' | undefined;
  /** What happens to a call when the cap cannot be checked. Default `closed`: it is refused. */
  readonly failure?: 'open' | 'closed' | undefined;
}

const OPTIONS = ['name', 'limitUsd', 'window', 'timeZone', 'match', 'per', 'mode', 'failure'];
const DIMENSIONS: readonly string[] = ['organization', 'workspace', 'user', 'apiKey', 'session'] satisfies Dimension[];
/** Whole USD that still fit a number as nano-USD. */
const MAX_LIMIT_USD = 9_007_199;
const UNATTRIBUTED = 'unattributed';
/** Unpriced models that were warned of; past it they are warned of again. */
const MAX_WARNED = 1_000;

/** Caps spend. Throws an option error that names the option when one is wrong. */
export function spendCap(options: SpendCapOptions): Policy {
  const { window, per, mode, failure, match = {}, timeZone = 'UTC' } = checked(options);
  const name = options.name ?? `spend cap: ${window}${per === undefined ? '' : ` per ${per}`}`;
  const limit = readLimit(options.limitUsd);
  const windowAt = rememberWindow(window, timeZone);
  const warned = new Set<string>();

  const hold = (exchange: Exchange, subject: string | undefined, amount: number): Hold => {
    const { label, resetsAt } = windowAt(exchange.startedAt);
    const scope = per ?? 'all';
    const who = subject ?? UNATTRIBUTED;
    const account = `${escaped(name)}|${escaped(scope)}=${escaped(who)}|${label}`;
    return { account, limit, amount, resetsAt, scope, subject: who, window };
  };

  const decide = (exchange: Exchange, context: PolicyContext): Decision | undefined => {
    if (!matches(match, exchange.identity)) return undefined;
    // What cannot be read cannot be priced; that the cap is meant for it is all that can be said.
    if (exchange.readable === 'nothing') return { holds: [hold(exchange, undefined, 0)] };
    const bound = context.bound();
    if (bound === undefined) return { block: priceUnknown(name, exchange) };
    const subject = per === undefined ? 'all' : dimensionOf(exchange.identity, per);
    const warnings = [
      ...(subject === undefined ? [unattributed(name, per!)] : []),
      ...(bound.assumed && isNew(warned, `${exchange.provider}/${exchange.model}`) ? [priceAssumed(exchange)] : []),
    ];
    return { holds: [hold(exchange, subject, bound.nanoUsd)], warnings, edits: outputLimit(exchange, context) };
  };

  return { name, mode, failure, decide };
}

/** Under a cap the output must be bounded by what is held for it. The pipeline leaves it be in monitor mode. */
function outputLimit(
  { operation, maxOutputTokens }: Exchange,
  { defaultMaxOutputTokens }: PolicyContext,
): Decision['edits'] {
  if (operation !== 'chat' || maxOutputTokens !== undefined) return undefined;
  return [{ set: { maxOutputTokens: defaultMaxOutputTokens } }];
}

function matches({ tags = {}, ...dimensions }: SpendCapMatch, identity: Identity): boolean {
  return (
    Object.entries(dimensions).every(([name, wanted]) => isOneOf(identity[name as Dimension], wanted)) &&
    Object.entries(tags).every(([name, wanted]) => isOneOf(tagOf(identity, name), wanted))
  );
}

function isOneOf(value: string | undefined, wanted: OneOf | undefined): boolean {
  if (wanted === undefined) return true;
  return value !== undefined && (typeof wanted === 'string' ? value === wanted : wanted.includes(value));
}

/** The call's value of a dimension. An empty text is none. */
function dimensionOf(identity: Identity, per: NonNullable<SpendCapOptions['per']>): string | undefined {
  return (per.startsWith('tag:') ? tagOf(identity, per.slice(4)) : identity[per as Dimension]) || undefined;
}

function tagOf({ tags }: Identity, name: string): string | undefined {
  return tags !== undefined && Object.hasOwn(tags, name) ? tags[name] : undefined;
}

/** Account names are made of parts that must not run into each other. */
function escaped(part: string): string {
  return part.replace(/[%|=]/g, encodeURIComponent);
}

/** Calls come in the order of time, so the window before is mostly the one asked for. */
function rememberWindow(window: SpendWindowKind, timeZone: string): (at: number) => SpendWindow {
  let last: SpendWindow | undefined;
  return (at) => {
    if (last === undefined || at < last.start || at >= (last.resetsAt ?? Infinity))
      last = spendWindow(window, at, timeZone);
    return last;
  };
}

function isNew(known: Set<string>, name: string): boolean {
  if (known.has(name)) return false;
  if (known.size >= MAX_WARNED) known.clear();
  known.add(name);
  return true;
}

function unattributed(name: string, per: string): { code: string; message: string } {
  const message = `Spend cap "${name}" stands on ${per}, and the call has none: it is booked on the shared account "${UNATTRIBUTED}".`;
  return { code: 'spend_unattributed', message };
}

function priceAssumed({ provider, model }: Exchange): { code: string; message: string } {
  const message = `Model ${describe(model)} of ${describe(provider)} has no known price, so the dearest is assumed. Set ${priceSnippet(provider, model)}.`;
  return { code: 'price_assumed', message };
}

function priceUnknown(policy: string, { provider, model }: Exchange): GatewayError {
  const snippet = priceSnippet(provider, model);
  const message = `Spend cap "${policy}": model ${describe(model)} of ${describe(provider)} has no known price. Set ${snippet}.`;
  return new GatewayError('price_unknown', message, {
    param: 'model',
    details: { policy, provider, hint: `Set ${snippet}.` },
  });
}

function checked(options: SpendCapOptions): SpendCapOptions {
  if (!isRecord(options)) throw optionError('spendCap', 'an object of options', options);
  const { name, window, timeZone, match, per, mode, failure } = options;
  const unknown = Object.keys(options).find((option) => !OPTIONS.includes(option));
  if (unknown !== undefined) throw optionError('spendCap', `given ${OPTIONS.join(', ')}`, unknown);
  if (name !== undefined && (typeof name !== 'string' || name === ''))
    throw optionError('spendCap: name', 'a text', name);
  checkChoice('spendCap: window', SPEND_WINDOWS, window);
  if (timeZone !== undefined) checkTimeZone('spendCap: timeZone', timeZone);
  if (match !== undefined) checkMatch(match);
  if (per !== undefined) checkPer(per);
  if (mode !== undefined) checkChoice('spendCap: mode', ['enforce', 'monitor'], mode);
  if (failure !== undefined) checkChoice('spendCap: failure', ['open', 'closed'], failure);
  return options;
}

/** Whole nano-USD, without a detour through fractions. */
function readLimit(limitUsd: unknown): number {
  const text = typeof limitUsd === 'number' ? decimalOf(limitUsd) : limitUsd;
  const nanoUsd = typeof text === 'string' ? parseDecimal(text, 9) : undefined;
  if (nanoUsd !== undefined && nanoUsd <= BigInt(MAX_LIMIT_USD) * 1_000_000_000n) return Number(nanoUsd);
  throw optionError('spendCap: limitUsd', `USD from 0 to ${MAX_LIMIT_USD} with at most 9 decimal places`, limitUsd);
}

function checkMatch(match: unknown): void {
  if (!isRecord(match)) throw optionError('spendCap: match', 'an object of dimensions', match);
  const { tags, ...dimensions } = match;
  const unknown = Object.keys(dimensions).find((name) => !DIMENSIONS.includes(name));
  if (unknown !== undefined) throw optionError('spendCap: match', `made of ${DIMENSIONS.join(', ')} and tags`, unknown);
  for (const [name, wanted] of Object.entries(dimensions)) checkWanted(`spendCap: match.${name}`, wanted);
  if (tags === undefined) return;
  if (!isRecord(tags)) throw optionError('spendCap: match.tags', 'an object of tags', tags);
  for (const [name, wanted] of Object.entries(tags)) checkWanted(`spendCap: match.tags.${name}`, wanted);
}

function checkWanted(option: string, wanted: unknown): void {
  const values: unknown[] = Array.isArray(wanted) ? wanted : [wanted];
  const texts = values.length > 0 && values.every((value) => typeof value === 'string' && value !== '');
  if (wanted !== undefined && !texts) throw optionError(option, 'a text or a list of at least one', wanted);
}

function checkPer(per: unknown): void {
  if (typeof per === 'string' && (DIMENSIONS.includes(per) || /^tag:./.test(per))) return;
  throw optionError('spendCap: per', `one of ${DIMENSIONS.join(', ')}, tag:<name>`, per);
}

function checkChoice(option: string, choices: readonly string[], value: unknown): void {
  if (typeof value !== 'string' || !choices.includes(value))
    throw optionError(option, `one of ${choices.join(', ')}`, value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
