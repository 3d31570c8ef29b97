/**
 * How one provider API spells a request, an answer and a stream event. A dialect only points at things in the provider's
 * own JSON: fields it does not know travel untouched. It knows nothing of policies or HTTP.
 */
import type { Operation, Pieces, ResponseFacts } from '../core/exchange.ts';
import type { BodyOptions, BodyShape } from '../core/json-body.ts';
import type { RequestSettings } from '../core/policy.ts';
import type { RequestBody } from '../core/request-body.ts';
import type { KeyPath } from '../core/text.ts';
import type { GatewayError } from '../errors.ts';

/** APIs that share their error form, their paths' beginning and the header that a key stands in. */
export type ApiFamily = 'openai' | 'anthropic' | 'google' | 'aws';

/** A host that is called, and what it accepts. Adding one is one object. */
export interface Provider {
  /** `gen_ai.provider.name` where OpenTelemetry has one, else a name of your own. */
  readonly name: string;
  /**
   * Everything before the path of an operation: `https://api.openai.com/v1`. A `*` in the host stands for any letters, digits, dots
   * and hyphens (`https://*.openai.azure.com/openai`), for hosts that differ by resource or region.
   */
  readonly baseURL: string;
  /** The API that it speaks by itself, which decides how its clients are told errors and where its key stands. Default `openai`. */
  readonly family?: ApiFamily | undefined;
  /** APIs that it speaks elsewhere than right below `baseURL`: everything before an operation's path, on the same host. */
  readonly speaks?: Readonly<Partial<Record<ApiFamily, string>>> | undefined;
  /** Its name in the server's paths (`/gemini/...`) and in model ids (`gemini/...`). Default `name`. */
  readonly route?: string | undefined;
  /**
   * The header that its key stands in, after `Bearer` in `authorization`. Default that of the API: `authorization` (OpenAI, Bedrock),
   * `x-api-key` (Anthropic), `x-goog-api-key` (Google).
   */
  readonly keyHeader?: string | undefined;
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

/** A gateway on another machine that calls are sent through. */
export interface RemoteGateway {
  readonly name: string;
  /** Where the hosted one is; one of your own has its `baseURL` in the options. */
  readonly baseURL?: string | undefined;
  /** Where an API of a provider stands below the base URL, before the operation's path; `undefined` when the gateway does not speak it. */
  pathFor(api: ApiFamily, provider: Provider): string | undefined;
  /** The header for the gateway's own key; after `Bearer` in those that are called `authorization`. */
  readonly keyHeader: string;
  /** Headers that name the provider. */
  headersFor?(provider: Provider): Readonly<Record<string, string>>;
  /** The client's provider key goes along, for the gateway hands it on. Default false: the gateway has keys of its own. */
  readonly forwardAuth?: boolean | undefined;
  /** Accepts `stream_options.include_usage` whatever the provider. Default: as the provider. */
  readonly streamUsage?: boolean | undefined;
  /** It is told the exchange's id, so that a ledger that both of us keep books the call once. */
  readonly namesExchange?: boolean | undefined;
}

/** One operation of an API. */
export interface Endpoint {
  readonly method: 'GET' | 'POST';
  /** From where the API begins to the path's end. Groups: `model`, and `answer` for the id of an answer that is asked for. */
  readonly path: RegExp;
  readonly dialect: Dialect;
}

/** What the path of a request says: which API is spoken, and what stands in the path rather than in the body. */
export interface Route {
  readonly dialect: Dialect;
  /** The path from where the API begins, to be put below a base URL: `/chat/completions`, `/v1/messages`. */
  readonly path: string;
  /** The model, where the path names it. */
  readonly model?: string | undefined;
  /** The id of an answer that was begun before and is asked for or cancelled. */
  readonly answerId?: string | undefined;
}

/** What a request says about the call. */
export interface RequestFacts {
  readonly model: string;
  readonly stream: boolean;
  readonly maxOutputTokens: number | undefined;
  readonly choices: number;
  readonly parameters: Readonly<Record<string, string | number | boolean>>;
  /** What is asked for by the piece, where the call makes pictures or sound, or listens to it. */
  readonly pieces?: Pieces | undefined;
  /** The input is not text (token ids, a document of pages): nothing can be found in it. */
  readonly unreadable?: boolean | undefined;
  /** What it will cost is told by nothing in it (a batch whose requests stand in a file). */
  readonly unpriced?: boolean | undefined;
  /** As in `Exchange`. */
  readonly alternatives?: readonly string[] | undefined;
  /** The client itself asked for usage in the stream. */
  readonly streamUsage?: boolean | undefined;
  /** The provider works on when the client goes away (`background`), and charges to the end. */
  readonly continues?: boolean | undefined;
  /** As in `Exchange`. */
  readonly sharesContext?: boolean | undefined;
}

/** A field to set in the request body. */
export interface Assignment {
  readonly path: KeyPath;
  readonly value: unknown;
}

/** What a whole answer says. */
export interface AnswerFacts {
  readonly response: ResponseFacts;
  /** The answer, or the event, when usage stands in it, for `spend/usage.ts` to read; `undefined` when it tells none. */
  readonly usage?: unknown;
  /** The answer is not there yet: the id by which it will be asked for. The call stays open until then. */
  readonly pending?: string | undefined;
  /** The provider says that it failed, whatever the status. */
  readonly failed?: boolean | undefined;
}

/** What one stream event says. */
export interface EventFacts extends Partial<AnswerFacts> {
  /** Streamed texts that end with this event: prefixes of their channels. */
  readonly closes?: readonly string[] | undefined;
  /** The event holds usage and nothing else: not for a client that did not ask for it. */
  readonly usageOnly?: boolean | undefined;
  /** Nothing follows: clients stop reading here, which is no abort. */
  readonly finished?: boolean | undefined;
}

/** An error on its way to a client in the middle of a stream. */
export interface ErrorEvent {
  /** The event's name, where the API names its events. */
  readonly name?: string | undefined;
  readonly data: unknown;
}

/** How one API family tells errors, so that its SDKs raise their own typed error, once (docs/errors.md). */
export interface ErrorForm {
  /** `requestId`: the call's, for forms that repeat it in the body. */
  body(error: GatewayError, requestId?: string): unknown;
  event(error: GatewayError): ErrorEvent;
  /** Headers that belong to the form. */
  headers?(error: GatewayError, requestId?: string): Readonly<Record<string, string>>;
}

export interface Dialect {
  /** `openai.chat`, `anthropic.messages`: the family and the API. `spend/usage.ts` reads usage by it. */
  readonly id: string;
  readonly family: ApiFamily;
  readonly operation: Operation;
  readonly request: BodyShape;
  readonly resolve?: BodyOptions['resolve'];
  /** Bodies are JSON whatever they say that they are. Default: those that say so, or say nothing. */
  readonly anyContentType?: true | undefined;
  readonly response: BodyShape;
  readonly event: BodyShape;
  /** As `resolve`, for answers and events. */
  readonly resolveAnswer?: BodyOptions['resolve'];
  /** Requests come as forms (`multipart/form-data`), or may. */
  readonly forms?: boolean | undefined;
  /** Lines of a file in which each line is JSON (JSONL): one that is sent in a form, or one that is asked for. */
  readonly lines?: BodyShape | undefined;
  /** The answer is sound, also where its content type does not say so. */
  readonly opaque?: boolean | undefined;
  /** A streamed answer that is no event stream is a JSON array, one event an item (Gemini without `alt=sse`). */
  readonly arrayStream?: boolean | undefined;
  /** @throws GatewayError `invalid_request` that names the field */
  facts(body: RequestBody, route: Route): RequestFacts;
  /** Where request settings stand in this API, and in this body where the API has two names for one thing. */
  assign(settings: RequestSettings, provider: Provider, body: RequestBody): readonly Assignment[];
  /** The path with another model in it, for APIs whose path names the model. */
  pathFor?(path: string, model: string): string;
  /** What has to be in the request so that the usage of its stream is told. Default nothing. */
  streamUsage?(provider: Provider): readonly Assignment[];
  answer(body: unknown): AnswerFacts;
  /** Reads structure only: of events that differ in texts that `event` tags, the first alone is asked. */
  eventFacts(event: unknown): EventFacts;
  /** Keys of numbers that are others in each event of a stream and of which nothing here depends. */
  readonly counters?: readonly string[] | undefined;
  /** Names the streamed text that a piece belongs to. */
  channel(event: unknown, path: KeyPath): string;
  /** An event that carries nothing but more of the text that stands at `path` in `event`. */
  continuation(event: unknown, path: KeyPath, text: string): unknown;
  /** What an event is called in an event stream, where the API names its events. */
  eventName?(event: unknown): string | undefined;
  /** Where data stands that quotes a text and must go when the text was edited (token log probabilities); several places are a list. */
  quotes?(path: KeyPath): KeyPath | readonly KeyPath[] | undefined;
  readonly errors: ErrorForm;
}
