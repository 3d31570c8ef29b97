/**
 * Model calls that a door of LangChain asks the policies about itself, for models that do not go through `gateway.fetch`: messages
 * are edited in place for the length of a call. Knows messages, not callbacks or agents.
 */
import { randomUUID } from 'node:crypto';
import type { AIMessage, BaseMessage } from '@langchain/core/messages';
import type { ChatGeneration } from '@langchain/core/outputs';
import type { CallContext } from '../core/context.ts';
import type { Exchange, Usage } from '../core/exchange.ts';
import { type Call, openCall, type PipelineOptions } from '../core/pipeline.ts';
import { filterWhole, type Pending, type TextSlot, whenReady } from '../core/text.ts';
import type { GatewayParts } from '../gateway/gateway.ts';
import { neverSent } from '../http/transport.ts';
import { OpenRuns } from './open-runs.ts';
import { messageSlots, Originals } from './slots.ts';

/** What a door knows of a call before it is made. */
export interface ModelCall {
  readonly messages: readonly BaseMessage[];
  /** The messages are copies that nobody else holds: they stay edited, as tracers read them after the call. */
  readonly copies?: boolean | undefined;
  /** The request in the provider's words: model and limits. */
  readonly params: Readonly<Record<string, unknown>>;
  readonly metadata: Readonly<Record<string, unknown>>;
  /** False where the texts cannot be edited. */
  readonly readable: boolean;
  readonly context: CallContext;
}

interface OpenCall {
  readonly call: Call;
  readonly messages: readonly BaseMessage[];
}

export class ModelCalls {
  readonly #pipeline: PipelineOptions;
  readonly #recentCall: GatewayParts['recentCall'];
  readonly #originals = new Originals();
  /** A call whose end is never reported (an abandoned stream) is ended when its hold expires. */
  readonly #open: OpenRuns<OpenCall>;

  constructor({ pipeline, recentCall }: Pick<GatewayParts, 'pipeline' | 'recentCall'>) {
    this.#pipeline = pipeline;
    this.#recentCall = recentCall;
    const { holdTtlMs, now } = pipeline;
    this.#open = new OpenRuns({ ttlMs: holdTtlMs, now, left: (open) => void this.#abandon(open) });
  }

  /** @throws GatewayError the refusal */
  async open(key: string, asked: ModelCall): Promise<void> {
    const { messages } = asked;
    if (!asked.copies) this.#originals.keep(messages);
    const texts = messages.flatMap((message, i) => messageSlots(message, i));
    const opened = await openCall(newExchange(texts, asked, this.#pipeline.now()), this.#pipeline);
    if (!opened.refusal) {
      this.#open.set(key, { call: opened.call, messages });
      return;
    }
    this.#originals.giveBack(messages);
    throw opened.refusal;
  }

  /** Filters the answer, settles, and returns the call; `undefined` when none is open under the key. */
  async end(key: string, generations: readonly ChatGeneration[]): Promise<Call | undefined> {
    const open = this.#open.take(key);
    if (open) await this.#end(open, generations);
    return open?.call;
  }

  async fail(key: string, error: unknown): Promise<void> {
    const open = this.#open.take(key);
    if (!open) return;
    this.#originals.giveBack(open.messages);
    // An error without a status may come from parsing an answer that was paid for.
    await open.call.end('failed', { error, free: refusedByProvider(error) || neverSent(error) });
  }

  async #end({ call, messages }: OpenCall, generations: readonly ChatGeneration[]): Promise<void> {
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

  async #abandon({ call, messages }: OpenCall): Promise<void> {
    this.#originals.giveBack(messages);
    await call.end('aborted');
  }
}

const refusedByProvider = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && Number((error as { status?: unknown }).status) >= 400;

const count = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

/** What LangChain puts around each message and tool before it is sent, generously. */
const FRAME_BYTES = 64;

function newExchange(
  texts: readonly TextSlot[],
  { params, metadata, readable, context }: ModelCall,
  now: number,
): Exchange {
  const { callId, ...identity } = context;
  const id = randomUUID();
  const bytes = texts.reduce((sum, slot) => sum + Buffer.byteLength(slot.read()) + FRAME_BYTES, 0);
  return {
    id,
    callId: callId ?? id,
    identity,
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
