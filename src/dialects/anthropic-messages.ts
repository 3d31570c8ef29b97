/** Anthropic's Messages API, at Anthropic, at Vertex AI and wherever else it is spoken. */
import type { ResponseFacts } from '../core/exchange.ts';
import type { RequestSettings } from '../core/policy.ts';
import type { RequestBody } from '../core/request-body.ts';
import type { KeyPath } from '../core/text.ts';
import { anthropicErrors } from './anthropic-error.ts';
import { MESSAGES_ANSWER, MESSAGES_EVENT, MESSAGES_REQUEST, resolveMessages } from './anthropic-shape.ts';
import type { AnswerFacts, Assignment, Dialect, EventFacts, Provider, RequestFacts, Route } from './dialect.ts';
import {
  alternativesOf,
  asArray,
  asObject,
  asString,
  type JsonObject,
  listOf,
  optionalBoolean,
  optionalCount,
  parameters,
  requiredString,
  shape,
} from './fields.ts';

const PARAMETERS = ['temperature', 'top_p', 'top_k'];
/** They decide the price list. */
const SERVED = ['service_tier', 'speed', 'inference_geo'];
/** A name, never a text. */
const NAME = /^[a-z_]{1,20}$/;

function facts(body: RequestBody, { model }: Route): RequestFacts {
  return {
    // Vertex AI has it in the path.
    model: model === undefined || body.member('model') !== undefined ? requiredString(body, 'model') : model,
    alternatives: alternativesOf(body),
    stream: optionalBoolean(body, 'stream') ?? false,
    maxOutputTokens: outputLimit(body),
    choices: 1,
    parameters: { ...parameters(body, PARAMETERS), ...names(body, SERVED) },
    sharesContext: (body.member('thread') ?? undefined) !== undefined,
  };
}

function names(body: RequestBody, fields: readonly string[]): Record<string, string> {
  const found = fields.map((field) => [field, asString(body.member(field))] as const);
  return Object.fromEntries(
    found.filter((entry): entry is [string, string] => entry[1] !== undefined && NAME.test(entry[1])),
  );
}

/** Zero fills the cache and answers nothing. A model that is tried when the first declines may have a limit of its own. */
function outputLimit(body: RequestBody): number | undefined {
  const limit = optionalCount(body, 'max_tokens', 0);
  if (limit === undefined) return undefined;
  const others = asArray(body.member('fallbacks')).map((fallback) => asObject(fallback)?.max_tokens);
  return Math.max(limit, ...others.filter((other) => typeof other === 'number'));
}

function assign({ model, maxOutputTokens }: RequestSettings, _provider: Provider, body: RequestBody): Assignment[] {
  const named = body.member('model') !== undefined;
  return [
    ...(model === undefined || !named ? [] : [{ path: ['model'], value: model }]),
    ...(maxOutputTokens === undefined ? [] : limits(maxOutputTokens, body)),
  ];
}

/** Of the model that is asked for, and of those that are tried after it and have a higher one. */
function limits(value: number, body: RequestBody): Assignment[] {
  const fallbacks = asArray(body.member('fallbacks')).map((fallback) => asObject(fallback)?.max_tokens);
  return [
    { path: ['max_tokens'], value },
    ...fallbacks.flatMap((limit, index) =>
      typeof limit === 'number' && limit > value ? [{ path: ['fallbacks', index, 'max_tokens'], value }] : [],
    ),
  ];
}

/** `.../models/claude-x:streamRawPredict` */
function pathFor(path: string, model: string): string {
  return path.replace(/\/models\/[^/:]+:/, `/models/${encodeURIComponent(model)}:`);
}

function responseFacts(message: JsonObject): ResponseFacts {
  const reason = asString(message.stop_reason);
  return {
    id: asString(message.id),
    model: asString(message.model) || undefined,
    serviceTier: asString(asObject(message.usage)?.service_tier),
    ...(reason === undefined ? {} : { finishReasons: [reason] }),
  };
}

function answer(body: unknown): AnswerFacts {
  const message = asObject(body) ?? {};
  return { response: responseFacts(message), usage: message };
}

function eventFacts(event: unknown): EventFacts {
  const object = asObject(event) ?? {};
  switch (object.type) {
    case 'message_start':
      return { response: responseFacts(asObject(object.message) ?? {}), usage: object };
    case 'message_delta':
      return { response: responseFacts(asObject(object.delta) ?? {}), usage: object, closes: [''] };
    case 'content_block_stop':
      return { closes: [`${object.index}:`] };
    case 'message_stop':
      return { closes: [''], finished: true };
    case 'error':
      return { closes: [''], failed: true };
    default:
      return {};
  }
}

/** Block, then field: the text of a block may begin in the event that opens it. */
function channel(event: unknown, path: KeyPath): string {
  return `${asObject(event)?.index}:${path.slice(1).join('.')}`;
}

const DELTA_TYPES: Readonly<Record<string, string>> = { text: 'text_delta', partial_json: 'input_json_delta' };

function continuation(event: unknown, path: KeyPath, text: string): unknown {
  const { index, delta } = asObject(event) ?? {};
  const [, field, ...below] = path;
  const type = asString(asObject(delta)?.type) ?? DELTA_TYPES[String(field)];
  const value = below.reduceRight<unknown>(
    (inside, key) => (typeof key === 'number' ? [inside] : { [key]: inside }),
    text,
  );
  return { type: 'content_block_delta', index, delta: { type, [String(field)]: value } };
}

export const anthropicMessages: Dialect = {
  id: 'anthropic.messages',
  family: 'anthropic',
  operation: 'chat',
  request: MESSAGES_REQUEST,
  resolve: resolveMessages,
  response: MESSAGES_ANSWER,
  event: MESSAGES_EVENT,
  resolveAnswer: resolveMessages,
  facts,
  assign,
  pathFor,
  answer,
  eventFacts,
  channel,
  continuation,
  eventName: (event) => asString(asObject(event)?.type),
  errors: anthropicErrors,
};

/** Counts the tokens of a request that is not sent: guarded like one, and free. */
export const anthropicCountTokens: Dialect = {
  ...anthropicMessages,
  id: 'anthropic.count_tokens',
  operation: 'count_tokens',
  response: shape({ scope: 'output' }, { error: shape(undefined, { type: null }) }),
  answer: () => ({ response: {} }),
};

function batchFacts(body: RequestBody): RequestFacts {
  const requests = asArray(body.member('requests')).map((request) => asObject(asObject(request)?.params));
  const models = new Set(requests.flatMap((request) => asString(request?.model) ?? []));
  return {
    model: [...models].join(','),
    stream: false,
    maxOutputTokens: undefined,
    choices: 1,
    parameters: {},
    // Usage is told with the results, a day later at most.
    unpriced: true,
  };
}

/** Many requests at once, each in the form of its own. */
export const anthropicBatch: Dialect = {
  ...anthropicMessages,
  id: 'anthropic.batch',
  operation: 'batch',
  request: shape(
    { scope: 'message' },
    { requests: listOf(shape(undefined, { custom_id: null, params: MESSAGES_REQUEST })) },
  ),
  // States, counts and addresses.
  response: shape(null, { error: shape({ scope: 'output' }, { type: null }) }),
  facts: batchFacts,
  assign: () => [],
  answer: (body) => ({ response: { id: asString(asObject(body)?.id) } }),
};

const RESULT = shape(
  { scope: 'output' },
  { custom_id: null, result: shape(undefined, { type: null, message: MESSAGES_ANSWER }) },
);

/** The answers of a batch, one a line. Whoever asks for them was charged when they were made, elsewhere. */
export const anthropicBatchResults: Dialect = {
  ...anthropicMessages,
  id: 'anthropic.batch_results',
  operation: 'retrieve',
  response: RESULT,
  event: RESULT,
  facts: () => ({ model: '', stream: true, maxOutputTokens: undefined, choices: 1, parameters: {} }),
  answer: () => ({ response: {} }),
  eventFacts: () => ({}),
  lines: RESULT,
};
