/**
 * The one place where decisions become deeds: it asks the policies, refuses, edits, filters, holds money on all accounts
 * in one step, and ends every call exactly once, whatever happened. Knows nothing of HTTP, providers or detectors.
 */
import { GatewayError, isOwnError } from '../errors.ts';
import { jsonStreamFilter } from '../json/stream.ts';
import type { AnswerText, Call, CallFilter, CallSummary, EndOptions, Opened } from './call.ts';
import type { GatewayEvent, Observer, PolicyEvent } from './events.ts';
import { type Cost, type Exchange, FREE_OPERATIONS, type Outcome } from './exchange.ts';
import { grouped } from './findings.ts';
import { guardedFilter } from './guarded-filter.ts';
import type { AnswerHeaders } from './meter.ts';
import type { Decision, Finding, Policy, PolicyContext, RequestSettings, Warning, Watch } from './policy.ts';
import { type RateLine, Rates } from './rates.ts';
import { unguardedRefusal } from './refusal.ts';
import { ShownTexts } from './shown-texts.ts';
import { type SettleOptions, Spending, type SpendingOptions, type SpendLine } from './spending.ts';
import { type Standing, standingOf } from './standing.ts';
import {
  type AnswerFilter,
  chainFilters,
  isPending,
  type Pending,
  type TextSlot,
  watching,
  whenReady,
} from './text.ts';

export type { AnswerText, Call, CallFilter, CallSummary, EndOptions, Opened } from './call.ts';
export type { CallMeter, Meter } from './meter.ts';

/** The ledger, the meter, the clock, and how long money stays held for a call that never ends. */
export interface PipelineOptions extends SpendingOptions {
  /** Read once a call, when it begins: others may stand here afterwards, and the list itself never changes. */
  readonly policies: readonly Policy[];
  readonly observer: Required<Observer>;
  /** What happens to a request that cannot be read while a policy would guard it. */
  readonly unguarded: 'refuse' | 'pass';
  /** Characters of an answer that are kept as `exchange.shown`. Default none. */
  readonly captureChars?: number | undefined;
}

/** Asks every policy and holds the money. A refusal is a value, and the call is already ended then. */
export async function openCall(exchange: Exchange, options: PipelineOptions): Promise<Opened> {
  const call = new OpenCall(exchange, options);
  options.observer.start(exchange);
  // Most of it is answered at once, and each turn that is waited for costs more than many an answer.
  const steps = [() => call.decide(), () => call.unguarded(), () => call.admit(), () => call.reserve()];
  let refusal: GatewayError | undefined;
  for (const step of steps) {
    const told = step();
    refusal = isPending(told) ? await told : told;
    if (refusal) break;
  }
  if (refusal) await call.end('blocked', { error: refusal, free: true });
  return refusal ? { refusal, call } : { call };
}

interface Asked {
  readonly policy: Policy;
  readonly decision: Decision;
  readonly enforced: boolean;
}

class OpenCall implements Call {
  readonly exchange: Exchange;
  settings: RequestSettings = {};
  readonly #options: PipelineOptions;
  readonly #policies: readonly Policy[];
  readonly #asked: Asked[] = [];
  readonly #context: PolicyContext;
  #bound: Cost | undefined;
  readonly #spending: Spending;
  readonly #rates: Rates;
  #ended: Promise<void> | undefined;
  readonly #outputFindings = new Map<Asked, Finding[]>();
  /** Policies that refused the answer, or would have: each is told of once, however many of its texts they refuse. */
  readonly #refusers = new Set<Asked>();
  /** Ends of monitored filters, which no text waits for. */
  readonly #watched: Promise<unknown>[] = [];
  readonly #redactions = new Map<string, number>();
  #reason: string | undefined;
  readonly #shown: ShownTexts | undefined;
  /** What the events of the stream told of the answer so far. */
  #told: unknown;

  constructor(exchange: Exchange, options: PipelineOptions) {
    this.exchange = exchange;
    this.#options = options;
    this.#policies = options.policies;
    this.#spending = new Spending(exchange, options, {
      refused: (line, refusal, target) => this.#refused(line, refusal, target),
      failed: (policy, closed, target) => this.#ledgerFailed(policy, closed, target),
      clamped: (line, maxOutputTokens) => this.#clamped(line, maxOutputTokens),
    });
    this.#rates = new Rates(exchange, options, {
      refused: (line, refusal) => this.#refused(line, refusal),
      failed: (policy, closed) => this.#ledgerFailed(policy, closed, 'input'),
    });
    if (options.captureChars) this.#shown = new ShownTexts(options.captureChars);
    exchange.shown = this.#shown?.texts;
    this.#context = {
      bound: () => (this.#bound ??= options.meter.bound(exchange)),
      defaultMaxOutputTokens: options.meter.defaultMaxOutputTokens,
    };
  }

  get filtering(): boolean {
    return this.#shown !== undefined || this.guarding;
  }

  get guarding(): boolean {
    return this.#asked.some(({ decision }) => decision.filter);
  }

  /** Asks the policies in order and does what they say. Returns the first refusal. */
  async decide(): Promise<GatewayError | undefined> {
    for (const policy of this.#policies) {
      const enforced = policy.mode !== 'monitor';
      let decision: Decision | undefined;
      try {
        const decided = policy.decide(this.exchange, this.#context);
        decision = isPending(decided) ? await decided : decided;
      } catch (cause) {
        const refusal = this.#failed(policy, cause, 'input');
        if (refusal) return refusal;
        continue;
      }
      if (!decision) continue;
      const asked = { policy, decision, enforced };
      this.#asked.push(asked);
      this.#apply(asked);
      if (decision.block) this.#refused(asked, decision.block);
      if (decision.block && enforced) return decision.block;
    }
    this.exchange.policies = this.#asked.map(({ policy }) => policy.name);
    return undefined;
  }

  #apply({ policy, decision, enforced }: Asked): void {
    const { findings = [], edits = [], warnings = [] } = decision;
    const decided = enforced ? 'modify' : 'audit';
    for (const warning of warnings) this.#warn(policy, warning, 'input');
    if (findings.length > 0) {
      this.#emit(policy, { action: 'redact', decision: decided, target: 'input', findings: grouped(findings) });
      if (enforced) this.#countRedactions(findings);
    }
    for (const edit of edits) {
      if ('set' in edit)
        this.#emit(policy, { action: 'set', decision: decided, target: 'input', details: { ...edit.set } });
      if (!enforced) continue;
      if ('set' in edit) this.#set(edit.set);
      else edit.slot.write(edit.text);
    }
  }

  #set(settings: RequestSettings): void {
    this.settings = { ...this.settings, ...settings };
    Object.assign(this.exchange, settings);
    this.#bound = undefined;
  }

  /** A body that nobody could read is refused when somebody would have guarded it. */
  unguarded(): GatewayError | undefined {
    const { texts, cost } = this.exchange.readable;
    if (texts && cost) return undefined;
    const enforcing = this.#asked.filter(({ enforced }) => enforced);
    const readers = texts ? [] : enforcing.filter(({ decision }) => decision.filter !== undefined);
    const payers = cost ? [] : enforcing.filter(({ decision }) => needsCost(decision));
    const guards = enforcing.filter((asked) => readers.includes(asked) || payers.includes(asked));
    if (guards.length === 0) return undefined;
    if (this.#options.unguarded === 'refuse') return unguardedRefusal(namesOf(readers), namesOf(payers));
    const { id: exchangeId, callId } = this.exchange;
    const at = this.#options.now();
    const policies = namesOf(guards);
    this.#tell({ type: 'unguarded', callId, exchangeId, reason: 'body_not_readable', policies, at });
    return undefined;
  }

  /** Counts the call under all rate limits. */
  admit(): Pending<GatewayError | undefined> {
    const lines = this.#asked.flatMap(({ policy, enforced, decision }): RateLine[] =>
      (decision.rates ?? []).map((rate) => ({ policy, enforced, rate })),
    );
    return this.#rates.admit(lines);
  }

  /** Holds the money of all policies in one step. */
  reserve(): Pending<GatewayError | undefined> {
    if (!this.exchange.readable.cost) return undefined;
    const lines = this.#asked.flatMap(({ policy, enforced, decision }) =>
      (decision.holds ?? []).map((hold) => ({ policy, enforced, hold })),
    );
    const before = this.#read(({ baseline }) => baseline);
    const reserve = (): Pending<GatewayError | undefined> => this.#spending.reserve(lines);
    return before.length === 0 ? reserve() : this.#tellStandings(before).then(reserve);
  }

  #clamped({ policy, enforced }: SpendLine, maxOutputTokens: number): void {
    const asked = this.exchange.clamped?.asked ?? this.exchange.maxOutputTokens;
    const details = { maxOutputTokens, ...(asked === undefined ? {} : { asked }) };
    const decision = enforced ? 'modify' : 'audit';
    this.#emit(policy, { action: 'set', decision, target: 'input', code: 'spend_clamped', details });
    if (!enforced) return;
    this.#set({ maxOutputTokens });
    this.exchange.clamped = { maxOutputTokens, asked };
  }

  #ledgerFailed(policy: Policy, closed: boolean, target: PolicyEvent['target']): void {
    const decision = closed ? 'deny' : 'warn';
    this.#emit(policy, { action: 'fail', decision, target, code: 'ledger_unavailable' });
  }

  /** Asks how the accounts stand that policies watch. */
  #read(which: (watch: Watch) => boolean): Standing<Asked>[] {
    return this.#asked.flatMap((asked) => {
      const { watch } = asked.decision;
      return watch && which(watch) ? [standingOf(this.#options.ledger, watch, asked)] : [];
    });
  }

  async #tellStandings(standings: readonly Standing<Asked>[]): Promise<void> {
    for (const standing of standings) {
      const { policy } = standing.of;
      const told = standing.warnings();
      const warnings = isPending(told) ? await told : told;
      if (!warnings) this.#ledgerFailed(policy, false, 'output');
      else for (const warning of warnings) this.#warn(policy, warning, 'output');
    }
  }

  filter(text: AnswerText, streamed = false): CallFilter {
    const filter = this.#filtered(text, streamed);
    return this.#shown && !text.repeats ? this.#shown.recorded(text, filter) : filter;
  }

  #filtered(text: AnswerText, streamed: boolean): CallFilter {
    if (text.encoding !== 'json') return this.#chain(text, streamed);
    const inner = (kind: TextSlot['kind'], key: string | undefined): AnswerFilter =>
      this.#chain({ ...text, kind, path: key === undefined ? text.path : [...text.path, key] }, streamed);
    const filter = jsonStreamFilter(inner);
    return this.#asked.some(({ decision, enforced }) => decision.filter && enforced) ? filter : watching(filter);
  }

  #chain(text: Omit<AnswerText, 'encoding'>, streamed: boolean): AnswerFilter {
    const filters = this.#asked.flatMap((asked) => {
      const filter = this.#made(asked, text, streamed);
      return filter ? [this.#guarded(asked, filter)] : [];
    });
    return chainFilters(filters.reverse());
  }

  #made(asked: Asked, text: Omit<AnswerText, 'encoding'>, streamed: boolean): AnswerFilter | undefined {
    try {
      return asked.decision.filter?.(text, text.repeats ? ignore : (finding) => this.#found(asked, finding), {
        streamed,
        warn: (warning) => this.#warn(asked.policy, warning, 'output'),
      });
    } catch (cause) {
      const refusal = this.#filterFailed(asked, cause);
      if (refusal) throw refusal;
      return undefined;
    }
  }

  #guarded(asked: Asked, filter: AnswerFilter): AnswerFilter {
    return guardedFilter(filter, {
      enforced: asked.enforced,
      open: asked.policy.failure === 'open',
      failed: (cause) => this.#filterFailed(asked, cause),
      watched: (end) => this.#watched.push(end),
    });
  }

  /** What the answer is refused with, when a filter refuses it or failed and its policy fails closed. */
  #filterFailed(asked: Asked, cause: unknown): GatewayError | undefined {
    if (!isOwnError(cause) || cause.code === 'policy_failed') return this.#failed(asked.policy, cause, 'output');
    if (!this.#refusers.has(asked)) this.#refused(asked, cause, 'output');
    this.#refusers.add(asked);
    return asked.enforced ? cause : undefined;
  }

  /** Tells of a policy that threw. Returns the refusal when it fails closed. */
  #failed(policy: Policy, cause: unknown, target: 'input' | 'output'): GatewayError | undefined {
    const closed = policy.failure !== 'open' && policy.mode !== 'monitor';
    this.#emit(policy, { action: 'fail', decision: closed ? 'deny' : 'warn', target, code: 'policy_failed' });
    if (!closed) return undefined;
    return new GatewayError('policy_failed', `Policy "${policy.name}" failed, and it is set to fail closed.`, {
      cause,
      details: { policy: policy.name },
    });
  }

  #refused(
    { policy, enforced }: Pick<Asked, 'policy' | 'enforced'>,
    refusal: GatewayError,
    target: PolicyEvent['target'] = 'input',
  ): void {
    const { code, message, details } = refusal;
    this.#emit(policy, {
      action: 'block',
      decision: enforced ? 'deny' : 'audit',
      target,
      code,
      message,
      details,
    });
  }

  #warn(policy: Policy, { code, message, details }: Warning, target: PolicyEvent['target']): void {
    this.#emit(policy, { action: 'warn', decision: 'warn', target, code, message, details });
  }

  #found(asked: Asked, finding: Finding): void {
    const findings = this.#outputFindings.get(asked);
    if (findings) findings.push(finding);
    else this.#outputFindings.set(asked, [finding]);
    if (asked.enforced) this.#countRedactions([finding]);
  }

  #countRedactions(findings: readonly Finding[]): void {
    for (const { kind, count = 1, action = 'detected' } of findings) {
      if (action === 'detected') this.#redactions.set(kind, (this.#redactions.get(kind) ?? 0) + count);
    }
  }

  learnUsage(answer: unknown, headers?: AnswerHeaders): void {
    this.exchange.usage = this.#options.meter.usage(this.exchange, answer, headers) ?? this.exchange.usage;
  }

  learnEvent(event: unknown, headers?: AnswerHeaders): void {
    this.#told = this.#options.meter.fold(this.exchange.dialect, this.#told, event);
    if (this.#told !== undefined) this.learnUsage(this.#told, headers);
  }

  count(text: string): void {
    this.#spending.count(text);
  }

  pace(): Pending<GatewayError | undefined> {
    return whenReady(this.#spending.pace(), (refusal) => {
      if (refusal) this.#spending.cut(refusal);
      return refusal;
    });
  }

  end(outcome: Outcome, options: EndOptions = {}): Promise<void> {
    this.#ended ??= this.#end(outcome, options);
    return this.#ended;
  }

  async #end(outcome: Outcome, { error, free, full = false }: EndOptions): Promise<void> {
    const { exchange } = this;
    exchange.outcome = outcome;
    exchange.policies = this.#asked.map(({ policy }) => policy.name);
    if (isOwnError(error)) this.#reason = error.code;
    // A turn passes in any case, so that whoever ends the call in the middle of this (a signal that fires in the ledger) finds its end.
    await (this.#watched.length > 0 ? Promise.allSettled(this.#watched) : undefined);
    await this.#settle({ outcome, full, free: free ?? false });
    for (const [{ policy, enforced }, findings] of this.#outputFindings) {
      this.#emit(policy, {
        action: 'redact',
        decision: enforced ? 'modify' : 'audit',
        target: 'output',
        findings: grouped(findings),
      });
    }
    for (const { policy, decision } of [...this.#asked].reverse()) {
      try {
        const ended = decision.end?.(exchange);
        if (isPending(ended)) await ended;
      } catch {
        this.#emit(policy, { action: 'fail', decision: 'warn', target: 'output', code: 'policy_failed' });
      }
    }
    this.#options.observer.end(exchange, error);
  }

  async #settle(options: SettleOptions): Promise<void> {
    // Nobody knows what a body costs that nobody could read.
    const { readable, operation } = this.exchange;
    const free = options.free || !readable.cost || FREE_OPERATIONS.has(operation);
    const settled = this.#spending.settle({ ...options, free });
    // Asked in the same breath: to a ledger elsewhere both go in one message, in this order.
    const after = free ? [] : this.#read(() => true);
    const counted = this.#settleRates(options);
    if (!(isPending(settled) ? await settled : settled)) this.#endUntold(({ holds }) => holds);
    else if (after.length > 0) await this.#tellStandings(after);
    if (!(isPending(counted) ? await counted : counted)) this.#endUntold(({ rates }) => rates);
  }

  /** A call that the provider itself refused was sent, and is a request. */
  #settleRates({ free }: SettleOptions): Pending<boolean> {
    const { usage, response } = this.exchange;
    const tokens = usage ? usage.inputTokens + usage.outputTokens : 0;
    return this.#rates.settle({ sent: !free || response?.status !== undefined, tokens });
  }

  #endUntold(told: (decision: Decision) => readonly unknown[] | undefined): void {
    const holding = this.#asked.find(({ decision }) => told(decision)?.length) ?? this.#asked[0];
    if (holding) this.#ledgerFailed(holding.policy, false, 'output');
  }

  summary(): CallSummary {
    const {
      id,
      outcome = 'streaming',
      cost,
      clamped,
      policies = this.#asked.map(({ policy }) => policy.name),
    } = this.exchange;
    return {
      id,
      outcome,
      policies,
      redactions: Object.fromEntries(this.#redactions),
      costNanoUsd: cost?.nanoUsd,
      clamped,
      reason: this.#reason,
    };
  }

  #emit(policy: Policy, event: Omit<PolicyEvent, 'type' | 'callId' | 'exchangeId' | 'policy' | 'mode' | 'at'>): void {
    const { id, callId } = this.exchange;
    this.#tell({
      type: 'policy',
      callId,
      exchangeId: id,
      policy: policy.name,
      mode: policy.mode ?? 'enforce',
      ...event,
      at: this.#options.now(),
    });
  }

  #tell(event: GatewayEvent): void {
    this.#options.observer.event(this.exchange, event);
  }
}

/** What holds money, or as many tokens as a call will take, cannot do without knowing what it asks for. */
function needsCost({ holds, rates = [] }: Decision): boolean {
  return holds !== undefined || rates.some(({ metric }) => metric === 'tokens');
}

const ignore = (): void => {};
const namesOf = (asked: readonly Asked[]): string[] => asked.map(({ policy }) => policy.name);
