/** The operations of Gemini's API, at Google AI and at Vertex AI. */
import type { Dialect, Endpoint } from './dialect.ts';
import { googleCountTokens } from './google-count.ts';
import { googleEmbed } from './google-embed.ts';
import { googleGenerate } from './google-generate.ts';
import { googleImagen } from './google-imagen.ts';
import { googleBatch, googleBatchResult, googleCache, vertexBatch } from './google-stored.ts';

/** `/v1beta`, and at Vertex AI the project and the place; clients with a base URL of their own may leave out the version. */
const PLACE = String.raw`(?:\/v\d[a-z\d]*)?(?:\/projects\/[^/]+\/locations\/[^/]+)?`;
const PUBLISHED = String.raw`(?:\/publishers\/[^/]+)?\/models\/`;

const post = (path: string, dialect: Dialect): Endpoint => ({
  method: 'POST',
  path: new RegExp(`${PLACE}${path}$`),
  dialect,
});

/** A published model goes by its name; others are called with their kind, so that none can pass for a model with a price. */
const methods = (names: string, dialect: Dialect): Endpoint[] => [
  post(`${PUBLISHED}(?<model>[^/:]+):(?:${names})`, dialect),
  post(`/(?<model>(?:tunedModels|dynamic|endpoints)/[^/:]+):(?:${names})`, dialect),
];

/** `predict` is every model's, each in a form of its own: those that are known by name. */
const predict = (models: string, dialect: Dialect): Endpoint =>
  post(`${PUBLISHED}(?<model>(?:${models})[^/:]*):predict`, dialect);

export const googleEndpoints: readonly Endpoint[] = [
  ...methods('generateContent|streamGenerateContent', googleGenerate),
  ...methods('countTokens|computeTokens', googleCountTokens),
  ...methods('embedContent|batchEmbedContents', googleEmbed),
  predict('text-embedding-|text-multilingual-embedding-|gemini-embedding-', googleEmbed),
  predict('imagen', googleImagen),
  ...methods('batchGenerateContent|asyncBatchEmbedContent', googleBatch),
  post('/batchPredictionJobs', vertexBatch),
  post('/cachedContents', googleCache),
  // With the version: OpenAI and Anthropic have batches too.
  { method: 'GET', path: /\/v1(?:alpha|beta)\/batches\/[^/:]+$/, dialect: googleBatchResult },
];
