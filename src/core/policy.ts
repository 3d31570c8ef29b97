/** Policies decide, the pipeline acts: a policy is one function from an exchange to a plain object. */
import type { GatewayError } from '../errors.ts';
import type { Cost, Exchange, Identity } from './exchange.ts';
import type { BodyWalk } from './json-body.ts';
import type { AccountState, LedgerLine } from './ledger.ts';
import type { AnswerFilter, TextScope, TextSlot } from './text.ts';

/** Something a policy found, without the text itself. */
export interface Finding {
  /** Entity type: `EMAIL_ADDRESS`, `US_SSN`, `OPENAI_API_KEY`. */
  readonly kind: string;
  readonly scope: TextScope;
  /**
   * `detected` is the default: the value was replaced; `monitored`: it was left and only reported; `restored` a placeholder turned
   * back into the caller's value; `unrestored` one nobody issued.
   */
  readonly action?: 'detected' | 'monitored' | 'restored' | 'unrestored' | undefined;
  /** Offsets in the text it was found in, where there is one text. */
  readonly start?: number | undefined;
  readonly end?: number | undefined;
  /** Default 1. */
  readonly count?: number | undefined;
}

/** Request fields that a policy may set; the dialect knows where they stand in its API's body. */
export interface RequestSettings {
  readonly model?: string | undefined;
  /** Output tokens one choice may have. */
  readonly maxOutputTokens?: number | undefined;
}

/** Replaces a text, or sets fields of the request. */
export type Edit = { readonly slot: TextSlot; readonly text: string } | { readonly set: RequestSettings };

/** Worth telling, without consequence for the call. */
export interface Warning {
  readonly code: string;
  readonly message: string;
  /** Facts for programs: names, amounts, instants. Never values out of a request. */
  readonly details?: Readonly<Record<string, unknown>> | undefined;
}

/** What a filter may know of the answer, and tell. */
export interface AnswerContext {
  /** Its texts arrive in pieces, and somebody waits for each. */
  readonly streamed: boolean;
  warn(warning: Warning): void;
}

/**
 * Makes a filter for one response text. `report` may be called at any time until the filter has ended. A filter that throws a
 * `GatewayError` refuses the rest of the answer with it (`policy_failed` apart); what else it throws is the policy's failure.
 */
export type FilterFactory = (
  text: Pick<TextSlot, 'scope' | 'kind' | 'path'>,
  report: (finding: Finding) => void,
  answer: AnswerContext,
) => AnswerFilter;

/**
 * How much to hold. `bound`: the most that the call can cost; `estimate`: what it will probably cost, topped up while a streamed
 * answer passes; a number: just so much, in nano-USD.
 */
export type HoldAmount = 'bound' | 'estimate' | number;

/** Money to hold on one account until the call ends, and what to tell the caller when it cannot be held. */
export interface Hold extends Omit<LedgerLine, 'enforce' | 'amount'> {
  readonly amount: HoldAmount;
  /** Which dimension the cap stands on: `user`, `workspace`, `tag:team`, or `all`. */
  readonly scope: string;
  /** The dimension's value, `unattributed` when the call has none, `all` for a cap without subject. */
  readonly subject: string;
  /** `hourly`, `daily`, `rolling 24h`, ... */
  readonly window: string;
  /** When money in the account first counts no more, where that is not `resetsAt`: of a rolling window something leaves before. */
  readonly freesAt?: number | undefined;
  /** Rather than refuse a call, lower its output limit to what is affordable, where that is worth calling for. */
  readonly clamp?: boolean | undefined;
  /** Further facts for the refusal. */
  readonly details?: Readonly<Record<string, unknown>> | undefined;
}

export type RateMetric = 'requests' | 'tokens';

/** Requests or tokens to count on one account until its window ends. The pipeline knows how many a call has. */
export interface Rate extends Pick<LedgerLine, 'account' | 'limit' | 'lingerMs'> {
  readonly metric: RateMetric;
  /** As of a hold. */
  readonly scope: string;
  readonly subject: string;
  /** `minute`, `hour`, `day`. */
  readonly window: string;
  readonly resetsAt: number;
}

/** Accounts that a policy wants to hear about. */
export interface Watch {
  readonly accounts: readonly string[];
  /** Also before the money of this call is held. */
  readonly baseline: boolean;
  /** Gets the accounts as they stand, in the order asked for, and says what is worth telling. */
  tell(accounts: readonly AccountState[]): readonly Warning[];
}

/** What a policy wants done. The pipeline alone does it. */
export interface Decision {
  readonly block?: GatewayError | undefined;
  readonly edits?: readonly Edit[] | undefined;
  readonly filter?: FilterFactory | undefined;
  readonly holds?: readonly Hold[] | undefined;
  /** Counted before money is held: a call that is one too many holds none. */
  readonly rates?: readonly Rate[] | undefined;
  readonly findings?: readonly Finding[] | undefined;
  readonly warnings?: readonly Warning[] | undefined;
  /** Told how accounts stand once the call was settled. */
  readonly watch?: Watch | undefined;
  /** Runs when the call ends, in reverse order of the policies, whatever the outcome. */
  readonly end?: ((exchange: Exchange) => void | Promise<void>) | undefined;
}

/** What a policy may ask about a call besides the exchange itself. */
export interface PolicyContext {
  /** The most the call can cost, computed once however many policies ask. `undefined`: its model has no price (`unknownModel: 'block'`). */
  bound(): Cost | undefined;
  /** Output tokens assumed when the request names no limit. */
  readonly defaultMaxOutputTokens: number;
}

export interface Policy {
  /** Unique in a gateway; it stands in refusals, events and traces. */
  readonly name: string;
  /** `monitor` reports what `enforce` (the default) would do and changes nothing. */
  readonly mode?: 'enforce' | 'monitor' | undefined;
  /** What happens to the call when the policy itself throws. Default `closed`: the call is refused. */
  readonly failure?: 'open' | 'closed' | undefined;
  decide(exchange: Exchange, context: PolicyContext): Decision | undefined | Promise<Decision | undefined>;
  /** What a trace may hold of a text, of a policy that redacts; in monitor mode too. */
  readonly redactText?: ((text: string) => string) | undefined;
  /** Part of what it redacts only asynchronous detectors find, which `redactText` cannot ask: no text may go into a trace then. */
  readonly redactsLate?: boolean | undefined;
  /** It is for some callers only: the default rules redact traces beside its own, unless another policy redacts for all. */
  readonly isScoped?: boolean | undefined;
  /** Of a policy that remembers the bodies of requests: how one is walked that may go on from the caller's last, known to nobody else. */
  readonly walkFor?: ((identity: Identity) => BodyWalk | undefined) | undefined;
}
