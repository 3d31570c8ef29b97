/**
 * What happened at this server lately: policy events, unreadable requests that passed, calls that ended. Kept in memory, the newest ten
 * thousand, for those who ask and those who listen. Holds names, counts and ids; never a text of a request or an answer.
 */
import type { GatewayEvent, Observer, PolicyEvent } from '../core/events.ts';
import type { Exchange } from '../core/exchange.ts';
import type { Finding } from '../core/policy.ts';
import type { EventResource } from '../resources/operation.ts';
import type { PolicyEffect } from '../resources/policy.ts';
import { nanoUsdToUsd } from '../spend/money.ts';
import { checkLink, linkOf } from '../telemetry/trace-link.ts';
import { effectOf } from './policy-effect.ts';

export interface EventFeedOptions {
  /** Link to the trace, as of `decisionLog`. */
  readonly link?: string | undefined;
  /** What `{projectName}` of the link stands for. */
  readonly projectName?: string | undefined;
  /** Of the gateway: messages pass it, though they are not to hold anything that it would find. */
  readonly redactText: (text: string) => string;
  /** The id of a policy of that name. */
  readonly policyId: (name: string) => string | undefined;
  /** Events that are kept. Default 10,000. */
  readonly size?: number | undefined;
  readonly now?: (() => number) | undefined;
}

/** An event, and what is counted of it without being told. */
export interface FeedEntry {
  readonly event: EventResource;
  /** Policies that were meant for the call; of a call that ended. */
  readonly policies?: readonly string[] | undefined;
  /** Whom the event is about; of a policy event. */
  readonly subject?: string | undefined;
}

export interface EventQuery {
  /** Newer ones than this id. */
  readonly after?: number | undefined;
  readonly type?: EventResource['type'] | undefined;
  /** Name of a policy. */
  readonly policy?: string | undefined;
  readonly decision?: EventResource['decision'] | undefined;
  readonly limit?: number | undefined;
}

export class EventFeed implements Observer {
  readonly #options: EventFeedOptions;
  readonly #size: number;
  readonly #now: () => number;
  readonly #listeners = new Set<(event: EventResource, entry: FeedEntry) => void>();
  readonly #startedAt: number;
  /** A ring: the oldest stands at `#next` once it is full. */
  readonly #ring: FeedEntry[] = [];
  #next = 0;
  readonly #models = new Map<string, string>();
  #latest: number;

  /** @throws GatewayError `invalid_option` */
  constructor(options: EventFeedOptions) {
    const { link, projectName, size = 10_000, now = Date.now } = options;
    checkLink('eventFeed', link, projectName);
    this.#options = options;
    this.#size = size;
    this.#now = now;
    this.#startedAt = now();
    // Ids go on rising when the server is started anew, so that who resumes with an old one misses nothing.
    this.#latest = this.#startedAt * 1_000;
  }

  event(exchange: Exchange, event: GatewayEvent): void {
    const common = this.#common(exchange, event.type, event.at);
    if (event.type === 'unguarded') this.#add({ event: { ...common, code: event.reason } });
    else this.#add({ event: { ...common, ...this.#policyFields(event) }, subject: subjectOf(exchange, event) });
  }

  end(exchange: Exchange): void {
    const at = this.#now();
    const { outcome = 'failed', cost, usage, startedAt, policies = [] } = exchange;
    const event: EventResource = {
      ...this.#common(exchange, 'call', at),
      outcome,
      duration_ms: Math.max(0, at - startedAt),
      ...known({
        cost_usd: cost && nanoUsdToUsd(cost.nanoUsd),
        input_tokens: usage?.inputTokens,
        output_tokens: usage?.outputTokens,
      }),
    };
    this.#add({ event, policies });
  }

  /** An entry of another process's feed, which gets the next id here. */
  take({ event, ...counted }: FeedEntry): void {
    this.#add({ ...counted, event: { ...event, id: ++this.#latest } });
  }

  /** The id of the newest event, whether or not it is kept still. */
  get latest(): number {
    return this.#latest;
  }

  /** Newest first. */
  list({ after = 0, limit = 200, ...wanted }: EventQuery = {}): EventResource[] {
    const found: EventResource[] = [];
    for (const { event } of this.#newestFirst()) {
      if (event.id <= after || found.length >= limit) break;
      if (fits(event, wanted)) found.push(event);
    }
    return found;
  }

  /** Told of each event as it happens. What a listener throws is the gateway's to count. */
  subscribe(listener: (event: EventResource, entry: FeedEntry) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** What a policy did over all that is kept. */
  effect(policy: string, policyId: string): PolicyEffect {
    const entries = [...this.#newestFirst()];
    const oldest = entries.length < this.#size ? undefined : entries.at(-1)?.event.at;
    return effectOf(policy, policyId, entries, oldest ?? new Date(this.#startedAt).toISOString());
  }

  *#newestFirst(): Generator<FeedEntry> {
    const { length } = this.#ring;
    for (let back = 1; back <= length; back++) yield this.#ring[(this.#next - back + length) % length]!;
  }

  #add(entry: FeedEntry): void {
    this.#ring[this.#next] = entry;
    this.#next = (this.#next + 1) % this.#size;
    for (const listener of this.#listeners) listener(entry.event, entry);
  }

  #common(exchange: Exchange, type: EventResource['type'], at: number): EventResource {
    const { id: exchangeId, callId, provider, identity, trace } = exchange;
    const { link, projectName } = this.#options;
    const { organization, workspace, user, apiKey, session } = identity;
    return {
      id: ++this.#latest,
      at: new Date(at).toISOString(),
      ...{ type, call_id: callId, exchange_id: exchangeId, provider, model: this.#model(exchange.model) },
      ...known(clipped({ organization, workspace, user, api_key_id: apiKey, session })),
      ...known({
        trace_id: trace?.traceId,
        trace_url: link && linkOf(link, { ...trace, callId, exchangeId, projectName }),
      }),
    };
  }

  #policyFields(event: PolicyEvent): Partial<EventResource> {
    const { policy, mode, action, decision, target, code, message, findings } = event;
    return {
      ...{ policy, mode, action, decision, target },
      ...known({
        policy_id: this.#options.policyId(policy),
        code: code?.slice(0, MAX_NAME_CHARS),
        message: message === undefined ? undefined : this.#told(code, message),
        findings: findings?.map(toldFinding),
      }),
    };
  }

  /** What caps and limits say is made of names and amounts alone; a redactor would take ids and sums in it for more than they are. */
  #told(code: string | undefined, message: string): string | undefined {
    return code !== undefined && OF_NAMES_AND_AMOUNTS.test(code)
      ? message.slice(0, MAX_MESSAGE_CHARS)
      : this.#clean(message);
  }

  #clean(text: string): string | undefined {
    try {
      return this.#options.redactText(text.slice(0, MAX_MESSAGE_CHARS));
    } catch {
      return undefined;
    }
  }

  /** The client names it, and may name anything. There are few that are real, so each is looked at once. */
  #model(model: string): string {
    const seen = this.#models.get(model);
    if (seen !== undefined) return seen;
    const shown = this.#clean(model.slice(0, MAX_NAME_CHARS)) ?? '[withheld]';
    if (model.length > MAX_NAME_CHARS) return shown;
    if (this.#models.size >= MAX_MODELS) this.#models.clear();
    this.#models.set(model, shown);
    return shown;
  }
}

const MAX_MESSAGE_CHARS = 1_000;
/** Not `price_`: it names the model as the client wrote it. */
const OF_NAMES_AND_AMOUNTS = /^(?:spend|rate)_/;
const MAX_NAME_CHARS = 256;
const MAX_MODELS = 1_000;

function clipped<T extends Record<string, string | undefined>>(names: T): T {
  return Object.fromEntries(Object.entries(names).map(([name, value]) => [name, value?.slice(0, MAX_NAME_CHARS)])) as T;
}

function toldFinding({
  kind,
  scope,
  action = 'detected',
  count = 1,
}: Finding): NonNullable<EventResource['findings']>[0] {
  return { kind, scope, action, count };
}

/** Of a cap whose account it is; else who called, as far as that is known. */
function subjectOf({ identity }: Exchange, { details }: PolicyEvent): string {
  if (typeof details?.subject === 'string') return details.subject.slice(0, MAX_NAME_CHARS);
  const caller = identity.user ?? identity.apiKey ?? identity.workspace ?? identity.organization ?? 'unattributed';
  return caller.slice(0, MAX_NAME_CHARS);
}

function fits(event: EventResource, { type, policy, decision }: EventQuery): boolean {
  return (
    (type === undefined || event.type === type) &&
    (policy === undefined || event.policy === policy) &&
    (decision === undefined || event.decision === decision)
  );
}

type Known<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function known<T extends object>(fields: T): Known<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Known<T>;
}
