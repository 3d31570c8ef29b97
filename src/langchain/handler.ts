/**
 * `GatewayCallbackHandler`: what a LangChain callback can honestly do. `fetch` is where rules hold; a callback tells what
 * became of a call and which run made it, and stands in for models that do not go through `fetch`.
 */
import type { Serialized } from '@langchain/core/load/serializable';
import type { AIMessage, BaseMessage } from '@langchain/core/messages';
import type { ChatGeneration, LLMResult } from '@langchain/core/outputs';
import { currentContext, mergeContext } from '../core/context.ts';
import type { Outcome, RunInfo } from '../core/exchange.ts';
import { optionError } from '../errors.ts';
import { type Gateway, type GatewayParts, partsOf } from '../gateway/gateway.ts';
import { ModelCalls } from './calls.ts';
import { openModelRun } from './model-runs.ts';
import { OpenRuns } from './open-runs.ts';
import { contextOf, runContext, runInfo } from './run-context.ts';

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

/** What is known of a run when its model is about to be called; LangChain does not repeat it at the end. */
interface Start {
  readonly run: RunInfo;
  readonly session: string | undefined;
  readonly close: () => void;
}

/**
 * Give it to a model or a run: `callbacks: [new GatewayCallbackHandler(gateway)]`. It has the form that LangChain asks of a
 * handler instead of extending its class, so that any copy of `@langchain/core` takes it. Once there is one, calls of
 * `gateway.fetch` know the run around them, where LangChain's async-local store tells it (docs/langchain.md).
 */
export class GatewayCallbackHandler {
  readonly name = 'postern';
  /** Without it LangChain goes on before the handler has decided, and a refusal becomes an unhandled rejection. */
  readonly awaitHandlers = true;
  readonly raiseError: boolean;
  readonly #parts: GatewayParts;
  readonly #calls: ModelCalls | undefined;
  readonly #starts: OpenRuns<Start>;

  /** @throws GatewayError `invalid_option` */
  constructor(gateway: Gateway, { mode = 'observe' }: GatewayCallbackHandlerOptions = {}) {
    if (mode !== 'observe' && mode !== 'enforce') throw optionError('mode', "'observe' or 'enforce'", mode);
    this.#parts = partsOf(gateway);
    this.#parts.addContext(runContext);
    this.#calls = mode === 'enforce' ? new ModelCalls(this.#parts) : undefined;
    this.raiseError = this.#calls !== undefined;
    const { holdTtlMs, now } = this.#parts.pipeline;
    this.#starts = new OpenRuns({ ttlMs: holdTtlMs, now });
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
    parentRunId?: string,
    extraParams?: Record<string, unknown>,
    tags?: string[],
    metadata?: Record<string, unknown>,
  ): Promise<void> {
    await this.#start(messages.flat(), true, extraParams, metadata, runInfo(runId, parentRunId, tags, metadata));
  }

  /** Prompts of completion models are plain strings, which a callback cannot replace. */
  async handleLLMStart(
    _model: Serialized,
    _prompts: string[],
    runId: string,
    parentRunId?: string,
    extraParams?: Record<string, unknown>,
    tags?: string[],
    metadata?: Record<string, unknown>,
  ): Promise<void> {
    await this.#start([], false, extraParams, metadata, runInfo(runId, parentRunId, tags, metadata));
  }

  async handleLLMEnd(output: LLMResult, runId: string): Promise<void> {
    const start = this.#take(runId);
    const generations = output.generations.flat() as ChatGeneration[];
    // Nothing is awaited without need: a tracer beside this one reads the message as soon as this yields.
    const own = this.#calls && (await this.#calls.end(runId, generations))?.summary();
    const message = generations[0]?.message as AIMessage | undefined;
    const metered = message?.id === undefined ? undefined : this.#parts.recentCall(message.id);
    const facts = metered ? { ...metered, costNanoUsd: metered.cost?.nanoUsd } : own;
    if (!facts) return;
    annotate(output, message, {
      id: facts.id,
      outcome: facts.outcome,
      policies: facts.policies,
      cost_usd: usd(facts.costNanoUsd),
    });
    if (!start) return;
    this.#parts.tellRun({
      type: 'run',
      callId: metered?.callId ?? facts.id,
      exchangeId: facts.id,
      outcome: facts.outcome as Outcome,
      run: start.run,
      session: start.session,
    });
  }

  async handleLLMError(error: unknown, runId: string): Promise<void> {
    this.#take(runId);
    await this.#calls?.fail(runId, error);
  }

  async #start(
    messages: BaseMessage[],
    readable: boolean,
    extra: unknown,
    metadata: Record<string, unknown> = {},
    run: RunInfo,
  ): Promise<void> {
    const context = mergeContext({ ...contextOf(metadata), run: { ...run, modelRunOpen: true } }, currentContext());
    this.#starts.set(run.id!, { run, session: context.session, close: openModelRun(run.parentId) });
    const params = (extra as { invocation_params?: Record<string, unknown> } | undefined)?.invocation_params ?? {};
    await this.#calls?.open(run.id!, { messages, params, metadata, readable, context });
  }

  #take(runId: string): Start | undefined {
    const start = this.#starts.take(runId);
    start?.close();
    return start;
  }
}

/** On the message for the app, and on the result for the run: tracers store both. */
function annotate(output: LLMResult, message: AIMessage | undefined, gateway: GatewayAnnotation): void {
  if (message) message.response_metadata = { ...message.response_metadata, gateway };
  output.llmOutput = { ...output.llmOutput, gateway };
}

const usd = (nanoUsd: number | undefined): number | null => (nanoUsd === undefined ? null : nanoUsd / 1e9);
