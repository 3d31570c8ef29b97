/** Counting tokens with Gemini: `countTokens` and `computeTokens`. Free; the texts go to Google all the same. */
import type { RequestBody } from '../core/request-body.ts';
import type { RequestFacts, Route } from './dialect.ts';
import { shape } from './fields.ts';
import { errorShape, MESSAGE, OUTPUT, spelled } from './google-parts.ts';
import { GENERATE_MEMBERS, generateRequest, modelAssign, modelOf } from './google-request.ts';
import { wholeAnswers } from './google-whole.ts';

function facts(body: RequestBody, route: Route): RequestFacts {
  return { model: modelOf(body, route), stream: false, maxOutputTokens: undefined, choices: 1, parameters: {} };
}

export const googleCountTokens = wholeAnswers({
  id: 'google.count_tokens',
  operation: 'count_tokens',
  request: shape(MESSAGE, { ...GENERATE_MEMBERS, ...spelled({ generateContentRequest: generateRequest }) }),
  response: shape(OUTPUT, {
    promptTokensDetails: null,
    cacheTokensDetails: null,
    // Numbers in quotes, and pieces of what was sent, in base64.
    tokensInfo: null,
    error: errorShape,
  }),
  facts,
  assign: ({ model }, _provider, body) => (model === undefined ? [] : modelAssign(model, body)),
  // What it tells is not what it cost.
  answer: () => ({ response: {} }),
});
