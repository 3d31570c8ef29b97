/** The operations of OpenAI's API, and of the many hosts that speak it. */
import type { Endpoint } from './dialect.ts';
import { openaiChat } from './openai-chat.ts';
import { openaiEmbeddings } from './openai-embeddings.ts';
import { openaiResponses, openaiResponsesCompact, openaiResponsesCount } from './openai-responses.ts';
import {
  openaiResponseInput,
  openaiStoredChat,
  openaiStoredChats,
  openaiStoredMessages,
  openaiStoredResponse,
} from './openai-stored.ts';

export const openaiEndpoints: readonly Endpoint[] = [
  { method: 'POST', path: /\/chat\/completions$/, dialect: openaiChat },
  { method: 'GET', path: /\/chat\/completions$/, dialect: openaiStoredChats },
  { method: 'GET', path: /\/chat\/completions\/(?<answer>[^/]+)$/, dialect: openaiStoredChat },
  { method: 'GET', path: /\/chat\/completions\/[^/]+\/messages$/, dialect: openaiStoredMessages },
  { method: 'POST', path: /\/responses$/, dialect: openaiResponses },
  { method: 'POST', path: /\/responses\/compact$/, dialect: openaiResponsesCompact },
  { method: 'POST', path: /\/responses\/input_tokens$/, dialect: openaiResponsesCount },
  { method: 'GET', path: /\/responses\/(?<answer>[^/]+)$/, dialect: openaiStoredResponse },
  { method: 'POST', path: /\/responses\/(?<answer>[^/]+)\/cancel$/, dialect: openaiStoredResponse },
  { method: 'GET', path: /\/responses\/[^/]+\/input_items$/, dialect: openaiResponseInput },
  { method: 'POST', path: /\/embeddings$/, dialect: openaiEmbeddings },
];
