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

/** Azure names the model before the operation; an alternative, for a lookbehind that is optional keeps no group. */
const operation = (path: string): RegExp => new RegExp(`(?:(?<=/deployments/(?<model>[^/]+))|)${path}$`);

export const openaiEndpoints: readonly Endpoint[] = [
  { method: 'POST', path: operation('/chat/completions'), dialect: openaiChat },
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
