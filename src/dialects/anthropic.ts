/** The operations of Anthropic's API, and of Claude's models at Vertex AI. */
import {
  anthropicBatch,
  anthropicBatchResults,
  anthropicCountTokens,
  anthropicMessages,
} from './anthropic-messages.ts';
import type { Endpoint } from './dialect.ts';
import { anthropicFileContent, anthropicFiles } from './openai-files.ts';

const VERTEX = '/v1(?:beta1)?/projects/[^/]+/locations/[^/]+/publishers/anthropic/models';

export const anthropicEndpoints: readonly Endpoint[] = [
  { method: 'POST', path: /\/v1\/messages$/, dialect: anthropicMessages },
  { method: 'POST', path: /\/v1\/messages\/count_tokens$/, dialect: anthropicCountTokens },
  { method: 'POST', path: /\/v1\/messages\/batches$/, dialect: anthropicBatch },
  { method: 'GET', path: /\/v1\/messages\/batches\/[^/]+\/results$/, dialect: anthropicBatchResults },
  { method: 'POST', path: new RegExp(`${VERTEX}/count-tokens:rawPredict$`), dialect: anthropicCountTokens },
  {
    method: 'POST',
    path: new RegExp(`${VERTEX}/(?<model>[^/:]+):(?:stream)?[rR]awPredict$`),
    dialect: anthropicMessages,
  },
  { method: 'POST', path: /\/v1\/files$/, dialect: anthropicFiles },
  { method: 'GET', path: /\/v1\/files\/[^/]+\/content$/, dialect: anthropicFileContent },
];
