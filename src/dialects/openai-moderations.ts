/** OpenAI's moderations: free, and of redacted texts where something redacts. */
import type { Dialect } from './dialect.ts';
import { asString, listOf, shape } from './fields.ts';
import { ERROR, plain, plainFacts } from './openai-plain.ts';

export const openaiModerations: Dialect = {
  ...plain,
  id: 'openai.moderations',
  operation: 'moderation',
  request: shape(
    { scope: 'message' },
    {
      model: null,
      input: listOf(
        shape(undefined, { type: null, image_url: shape(undefined, { url: { scope: 'message', media: true } }) }),
      ),
    },
  ),
  response: shape({ scope: 'output' }, { id: null, model: null, error: ERROR }),
  facts: (body, route) => plainFacts(asString(body.member('model')) ?? route.model ?? 'omni-moderation-latest'),
};
