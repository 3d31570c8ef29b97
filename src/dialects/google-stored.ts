/**
 * Requests of Gemini that are answered later or kept for others: batches and cached contents. Their texts are guarded. What they will
 * cost no answer tells: batches have a price list of their own and end within a day, caches are paid by the hour.
 */
import type { RequestBody } from '../core/request-body.ts';
import type { RequestFacts, Route } from './dialect.ts';
import { asObject, type JsonObject, listOf, shape } from './fields.ts';
import { generateAnswer } from './google-generate.ts';
import { contents, errorShape, MESSAGE, OUTPUT, oneOrMore, spelled } from './google-parts.ts';
import { GENERATE_MEMBERS, modelOf } from './google-request.ts';
import { wholeAnswers } from './google-whole.ts';

const stored = { stream: false, maxOutputTokens: undefined, choices: 1, parameters: {}, unpriced: true } as const;

/** A request of a batch is one of `generateContent`, or of `embedContent`. */
const REQUEST = shape(undefined, { ...GENERATE_MEMBERS, content: contents });

const BATCH = spelled({
  model: null,
  name: null,
  inputConfig: shape(
    undefined,
    spelled({ fileName: null, requests: shape(undefined, { requests: oneOrMore({ request: REQUEST }) }) }),
  ),
});

/** Its answers, when they come with it. */
const INLINED = shape(undefined, { inlinedResponses: listOf(shape(undefined, { response: generateAnswer })) });

const OPERATION = shape(OUTPUT, {
  name: null,
  metadata: shape(undefined, {
    '@type': null,
    name: null,
    model: null,
    state: null,
    createTime: null,
    updateTime: null,
    endTime: null,
    batchStats: null,
    output: shape(undefined, { responsesFile: null, inlinedResponses: INLINED }),
  }),
  response: shape(undefined, { '@type': null, responsesFile: null, inlinedResponses: INLINED }),
  error: errorShape,
});

/** Whether its requests stand in a file, which nobody reads here. */
function isInFile(body: RequestBody): boolean {
  const batch: JsonObject = asObject(body.member('batch')) ?? {};
  const config = asObject(batch.inputConfig ?? batch.input_config) ?? {};
  return (config.fileName ?? config.file_name ?? undefined) !== undefined;
}

export const googleBatch = wholeAnswers({
  id: 'google.batch',
  operation: 'batch',
  request: shape(MESSAGE, { batch: shape(undefined, BATCH) }),
  response: OPERATION,
  facts: (body, route): RequestFacts => ({ ...stored, model: modelOf(body, route), unreadable: isInFile(body) }),
  assign: () => [],
  answer: () => ({ response: {} }),
});

/** Vertex AI takes batches in files and tables alone. */
export const vertexBatch = wholeAnswers({
  id: 'google.batch',
  operation: 'batch',
  request: shape(MESSAGE, { model: null }),
  response: shape(OUTPUT, { name: null, model: null, state: null, error: errorShape }),
  facts: (body, route): RequestFacts => ({ ...stored, model: modelOf(body, route), unreadable: true }),
  assign: () => [],
  answer: () => ({ response: {} }),
});

/** What a batch came to. The call that began it is long over, so no value comes back in it. */
export const googleBatchResult = wholeAnswers({
  id: 'google.batch',
  operation: 'retrieve',
  request: shape(MESSAGE),
  response: OPERATION,
  facts: (): RequestFacts => ({ ...stored, model: '', unpriced: false }),
  assign: () => [],
  answer: () => ({ response: {} }),
});

export const googleCache = wholeAnswers({
  id: 'google.cache',
  operation: 'file',
  request: shape(MESSAGE, {
    ...GENERATE_MEMBERS,
    ...spelled({ name: null, ttl: null, expireTime: null, encryptionSpec: null, kmsKeyName: null }),
  }),
  response: shape(OUTPUT, {
    name: null,
    model: null,
    createTime: null,
    updateTime: null,
    expireTime: null,
    usageMetadata: null,
    error: errorShape,
  }),
  facts: cacheFacts,
  answer: () => ({ response: {} }),
});

function cacheFacts(body: RequestBody, route: Route): RequestFacts {
  return { ...stored, model: modelOf(body, route), sharesContext: true };
}
