/** OpenAI's chat completions, as OpenAI and every OpenAI-compatible server speak it. */
import type { ResponseFacts } from '../core/exchange.ts';
import type { Decided, TextTag } from '../core/json-body.ts';
import type { RequestSettings } from '../core/policy.ts';
import type { RequestBody } from '../core/request-body.ts';
import type { KeyPath } from '../core/text.ts';
import type { Leaf } from '../json/walk.ts';
import type { AnswerFacts, Assignment, Dialect, EventFacts, Provider, RequestFacts, Route } from './dialect.ts';
import {
  alternativesOf,
  asArray,
  asObject,
  asString,
  type JsonObject,
  listOf,
  modelOf,
  optionalBoolean,
  optionalCount,
  parameters,
  shape,
} from './fields.ts';
import { openaiErrors } from './openai-error.ts';

const SYSTEM: TextTag = { scope: 'system' };
const MESSAGE: TextTag = { scope: 'message' };
const TOOL_OUTPUT: TextTag = { scope: 'tool-output', json: true };
/** What a message is, its `role` tells, which may stand behind its content. */
const BY_ROLE: TextTag = { scope: 'message' };
const REASONING: TextTag = { scope: 'reasoning' };
const MEDIA: TextTag = { scope: 'message', media: true };
const ROLE: TextTag = { scope: 'message', decides: true };

const SCOPE_OF_ROLE: Readonly<Record<string, TextTag>> = {
  system: SYSTEM,
  developer: SYSTEM,
  tool: TOOL_OUTPUT,
  function: TOOL_OUTPUT,
};

function resolve(leaf: Leaf<TextTag>, decided: Decided): TextTag {
  if (leaf.tag !== BY_ROLE) return leaf.tag;
  return SCOPE_OF_ROLE[decided(leaf, 'role') ?? ''] ?? MESSAGE;
}

/** Tool calls and the older function call; the same in requests, answers and deltas. */
function calls(input: TextTag): Record<'tool_calls' | 'function_call', ReturnType<typeof shape>> {
  const json: TextTag = { ...input, json: true };
  const fn = shape(undefined, { name: null, arguments: json });
  return {
    tool_calls: listOf(
      shape(undefined, { id: null, type: null, function: fn, custom: shape(undefined, { name: null, input }) }),
    ),
    function_call: fn,
  };
}

/** `reasoning_details` may hold signed or encrypted blocks, which must come back to the provider as they were. */
const REASONING_DETAILS = listOf(shape(REASONING, { type: null, id: null, format: null, signature: null, data: null }));

const REQUEST_MESSAGE = shape(BY_ROLE, {
  role: ROLE,
  tool_call_id: null,
  ...calls({ scope: 'tool-input' }),
  audio: shape(undefined, { id: null }),
  cache_control: null,
  reasoning: REASONING,
  reasoning_content: REASONING,
  reasoning_details: REASONING_DETAILS,
  content: shape(
    undefined,
    {},
    shape(undefined, {
      type: null,
      cache_control: null,
      image_url: shape(undefined, { url: MEDIA, detail: null }),
      input_audio: shape(undefined, { data: MEDIA, format: null }),
      file: shape(undefined, { file_data: MEDIA, file_id: null }),
    }),
  ),
});

const REQUEST = shape(MESSAGE, {
  model: null,
  messages: listOf(REQUEST_MESSAGE),
  tools: listOf(
    shape(SYSTEM, { type: null, function: shape(undefined, { name: null }), custom: shape(undefined, { name: null }) }),
  ),
  functions: listOf(shape(SYSTEM, { name: null })),
  response_format: shape(SYSTEM, { type: null }),
  tool_choice: null,
  function_call: null,
  modalities: null,
  audio: shape(undefined, { voice: null, format: null }),
  service_tier: null,
  reasoning_effort: null,
  verbosity: null,
});

/** A message of an answer, whole or as a delta. */
function answerMessage(streamed: { streamed?: true }): ReturnType<typeof shape> {
  return shape(
    { scope: 'output', ...streamed },
    {
      role: null,
      ...calls({ scope: 'tool-input', ...streamed }),
      // Sources come whole, also in a delta.
      annotations: { scope: 'output' },
      images: { scope: 'output', media: true },
      reasoning: { ...REASONING, ...streamed },
      reasoning_content: { ...REASONING, ...streamed },
      reasoning_details: streamed.streamed
        ? listOf(
            shape({ ...REASONING, ...streamed }, { type: null, id: null, format: null, signature: null, data: null }),
          )
        : REASONING_DETAILS,
      audio: shape(undefined, {
        id: null,
        data: { scope: 'output', media: true },
        transcript: { scope: 'output', ...streamed },
      }),
    },
  );
}

/** Perplexity's chunks also have the whole message until then. */
const GROWN = shape({ scope: 'output', repeats: true, grows: true }, { role: null });

function answerShape(key: 'message' | 'delta'): ReturnType<typeof shape> {
  const texts =
    key === 'delta' ? { message: GROWN, delta: answerMessage({ streamed: true }) } : { message: answerMessage({}) };
  return shape(
    { scope: 'output' },
    {
      id: null,
      object: null,
      created: null,
      model: null,
      system_fingerprint: null,
      service_tier: null,
      usage: null,
      // Random padding of each chunk, against guesses by size. To a detector it may look like a key.
      obfuscation: { scope: 'output', filler: true },
      choices: listOf(shape(undefined, { finish_reason: null, native_finish_reason: null, logprobs: null, ...texts })),
      error: shape(undefined, { type: null, code: null, param: null }),
    },
  );
}

const PARAMETERS = ['temperature', 'top_p', 'seed', 'frequency_penalty', 'presence_penalty'];

function facts(body: RequestBody, route: Route): RequestFacts {
  return {
    model: modelOf(body, route),
    alternatives: alternativesOf(body),
    stream: optionalBoolean(body, 'stream') ?? false,
    maxOutputTokens: outputLimit(body),
    choices: optionalCount(body, 'n') ?? 1,
    parameters: { ...parameters(body, PARAMETERS), ...serviceTier(body) },
    streamUsage: asObject(body.member('stream_options'))?.include_usage === true,
  };
}

/** It decides the price list. A name, never a text. */
function serviceTier(body: RequestBody): { service_tier?: string } {
  const tier = asString(body.member('service_tier'));
  return tier !== undefined && /^[a-z_]{1,20}$/.test(tier) ? { service_tier: tier } : {};
}

/** Servers differ in which of the two they know, so the larger one counts. */
function outputLimit(body: RequestBody): number | undefined {
  const limits = [optionalCount(body, 'max_completion_tokens'), optionalCount(body, 'max_tokens')];
  const given = limits.filter((limit) => limit !== undefined);
  return given.length > 0 ? Math.max(...given) : undefined;
}

function responseFacts(answer: JsonObject): ResponseFacts {
  const reasons = asArray(answer.choices).map((choice) => asString(asObject(choice)?.finish_reason));
  const finishReasons = reasons.filter((reason) => reason !== undefined);
  return {
    id: asString(answer.id),
    model: asString(answer.model) || undefined,
    serviceTier: asString(answer.service_tier),
    ...(finishReasons.length > 0 ? { finishReasons } : {}),
  };
}

function answer(body: unknown): AnswerFacts {
  const object = asObject(body) ?? {};
  return { response: responseFacts(object), usage: object };
}

function eventFacts(event: unknown): EventFacts {
  const object = asObject(event) ?? {};
  const choices = asArray(object.choices);
  // Groq tells usage in a field of its own on the last chunk (pricing.md section 2).
  const usage = object.usage ?? asObject(object.x_groq)?.usage ?? undefined;
  const finished = choices.filter((choice) => typeof asObject(choice)?.finish_reason === 'string');
  const failed = (object.error ?? undefined) !== undefined;
  return {
    response: responseFacts(object),
    usage: usage === undefined ? undefined : object,
    // Clients read no further than an error, so all texts end before it.
    closes: failed ? [''] : finished.map((choice) => `${choiceIndex(choice)}:`),
    usageOnly: Array.isArray(object.choices) && choices.length === 0 && usage !== undefined,
    failed,
  };
}

const choiceIndex = (choice: unknown): number => Number(asObject(choice)?.index ?? 0);

/** Choice, then keys; items of arrays go by their own `index`, which is the same in every chunk where their position is not. */
function channel(event: unknown, path: KeyPath): string {
  let at: unknown = event;
  const names = path.map((key) => {
    at = Array.isArray(at) ? at[Number(key)] : asObject(at)?.[key];
    return typeof key === 'number' ? Number(asObject(at)?.index ?? key) : key;
  });
  return `${names[1]}:${names.slice(3).join('.')}`;
}

/** The path again with nothing in it but the text; items keep their `index`, for clients merge by it. */
function along(value: unknown, path: KeyPath, text: string): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return text;
  if (typeof key === 'number') return [along(asArray(value)[key], rest, text)];
  const object = asObject(value);
  const index = object?.index === undefined ? {} : { index: object.index };
  return { ...index, [key]: along(object?.[key], rest, text) };
}

function continuation(event: unknown, path: KeyPath, text: string): unknown {
  const { id, object, created, model, system_fingerprint, service_tier } = asObject(event) ?? {};
  const { choices } = along(event, path, text) as { choices: JsonObject[] };
  return {
    id,
    object,
    created,
    model,
    system_fingerprint,
    service_tier,
    choices: choices.map((choice) => ({ ...choice, finish_reason: null })),
  };
}

const LIMIT_FIELDS = ['max_tokens', 'max_completion_tokens'] as const;

function assign({ model, maxOutputTokens }: RequestSettings, provider: Provider, body: RequestBody): Assignment[] {
  // A request that names its limit by the other field would have two.
  const named = LIMIT_FIELDS.filter((field) => typeof body.member(field) === 'number');
  const fields = named.length > 0 ? named : [provider.maxTokensField ?? 'max_tokens'];
  return [
    ...(model === undefined ? [] : [{ path: ['model'], value: model }]),
    ...(maxOutputTokens === undefined ? [] : fields.map((field) => ({ path: [field], value: maxOutputTokens }))),
  ];
}

export const openaiChat: Dialect = {
  id: 'openai.chat',
  family: 'openai',
  operation: 'chat',
  request: REQUEST,
  resolve,
  response: answerShape('message'),
  event: answerShape('delta'),
  facts,
  assign,
  streamUsage: (provider) => (provider.streamUsage ? [{ path: ['stream_options', 'include_usage'], value: true }] : []),
  answer,
  eventFacts,
  channel,
  continuation,
  quotes: (path) => (path[0] === 'choices' && path.length > 2 ? [...path.slice(0, 2), 'logprobs'] : undefined),
  errors: openaiErrors,
};
