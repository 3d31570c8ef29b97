/**
 * The requests and tokens of one call under rate limits: counted on all accounts before it leaves, and corrected at its end. Each of the
 * two is a reservation of its own beside that of the money, since a reservation has one unit. Knows no HTTP and no provider.
 */
import { GatewayError } from '../errors.ts';
import type { Exchange } from './exchange.ts';
import type { AccountState, LedgerLine } from './ledger.ts';
import type { Policy, Rate, RateMetric } from './policy.ts';
import { rateRefusal } from './refusal.ts';
import { sayTwice } from './retry.ts';
import type { SpendingOptions } from './spending.ts';
import type { Pending } from './text.ts';

/** One account that a policy wants a call to be counted on. */
export interface RateLine {
  readonly policy: Policy;
  readonly enforced: boolean;
  readonly rate: Rate;
}

export interface RatesListener {
  /** A line did not let the call pass, or would not have. */
  refused(line: RateLine, refusal: GatewayError): void;
  /** The ledger did not answer. */
  failed(policy: Policy, closed: boolean): void;
}

const METRICS: readonly RateMetric[] = ['requests', 'tokens'];

export class Rates {
  readonly #exchange: Exchange;
  readonly #options: SpendingOptions;
  readonly #listener: RatesListener;
  /** Reservations that may be open, also where the ledger's answer was lost. */
  readonly #open = new Map<RateMetric, string>();

  constructor(exchange: Exchange, options: SpendingOptions, listener: RatesListener) {
    this.#exchange = exchange;
    this.#options = options;
    this.#listener = listener;
  }

  /** Counts the call on all lines. Returns the refusal; what was counted beside it is taken back when the call ends. */
  admit(lines: readonly RateLine[]): Pending<GatewayError | undefined> {
    return lines.length === 0 ? undefined : this.#admit(lines);
  }

  async #admit(lines: readonly RateLine[]): Promise<GatewayError | undefined> {
    // Said at the same time: a ledger that lives elsewhere hears of both in one message.
    const refusals = await Promise.all(
      METRICS.map((metric) =>
        this.#reserve(
          metric,
          lines.filter(({ rate }) => rate.metric === metric),
        ),
      ),
    );
    return worst(refusals.flatMap((refusal) => refusal ?? []));
  }

  async #reserve(metric: RateMetric, lines: readonly RateLine[]): Promise<GatewayError | undefined> {
    if (lines.length === 0) return undefined;
    const { ledger, now, holdTtlMs } = this.#options;
    const id = `${this.#exchange.id}#${metric}`;
    const amount = metric === 'requests' ? 1 : this.#expectedTokens();
    this.#open.set(metric, id);
    try {
      const asked = lines.map((line) => ledgerLine(line, amount));
      const expiresAt = now() + holdTtlMs;
      const { ok, over, unverified } = await ledger.reserve({ id, unit: metric, lines: asked, expiresAt });
      if (unverified) this.#listener.failed(lines[0]!.policy, false);
      if (!ok) this.#open.delete(metric);
      const refusals = this.#tell(lines, amount, over);
      return ok ? undefined : worst(refusals);
    } catch (cause) {
      return this.#failed(lines, cause);
    }
  }

  #expectedTokens(): number {
    if (!this.#exchange.readable.cost) return 0;
    const { inputTokens, outputTokens } = this.#options.meter.expected(this.#exchange);
    return Math.ceil(inputTokens + outputTokens);
  }

  /** Returns what enforcing lines say that are over. */
  #tell(lines: readonly RateLine[], amount: number, over: readonly AccountState[]): GatewayError[] {
    const now = this.#options.now();
    return lines.flatMap((line) => {
      const state = over.find(({ account }) => account === line.rate.account);
      if (!state) return [];
      const { rate, policy, enforced } = line;
      const refusal = rateRefusal({ rate, policy: policy.name, amount: askedOf(rate, amount), state, now });
      this.#listener.refused(line, refusal);
      return enforced ? [refusal] : [];
    });
  }

  #failed(lines: readonly RateLine[], cause: unknown): GatewayError | undefined {
    const closed = lines.find(({ policy, enforced }) => enforced && policy.failure !== 'open');
    const { policy } = closed ?? lines[0]!;
    this.#listener.failed(policy, closed !== undefined);
    if (!closed) return undefined;
    return new GatewayError(
      'ledger_unavailable',
      `Rate limit "${policy.name}" could not be checked: the ledger did not answer. Nothing was sent.`,
      { cause, details: { policy: policy.name } },
    );
  }

  /**
   * Ends what was counted: a call that was sent is a request, with the tokens it took; one that was not is none. False when the ledger
   * did not take it yet.
   */
  settle({ sent, tokens }: { readonly sent: boolean; readonly tokens: number }): Pending<boolean> {
    const { ledger, retry } = this.#options;
    const amounts: Readonly<Record<RateMetric, number>> = { requests: 1, tokens };
    const ends = [...this.#open].map(([metric, id]) =>
      sayTwice(() => (sent ? ledger.settle(id, amounts[metric], undefined) : ledger.release(id)), retry),
    );
    return ends.length === 0 || Promise.all(ends).then((taken) => taken.every((one) => one));
  }
}

function ledgerLine({ rate, enforced }: RateLine, amount: number): LedgerLine {
  const { account, limit, resetsAt, lingerMs } = rate;
  return { account, limit, resetsAt, lingerMs, amount: askedOf(rate, amount), enforce: enforced };
}

/** A call that may take more than a whole window has fits where nothing else is counted; else it never could be made. */
function askedOf({ limit }: Rate, amount: number): number {
  return Math.min(amount, limit);
}

/** The one after which a wait can help: the longest wait, unless none does. */
function worst(refusals: readonly GatewayError[]): GatewayError | undefined {
  const wait = ({ retryable, retryAfterMs = 0 }: GatewayError): number => (retryable ? retryAfterMs : Infinity);
  return [...refusals].sort((a, b) => wait(b) - wait(a))[0];
}
