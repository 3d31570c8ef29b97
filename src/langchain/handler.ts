/**
 * `GatewayCallbackHandler`: what a LangChain callback can honestly do. `fetch` is where rules hold; a callback tells what
 * became of a call, and stands in for models that do not go through `fetch`.
 */
import { randomUUID } from 'node:crypto';
import type { Serialized } from '@langchain/core/load/serializable';
import type { AIMessage, BaseMessage } from '@langchain/core/messages';
import type { ChatGeneration, LLMResult } from '@langchain/core/outputs';
import { LRUCache } from 'lru-cache';
import { currentContext } from '../core/context.ts';
import type { Exchange, Usage } from '../core/exchange.ts';
import { type Call, openCall, type PipelineOptions } from '../core/pipeline.ts';
import { filterWhole, type Pending, type TextSlot, whenReady } from '../core/text.ts';
import { optionError } from '../errors.ts';
import { type CallEvent, type Gateway, partsOf } from '../gateway.ts';
import { neverSent } from '../http/transport.ts';
import { messageSlots, Originals } from './slots.ts';

export interface GatewayCallbackHandlerOptions {
  /**
   * `observe` (default): annotates answers with what `gateway.fetch` knows of them. `enforce`: asks the policies before the call;
   * only for models that do not go through `gateway.fetch`. Its limits: streamed answers reach the caller unfiltered and with
   * their placeholders, embeddings fire no callback, output limits cannot be set, and a refused call leaves its run in
   * LangSmith pending.
   */
  readonly mode?: 'observe' | 'enforce' | undefined;
}

/** What the handler writes to `message.response_metadata.gateway`. */
export interface GatewayAnnotation {
  readonly id: string;
  readonly outcome: string;
  readonly policies: readonly string[];
  readonly cost_usd: number | null;
}

interface Run {
  readonly call: Call;
  readonly messages: readonly BaseMessage[];
}

/** Runs that are open at once. */
const MAX_OPEN_RUNS = 10_000;

/**
 * Give it to a model or a run: `callbacks: [new GatewayCallbackHandler(gateway)]`. It has the form that LangChain asks of a
 * handler instead of extending its class, so that any copy of `@langchain/core` takes it.
 */
export class GatewayCallbackHandler {
  readonly name = 'postern';
  /** Without it LangChain goes on before the handler has decided, and a refusal becomes an unhandled rejection. */
  readonly awaitHandlers = true;
  readonly raiseError: boolean;
  readonly #pipeline: PipelineOptions;
  readonly #enforce: boolean;
  readonly #originals = new Originals();
  /** Calls that `gateway.fetch` ended, by the provider's id of the answer. */
  readonly #recentCall: (responseId: string) => CallEvent | undefined;
  /** A run whose end LangChain never reports (an abandoned stream) is ended when its hold expires. */
  readonly #runs: LRUCache<string, Run>;

  /** @throws GatewayError `invalid_option` */
  constructor(gateway: Gateway, { mode = 'observe' }: GatewayCallbackHandlerOptions = {}) {
    if (mode !== 'observe' && mode !== 'enforce') throw optionError('mode', "'observe' or 'enforce'", mode);
    const { pipeline, recentCall } = partsOf(gateway);
    this.#pipeline = pipeline;
    this.#recentCall = recentCall;
    this.#enforce = mode === 'enforce';
    this.raiseError = this.#enforce;
    this.#runs = new LRUCache<string, Run>({
      max: MAX_OPEN_RUNS,
      ttl: this.#pipeline.holdTtlMs,
      dispose: (run, _id, reason) => {
        if (reason !== 'delete') void this.#abandon(run);
      },
    });
  }

  /** LangChain copies handlers for nested runs; the runs of all copies are ours. */
  copy(): this {
    return this;
  }

  /** @throws GatewayError the refusal, in `enforce` mode; it reaches whoever called the model */
  async handleChatModelStart(
    _model: Serialized,
    messages: BaseMessage[][],
    runId: string,
    _parentRunId?: string,
    extraParams?: Record<string, unknown>,
    _tags?: string[],
    metadata?: Record<string, unknown>,
  ): Promise<void> {
    if (!this.#enforce) return;
    const flat = messages.flat();
    await this.#open(runId, flat, extraParams, metadata, true);
  }

  /** Prompts of completion models are plain strings, which a callback cannot replace. */
  async handleLLMStart(
    _model: Serialized,
    _prompts: string[],
    runId: string,
    _parentRunId?: string,
    extraParams?: Record<string, unknown>,
    _tags?: string[],
    metadata?: Record<string, unknown>,
  ): Promise<void> {
    if (this.#enforce) await this.#open(runId, [], extraParams, metadata, false);
  }

  async handleLLMEnd(output: LLMResult, runId: string): Promise<void> {
    const generations = output.generations.flat() as ChatGeneration[];
    const run = this.#take(runId);
    if (run) await this.#end(run, generations);
    const message = generations[0]?.message as AIMessage | undefined;
    if (!message) return;
    const metered = message.id === undefined ? undefined : this.#recentCall(message.id);
    if (metered)
      annotate(message, {
        id: metered.id,
        outcome: metered.outcome,
        policies: metered.policies,
        cost_usd: usd(metered.cost?.nanoUsd),
      });
    else if (run) {
      const { id, outcome, policies, costNanoUsd } = run.call.summary();
      annotate(message, { id, outcome, policies, cost_usd: usd(costNanoUsd) });
    }
  }

  async handleLLMError(error: unknown, runId: string): Promise<void> {
    const run = this.#take(runId);
    if (!run) return;
    this.#originals.giveBack(run.messages);
    // An error without a status may come from parsing an answer that was paid for.
    await run.call.end('failed', { error, free: refusedByProvider(error) || neverSent(error) });
  }

  async #open(
    runId: string,
    messages: BaseMessage[],
    extra: unknown,
    metadata: Record<string, unknown> = {},
    readable: boolean,
  ): Promise<void> {
    this.#originals.keep(messages);
    const texts = messages.flatMap((message, i) => messageSlots(message, i));
    const opened = await openCall(
      newExchange(texts, invocationParams(extra), metadata, readable, this.#pipeline.now()),
      this.#pipeline,
    );
    if (!opened.refusal) {
      this.#runs.set(runId, { call: opened.call, messages });
      return;
    }
    this.#originals.giveBack(messages);
    throw opened.refusal;
  }

  #take(runId: string): Run | undefined {
    const run = this.#runs.get(runId);
    this.#runs.delete(runId);
    return run;
  }

  async #end({ call, messages }: Run, generations: readonly ChatGeneration[]): Promise<void> {
    this.#originals.giveBack(messages);
    const message = generations[0]?.message as AIMessage | undefined;
    call.exchange.response = { id: message?.id, model: modelName(message) };
    call.exchange.usage = usageOf(message);
    try {
      await Promise.all(generations.map((generation, i) => this.#filter(call, generation, i)));
    } catch (error) {
      await call.end('failed', { error });
      throw error;
    }
    // A call that went through gateway.fetch after all was metered on the wire, which knows better.
    const metered = message?.id !== undefined && this.#recentCall(message.id) !== undefined;
    await call.end('completed', { free: metered });
  }

  async #filter(call: Call, generation: ChatGeneration, position: number): Promise<void> {
    const { message } = generation;
    if (!message) return;
    const edits = messageSlots(message, position, 'output').map((slot): Pending<void> => {
      const came = slot.read();
      if (!call.exchange.usage) call.count(came);
      return whenReady(filterWhole(call.filter(slot), came), (shown) => {
        if (shown !== came) slot.write(shown);
      });
    });
    await Promise.all(edits);
    generation.text = message.text;
  }

  async #abandon({ call, messages }: Run): Promise<void> {
    this.#originals.giveBack(messages);
    await call.end('aborted');
  }
}

const refusedByProvider = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && Number((error as { status?: unknown }).status) >= 400;

function annotate(message: AIMessage, gateway: GatewayAnnotation): void {
  message.response_metadata = { ...message.response_metadata, gateway };
}

const usd = (nanoUsd: number | undefined): number | null => (nanoUsd === undefined ? null : nanoUsd / 1e9);
const count = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

function invocationParams(extra: unknown): Record<string, unknown> {
  return ((extra as { invocation_params?: Record<string, unknown> } | undefined)?.invocation_params ?? {}) as Record<
    string,
    unknown
  >;
}

/** What LangChain puts around each message and tool before it is sent, generously. */
const FRAME_BYTES = 64;

function newExchange(
  texts: readonly TextSlot[],
  params: Record<string, unknown>,
  metadata: Record<string, unknown>,
  readable: boolean,
  now: number,
): Exchange {
  const { callId, ...context } = currentContext();
  const id = randomUUID();
  const bytes = texts.reduce((sum, slot) => sum + Buffer.byteLength(slot.read()) + FRAME_BYTES, 0);
  return {
    id,
    callId: callId ?? id,
    identity: { ...context, session: context.session ?? text(metadata.thread_id) ?? text(metadata.session_id) },
    provider: text(metadata.ls_provider) ?? 'unknown',
    dialect: 'langchain',
    operation: 'chat',
    model: text(params.model) ?? text(params.model_name) ?? text(metadata.ls_model_name) ?? 'unknown',
    stream: params.stream === true,
    maxOutputTokens:
      count(params.max_tokens) ??
      count(params.max_completion_tokens) ??
      count(params.maxOutputTokens) ??
      count(metadata.ls_max_tokens),
    choices: count(params.n) || 1,
    parameters: {},
    watchedOnly: true,
    inputTokenBound: bytes + Buffer.byteLength(JSON.stringify(params.tools ?? '')),
    readable: { texts: readable, cost: true },
    texts,
    startedAt: now,
  };
}

function modelName(message: AIMessage | undefined): string | undefined {
  const metadata = message?.response_metadata as { model_name?: unknown; model?: unknown } | undefined;
  return text(metadata?.model_name) ?? text(metadata?.model);
}

/** LangChain's own form of usage; its input tokens include those of a cache. */
interface UsageMetadata {
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly input_token_details?: { readonly cache_read?: number; readonly cache_creation?: number };
  readonly output_token_details?: { readonly reasoning?: number };
}

function usageOf(message: AIMessage | undefined): Usage | undefined {
  const usage = message?.usage_metadata as UsageMetadata | undefined;
  if (!usage) return undefined;
  return {
    inputTokens: usage.input_tokens,
    outputTokens: usage.output_tokens,
    cacheReadTokens: usage.input_token_details?.cache_read,
    cacheWriteTokens: usage.input_token_details?.cache_creation,
    reasoningTokens: usage.output_token_details?.reasoning,
    // What a callback is told is not what was billed (docs/policies.md).
    source: 'estimated',
  };
}
