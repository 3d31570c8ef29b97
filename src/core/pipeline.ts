/**
 * The one place where decisions become deeds: it asks the policies, refuses, edits, filters, holds money on all accounts
 * in one step, and ends every call exactly once, whatever happened. Knows nothing of HTTP, providers or detectors.
 */
import { GatewayError, isOwnError } from '../errors.ts';
import { jsonStreamFilter } from '../json/stream.ts';
import type { GatewayEvent, Observer, PolicyEvent } from './events.ts';
import type { Cost, Exchange, Outcome, Usage } from './exchange.ts';
import { guardedFilter } from './guarded-filter.ts';
import type { LedgerStore } from './ledger.ts';
import type { Decision, Finding, Hold, Policy, PolicyContext, RequestSettings, Warning } from './policy.ts';
import { refusalFor } from './refusal.ts';
import { type AnswerFilter, chainFilters, type TextSlot, watching } from './text.ts';

/** Turns tokens into money; joined in from the spend folder. */
export interface Meter {
  /** The most the call can cost; `undefined` when its model has no price. */
  bound(exchange: Exchange): Cost | undefined;
  /** What it did cost by its usage; `undefined` when there is none to price. */
  cost(exchange: Exchange): Cost | undefined;
  /** Reads the usage object of a dialect's API; `undefined` when it is none. */
  usage(dialect: string, usage: unknown): Usage | undefined;
  estimateTokens(text: string): number;
  readonly defaultMaxOutputTokens: number;
}

export interface PipelineOptions {
  readonly policies: readonly Policy[];
  readonly ledger: LedgerStore;
  readonly meter: Meter;
  readonly observer: Required<Observer>;
  readonly now: () => number;
  /** How long money stays held for a call that never ends. */
  readonly holdTtlMs: number;
  /** What happens to a request that cannot be read while a policy would guard it. */
  readonly unguarded: 'refuse' | 'pass';
}

/** What the caller may know about a call: names and counts, never values. */
export interface CallSummary {
  readonly id: string;
  readonly outcome: Outcome | 'streaming';
  readonly policies: readonly string[];
  /** Redacted values by entity, in request and answer. */
  readonly redactions: Readonly<Record<string, number>>;
  readonly costNanoUsd?: number | undefined;
  /** Code of the refusal. */
  readonly reason?: string | undefined;
}

export interface EndOptions {
  readonly error?: unknown;
  /** The provider cannot have charged: it was never reached, or refused. */
  readonly free?: boolean | undefined;
}

/** A call that was let through. */
export interface Call {
  readonly exchange: Exchange;
  /** Request fields to set before it leaves. */
  readonly settings: RequestSettings;
  /** Whether any policy looks at the answer. */
  readonly filtering: boolean;
  /** A fresh filter for one text of the answer, whole (the default) or `streamed`. */
  filter(text: AnswerText, streamed?: boolean): CallFilter;
  /** Takes the provider's usage object; the last one that can be read counts. */
  learnUsage(usage: unknown): void;
  /** Counts answer text as it passes, for calls whose usage is never told. */
  count(text: string): void;
  /** Ends the call. The first outcome counts; later calls wait for the same end. */
  end(outcome: Outcome, options?: EndOptions): Promise<void>;
  summary(): CallSummary;
}

export type AnswerText = Pick<TextSlot, 'scope' | 'kind' | 'path' | 'encoding'>;

export interface CallFilter extends AnswerFilter {
  /** False when the text that went in came out the same, though perhaps spelled differently (JSON escapes). Known when it has ended. */
  readonly changed?: boolean;
}

export type Opened =
  | { readonly call: Call; readonly refusal?: undefined }
  | { readonly refusal: GatewayError; readonly call: Call };

/** Asks every policy and holds the money. A refusal is a value, and the call is already ended then. */
export async function openCall(exchange: Exchange, options: PipelineOptions): Promise<Opened> {
  const call = new OpenCall(exchange, options);
  options.observer.start(exchange);
  const refusal = (await call.decide()) ?? call.unguarded() ?? (await call.reserve());
  if (refusal) await call.end('blocked', { error: refusal });
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
  readonly #asked: Asked[] = [];
  readonly #context: PolicyContext;
  #bound: Cost | undefined;
  #reserved = false;
  #streamedTokens = 0;
  #ended: Promise<void> | undefined;
  readonly #outputFindings = new Map<Asked, Finding[]>();
  /** Ends of monitored filters, which no text waits for. */
  readonly #watched: Promise<unknown>[] = [];
  readonly #redactions = new Map<string, number>();
  #reason: string | undefined;

  constructor(exchange: Exchange, options: PipelineOptions) {
    this.exchange = exchange;
    this.#options = options;
    this.#context = {
      bound: () => (this.#bound ??= options.meter.bound(exchange)),
      defaultMaxOutputTokens: options.meter.defaultMaxOutputTokens,
    };
  }

  get filtering(): boolean {
    return this.#asked.some(({ decision }) => decision.filter);
  }

  /** Asks the policies in order and does what they say. Returns the first refusal. */
  async decide(): Promise<GatewayError | undefined> {
    for (const policy of this.#options.policies) {
      const enforced = policy.mode !== 'monitor';
      let decision: Decision | undefined;
      try {
        decision = await policy.decide(this.exchange, this.#context);
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
    const { readable } = this.exchange;
    if (readable === 'texts') return undefined;
    const needs = ({ decision }: Asked): boolean =>
      decision.filter !== undefined || (readable === 'nothing' && decision.holds !== undefined);
    const guards = this.#asked.filter((asked) => asked.enforced && needs(asked)).map(({ policy }) => policy.name);
    if (guards.length === 0) return undefined;
    if (this.#options.unguarded === 'refuse') {
      return new GatewayError(
        'unguarded_request',
        `This request has a body whose texts Postern cannot read, and ${guards.map((name) => `"${name}"`).join(', ')} would guard it. Send JSON text to a known path, or set unguarded: 'pass'.`,
        { details: { policies: guards } },
      );
    }
    const { id, callId } = this.exchange;
    this.#tell({
      type: 'unguarded',
      callId,
      exchangeId: id,
      reason: 'body_not_readable',
      policies: guards,
      at: this.#options.now(),
    });
    return undefined;
  }

  /** Holds the money of all policies in one step. */
  async reserve(): Promise<GatewayError | undefined> {
    const held = this.#asked.flatMap((asked) => (asked.decision.holds ?? []).map((hold) => ({ hold, asked })));
    if (held.length === 0 || this.exchange.readable === 'nothing') return undefined;
    const { ledger, now, holdTtlMs } = this.#options;
    const lines = held.map(({ hold, asked }) => ({ ...hold, enforce: asked.enforced }));
    try {
      const result = await ledger.reserve({ id: this.exchange.id, lines, expiresAt: now() + holdTtlMs });
      this.#reserved = result.ok;
      const over = held.flatMap(({ hold, asked }) => {
        const state = result.over.find(({ account }) => account === hold.account);
        return state ? [{ asked, refusal: refusalFor(hold as Hold, asked.policy.name, state, now()) }] : [];
      });
      for (const { asked, refusal } of over) this.#refused(asked, refusal);
      const standing = over.filter(({ asked }) => asked.enforced).map(({ refusal }) => refusal);
      // A cap that is reached for good is the better answer: waiting for calls in flight would not help.
      return standing.find(({ retryable }) => !retryable) ?? standing[0];
    } catch (cause) {
      // An answer that was lost on its way may stand for money that is held.
      this.#reserved = true;
      return this.#ledgerFailed(
        held.map(({ asked }) => asked),
        cause,
      );
    }
  }

  #ledgerFailed(asked: readonly Asked[], cause: unknown): GatewayError | undefined {
    const closed = asked.find(({ policy, enforced }) => enforced && policy.failure !== 'open');
    const { policy } = closed ?? asked[0]!;
    this.#emit(policy, {
      action: 'fail',
      decision: closed ? 'deny' : 'warn',
      target: 'input',
      code: 'ledger_unavailable',
    });
    if (!closed) return undefined;
    return new GatewayError(
      'ledger_unavailable',
      `Spend cap "${policy.name}" could not be checked: the ledger did not answer. Nothing was sent.`,
      {
        cause,
        details: { policy: policy.name },
      },
    );
  }

  filter(text: AnswerText, streamed = false): CallFilter {
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
      return asked.decision.filter?.(text, (finding) => this.#found(asked, finding), {
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
    this.#refused(asked, cause, 'output');
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

  #refused({ policy, enforced }: Asked, refusal: GatewayError, target: PolicyEvent['target'] = 'input'): void {
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

  #warn(policy: Policy, { code, message }: Warning, target: PolicyEvent['target']): void {
    this.#emit(policy, { action: 'warn', decision: 'warn', target, code, message });
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

  learnUsage(usage: unknown): void {
    if (usage === undefined || usage === null) return;
    this.exchange.usage = this.#options.meter.usage(this.exchange.dialect, usage) ?? this.exchange.usage;
  }

  count(text: string): void {
    this.#streamedTokens += this.#options.meter.estimateTokens(text);
  }

  end(outcome: Outcome, options: EndOptions = {}): Promise<void> {
    this.#ended ??= this.#end(outcome, options);
    return this.#ended;
  }

  async #end(outcome: Outcome, { error, free }: EndOptions): Promise<void> {
    const { exchange } = this;
    exchange.outcome = outcome;
    exchange.policies = this.#asked.map(({ policy }) => policy.name);
    if (isOwnError(error)) this.#reason = error.code;
    await Promise.allSettled(this.#watched);
    await this.#settle(outcome === 'blocked' || free === true || exchange.readable === 'nothing');
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
        await decision.end?.(exchange);
      } catch {
        this.#emit(policy, { action: 'fail', decision: 'warn', target: 'output', code: 'policy_failed' });
      }
    }
    this.#options.observer.end(exchange, error);
  }

  async #settle(free: boolean): Promise<void> {
    const { exchange } = this;
    const { ledger, meter } = this.#options;
    try {
      if (free) {
        if (this.#reserved) await ledger.release(exchange.id);
        return;
      }
      exchange.usage ??= this.#estimatedUsage();
      exchange.cost = meter.cost(exchange);
      await ledger.settle(exchange.id, exchange.cost?.nanoUsd ?? 0, {
        ...exchange.identity,
        provider: exchange.provider,
        model: exchange.response?.model ?? exchange.model,
        inputTokens: exchange.usage.inputTokens,
        outputTokens: exchange.usage.outputTokens,
        at: exchange.startedAt,
      });
    } catch {
      // The answer is already the caller's; the hold stays and is charged in full when it expires.
      const holding = this.#asked.find(({ decision }) => decision.holds?.length) ?? this.#asked[0];
      if (holding)
        this.#emit(holding.policy, { action: 'fail', decision: 'warn', target: 'output', code: 'ledger_unavailable' });
    }
  }

  #estimatedUsage(): Usage {
    const { estimateTokens } = this.#options.meter;
    const inputTokens = this.exchange.texts.reduce((sum, slot) => sum + estimateTokens(slot.read()), 0);
    return { inputTokens, outputTokens: this.#streamedTokens, source: 'estimated' };
  }

  summary(): CallSummary {
    const { id, outcome = 'streaming', cost, policies = this.#asked.map(({ policy }) => policy.name) } = this.exchange;
    return {
      id,
      outcome,
      policies,
      redactions: Object.fromEntries(this.#redactions),
      costNanoUsd: cost?.nanoUsd,
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

/** One finding for each kind, scope and action, without offsets: they belong to texts that events do not show. */
function grouped(findings: readonly Finding[]): Finding[] {
  const groups = new Map<string, Finding>();
  for (const { kind, scope, action = 'detected', count = 1 } of findings) {
    const key = `${kind} ${scope} ${action}`;
    groups.set(key, { kind, scope, action, count: (groups.get(key)?.count ?? 0) + count });
  }
  return [...groups.values()];
}
