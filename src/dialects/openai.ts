/** The operations of OpenAI's API, and of the many hosts that speak it. */
import type { Endpoint } from './dialect.ts';
import { openaiSpeech, openaiTranscriptions, openaiTranslations } from './openai-audio.ts';
import { openaiBatches } from './openai-batches.ts';
import { openaiChat } from './openai-chat.ts';
import { openaiCompletions } from './openai-completions.ts';
import { openaiEmbeddings } from './openai-embeddings.ts';
import { openaiFileContent, openaiFiles, openaiUploadParts, openaiUploads } from './openai-files.ts';
import { openaiImages } from './openai-images.ts';
import { openaiModerations } from './openai-moderations.ts';
import { openaiResponses, openaiResponsesCompact, openaiResponsesCount } from './openai-responses.ts';
import {
  openaiResponseInput,
  openaiStoredChat,
  openaiStoredChats,
  openaiStoredMessages,
  openaiStoredResponse,
} from './openai-stored.ts';

/** Azure names the model before the operation; an alternative, for a lookbehind that is optional keeps no group. */
const operation = (path: string): RegExp => new RegExp(`(?:(?<=/deployments/(?<model>[^/]+))|)${path}$`);

export const openaiEndpoints: readonly Endpoint[] = [
  { method: 'POST', path: operation('/chat/completions'), dialect: openaiChat },
  { method: 'GET', path: /\/chat\/completions$/, dialect: openaiStoredChats },
  { method: 'GET', path: /\/chat\/completions\/(?<answer>[^/]+)$/, dialect: openaiStoredChat },
  { method: 'GET', path: /\/chat\/completions\/[^/]+\/messages$/, dialect: openaiStoredMessages },
  { method: 'POST', path: /\/responses$/, dialect: openaiResponses },
  { method: 'POST', path: /\/responses\/compact$/, dialect: openaiResponsesCompact },
  { method: 'POST', path: /\/responses\/input_tokens$/, dialect: openaiResponsesCount },
  { method: 'GET', path: /\/responses\/(?<answer>[^/]+)$/, dialect: openaiStoredResponse },
  { method: 'POST', path: /\/responses\/(?<answer>[^/]+)\/cancel$/, dialect: openaiStoredResponse },
  { method: 'GET', path: /\/responses\/[^/]+\/input_items$/, dialect: openaiResponseInput },
  { method: 'POST', path: operation('(?<!/chat)/completions'), dialect: openaiCompletions },
  { method: 'POST', path: operation('/embeddings'), dialect: openaiEmbeddings },
  { method: 'POST', path: operation('/images/(?:generations|edits|variations)'), dialect: openaiImages },
  { method: 'POST', path: operation('/audio/speech'), dialect: openaiSpeech },
  { method: 'POST', path: operation('/audio/transcriptions'), dialect: openaiTranscriptions },
  { method: 'POST', path: operation('/audio/translations'), dialect: openaiTranslations },
  { method: 'POST', path: operation('/moderations'), dialect: openaiModerations },
  // Google's files, and Anthropic's batches, are others.
  { method: 'POST', path: /(?<!\/v1(?:beta|alpha)\d*)\/files$/, dialect: openaiFiles },
  { method: 'GET', path: /\/files\/[^/]+\/content$/, dialect: openaiFileContent },
  { method: 'POST', path: /\/uploads(?:\/[^/]+\/complete)?$/, dialect: openaiUploads },
  { method: 'POST', path: /\/uploads\/[^/]+\/parts$/, dialect: openaiUploadParts },
  { method: 'POST', path: /(?<!\/messages)\/batches$/, dialect: openaiBatches },
];
