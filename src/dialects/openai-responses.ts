/** OpenAI's Responses API, as OpenAI and the hosts that follow it speak it. */
import type { ResponseFacts } from '../core/exchange.ts';
import type { RequestSettings } from '../core/policy.ts';
import type { RequestBody } from '../core/request-body.ts';
import type { KeyPath } from '../core/text.ts';
import type { AnswerFacts, Assignment, Dialect, ErrorForm, EventFacts, RequestFacts } from './dialect.ts';
import {
  alternativesOf,
  asObject,
  asString,
  type JsonObject,
  optionalBoolean,
  optionalCount,
  parameters,
  requiredString,
  shape,
} from './fields.ts';
import { openaiErrors } from './openai-error.ts';
import { RESPONSES_ANSWER, RESPONSES_EVENT, RESPONSES_REQUEST, resolveResponses } from './openai-responses-shape.ts';

const PARAMETERS = ['temperature', 'top_p', 'max_tool_calls'];
const NAME = /^[a-z_]{1,20}$/;
/** What brings texts of earlier calls with it. */
const KEPT = ['previous_response_id', 'conversation', 'prompt'];

function facts(body: RequestBody): RequestFacts {
  const tier = asString(body.member('service_tier'));
  return {
    model: model(body),
    alternatives: alternativesOf(body),
    stream: optionalBoolean(body, 'stream') ?? false,
    maxOutputTokens: optionalCount(body, 'max_output_tokens'),
    choices: 1,
    parameters: {
      ...parameters(body, PARAMETERS),
      ...(tier !== undefined && NAME.test(tier) ? { service_tier: tier } : {}),
    },
    continues: optionalBoolean(body, 'background') ?? false,
    sharesContext: KEPT.some((field) => (body.member(field) ?? undefined) !== undefined),
  };
}

/** A stored prompt may have a model of its own, which the answer tells. */
function model(body: RequestBody): string {
  const stored = asObject(body.member('prompt')) !== undefined;
  return stored && (body.member('model') ?? undefined) === undefined ? '' : requiredString(body, 'model');
}

function assign({ model, maxOutputTokens }: RequestSettings): Assignment[] {
  return [
    ...(model === undefined ? [] : [{ path: ['model'], value: model }]),
    ...(maxOutputTokens === undefined ? [] : [{ path: ['max_output_tokens'], value: maxOutputTokens }]),
  ];
}

const UNFINISHED: ReadonlySet<string> = new Set(['queued', 'in_progress']);
const FAILED: ReadonlySet<string> = new Set(['failed', 'cancelled']);

function responseFacts(response: JsonObject): ResponseFacts {
  const status = asString(response.status);
  const reason = asString(asObject(response.incomplete_details)?.reason) ?? status;
  return {
    id: asString(response.id),
    model: asString(response.model) || undefined,
    serviceTier: asString(response.service_tier),
    ...(reason === undefined || UNFINISHED.has(status ?? '') ? {} : { finishReasons: [reason] }),
  };
}

function answer(body: unknown): AnswerFacts {
  const response = asObject(body) ?? {};
  const status = asString(response.status) ?? '';
  return {
    response: responseFacts(response),
    usage: response,
    pending: UNFINISHED.has(status) ? asString(response.id) : undefined,
    failed: FAILED.has(status),
  };
}

/** Events that end a response. */
const LAST: ReadonlySet<string> = new Set([
  'response.completed',
  'response.incomplete',
  'response.failed',
  'response.cancelled',
]);

function eventFacts(event: unknown): EventFacts {
  const object = asObject(event) ?? {};
  const type = typeOf(object);
  const response = asObject(object.response);
  const finished = LAST.has(type);
  const failed =
    type === 'error' || type === 'response.failed' || (type === '' && asObject(object.error) !== undefined);
  return {
    ...(response ? { response: responseFacts(response) } : {}),
    usage: asObject(response?.usage) ? object : undefined,
    closes: finished || failed ? [''] : closedBy(object, type),
    finished,
    failed,
  };
}

const typeOf = (event: JsonObject): string => asString(event.type) ?? '';
const stemOf = (type: string): string => type.slice(0, type.lastIndexOf('.'));

/** Texts end with their own `.done`, with that of their part, and with that of their item. */
function closedBy(event: JsonObject, type: string): string[] {
  if (!type.endsWith('.done')) return [];
  if (type === 'response.output_item.done') return [itemOf(event)];
  return [/_part\.done$/.test(type) ? partOf(event) : `${partOf(event)}${stemOf(type)}/`];
}

/** Not by `item_id` where there is a position: some hosts write another id into each event. */
const itemOf = ({ output_index: index, item_id: id }: JsonObject): string => `${index ?? id ?? ''}/`;

function partOf(event: JsonObject): string {
  const { content_index: content, summary_index: summary, command_index: command } = event;
  const part = summary === undefined ? (content ?? command ?? '') : `summary ${summary}`;
  return `${itemOf(event)}${part}/`;
}

function channel(event: unknown, path: KeyPath): string {
  const object = asObject(event) ?? {};
  return `${partOf(object)}${stemOf(typeOf(object))}/${path.join('.')}`;
}

/** What says where a piece belongs. The number in the sequence is that of the event which the text was cut from. */
const PLACE = /^(?:type|sequence_number|.*_(?:id|index))$/;

function continuation(event: unknown, path: KeyPath, text: string): unknown {
  const object = asObject(event) ?? {};
  const place = Object.entries(object).filter(([key, value]) => PLACE.test(key) && typeof value !== 'object');
  const logprobs = Array.isArray(object.logprobs) ? { logprobs: [] } : {};
  return { ...Object.fromEntries(place), ...asObject(along(path, text)), ...logprobs };
}

const along = (path: KeyPath, text: string): unknown =>
  path.reduceRight<unknown>((inner, key) => (typeof key === 'number' ? [inner] : { [key]: inner }), text);

/** Log probabilities stand beside the text, wherever that is. */
function quotes(path: KeyPath): KeyPath | undefined {
  const field = path.at(-1);
  return field === 'text' || field === 'delta' ? [...path.slice(0, -1), 'logprobs'] : undefined;
}

/** The AI SDK reads errors of streams by their type and number, OpenAI's SDK by the object in them. */
const errors: ErrorForm = {
  ...openaiErrors,
  event: (error) => ({ name: 'error', data: { ...asObject(openaiErrors.body(error)), sequence_number: 0 } }),
};

export const openaiResponses: Dialect = {
  id: 'openai.responses',
  family: 'openai',
  operation: 'chat',
  request: RESPONSES_REQUEST,
  resolve: resolveResponses,
  response: RESPONSES_ANSWER,
  event: RESPONSES_EVENT,
  resolveAnswer: resolveResponses,
  facts,
  assign,
  answer,
  eventFacts,
  counters: ['sequence_number'],
  channel,
  continuation,
  eventName: (event) => typeOf(asObject(event) ?? {}) || undefined,
  quotes,
  errors,
};

/** Makes a conversation shorter. The API knows no limit of what that may take. */
export const openaiResponsesCompact: Dialect = {
  ...openaiResponses,
  assign: ({ model }) => assign({ model }),
};

/** Counts the tokens of a request that is not sent: guarded like one, and free. */
export const openaiResponsesCount: Dialect = {
  ...openaiResponses,
  id: 'openai.responses.count_tokens',
  operation: 'count_tokens',
  response: shape(
    { scope: 'output' },
    { object: null, error: shape(undefined, { type: null, code: null, param: null }) },
  ),
  facts: (body) => ({
    model: asString(body.member('model')) ?? '',
    stream: false,
    maxOutputTokens: undefined,
    choices: 1,
    parameters: {},
  }),
  assign: ({ model }) => assign({ model }),
  answer: () => ({ response: {} }),
};
