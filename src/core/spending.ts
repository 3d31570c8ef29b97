/**
 * The money of one call: held on all accounts before it leaves, topped up while its answer passes, settled or released once at its
 * end. Knows no HTTP and no provider; who is told of what, the pipeline says.
 */
import { GatewayError } from '../errors.ts';
import { clampedTokens, inputTokens, type Standing } from './clamp.ts';
import { type Exchange, type Outcome, TEXT_OPERATIONS, type Usage } from './exchange.ts';
import type { AccountState, ExtendResult, LedgerLine, LedgerStore } from './ledger.ts';
import type { CallEstimate, CallMeter } from './meter.ts';
import type { Hold, Policy } from './policy.ts';
import { refusalFor } from './refusal.ts';
import { type Say, sayTwice } from './retry.ts';
import { handled, isPending, type Pending } from './text.ts';

/** One account that a policy wants money to be held on. */
export interface SpendLine {
  readonly policy: Policy;
  readonly enforced: boolean;
  readonly hold: Hold;
}

export interface SpendingOptions {
  readonly ledger: LedgerStore;
  readonly meter: CallMeter;
  readonly now: () => number;
  readonly holdTtlMs: number;
  /** Goes on saying what the ledger did not take. */
  readonly retry?: ((say: Say) => void) | undefined;
}

/** Who is told what became of the money. */
export interface SpendingListener {
  /** A line did not let the call, or the rest of its answer, pass. */
  refused(line: SpendLine, refusal: GatewayError, target: 'input' | 'output'): void;
  /** The ledger did not answer. */
  failed(policy: Policy, closed: boolean, target: 'input' | 'output'): void;
  /** The output limit was lowered, or would have been. */
  clamped(line: SpendLine, maxOutputTokens: number): void;
}

export interface SettleOptions {
  readonly outcome: Outcome;
  /** Nothing can have been charged. */
  readonly free: boolean;
  /** The provider goes on to the end of its answer though nobody reads it, and charges that. */
  readonly full: boolean;
}

/** Output that a provider made and nobody read when an answer was cut off; an assumption (one field report says 14 %). */
const UNREAD = 1.15;
/** Output tokens that are held anew at a time: as much as is held already, within these bounds. */
const MIN_STEP = 32;
const MAX_STEP = 256;
/** Output tokens left at which more is asked for, while the answer goes on. */
const MAX_LOW_WATER = 128;

export class Spending {
  readonly #exchange: Exchange;
  readonly #options: SpendingOptions;
  readonly #listener: SpendingListener;
  #lines: readonly SpendLine[] = [];
  /** The id of the reservation; money may be held under it, also where the ledger's answer was lost. */
  #reservation: string | undefined;
  /** Holds grow with the answer; false where they stand for all that can come. */
  #grows = false;
  #countedTokens = 0;
  /** The usage that was known when the last text passed. */
  #usageBefore: Usage | undefined;
  /** The largest piece of the answer: so much may come with the next one. */
  #largestPiece = 0;
  #estimated: CallEstimate | undefined;
  #inputTokens = 0;
  #heldTokens = 0;
  #renewAt = Infinity;
  #asking: Promise<void> | undefined;
  /** Why the last top-up was refused. */
  #refusal: GatewayError | undefined;
  #ended = false;
  #toldOver = new Set<SpendLine>();

  constructor(exchange: Exchange, options: SpendingOptions, listener: SpendingListener) {
    this.#exchange = exchange;
    this.#options = options;
    this.#listener = listener;
  }

  /** Holds the money of all lines in one step. Returns the refusal. */
  reserve(lines: readonly SpendLine[]): Pending<GatewayError | undefined> {
    this.#lines = lines;
    return lines.length === 0 ? undefined : this.#reserveAll();
  }

  async #reserveAll(): Promise<GatewayError | undefined> {
    try {
      const clamping = this.#lines.filter((line) => this.#mayClamp(line));
      if (clamping.length > 0) this.#clamp(await this.#standings(clamping));
      return await this.#reserve(this.#exchange.id, 0);
    } catch (cause) {
      return this.#ledgerFailed(cause, 'input');
    }
  }

  #mayClamp({ hold }: SpendLine): boolean {
    const { operation, watchedOnly } = this.#exchange;
    return hold.clamp === true && TEXT_OPERATIONS.has(operation) && watchedOnly !== true;
  }

  /** How the accounts of the lines stand; of a rolling window all of its parts together. */
  async #standings(lines: readonly SpendLine[]): Promise<(Standing & { readonly line: SpendLine })[]> {
    return Promise.all(
      lines.map(async (line) => {
        const { account, counting = [] } = line.hold;
        const states = await this.#options.ledger.read([account, ...counting]);
        return { line, hold: line.hold, state: sumOf(account, states) };
      }),
    );
  }

  #clamp(standings: readonly (Standing & { readonly line: SpendLine })[]): boolean {
    const enforced = standings.filter(({ line }) => line.enforced);
    for (const watched of standings) if (!watched.line.enforced) this.#lower([watched]);
    return enforced.length > 0 && this.#lower(enforced);
  }

  #lower(standings: readonly (Standing & { readonly line: SpendLine })[]): boolean {
    const tokens = clampedTokens(this.#exchange, standings, this.#options.meter);
    if (tokens === undefined) return false;
    this.#listener.clamped(standings[0]!.line, tokens);
    return true;
  }

  async #reserve(id: string, attempt: number): Promise<GatewayError | undefined> {
    const { ledger, now, holdTtlMs } = this.#options;
    const lines = this.#lines.map((line) => this.#ledgerLine(line));
    this.#reservation = id;
    const reserved = ledger.reserve({ id, lines, expiresAt: now() + holdTtlMs });
    const { ok, over, unverified } = isPending(reserved) ? await reserved : reserved;
    // Let through against an allowance, though the store behind the ledger could not be asked.
    if (unverified) this.#listener.failed(this.#lines[0]!.policy, false, 'input');
    if (!ok) this.#reservation = undefined;
    if (ok) this.#opened();
    const standing = this.#overOf(over, ({ hold }) => this.#amount(hold), false);
    const enforced = standing.filter(({ line }) => line.enforced);
    const affordable = !ok && attempt < 2 && enforced.every(({ line }) => this.#mayClamp(line));
    // Others took the money meanwhile, or the accounts stood lower than they were read.
    if (affordable && this.#clamp(enforced.map(({ line, state }) => ({ line, hold: line.hold, state }))))
      return this.#reserve(`${this.#exchange.id}#${attempt + 2}`, attempt + 1);
    for (const { line, refusal } of standing) this.#listener.refused(line, refusal, 'input');
    // A monitored cap that is over is told of once a call.
    this.#toldOver = new Set(standing.map(({ line }) => line));
    return ok ? undefined : worst(enforced.map(({ refusal }) => refusal));
  }

  #ledgerLine({ hold, enforced }: SpendLine): LedgerLine {
    return { ...hold, amount: this.#amount(hold), enforce: enforced };
  }

  /** Once an output limit was lowered to what is affordable, so much is held, lest others take it while the answer passes. */
  #amount(hold: Hold): number {
    const { meter } = this.#options;
    if (typeof hold.amount === 'number') return hold.amount;
    if (hold.amount === 'bound') return meter.bound(this.#exchange)?.nanoUsd ?? 0;
    if (this.#exchange.clamped === undefined) return this.#estimate()?.cost.nanoUsd ?? 0;
    return meter.held(this.#exchange, inputTokens(this.#exchange, hold, meter), this.#outputLimit())?.nanoUsd ?? 0;
  }

  /** Computed once, however many caps ask; what it says of a call whose limit was lowered meanwhile is not asked any more. */
  #estimate(): CallEstimate | undefined {
    this.#estimated ??= this.#options.meter.estimate(this.#exchange);
    return this.#estimated;
  }

  #outputLimit(): number {
    const { maxOutputTokens, choices } = this.#exchange;
    return (maxOutputTokens ?? Infinity) * choices;
  }

  #opened(): void {
    const { now, holdTtlMs } = this.#options;
    const { stream, watchedOnly, clamped, operation } = this.#exchange;
    this.#renewAt = now() + holdTtlMs / 2;
    const estimated = this.#lines.some(({ hold }) => hold.amount === 'estimate');
    const estimate = estimated ? this.#estimate() : undefined;
    if (!estimate) return;
    this.#inputTokens = estimate.inputTokens;
    this.#heldTokens = clamped ? this.#outputLimit() : estimate.outputTokens;
    this.#grows = stream && watchedOnly !== true && TEXT_OPERATIONS.has(operation);
  }

  /** Counts text of the answer as it passes. */
  count(text: string): void {
    const tokens = this.#options.meter.estimateTokens(text);
    this.#countedTokens += tokens;
    this.#usageBefore = this.#exchange.usage;
    if (tokens > this.#largestPiece) this.#largestPiece = tokens;
  }

  /**
   * Whether the answer may go on. Asks for more in the background when what is held runs low, and lets the answer wait only when
   * it is used up. Returns the refusal when no more can be held.
   */
  pace(): Pending<GatewayError | undefined> {
    if (this.#reservation === undefined) return undefined;
    const renew = this.#options.now() >= this.#renewAt;
    const left = this.#grows ? this.#left() : Infinity;
    if (!renew && left > this.#lowWater()) return undefined;
    if (left > this.#largestPiece) {
      if (renew || this.#refusal === undefined) this.#askInBackground();
      return undefined;
    }
    return this.#refillOrRefuse();
  }

  /** What is held for the output, less what the answer took so far, were it cut off here. */
  #left(): number {
    return this.#heldTokens - this.#usedTokens();
  }

  #usedTokens(): number {
    const { safe } = this.#options.meter.passed(this.#exchange, this.#countedTokens * UNREAD);
    return Math.max(Math.ceil(safe), this.#exchange.usage?.outputTokens ?? 0);
  }

  #lowWater(): number {
    return Math.max(2 * this.#largestPiece, Math.min(MAX_LOW_WATER, this.#heldTokens / 4));
  }

  #askInBackground(): void {
    if (this.#asking) return;
    const asking = this.#ask();
    if (!asking) return;
    this.#asking = handled(
      asking.finally(() => {
        this.#asking = undefined;
      }),
    );
  }

  async #refillOrRefuse(): Promise<GatewayError | undefined> {
    await this.#asking;
    if (this.#left() > this.#largestPiece) return undefined;
    this.#refusal = undefined;
    await this.#ask();
    if (!this.#grows || this.#left() > this.#largestPiece) return undefined;
    return this.#refusal;
  }

  /** Asks the ledger to hold more, by total. */
  #ask(): Promise<void> | undefined {
    const { ledger, meter, now, holdTtlMs } = this.#options;
    const used = this.#usedTokens();
    const step = Math.max(4 * this.#largestPiece, Math.min(MAX_STEP, Math.max(MIN_STEP, this.#heldTokens)));
    const target = this.#grows ? Math.max(this.#heldTokens, used + step) : 0;
    // A hold that does not grow is told again of nothing, which moves its expiry and no money.
    const total = this.#grows ? (meter.held(this.#exchange, this.#inputTokens, target)?.nanoUsd ?? 0) : 0;
    this.#renewAt = now() + holdTtlMs / 2;
    const answered = (result: ExtendResult): void => this.#answered(target, total, result);
    try {
      const result = ledger.extend(this.#reservation!, total, now() + holdTtlMs);
      if (result instanceof Promise) return result.then(answered, (cause: unknown) => this.#unanswered(cause));
      answered(result);
    } catch (cause) {
      this.#unanswered(cause);
    }
    return undefined;
  }

  #answered(target: number, total: number, { ok, over, state }: ExtendResult): void {
    // The call ended while the ledger thought.
    if (this.#ended) return;
    if (ok) this.#heldTokens = Math.max(this.#heldTokens, target);
    this.#refusal = undefined;
    const standing = this.#overOf(over, () => total, true);
    for (const { line, refusal } of standing) {
      if (line.enforced || this.#toldOver.has(line)) continue;
      this.#toldOver.add(line);
      this.#listener.refused(line, refusal, 'output');
    }
    if (ok) return;
    if (state !== 'open') this.#unanswered(new Error(`The hold of this call is ${state}.`));
    else this.#refusal = worst(standing.flatMap(({ line, refusal }) => (line.enforced ? [refusal] : [])));
  }

  #unanswered(cause: unknown): void {
    if (this.#ended) return;
    this.#refusal = this.#ledgerFailed(cause, 'output');
    // Every cap that would care fails open: the answer goes on, and settles on what it took.
    if (!this.#refusal) this.#grows = false;
  }

  /** Tells that the rest of the answer was refused. */
  cut(refusal: GatewayError): void {
    const policy = refusal.details?.policy;
    const line = this.#lines.find((candidate) => candidate.enforced && candidate.policy.name === policy);
    if (line && refusal.code !== 'ledger_unavailable') this.#listener.refused(line, refusal, 'output');
  }

  /** The lines that are over, with what each says. */
  #overOf(
    over: readonly AccountState[],
    amount: (line: SpendLine) => number,
    streaming: boolean,
  ): { line: SpendLine; state: AccountState; refusal: GatewayError }[] {
    const now = this.#options.now();
    return this.#lines.flatMap((line) => {
      const state = over.find(({ account }) => account === line.hold.account);
      if (!state) return [];
      const { hold, policy } = line;
      const refusal = refusalFor({ hold, policy: policy.name, nanoUsd: amount(line), state, now, streaming });
      return [{ line, state, refusal }];
    });
  }

  #ledgerFailed(cause: unknown, target: 'input' | 'output'): GatewayError | undefined {
    const closed = this.#lines.find(({ policy, enforced }) => enforced && policy.failure !== 'open');
    const { policy } = closed ?? this.#lines[0]!;
    this.#listener.failed(policy, closed !== undefined, target);
    if (!closed) return undefined;
    const rest = target === 'input' ? 'Nothing was sent.' : 'The answer ends here.';
    return new GatewayError(
      'ledger_unavailable',
      `Spend cap "${policy.name}" could not be checked: the ledger did not answer. ${rest}`,
      { cause, details: { policy: policy.name } },
    );
  }

  /** Ends it. False when the ledger did not take it yet: it is told again, and else the hold is charged when it expires. */
  settle(options: SettleOptions): Pending<boolean> {
    this.#ended = true;
    const say = options.free ? this.#release() : this.#booking(options);
    if (!say) return true;
    // Both may be said twice: the first counts.
    return sayTwice(say, this.#options.retry);
  }

  #release(): Say | undefined {
    const id = this.#reservation;
    return id === undefined ? undefined : () => this.#options.ledger.release(id);
  }

  #booking({ outcome, full }: SettleOptions): Say {
    const { ledger, meter } = this.#options;
    const exchange = this.#exchange;
    exchange.usage = this.#usage(outcome, full);
    exchange.cost = meter.cost(exchange);
    const { inputTokens: input, outputTokens: output, source } = exchange.usage;
    if (source === 'provider') meter.learn(exchange, this.#countedTokens, this.#estimated?.scannedTokens ?? 0);
    const { run: _, ...identity } = exchange.identity;
    const dimensions = {
      ...identity,
      provider: exchange.provider,
      model: exchange.response?.model ?? exchange.model,
      inputTokens: input,
      outputTokens: output,
      at: exchange.startedAt,
    };
    const id = this.#reservation ?? exchange.id;
    const nanoUsd = exchange.cost?.nanoUsd ?? 0;
    return () => ledger.settle(id, nanoUsd, dimensions);
  }

  /** What the provider told, or what can be told of what passed. */
  #usage(outcome: Outcome, full: boolean): Usage {
    const { usage, response, stream } = this.#exchange;
    // Usage that comes before the text (Anthropic's first event) is true of the input alone, also where the end of a stream is missing.
    const isLast = outcome === 'completed' && usage !== this.#usageBefore;
    const final = !stream || response?.finishReasons !== undefined || isLast;
    if (usage !== undefined && final) return usage;
    // Pictures and sound are charged as they were asked for, whoever went away meanwhile.
    const untold = usage === undefined ? this.#untold() : undefined;
    if (untold !== undefined) return untold;
    const outputTokens = Math.max(this.#outputSeen(outcome, full), usage?.outputTokens ?? 0);
    if (usage !== undefined) return { ...usage, outputTokens, source: 'estimated' };
    return { inputTokens: this.#inputSeen(), outputTokens, source: 'estimated' };
  }

  #untold(): Usage | undefined {
    const seen = { inputTokens: this.#inputSeen(), outputTokens: this.#countedTokens };
    return this.#options.meter.untold(this.#exchange, seen);
  }

  #inputSeen(): number {
    const { estimateTokens } = this.#options.meter;
    const counted = this.#exchange.texts.reduce((sum, slot) => sum + estimateTokens(slot.read()), 0);
    // What was held covers what was sent.
    return this.#inputTokens > 0 ? Math.min(counted, this.#inputTokens) : counted;
  }

  #outputSeen(outcome: Outcome, full: boolean): number {
    const { meter } = this.#options;
    const exchange = this.#exchange;
    if (exchange.operation === 'embeddings') return 0;
    if (outcome === 'completed') return Math.ceil(meter.passed(exchange, this.#countedTokens).likely);
    const seen = Math.ceil(meter.passed(exchange, this.#countedTokens * UNREAD).likely);
    if (full) return Math.max(seen, this.#heldTokens || this.#mostOutput());
    // Of a whole answer nothing is seen before its end.
    const made = seen === 0 && !exchange.stream ? meter.typicalOutputTokens(exchange) : seen;
    return Math.min(made, this.#outputLimit());
  }

  /** Of a call whose hold does not tell: its limit, or what calls of its model mostly have. */
  #mostOutput(): number {
    const limit = this.#outputLimit();
    return Number.isFinite(limit) ? limit : (this.#options.meter.estimate(this.#exchange)?.outputTokens ?? 0);
  }
}

/** A cap that is reached for good is the better answer: waiting for calls in flight would not help. */
function worst(refusals: readonly GatewayError[]): GatewayError | undefined {
  return refusals.find(({ retryable }) => !retryable) ?? refusals[0];
}

function sumOf(account: string, states: readonly AccountState[]): AccountState {
  const sum = (key: 'posted' | 'held'): number =>
    states.reduce((total, state) => Math.min(total + state[key], Number.MAX_SAFE_INTEGER), 0);
  return { account, posted: sum('posted'), held: sum('held') };
}
