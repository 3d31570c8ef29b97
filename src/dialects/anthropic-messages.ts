/** Anthropic's Messages API, at Anthropic, at Vertex AI and wherever else it is spoken. */
import type { ResponseFacts } from '../core/exchange.ts';
import type { RequestSettings } from '../core/policy.ts';
import type { RequestBody } from '../core/request-body.ts';
import type { KeyPath } from '../core/text.ts';
import { anthropicErrors } from './anthropic-error.ts';
import { MESSAGES_ANSWER, MESSAGES_EVENT, MESSAGES_REQUEST, resolveMessages } from './anthropic-shape.ts';
import type { AnswerFacts, Assignment, Dialect, EventFacts, Provider, RequestFacts, Route } from './dialect.ts';
import {
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
const TIER = /^[a-z_]{1,20}$/;

function facts(body: RequestBody, { model }: Route): RequestFacts {
  const tier = asString(body.member('service_tier'));
  return {
    // Vertex AI has it in the path.
    model: model === undefined || body.member('model') !== undefined ? requiredString(body, 'model') : model,
    stream: optionalBoolean(body, 'stream') ?? false,
    maxOutputTokens: optionalCount(body, 'max_tokens'),
    choices: 1,
    parameters: {
      ...parameters(body, PARAMETERS),
      ...(tier !== undefined && TIER.test(tier) ? { service_tier: tier } : {}),
    },
  };
}

function assign({ model, maxOutputTokens }: RequestSettings, _provider: Provider, body: RequestBody): Assignment[] {
  const named = body.member('model') !== undefined;
  return [
    ...(model === undefined || !named ? [] : [{ path: ['model'], value: model }]),
    ...(maxOutputTokens === undefined ? [] : [{ path: ['max_tokens'], value: maxOutputTokens }]),
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
  const field = String(path.at(-1));
  const type = asString(asObject(delta)?.type) ?? DELTA_TYPES[field];
  return { type: 'content_block_delta', index, delta: { type, [field]: text } };
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
  const [first] = asArray(body.member('requests'));
  return {
    model: asString(asObject(asObject(first)?.params)?.model) ?? '',
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
};
