/** Amazon Bedrock's Converse API: one form for all models, whole and streamed, and the count of a request's tokens. */
import type { ResponseFacts } from '../core/exchange.ts';
import type { RequestSettings } from '../core/policy.ts';
import type { RequestBody } from '../core/request-body.ts';
import type { KeyPath } from '../core/text.ts';
import {
  CONVERSE_ANSWER,
  CONVERSE_EVENT,
  CONVERSE_REQUEST,
  COUNT_TOKENS_REQUEST,
  OPEN_CONVERSE_EVENT,
  resolveReasoning,
} from './aws-converse-shape.ts';
import { awsErrors } from './aws-error.ts';
import { isStreamed, modelId, modelOf, pathFor } from './aws-route.ts';
import type { AnswerFacts, Assignment, Dialect, EventFacts, RequestFacts, Route } from './dialect.ts';
import { asObject, asString, countIn, type JsonObject } from './fields.ts';

const LIMIT = ['inferenceConfig', 'maxTokens'] as const;

function facts(body: RequestBody, route: Route): RequestFacts {
  const { temperature, topP } = asObject(body.member('inferenceConfig')) ?? {};
  const tier = asString(asObject(body.member('serviceTier'))?.type);
  return {
    model: modelOf(route),
    stream: isStreamed(route),
    maxOutputTokens: countIn(body, LIMIT),
    choices: 1,
    parameters: {
      ...(typeof temperature === 'number' ? { temperature } : {}),
      ...(typeof topP === 'number' ? { top_p: topP } : {}),
      ...(tier !== undefined && /^[a-z_]{1,20}$/.test(tier) ? { service_tier: tier } : {}),
    },
  };
}

function assign({ maxOutputTokens }: RequestSettings): Assignment[] {
  return maxOutputTokens === undefined ? [] : [{ path: LIMIT, value: maxOutputTokens }];
}

function responseFacts(fields: JsonObject): ResponseFacts {
  const reason = asString(fields.stopReason);
  const routed = asString(asObject(asObject(fields.trace)?.promptRouter)?.invokedModelId);
  return {
    id: undefined,
    // A prompt router chose it.
    model: routed && modelId(routed),
    serviceTier: asString(asObject(fields.serviceTier)?.type),
    ...(reason === undefined ? {} : { finishReasons: [reason] }),
  };
}

function answer(body: unknown): AnswerFacts {
  const fields = asObject(body) ?? {};
  return { response: responseFacts(fields), usage: fields };
}

/** How exceptions and unmodeled errors are called in streams. */
const FAILURE = /(?:Exception|^error)$/;

function eventFacts(event: unknown): EventFacts {
  const object = asObject(event) ?? {};
  const [type = ''] = Object.keys(object);
  const fields = asObject(object[type]) ?? {};
  switch (type) {
    case 'contentBlockStop':
      return { closes: [`${fields.contentBlockIndex}:`] };
    case 'messageStop':
      return { response: responseFacts(fields), closes: [''] };
    case 'metadata':
      return { response: responseFacts(fields), usage: object, closes: [''], finished: true };
    default:
      return FAILURE.test(type) ? { closes: [''], failed: true } : {};
  }
}

/** Block, then field. */
function channel(event: unknown, path: KeyPath): string {
  return `${deltaOf(event)?.contentBlockIndex}:${path.slice(2).join('.')}`;
}

const deltaOf = (event: unknown): JsonObject | undefined => asObject(asObject(event)?.contentBlockDelta);

function continuation(event: unknown, path: KeyPath, text: string): unknown {
  const delta = path.slice(2).reduceRight<unknown>((inner, key) => nested(key, inner), text);
  return { contentBlockDelta: { contentBlockIndex: deltaOf(event)?.contentBlockIndex, delta } };
}

const nested = (key: string | number, inner: unknown): unknown =>
  typeof key === 'number' ? [inner] : { [key]: inner };

export const awsConverse: Dialect = {
  id: 'aws.converse',
  family: 'aws',
  operation: 'chat',
  request: CONVERSE_REQUEST,
  resolve: resolveReasoning,
  response: CONVERSE_ANSWER,
  resolveAnswer: resolveReasoning,
  event: CONVERSE_EVENT,
  facts,
  assign,
  pathFor,
  answer,
  eventFacts,
  channel,
  continuation,
  errors: awsErrors,
};

/** Models that never sign their reasoning: it is text like any other. */
export const awsConverseOpen: Dialect = { ...awsConverse, event: OPEN_CONVERSE_EVENT };

/** Counts the tokens of a request that is not sent: guarded like one, and free. */
export const awsCountTokens: Dialect = {
  ...awsConverse,
  id: 'aws.count_tokens',
  operation: 'count_tokens',
  request: COUNT_TOKENS_REQUEST,
  facts: (body, route) => ({
    model: modelOf(route),
    stream: false,
    maxOutputTokens: undefined,
    choices: 1,
    parameters: {},
    // The body of another operation, in base64.
    unreadable: asObject(body.member('input'))?.invokeModel !== undefined,
  }),
  assign: () => [],
  answer: () => ({ response: {} }),
};
