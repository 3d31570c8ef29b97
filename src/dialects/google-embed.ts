/**
 * Embeddings of Google: `embedContent`, `batchEmbedContents`, and Vertex AI's `predict` of text embedding models. Text in, numbers out.
 */
import type { RequestBody } from '../core/request-body.ts';
import type { Assignment, RequestFacts, Route } from './dialect.ts';
import { asArray, asObject, asString, type JsonObject, shape } from './fields.ts';
import { contents, errorShape, MESSAGE, OUTPUT, oneOrMore, spelled } from './google-parts.ts';
import { modelAssign, modelOf, renamed } from './google-request.ts';
import { wholeAnswers } from './google-whole.ts';

const CONFIG = { taskType: null };

const ONE = spelled({
  model: null,
  content: contents,
  ...CONFIG,
  embedContentConfig: shape(undefined, spelled(CONFIG)),
});

function facts(body: RequestBody, route: Route): RequestFacts {
  return {
    model: modelOf(body, route),
    stream: false,
    maxOutputTokens: undefined,
    choices: 1,
    parameters: dimensions(body),
  };
}

function dimensions(body: RequestBody): Record<string, number> {
  const within: JsonObject = asObject(body.member('parameters')) ?? {};
  const size = body.member('outputDimensionality') ?? within.outputDimensionality;
  return typeof size === 'number' ? { dimensions: size } : {};
}

/** Each of a batch repeats the model, and must name that of the path. */
function modelsAssign(model: string, body: RequestBody): Assignment[] {
  const repeated = asArray(body.member('requests')).flatMap((request, position) => {
    const named = asString(asObject(request)?.model);
    return named === undefined ? [] : [{ path: ['requests', position, 'model'], value: renamed(named, model) }];
  });
  return [...modelAssign(model, body), ...repeated];
}

export const googleEmbed = wholeAnswers({
  id: 'google.embed',
  operation: 'embeddings',
  request: shape(MESSAGE, {
    ...ONE,
    requests: oneOrMore(ONE),
    instances: oneOrMore({ content: { scope: 'message' }, ...spelled(CONFIG) }),
  }),
  response: shape(OUTPUT, {
    embedding: null,
    embeddings: null,
    predictions: null,
    usageMetadata: null,
    metadata: null,
    deployedModelId: null,
    error: errorShape,
  }),
  facts,
  assign: ({ model }, _provider, body) => (model === undefined ? [] : modelsAssign(model, body)),
});
