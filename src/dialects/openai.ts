/** The operations of OpenAI's API, and of the many hosts that speak it. */
import type { Endpoint } from './dialect.ts';
import { openaiChat } from './openai-chat.ts';
import { openaiEmbeddings } from './openai-embeddings.ts';

export const openaiEndpoints: readonly Endpoint[] = [
  { method: 'POST', path: /\/chat\/completions$/, dialect: openaiChat },
  { method: 'POST', path: /\/embeddings$/, dialect: openaiEmbeddings },
];
