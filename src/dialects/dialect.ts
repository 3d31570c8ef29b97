/**
 * How one provider API spells a request, an answer and a stream event. A dialect only points at things in the provider's
 * own JSON: fields it does not know travel untouched. It knows nothing of policies or HTTP.
 */
import type { Operation, ResponseFacts } from '../core/exchange.ts';
import type { BodyOptions, BodyShape, JsonBody } from '../core/json-body.ts';
import type { RequestSettings } from '../core/policy.ts';
import type { KeyPath } from '../core/text.ts';
import type { GatewayError } from '../errors.ts';

/** A host that is called, and what it accepts. Adding one is one object. */
export interface Provider {
  /** `gen_ai.provider.name` where OpenTelemetry has one, else a name of your own. */
  readonly name: string;
  /** Everything before the operation's path: `https://api.openai.com/v1`. */
  readonly baseURL: string;
  /** Accepts `stream_options.include_usage`, so that the usage of streams is known. Default false. */
  readonly streamUsage?: boolean | undefined;
  /** The request field that limits output. Default `max_tokens`, which every OpenAI-compatible server knows. */
  readonly maxTokensField?: 'max_tokens' | 'max_completion_tokens' | undefined;
  /**
   * What a call costs whose client goes away. `estimate` (default): what passed, the connection is closed; `drain`: the answer is read
   * to its end, so that its usage is known; `full`: what was held, for providers that go on and charge to the end.
   */
  readonly abort?: 'estimate' | 'drain' | 'full' | undefined;
}

/** What a request says about the call. */
export interface RequestFacts {
  readonly model: string;
  readonly stream: boolean;
  readonly maxOutputTokens: number | undefined;
  readonly choices: number;
  readonly parameters: Readonly<Record<string, string | number | boolean>>;
  /** The input is not text (token ids): nothing can be found in it. */
  readonly unreadable?: boolean | undefined;
  /** The client itself asked for usage in the stream. */
  readonly streamUsage?: boolean | undefined;
}

/** A field to set in the request body. */
export interface Assignment {
  readonly path: readonly string[];
  readonly value: unknown;
}

/** What a whole answer says. */
export interface AnswerFacts {
  readonly response: ResponseFacts;
  /** The provider's own usage object, as it stands; `undefined` or `null` when it tells none. */
  readonly usage?: unknown;
}

/** What one stream event says. */
export interface EventFacts extends Partial<AnswerFacts> {
  /** Streamed texts that end with this event: prefixes of their channels. */
  readonly closes?: readonly string[] | undefined;
  /** The event holds usage and nothing else: not for a client that did not ask for it. */
  readonly usageOnly?: boolean | undefined;
  /** The provider reports an error in the stream. */
  readonly failed?: boolean | undefined;
}

export interface Dialect {
  readonly id: string;
  readonly operation: Operation;
  /** The provider's own path of the operation, appended to a base URL: `/chat/completions`. */
  readonly path: string;
  readonly request: BodyShape;
  readonly resolve?: BodyOptions['resolve'];
  readonly response: BodyShape;
  readonly event: BodyShape;
  /** @throws GatewayError `invalid_request` that names the field */
  facts(body: JsonBody): RequestFacts;
  /** Where request settings stand in this API, and in this body where the API has two names for one thing. */
  assign(settings: RequestSettings, provider: Provider, body: JsonBody): readonly Assignment[];
  /** What has to be in the request so that the usage of its stream is told. */
  streamUsage(provider: Provider): readonly Assignment[];
  answer(body: unknown): AnswerFacts;
  /** Reads structure only: of events that differ in texts that `event` tags, the first alone is asked. */
  eventFacts(event: unknown): EventFacts;
  /** Names the streamed text that a piece belongs to. */
  channel(event: unknown, path: KeyPath): string;
  /** An event that carries nothing but more of the text that stands at `path` in `event`. */
  continuation(event: unknown, path: KeyPath, text: string): unknown;
  /** Where data stands that quotes a text and must go when the text was edited (token log probabilities). */
  quotes?(path: KeyPath): KeyPath | undefined;
  errorBody(error: GatewayError): unknown;
  /** Ends a stream with an error so that the provider's SDKs raise it; a whole server-sent event. */
  errorEvent(error: GatewayError): string;
}
