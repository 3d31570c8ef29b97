/**
 * Amazon Bedrock's InvokeModel: an envelope around the APIs of the models themselves. Whose they are is read from the model's id in the
 * path. Claude's is Anthropic's own; the others are guarded by what they have in common.
 */
import type { ResponseFacts } from '../core/exchange.ts';
import type { RequestBody } from '../core/request-body.ts';
import type { KeyPath } from '../core/text.ts';
import { anthropicMessages } from './anthropic-messages.ts';
import { awsErrors } from './aws-error.ts';
import { INVOKE_ANSWER, INVOKE_EVENT, INVOKE_REQUEST, resolveInvoke } from './aws-invoke-shape.ts';
import { isStreamed, modelOf, pathFor } from './aws-route.ts';
import type { AnswerFacts, Dialect, EventFacts, RequestFacts, Route } from './dialect.ts';
import { asArray, asObject, asString, countIn, type JsonObject, optionalCount, parameters } from './fields.ts';

/** Where models have their output limit. */
const LIMITS: readonly (readonly string[])[] = [
  ['max_tokens'],
  ['max_completion_tokens'],
  ['max_tokens_to_sample'],
  ['max_gen_len'],
  ['max_new_tokens'],
  ['maxTokens'],
  ['textGenerationConfig', 'maxTokenCount'],
  ['inferenceConfig', 'maxTokens'],
  ['inferenceConfig', 'max_new_tokens'],
];

function facts(body: RequestBody, route: Route): RequestFacts {
  const limits = LIMITS.map((path) => countIn(body, path)).filter((limit) => limit !== undefined);
  return {
    model: modelOf(route),
    stream: isStreamed(route),
    maxOutputTokens: limits.length > 0 ? Math.max(...limits) : undefined,
    choices: optionalCount(body, 'num_generations') ?? optionalCount(body, 'n') ?? 1,
    parameters: parameters(body, ['temperature', 'top_p', 'top_k']),
  };
}

/** A limit where the body has one already; else where the model's own API has it. */
function assignTo(limit: readonly string[]): Dialect['assign'] {
  return ({ maxOutputTokens }, _provider, body) => {
    if (maxOutputTokens === undefined) return [];
    const named = LIMITS.filter((path) => countIn(body, path) !== undefined);
    return (named.length > 0 ? named : [limit]).map((path) => ({ path, value: maxOutputTokens }));
  };
}

/** Of Llama and Mistral, of Titan, of OpenAI's form; Nova and AI21 have one of these. */
function reasonsOf(fields: JsonObject): string[] {
  const items = [
    ...asArray(fields.choices),
    ...asArray(fields.outputs),
    ...asArray(fields.results),
    ...asArray(fields.generations),
  ];
  return [fields, ...items].flatMap((item) => reasonOf(asObject(item)) ?? []);
}

function reasonOf(fields: JsonObject = {}): string | undefined {
  const { stop_reason, stopReason, finish_reason, completionReason } = fields;
  return asString(stop_reason ?? stopReason ?? finish_reason ?? completionReason);
}

/** Not the model: Bedrock bills the one of the path, whose id tells the region, and not by the name that the vendor has for it. */
function responseFacts(fields: JsonObject): ResponseFacts {
  const finishReasons = reasonsOf(asObject(fields.messageStop) ?? fields);
  return {
    id: asString(fields.id) ?? asString(fields.generation_id),
    ...(finishReasons.length > 0 ? { finishReasons } : {}),
  };
}

function answer(body: unknown): AnswerFacts {
  const fields = asObject(body) ?? {};
  return { response: responseFacts(fields), usage: fields };
}

/** On the last chunk, whatever the model. */
const METRICS = 'amazon-bedrock-invocationMetrics';
/** How exceptions and unmodeled errors are called in streams. */
const FAILURE = /^(?:\w+Exception|error)$/;

/** What the envelope says of an event. */
function envelopeFacts(fields: JsonObject): EventFacts | undefined {
  if (Object.keys(fields).some((key) => FAILURE.test(key))) return { closes: [''], failed: true };
  return fields[METRICS] === undefined ? undefined : { usage: fields, closes: [''], finished: true };
}

function eventFacts(event: unknown): EventFacts {
  const fields = asObject(event) ?? {};
  const stopped = asObject(fields.contentBlockStop);
  const finished = fields.messageStop !== undefined || fields.is_finished === true || reasonsOf(fields).length > 0;
  return {
    response: responseFacts(fields),
    usage: fields.usage !== undefined || fields.metadata !== undefined ? fields : undefined,
    closes: stopped ? [`${stopped.contentBlockIndex}:`] : finished ? [''] : [],
    ...envelopeFacts(fields),
  };
}

/** Block, then keys; items of lists go by their own `index`, where they have one. */
function channel(event: unknown, path: KeyPath): string {
  let at: unknown = event;
  let block: unknown;
  const names = path.map((key) => {
    at = Array.isArray(at) ? at[Number(key)] : asObject(at)?.[key];
    block ??= asObject(at)?.contentBlockIndex;
    return typeof key === 'number' ? Number(asObject(at)?.index ?? key) : key;
  });
  return `${block ?? ''}:${names.join('.')}`;
}

/** What clients sort events by. */
const SORTING = ['index', 'contentBlockIndex', 'type', 'event_type', 'id', 'object', 'model'];

/** The path again with nothing in it but the text. */
function along(value: unknown, path: KeyPath, text: string): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return text;
  if (typeof key === 'number') return [along(asArray(value)[key], rest, text)];
  const object = asObject(value) ?? {};
  const sorting = SORTING.filter((name) => object[name] !== undefined).map((name) => [name, object[name]]);
  return { ...Object.fromEntries(sorting), [key]: along(object[key], rest, text) };
}

const awsInvoke: Dialect = {
  id: 'aws.invoke',
  family: 'aws',
  operation: 'chat',
  request: INVOKE_REQUEST,
  resolve: resolveInvoke,
  response: INVOKE_ANSWER,
  resolveAnswer: resolveInvoke,
  event: INVOKE_EVENT,
  // The SDK says application/octet-stream where the caller says nothing.
  anyContentType: true,
  facts,
  assign: assignTo(['max_tokens']),
  pathFor,
  answer,
  eventFacts,
  channel,
  continuation: along,
  errors: awsErrors,
};

/** Models by how their API names the limit of output. */
export const invokeOpenAI = awsInvoke;
export const invokeLlama: Dialect = { ...awsInvoke, assign: assignTo(['max_gen_len']) };
export const invokeTitan: Dialect = { ...awsInvoke, assign: assignTo(['textGenerationConfig', 'maxTokenCount']) };
export const invokeNova: Dialect = { ...awsInvoke, assign: assignTo(['inferenceConfig', 'maxTokens']) };

/** Models whose answers are no text. */
export const invokeEmbeddings: Dialect = { ...awsInvoke, operation: 'embeddings', assign: () => [] };
export const invokeImage: Dialect = { ...awsInvoke, operation: 'image', assign: () => [] };

function billedByPath<Facts extends EventFacts>(facts: Facts): Facts {
  return facts.response ? { ...facts, response: { ...facts.response, model: undefined } } : facts;
}

const { eventName: _named, ...messages } = anthropicMessages;

/** Claude, in Anthropic's own form. Chunks have no names. */
export const invokeAnthropic: Dialect = {
  ...messages,
  id: 'aws.invoke',
  family: 'aws',
  anyContentType: true,
  facts: (body, route) => ({
    ...facts(body, route),
    maxOutputTokens: optionalCount(body, 'max_tokens') ?? optionalCount(body, 'max_tokens_to_sample'),
  }),
  assign: assignTo(['max_tokens']),
  pathFor,
  answer: (body) => billedByPath(messages.answer(body)),
  eventFacts: (event) => ({ ...billedByPath(messages.eventFacts(event)), ...envelopeFacts(asObject(event) ?? {}) }),
  errors: awsErrors,
};
