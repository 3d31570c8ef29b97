/** One attempt at one model call, as every policy sees it, whichever door it came in by. */
import type { TextSlot } from './text.ts';

/** A run of a framework, LangChain's above all, as its own tracing names it. */
export interface RunInfo {
  /** The innermost run that is known when the call starts: that of the chain, agent node or tool around the model. */
  readonly id?: string | undefined;
  readonly parentId?: string | undefined;
  /** The framework has a run of the model open right below this one, and traces the tokens there itself. */
  readonly modelRunOpen?: boolean | undefined;
  readonly tags?: readonly string[] | undefined;
  /** What the app named its runs by. Strings, numbers and booleans only. */
  readonly metadata?: Readonly<Record<string, string | number | boolean>> | undefined;
}

/** Who makes the call. All are ids or labels that the app chooses; `apiKey` is the id of a key, never the key. */
export interface Identity {
  readonly organization?: string | undefined;
  readonly workspace?: string | undefined;
  readonly user?: string | undefined;
  readonly apiKey?: string | undefined;
  /** A conversation or an agent run. */
  readonly session?: string | undefined;
  /** Anything else that spending is capped or rolled up by. */
  readonly tags?: Readonly<Record<string, string>> | undefined;
  /** In which run of a framework; for events alone. Nothing is spent by it. */
  readonly run?: RunInfo | undefined;
}

/** What is remembered of texts between calls is apart for each of these. */
export function ownerOf({ organization, workspace, user }: Identity): string {
  return JSON.stringify([organization, workspace, user]);
}

/**
 * What is asked for. `completion` is text after a prompt, without roles; `retrieve` asks for an answer that was made before;
 * `unknown`: the path is no known one.
 */
export type Operation =
  | 'chat'
  | 'completion'
  | 'embeddings'
  | 'image'
  | 'speech'
  | 'transcription'
  | 'moderation'
  | 'count_tokens'
  | 'file'
  | 'batch'
  | 'retrieve'
  | 'unknown';

/** Operations that no provider charges for. */
export const FREE_OPERATIONS: ReadonlySet<Operation> = new Set([
  'moderation',
  'count_tokens',
  'file',
  'retrieve',
] satisfies Operation[]);

/** Operations whose answer is text that grows token by token, up to a limit that the request may name. */
export const TEXT_OPERATIONS: ReadonlySet<Operation> = new Set(['chat', 'completion'] satisfies Operation[]);

/** How an attempt ended. `blocked`: Postern refused it; `aborted`: the caller went away or never read the answer. */
export type Outcome = 'completed' | 'blocked' | 'failed' | 'aborted';

/** What providers sell by the piece, beside tokens. */
export type UsageUnit =
  | 'webSearch'
  | 'fileSearch'
  | 'codeSession'
  | 'request'
  | 'page'
  | 'image'
  | 'audioSecond'
  | 'character';

export type Units = Readonly<Partial<Record<UsageUnit, number>>>;

/** What a request asks for that the length of its texts does not tell: pictures, characters to be spoken, seconds of sound. */
export interface Pieces {
  readonly likely: Units;
  readonly most: Units;
}

/** Usage that one answer reports for work of another model (`undefined`: of the same one, as in a compaction). */
export interface OtherUsage {
  readonly model: string | undefined;
  readonly usage: Usage;
}

/** Tokens of one attempt in one form for all providers. */
export interface Usage {
  /** All input tokens, those read from or written to a cache included. */
  readonly inputTokens: number;
  /** All output tokens, reasoning included. */
  readonly outputTokens: number;
  /** Part of `inputTokens`. */
  readonly cacheReadTokens?: number | undefined;
  /** Part of `inputTokens`; whatever their lifetime. */
  readonly cacheWriteTokens?: number | undefined;
  /** Part of `cacheWriteTokens`: those kept for an hour, which cost more. */
  readonly cacheWrite1hTokens?: number | undefined;
  /** Part of `inputTokens`. */
  readonly audioInputTokens?: number | undefined;
  /** Part of `inputTokens`. */
  readonly imageInputTokens?: number | undefined;
  /** Part of `inputTokens`. */
  readonly videoInputTokens?: number | undefined;
  /** Part of both `cacheReadTokens` and `audioInputTokens`, where the provider tells. */
  readonly audioCacheReadTokens?: number | undefined;
  /** Part of both `cacheReadTokens` and `imageInputTokens`, where the provider tells. */
  readonly imageCacheReadTokens?: number | undefined;
  /** Part of `outputTokens`. */
  readonly audioOutputTokens?: number | undefined;
  /** Part of `outputTokens`. */
  readonly imageOutputTokens?: number | undefined;
  /** Part of `outputTokens`. */
  readonly videoOutputTokens?: number | undefined;
  /** Part of `outputTokens`; priced as output, kept for traces. */
  readonly reasoningTokens?: number | undefined;
  /** What is sold by the piece: searches, seconds of audio, pages. */
  readonly units?: Units | undefined;
  /** Quality and size of images that are sold by the piece, where they are not the usual ones: `hd-1024x1792`. */
  readonly grade?: string | undefined;
  /** Which price list applied, as the answer tells it: `flex`, `priority`, `batch`. */
  readonly serviceTier?: string | undefined;
  /** Where it was computed, as the answer tells it: `us`, `eu`. */
  readonly region?: string | undefined;
  /** Anthropic's `fast`. */
  readonly speed?: string | undefined;
  /** Further work of the same call that is billed by another model, or beside the numbers above. */
  readonly others?: readonly OtherUsage[] | undefined;
  /** What the provider or a remote gateway says it billed, in nano-USD. Overrides every price table. */
  readonly reportedNanoUsd?: number | undefined;
  /** `estimated`: the provider told no usage (an aborted stream), so tokens were counted from the text that passed. */
  readonly source: 'provider' | 'estimated';
}

/** What a call costs, or can cost at most, in whole nano-USD (1e-9 USD). */
export interface Cost {
  readonly nanoUsd: number;
  readonly inputNanoUsd: number;
  readonly outputNanoUsd: number;
  /** What is sold by the piece, searches above all. The three parts add up to `nanoUsd`. Default 0. */
  readonly feesNanoUsd?: number | undefined;
  /** The model has no known price and the provider's dearest was assumed. */
  readonly assumed: boolean;
  /** The tokens were estimated. */
  readonly estimated: boolean;
  /** Version of the price table, so that a bill can be computed again. */
  readonly priceVersion: string;
}

/** Both are the rule. Neither: the body could not be read at all (unknown path, binary). */
export interface Readable {
  /** Its texts; not those of token ids, or of a file of pages. */
  readonly texts: boolean;
  /** What decides its cost: the model and limits; not those of a batch that stands in a file. */
  readonly cost: boolean;
}

/** Trace headers of a request, as they came; set where the app trusts them. Who reads them checks them. */
export interface InboundTrace {
  /** What the call's span does with them: it has them as its parent, or links to them. */
  readonly as: 'link' | 'parent';
  readonly traceparent?: string | undefined;
  readonly tracestate?: string | undefined;
  readonly langsmithTrace?: string | undefined;
  readonly baggage?: string | undefined;
}

/** A text of the answer as it was shown to the caller. */
export interface ShownText extends Pick<TextSlot, 'scope' | 'path'> {
  readonly text: string;
  /** Only the beginning was kept. */
  readonly cut: boolean;
}

export interface Exchange {
  /** This attempt. */
  readonly id: string;
  /** The logical call; shared by its attempts. */
  readonly callId: string;
  readonly identity: Identity;
  /** `gen_ai.provider.name`: `openai`, `anthropic`, or the configured name. */
  readonly provider: string;
  /** Origin of the host that gets the request, without path or query: `https://api.openai.com`. */
  readonly upstream?: string | undefined;
  /** Wire form: `openai.chat`, `openai.embeddings`, `langchain`. */
  readonly dialect: string;
  readonly operation: Operation;
  /** The model that is asked for. */
  readonly model: string;
  /** Models that the request lets answer instead: money is held for the dearest of all. */
  readonly alternatives?: readonly string[] | undefined;
  readonly stream: boolean;
  /** Output tokens that one choice may have, when the request says so. */
  readonly maxOutputTokens: number | undefined;
  /** How many answers are asked for (`n`); 1 where the API has no such thing. */
  readonly choices: number;
  /** No more tokens than this can be in the request: its bytes, with a fixed allowance for each image. */
  readonly inputTokenBound: number;
  /** Part of `inputTokenBound`: the allowance for images and other media, of which no text tells how many tokens they are. */
  readonly mediaTokenBound?: number | undefined;
  /** Of a call that makes pictures or sound, or listens to it. */
  readonly pieces?: Pieces | undefined;
  /** The door only looks on: the request's limits cannot be set, and its answer is not counted while it passes. */
  readonly watchedOnly?: boolean | undefined;
  /** Other request facts worth a span attribute: `temperature`, `top_p`, `seed`, ... Numbers and short enums only. */
  readonly parameters: Readonly<Record<string, string | number | boolean>>;
  /** What of the request could be read. */
  readonly readable: Readable;
  readonly texts: readonly TextSlot[];
  /**
   * The provider adds texts of earlier calls to this one (a conversation, a stored prompt), or keeps these for later ones (a file): what
   * a policy wrote into several calls meets there.
   */
  readonly sharesContext?: boolean | undefined;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly inbound?: InboundTrace | undefined;
  /** A Postern in front of this one tells of the same exchange: its tokens and costs are told there. */
  readonly fronted?: boolean | undefined;

  /** Names of the policies that matched; set by the pipeline. */
  policies?: readonly string[] | undefined;
  /** What a policy lowered the output limit to, because more was not affordable; `asked` is what the request named. */
  clamped?: { readonly maxOutputTokens: number; readonly asked: number | undefined } | undefined;
  /** The call's span, in hex, where one was started; set by the span observer, for observers after it. */
  trace?: { readonly traceId: string; readonly spanId: string } | undefined;
  /** Set while the answer passes. */
  response?: ResponseFacts | undefined;
  usage?: Usage | undefined;
  /** Set by the pipeline when the call ends. */
  cost?: Cost | undefined;
  outcome?: Outcome | undefined;
  /** Texts of the answer; kept only when the app has content captured. They may hold what was restored. */
  shown?: readonly ShownText[] | undefined;
}

export interface ResponseFacts {
  readonly status?: number | undefined;
  readonly id?: string | undefined;
  /** The model that answered; a dated name where the request had an alias. */
  readonly model?: string | undefined;
  readonly serviceTier?: string | undefined;
  readonly finishReasons?: readonly string[] | undefined;
  /** When the first piece of a streamed answer passed; milliseconds since the epoch. */
  readonly firstChunkAt?: number | undefined;
}
