/** OpenAI's batches: many requests that stand in a file. What they cost is told by nothing here. */
import type { Dialect } from './dialect.ts';
import { listOf, shape } from './fields.ts';
import { ERROR, plain, plainFacts } from './openai-plain.ts';

export const openaiBatches: Dialect = {
  ...plain,
  id: 'openai.batches',
  operation: 'batch',
  request: shape(
    { scope: 'message' },
    { input_file_id: null, endpoint: null, completion_window: null, output_expires_after: null },
  ),
  response: shape(
    { scope: 'output' },
    {
      id: null,
      object: null,
      status: null,
      endpoint: null,
      model: null,
      completion_window: null,
      input_file_id: null,
      output_file_id: null,
      error_file_id: null,
      usage: null,
      errors: shape(undefined, {
        object: null,
        data: listOf(shape(undefined, { code: null, param: null })),
      }),
      error: ERROR,
    },
  ),
  facts: () => plainFacts('', { unpriced: true }),
  answer: () => ({ response: {} }),
};
