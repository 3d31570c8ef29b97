/** OpenAI's embeddings: text in, numbers out. */
import type { RequestBody } from '../core/request-body.ts';
import type { Dialect, RequestFacts, Route } from './dialect.ts';
import { asArray, asObject, asString, modelOf, parameters, shape } from './fields.ts';
import { openaiErrors } from './openai-error.ts';

const NOTHING = shape(null);

function facts(body: RequestBody, route: Route): RequestFacts {
  return {
    model: modelOf(body, route),
    stream: false,
    maxOutputTokens: undefined,
    choices: 1,
    parameters: parameters(body, ['dimensions']),
    unreadable: holdsTokenIds(body.member('input')),
  };
}

/** Some clients (LangChain in Python) send token ids instead of text: `[1, 2]` or `[[1, 2]]`. */
function holdsTokenIds(input: unknown): boolean {
  return asArray(input).some((item) => typeof item === 'number' || asArray(item).length > 0);
}

export const openaiEmbeddings: Dialect = {
  id: 'openai.embeddings',
  family: 'openai',
  operation: 'embeddings',
  request: shape({ scope: 'message' }, { model: null, encoding_format: null, dimensions: null }),
  response: shape(
    { scope: 'output' },
    {
      object: null,
      model: null,
      data: null,
      usage: null,
      id: null,
      error: shape(undefined, { type: null, code: null, param: null }),
    },
  ),
  event: NOTHING,
  facts,
  assign: ({ model }) => (model === undefined ? [] : [{ path: ['model'], value: model }]),
  answer: (body) => {
    const object = asObject(body) ?? {};
    return { response: { id: asString(object.id), model: asString(object.model) || undefined }, usage: object };
  },
  eventFacts: () => ({}),
  channel: () => '',
  continuation: (event) => event,
  errors: openaiErrors,
};
