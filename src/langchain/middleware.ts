/**
 * `gatewayMiddleware`: what Postern does inside of an agent made by `createAgent` of `langchain`. A plain object of the form that it
 * takes; nothing of LangChain is loaded. Rules for models that go through `gateway.fetch` hold there, not here.
 */
import { randomUUID } from 'node:crypto';
import type { AIMessage, BaseMessage } from '@langchain/core/messages';
import type { ChatGeneration } from '@langchain/core/outputs';
import { type CallContext, currentContext, mergeContext } from '../core/context.ts';
import { optionError } from '../errors.ts';
import { type Gateway, partsOf } from '../gateway/gateway.ts';
import { ModelCalls } from './calls.ts';
import { openModelRun } from './model-runs.ts';
import { contextOf, runContext } from './run-context.ts';

/** What is read of an agent's request; LangChain's own has more. */
export interface AgentRequest {
  readonly runtime?: unknown;
}

export interface AgentToolCall {
  readonly name: string;
  readonly id?: string | undefined;
  readonly args: Record<string, unknown>;
}

export interface GatewayMiddlewareOptions {
  /**
   * Who calls, for attribution and caps. Default: `user_id` and `thread_id` of the run (`configurable`, `metadata`, `context`). What
   * `gateway.withContext` says around the agent wins.
   */
  readonly context?: ((request: AgentRequest) => CallContext | undefined) | undefined;
  /**
   * `observe` (default): attribution for `gateway.fetch`. `enforce`: asks the policies before each model call; only for models that do
   * not go through `gateway.fetch`. Tokens that are streamed out of the agent are neither redacted nor restored then.
   */
  readonly mode?: 'observe' | 'enforce' | undefined;
  /** `redact`: what a tool answers is redacted before it gets into the agent's state. Default `pass`. */
  readonly tools?: 'pass' | 'redact' | undefined;
  /** `redact`: tools get redacted arguments. Default `pass`: they get the caller's values, as restored by `gateway.fetch`. */
  readonly toolArguments?: 'pass' | 'redact' | undefined;
  /** Tools that may not run: their names, or a function. The model is told with a message of status `error` and can go on. */
  readonly denyTools?: readonly string[] | ((call: AgentToolCall) => boolean) | undefined;
}

interface ModelRequest extends AgentRequest {
  readonly messages: BaseMessage[];
  readonly systemMessage?: BaseMessage | undefined;
  readonly model: unknown;
}

interface ToolRequest extends AgentRequest {
  readonly toolCall: AgentToolCall;
  readonly tool: unknown;
}

export interface GatewayMiddleware {
  readonly name: string;
  wrapModelCall<R extends ModelRequest, A>(request: R, handler: (request: R) => A | Promise<A>): Promise<A>;
  wrapToolCall<R extends ToolRequest, A>(request: R, handler: (request: R) => A | Promise<A>): Promise<A>;
}

const CHOICES = { mode: ['observe', 'enforce'], tools: ['pass', 'redact'], toolArguments: ['pass', 'redact'] } as const;

/**
 * `createAgent({ model, tools, middleware: [gatewayMiddleware(gateway)] })`. What each hook can do and cannot: docs/langchain.md.
 * @throws GatewayError `invalid_option`
 */
export function gatewayMiddleware(gateway: Gateway, options: GatewayMiddlewareOptions = {}): GatewayMiddleware {
  const parts = partsOf(gateway);
  checkOptions(options);
  parts.addContext(runContext);
  const calls = options.mode === 'enforce' ? new ModelCalls(parts) : undefined;
  return {
    name: 'postern',
    wrapModelCall(request, handler) {
      const context = mergeContext(options.context?.(request) ?? runtimeContext(request), currentContext());
      const close = openModelRun(runContext().run?.id);
      return gateway
        .withContext(context, async () => (calls ? policed(calls, context, request, handler) : handler(request)))
        .finally(close);
    },
    async wrapToolCall(request, handler) {
      const { toolCall } = request;
      if (isDenied(toolCall, options.denyTools)) return denied(request, handler);
      const args = options.toolArguments === 'redact' ? redacted(toolCall.args, gateway) : toolCall.args;
      const answer = await handler(args === toolCall.args ? request : { ...request, toolCall: { ...toolCall, args } });
      if (options.tools === 'redact') redactContent(answer, gateway);
      return answer;
    },
  };
}

/** `configurable` and `context` of the run; what its metadata says is found where LangChain keeps it. */
function runtimeContext({ runtime }: AgentRequest): CallContext {
  const { configurable, context } = Object(runtime) as { configurable?: unknown; context?: unknown };
  return contextOf({ ...Object(context), ...Object(configurable) });
}

/** The model gets edited copies; the messages of the state stay as they are. */
async function policed<R extends ModelRequest, A>(
  calls: ModelCalls,
  context: CallContext,
  request: R,
  handler: (request: R) => A | Promise<A>,
): Promise<A> {
  const key = randomUUID();
  const messages = request.messages.map(copied);
  // An agent without a system prompt has an empty one, and takes a changed object for a changed prompt.
  const systemMessage = request.systemMessage?.text ? copied(request.systemMessage) : undefined;
  await calls.open(key, {
    messages: systemMessage ? [systemMessage, ...messages] : messages,
    copies: true,
    params: toldBy(request.model, 'invocationParams'),
    metadata: toldBy(request.model, 'getLsParams'),
    readable: true,
    context: mergeContext(runContext(), context),
  });
  try {
    const answer = await handler({ ...request, messages, ...(systemMessage && { systemMessage }) });
    await calls.end(key, [{ message: answer as unknown as AIMessage, text: '' } satisfies ChatGeneration]);
    return answer;
  } catch (error) {
    await calls.fail(key, error);
    throw error;
  }
}

/** A message of the same class; its fields are replaced, never changed, by an edit. */
function copied(message: BaseMessage): BaseMessage {
  return Object.assign(Object.create(Object.getPrototypeOf(message) as object) as BaseMessage, message);
}

/** Chat models tell their request and LangSmith's names for it by these methods; models of other makers may have none. */
function toldBy(model: unknown, method: 'invocationParams' | 'getLsParams'): Record<string, unknown> {
  try {
    const tell = (Object(model) as Record<string, unknown>)[method];
    return typeof tell === 'function' ? Object(tell.call(model, {})) : {};
  } catch {
    return {};
  }
}

function isDenied(call: AgentToolCall, denied: GatewayMiddlewareOptions['denyTools'] = []): boolean {
  return typeof denied === 'function' ? denied(call) : denied.includes(call.name);
}

/** In the tool's place stands one that only says no, so that the message is one of the agent's own copy of LangChain. */
async function denied<R extends ToolRequest, A>(request: R, handler: (request: R) => A | Promise<A>): Promise<A> {
  const { name } = request.toolCall;
  const answer = await handler({
    ...request,
    tool: { name, invoke: async () => `The tool "${name}" may not be used.` },
  });
  (answer as { status?: string }).status = 'error';
  return answer;
}

/** Answers of tools are messages, or commands that hold some. */
function redactContent(answer: unknown, gateway: Gateway): void {
  const { content, artifact, update } = Object(answer) as { content?: unknown; artifact?: unknown; update?: unknown };
  const fields = answer as Record<string, unknown>;
  if (content !== undefined) fields.content = redacted(content, gateway);
  if (artifact !== undefined) fields.artifact = redacted(artifact, gateway);
  const messages: unknown = (Object(update) as { messages?: unknown }).messages;
  if (Array.isArray(messages)) for (const message of messages) redactContent(message, gateway);
}

/** @throws GatewayError `content_blocked` */
function redacted<T>(value: T, gateway: Gateway): T {
  if (typeof value === 'string') return gateway.redactText(value) as T & string;
  return JSON.parse(gateway.redactText(JSON.stringify(value))) as T;
}

function checkOptions(options: GatewayMiddlewareOptions): void {
  for (const [name, choices] of Object.entries(CHOICES)) {
    const value: unknown = options[name as keyof typeof CHOICES];
    if (value !== undefined && !choices.includes(value as never))
      throw optionError(name, choices.map((choice) => `'${choice}'`).join(' or '), value);
  }
  const { context, denyTools } = options;
  if (context !== undefined && typeof context !== 'function') throw optionError('context', 'a function', context);
  if (denyTools !== undefined && typeof denyTools !== 'function' && !Array.isArray(denyTools))
    throw optionError('denyTools', 'names of tools, or a function', denyTools);
}
