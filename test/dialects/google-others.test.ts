/** Gemini's operations beside `generateContent`: embeddings, counts, batches, caches, images. */
import { describe, expect, it } from 'vitest';
import type { Dialect } from '../../src/dialects/dialect.ts';
import { googleCountTokens } from '../../src/dialects/google-count.ts';
import { googleEmbed } from '../../src/dialects/google-embed.ts';
import { googleImagen } from '../../src/dialects/google-imagen.ts';
import { googleBatch, googleBatchResult, googleCache, vertexBatch } from '../../src/dialects/google-stored.ts';
import { routeFor } from '../../src/dialects/index.ts';
import { answerUsage } from '../../src/spend/usage.ts';
import { answeredBody, bodyOf, factsOf, sentBody, structuralObjects, structuralStrings } from './planted.ts';

const content = { role: 'user', parts: [{ text: 'Hello' }] };
const generate = {
  model: 'models/m',
  contents: [content],
  systemInstruction: content,
  tools: [{ functionDeclarations: [{ name: 'f', description: 'x' }] }],
};
const answered = { candidates: [{ content: { role: 'model', parts: [{ text: 'Hi' }] }, finishReason: 'STOP' }] };
const inlined = { inlinedResponses: { inlinedResponses: [{ metadata: { key: 'a' }, response: answered }] } };
const ANSWERED = 'inlinedResponses.inlinedResponses[].response.candidates[]';
const failed = { code: 400, message: 'None', status: 'INVALID_ARGUMENT' };

interface Case {
  readonly dialect: Dialect;
  readonly request: object;
  /** Strings that are sent as they are: an entry is a hole, and needs a reason. */
  readonly sent: readonly string[];
  readonly sentObjects?: readonly string[];
  readonly answer: object;
  readonly told: readonly string[];
  readonly toldObjects?: readonly string[];
}

const GENERATE_STRUCTURE = [
  'contents[].role',
  'model',
  'systemInstruction.role',
  'tools[].functionDeclarations[].name',
];

const CASES: Readonly<Record<string, Case>> = {
  embeddings: {
    dialect: googleEmbed,
    request: {
      model: 'models/m',
      content,
      title: 'A title',
      taskType: 'RETRIEVAL_DOCUMENT',
      embedContentConfig: { title: 'A title', taskType: 'RETRIEVAL_DOCUMENT' },
      requests: [{ model: 'models/m', content, title: 'A title', taskType: 'RETRIEVAL_DOCUMENT' }],
      instances: [{ content: 'Hello', title: 'A title', task_type: 'RETRIEVAL_DOCUMENT' }],
      parameters: { outputDimensionality: 5 },
      newField: { of: ['next'] },
    },
    sent: [
      'content.role',
      'embedContentConfig.taskType',
      'instances[].task_type',
      'model',
      'requests[].content.role',
      'requests[].model',
      'requests[].taskType',
      'taskType',
    ],
    answer: {
      embedding: { values: [0.1] },
      embeddings: [{ values: [0.1], note: 'x' }],
      predictions: [{ embeddings: { values: [0.1], statistics: { token_count: 3 } } }],
      usageMetadata: { promptTokenCount: 1 },
      metadata: { billableCharacterCount: 3 },
      deployedModelId: '1',
      error: failed,
      newField: 'new',
    },
    // Numbers.
    told: ['deployedModelId', 'embeddings[].note', 'error.status'],
    toldObjects: [
      'embedding',
      'embeddings[]',
      'metadata',
      'predictions[]',
      'predictions[].embeddings',
      'predictions[].embeddings.statistics',
      'usageMetadata',
    ],
  },
  'counts of tokens': {
    dialect: googleCountTokens,
    request: { ...generate, generateContentRequest: generate, instances: [{ content: 'Hello' }] },
    sent: [...GENERATE_STRUCTURE, ...GENERATE_STRUCTURE.map((path) => `generateContentRequest.${path}`)].sort(),
    answer: {
      totalTokens: 7,
      promptTokensDetails: [{ modality: 'TEXT', tokenCount: 7 }],
      tokensInfo: [{ role: 'user', tokenIds: ['1841'], tokens: ['SGk='] }],
      newField: 'new',
      error: failed,
    },
    // Of what was sent, which is redacted.
    told: [
      'error.status',
      'promptTokensDetails[].modality',
      'tokensInfo[].role',
      'tokensInfo[].tokenIds[]',
      'tokensInfo[].tokens[]',
    ],
    toldObjects: ['promptTokensDetails[]', 'tokensInfo[]'],
  },
  batches: {
    dialect: googleBatch,
    request: {
      batch: {
        displayName: 'mine',
        inputConfig: { requests: { requests: [{ request: { ...generate, content }, metadata: { key: 'a' } }] } },
      },
    },
    sent: [...GENERATE_STRUCTURE, 'content.role']
      .map((path) => `batch.inputConfig.requests.requests[].request.${path}`)
      .sort(),
    answer: {
      name: 'batches/b',
      metadata: {
        '@type': 'type.googleapis.com/b',
        name: 'batches/b',
        model: 'models/m',
        displayName: 'mine',
        state: 'BATCH_STATE_PENDING',
        createTime: '2026-11-26T10:00:00Z',
        updateTime: '2026-11-26T10:00:00Z',
        endTime: '2026-11-26T10:00:00Z',
        batchStats: { requestCount: '1' },
        output: { ...inlined, responsesFile: 'files/f' },
      },
      response: { '@type': 'type.googleapis.com/b', responsesFile: 'files/f', ...inlined },
      error: failed,
    },
    told: [
      'error.status',
      ...['@type', 'batchStats.requestCount', 'createTime', 'endTime', 'model', 'name', 'state', 'updateTime'].map(
        (path) => `metadata.${path}`,
      ),
      ...['metadata.output', 'response'].flatMap((at) => [
        `${at}.${ANSWERED}.content.role`,
        `${at}.${ANSWERED}.finishReason`,
        `${at}.responsesFile`,
      ]),
      'name',
      'response.@type',
    ].sort(),
    toldObjects: ['metadata.batchStats'],
  },
  'batches in files': {
    dialect: vertexBatch,
    request: {
      displayName: 'mine',
      model: 'publishers/google/models/m',
      inputConfig: { gcsSource: { uris: ['gs://b/a'] } },
    },
    sent: ['model'],
    answer: { name: 'projects/p/j', displayName: 'mine', model: 'm', state: 'JOB_STATE_PENDING', error: failed },
    told: ['error.status', 'model', 'name', 'state'],
  },
  'cached contents': {
    dialect: googleCache,
    request: {
      ...generate,
      displayName: 'mine',
      ttl: '60s',
      expireTime: '2026-11-26T10:00:00Z',
      name: 'cachedContents/c',
    },
    sent: [...GENERATE_STRUCTURE, 'expireTime', 'name', 'ttl'].sort(),
    answer: {
      name: 'cachedContents/c',
      displayName: 'mine',
      model: 'models/m',
      createTime: '2026-11-26T10:00:00Z',
      updateTime: '2026-11-26T10:00:00Z',
      expireTime: '2026-11-26T10:00:00Z',
      usageMetadata: { totalTokenCount: 7 },
      error: failed,
    },
    told: ['createTime', 'error.status', 'expireTime', 'model', 'name', 'updateTime'],
    toldObjects: ['usageMetadata'],
  },
  images: {
    dialect: googleImagen,
    request: {
      instances: [
        {
          prompt: 'A lion',
          image: { bytesBase64Encoded: 'AAAA', mimeType: 'image/png' },
          mask: { image: { bytesBase64Encoded: 'AAAA', mimeType: 'image/png' }, maskMode: 'x' },
          referenceImages: [{ referenceType: 'r', referenceImage: { bytesBase64Encoded: 'AAAA' } }],
        },
      ],
      parameters: { sampleCount: 2, negativePrompt: 'x', storageUri: 'gs://b' },
    },
    sent: [
      'instances[].image.mimeType',
      'instances[].mask.image.mimeType',
      'instances[].referenceImages[].referenceType',
      'parameters.storageUri',
    ],
    answer: {
      predictions: [
        {
          bytesBase64Encoded: 'AAAA',
          mimeType: 'image/png',
          prompt: 'A lion',
          safetyAttributes: { categories: ['x'] },
        },
      ],
      deployedModelId: '1',
      model: 'm',
      modelDisplayName: 'm',
      error: failed,
    },
    told: [
      'deployedModelId',
      'error.status',
      'model',
      'modelDisplayName',
      'predictions[].mimeType',
      'predictions[].safetyAttributes.categories[]',
    ],
    toldObjects: ['predictions[].safetyAttributes'],
  },
};

describe.each(Object.entries(CASES))('a value in %s', (_name, { dialect, request, answer, ...expected }) => {
  const sending = (body: unknown): Promise<string> => sentBody(dialect, body);
  const answering = (body: unknown): Promise<string> => answeredBody(dialect, body);

  it('is redacted in every string of the request but the structural ones', async () => {
    expect(await structuralStrings(request, sending)).toEqual(expected.sent);
    expect(await structuralObjects(request, sending)).toEqual(expected.sentObjects ?? []);
    expect(await sending(request)).toBe(JSON.stringify(request));
  });

  it('is redacted in every string of the answer but the structural ones', async () => {
    expect(await structuralStrings(answer, answering)).toEqual(expected.told);
    expect(await structuralObjects(answer, answering)).toEqual(expected.toldObjects ?? []);
  });
});

describe('what a request says', () => {
  const route = { path: '/v1beta/models/m:x', model: 'm' };

  it('of embeddings is the model and their size', () => {
    expect(factsOf(googleEmbed, { content, outputDimensionality: 5 }, route)).toMatchObject({
      model: 'm',
      parameters: { dimensions: 5 },
    });
    expect(factsOf(googleEmbed, { parameters: { outputDimensionality: 6 } }, route)).toMatchObject({
      parameters: { dimensions: 6 },
    });
  });

  it('of a cache is the model in its body, and no cost', () => {
    const path = '/v1beta/cachedContents';
    expect(factsOf(googleCache, { model: 'models/m' }, { path })).toMatchObject({ model: 'm', unpriced: true });
    expect(() => factsOf(googleCache, {}, { path })).toThrow('"model" must be');
  });

  it('of a batch is no cost, and no text where it stands in a file', () => {
    expect(factsOf(googleBatch, { batch: { inputConfig: { requests: {} } } }, route)).toMatchObject({
      unpriced: true,
      unreadable: false,
    });
    for (const inputConfig of [{ fileName: 'files/f' }, { file_name: 'files/f' }])
      expect(factsOf(googleBatch, { batch: { inputConfig } }, route)).toMatchObject({ unreadable: true });
    expect(factsOf(vertexBatch, { model: 'publishers/google/models/m' }, { path: '/' })).toMatchObject({
      model: 'm',
      unreadable: true,
    });
  });

  it('of images is how many', () => {
    expect(factsOf(googleImagen, { instances: [] }, route)).toMatchObject({ choices: 4, unpriced: true });
    expect(factsOf(googleImagen, { parameters: { sampleCount: 2 } }, route)).toMatchObject({ choices: 2 });
  });
});

it("each request of a batch of embeddings names the path's model", () => {
  const body = bodyOf(googleEmbed, { requests: [{ model: 'models/a' }, { content }, { model: 'models/a' }] });
  for (const { path, value } of googleEmbed.assign({ model: 'b' }, { name: 'gcp.gemini', baseURL: '' }, body))
    body.set(path, value);
  expect(JSON.parse(body.toString())).toEqual({
    requests: [{ model: 'models/b' }, { content }, { model: 'models/b' }],
  });
});

it('embeddings of Vertex AI tell their tokens one by one', () => {
  const prediction = { embeddings: { values: [0.1], statistics: { token_count: 3, truncated: false } } };
  expect(answerUsage('google.generate', { predictions: [prediction, prediction] })).toEqual({
    inputTokens: 6,
    outputTokens: 0,
    source: 'provider',
  });
  expect(answerUsage('google.generate', { predictions: [{ bytesBase64Encoded: 'AAAA' }] })).toBeUndefined();
});

describe('the path', () => {
  const vertex = '/v1/projects/p/locations/l';

  it.each([
    ['/v1beta/models/gemini-embedding-001:embedContent', googleEmbed],
    ['/v1beta/models/gemini-embedding-001:batchEmbedContents', googleEmbed],
    [`${vertex}/publishers/google/models/text-embedding-005:predict`, googleEmbed],
    [`${vertex}/publishers/google/models/text-multilingual-embedding-002:predict`, googleEmbed],
    [`${vertex}/publishers/google/models/imagen-4.0-generate-001:predict`, googleImagen],
    ['/v1beta/models/imagen-4.0-generate-001:predict', googleImagen],
    ['/v1beta/models/m:countTokens', googleCountTokens],
    [`${vertex}/publishers/google/models/m:computeTokens`, googleCountTokens],
    ['/v1beta/models/m:batchGenerateContent', googleBatch],
    ['/v1beta/models/m:asyncBatchEmbedContent', googleBatch],
    [`${vertex}/batchPredictionJobs`, vertexBatch],
    ['/v1beta/cachedContents', googleCache],
    [`${vertex}/cachedContents`, googleCache],
  ])('%s', (path, dialect) => {
    expect(routeFor('POST', path)).toMatchObject({ path, dialect: { id: dialect.id, operation: dialect.operation } });
  });

  it('of what a batch came to is read too, and other batches are not taken for it', () => {
    expect(routeFor('GET', '/v1beta/batches/b')?.dialect).toBe(googleBatchResult);
    for (const path of ['/v1/batches/b', '/v1/messages/batches/b'])
      expect(routeFor('GET', path)?.dialect).not.toBe(googleBatchResult);
  });

  it.each([
    `${vertex}/publishers/google/models/multimodalembedding@001:predict`,
    '/v1beta/models/veo-3.0-generate-001:predictLongRunning',
    '/v1beta/interactions',
    '/v1beta/files',
  ])('%s is none that is known', (path) => {
    expect(routeFor('POST', path)).toBeUndefined();
  });
});
