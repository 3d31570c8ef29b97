/** The operations of Anthropic's API. */
import type { Endpoint } from './dialect.ts';
import { anthropicFileContent, anthropicFiles } from './openai-files.ts';

export const anthropicEndpoints: readonly Endpoint[] = [
  { method: 'POST', path: /\/v1\/files$/, dialect: anthropicFiles },
  { method: 'GET', path: /\/v1\/files\/[^/]+\/content$/, dialect: anthropicFileContent },
];
