import { describe, expect, it } from 'vitest';
import { googleGenerate } from '../../src/dialects/google-generate.ts';
import { answeredBody, sentBody, streamedEvent, structuralObjects, structuralStrings } from './planted.ts';

/** Every kind of part, as @google/genai 3.3 types it. */
const PARTS = [
  { text: 'Hello' },
  { text: 'Well', thought: true, thoughtSignature: 'c2ln' },
  { inlineData: { mimeType: 'image/png', data: 'AAAA', displayName: 'a.png' } },
  { fileData: { mimeType: 'image/png', fileUri: 'gs://bucket/a.png', displayName: 'a.png' } },
  { text: 'See', videoMetadata: { startOffset: '1s', endOffset: '2s' }, mediaResolution: { level: 'LOW' } },
  { functionCall: { id: 'call-1', name: 'mail', args: { to: 'x', more: [{ cc: 'y' }] } } },
  {
    functionResponse: {
      id: 'call-1',
      name: 'mail',
      scheduling: 'SILENT',
      response: { output: 'sent', list: ['{"ok":"yes"}'] },
      parts: [
        { inlineData: { mimeType: 'image/png', data: 'AAAA', displayName: 'b.png' } },
        { fileData: { mimeType: 'image/png', fileUri: 'gs://bucket/b.png' } },
      ],
    },
  },
  { executableCode: { id: 'code-1', language: 'PYTHON', code: 'print(1)' } },
  { codeExecutionResult: { id: 'code-1', outcome: 'OUTCOME_OK', output: '1' } },
  { toolCall: { id: 'tool-1', toolType: 'GOOGLE_SEARCH_WEB', args: { queries: ['x'] } } },
  { toolResponse: { id: 'tool-1', toolType: 'GOOGLE_SEARCH_WEB', response: { found: 'x' } } },
  { audioTranscription: { text: 'Hello', speakerLabel: 'a', words: [{ word: 'Hello' }] } },
  { partMetadata: { source: 'x' }, speechMetadata: { speaker: 'a', style: 'b' } },
  { newPart: { of: ['next', 'month'] } },
];

const VOICE = { voiceConfig: { prebuiltVoiceConfig: { voiceName: 'Kore' } } };

const REQUEST = {
  model: 'models/gemini-2.5-flash',
  systemInstruction: { role: 'system', parts: [{ text: 'Be kind.' }] },
  contents: [
    { role: 'user', parts: PARTS },
    { role: 'model', parts: [{ text: 'Hello' }] },
  ],
  tools: [
    {
      functionDeclarations: [
        {
          name: 'mail',
          description: 'Sends',
          behavior: 'BLOCKING',
          parameters: { type: 'OBJECT', properties: { to: { type: 'STRING', description: 'Whom', enum: ['x'] } } },
          response: { type: 'STRING', description: 'An id' },
        },
        { name: 'note', description: 'Notes', parametersJsonSchema: { type: 'object', title: 'Note' } },
      ],
    },
    { googleSearch: { excludeDomains: ['example.com'], timeRangeFilter: { startTime: '2026-01-01T00:00:00Z' } } },
    { googleMaps: { authConfig: { apiKeyConfig: { apiKeyString: 'k' } } }, urlContext: {}, codeExecution: {} },
    { fileSearch: { fileSearchStoreNames: ['fileSearchStores/s'], metadataFilter: 'a = "b"' } },
    { computerUse: { environment: 'ENVIRONMENT_BROWSER', excludedPredefinedFunctions: ['open'] } },
    { mcpServers: [{ name: 'm', streamableHttpTransport: { url: 'https://example.com', headers: { a: 'b' } } }] },
    { exaAiSearch: { apiKey: 'k', customConfigs: { a: 'b' } }, parallelAiSearch: { apiKey: 'k' } },
    {
      retrieval: {
        externalApi: {
          endpoint: 'https://example.com',
          apiAuth: { a: 'b' },
          apiSpec: 'ELASTIC_SEARCH',
          authConfig: { a: 'b' },
        },
        vertexAiSearch: { datastore: 'projects/p/d', engine: 'projects/p/e', filter: 'a' },
        vertexRagStore: { ragCorpora: ['c'], ragResources: [{ ragCorpus: 'c', ragFileIds: ['f'] }] },
      },
    },
    { newTool: { text: 'x' } },
  ],
  toolConfig: {
    functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['mail'] },
    retrievalConfig: { languageCode: 'en' },
  },
  safetySettings: [{ category: 'HARM_CATEGORY_HARASSMENT', threshold: 'BLOCK_NONE', method: 'SEVERITY' }],
  cachedContent: 'cachedContents/c',
  serviceTier: 'flex',
  continuationToken: 'AAAA',
  modelArmorConfig: { promptTemplateName: 't', responseTemplateName: 't' },
  labels: { team: 'a' },
  generationConfig: {
    stopSequences: ['END'],
    responseMimeType: 'application/json',
    responseModalities: ['TEXT'],
    mediaResolution: 'MEDIA_RESOLUTION_LOW',
    thinkingConfig: { thinkingLevel: 'LOW' },
    responseSchema: { type: 'OBJECT', description: 'An answer', required: ['a'] },
    responseJsonSchema: { type: 'object', title: 'Answer' },
    responseFormat: [{ text: { mimeType: 'application/json', schema: { title: 'Answer' } } }],
    speechConfig: {
      languageCode: 'en-US',
      ...VOICE,
      multiSpeakerVoiceConfig: {
        speakerVoiceConfigs: [
          { speaker: 'a', voiceConfig: { replicatedVoiceConfig: { mimeType: 'audio/wav', voiceSampleAudio: 'AAAA' } } },
        ],
      },
    },
    imageConfig: { aspectRatio: '1:1' },
    routingConfig: { manualMode: { modelName: 'm' } },
  },
  newField: { of: ['next', 'month'] },
};

/** The same request as protobuf spells it. */
const snake = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(snake);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [snakeKey(key), snake(item)]));
};
const snakeKey = (key: string): string => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** Strings of a request that are sent as they are. Everything else is scanned: an entry here is a hole, give a reason for it. */
const REQUEST_STRUCTURE = [
  'cachedContent',
  'contents[].parts[].codeExecutionResult.id',
  'contents[].parts[].codeExecutionResult.outcome',
  'contents[].parts[].executableCode.id',
  'contents[].parts[].executableCode.language',
  'contents[].parts[].fileData.mimeType',
  'contents[].parts[].functionCall.id',
  'contents[].parts[].functionCall.name',
  'contents[].parts[].functionResponse.id',
  'contents[].parts[].functionResponse.name',
  'contents[].parts[].functionResponse.parts[].fileData.mimeType',
  'contents[].parts[].functionResponse.parts[].inlineData.mimeType',
  'contents[].parts[].functionResponse.scheduling',
  'contents[].parts[].inlineData.mimeType',
  'contents[].parts[].mediaResolution.level',
  // Signed by Google, and refused when it was touched.
  'contents[].parts[].thoughtSignature',
  'contents[].parts[].toolCall.id',
  'contents[].parts[].toolCall.toolType',
  'contents[].parts[].toolResponse.id',
  'contents[].parts[].toolResponse.toolType',
  'contents[].role',
  'continuationToken',
  'generationConfig.mediaResolution',
  'generationConfig.responseMimeType',
  'generationConfig.responseModalities[]',
  'generationConfig.speechConfig.languageCode',
  'generationConfig.speechConfig.multiSpeakerVoiceConfig.speakerVoiceConfigs[].voiceConfig.replicatedVoiceConfig.mimeType',
  'generationConfig.speechConfig.voiceConfig.prebuiltVoiceConfig.voiceName',
  'generationConfig.thinkingConfig.thinkingLevel',
  'model',
  'modelArmorConfig.promptTemplateName',
  'modelArmorConfig.responseTemplateName',
  'safetySettings[].category',
  'safetySettings[].method',
  'safetySettings[].threshold',
  'serviceTier',
  'systemInstruction.role',
  'toolConfig.functionCallingConfig.allowedFunctionNames[]',
  'toolConfig.functionCallingConfig.mode',
  'toolConfig.retrievalConfig.languageCode',
  'tools[].computerUse.environment',
  'tools[].computerUse.excludedPredefinedFunctions[]',
  // Keys that Google has to present to other services for the caller.
  'tools[].exaAiSearch.apiKey',
  'tools[].fileSearch.fileSearchStoreNames[]',
  'tools[].functionDeclarations[].behavior',
  'tools[].functionDeclarations[].name',
  'tools[].googleMaps.authConfig.apiKeyConfig.apiKeyString',
  'tools[].mcpServers[].name',
  'tools[].mcpServers[].streamableHttpTransport.headers.a',
  'tools[].parallelAiSearch.apiKey',
  'tools[].retrieval.externalApi.apiAuth.a',
  'tools[].retrieval.externalApi.apiSpec',
  'tools[].retrieval.externalApi.authConfig.a',
  'tools[].retrieval.vertexAiSearch.datastore',
  'tools[].retrieval.vertexAiSearch.engine',
  'tools[].retrieval.vertexRagStore.ragCorpora[]',
  'tools[].retrieval.vertexRagStore.ragResources[].ragCorpus',
  'tools[].retrieval.vertexRagStore.ragResources[].ragFileIds[]',
];

/** Objects of a request in which new fields would be structure too. */
const REQUEST_STRUCTURE_OBJECTS = [
  'contents[].parts[].mediaResolution',
  'generationConfig.speechConfig.voiceConfig.prebuiltVoiceConfig',
  'generationConfig.thinkingConfig',
  'modelArmorConfig',
  'safetySettings[]',
  'tools[].googleMaps.authConfig',
  'tools[].googleMaps.authConfig.apiKeyConfig',
  'tools[].mcpServers[].streamableHttpTransport.headers',
  'tools[].retrieval.externalApi.apiAuth',
  'tools[].retrieval.externalApi.authConfig',
  'tools[].retrieval.vertexRagStore.ragResources[]',
];

const TOKEN = { token: 'Hi', tokenId: 1, logProbability: -0.1 };

const ANSWER = {
  responseId: 'r-1',
  modelVersion: 'gemini-2.5-flash',
  createTime: '2026-11-26T10:00:00Z',
  modelStatus: { modelStage: 'STABLE', message: 'x' },
  usageMetadata: { promptTokenCount: 1, trafficType: 'ON_DEMAND' },
  promptFeedback: { blockReason: 'SAFETY', blockReasonMessage: 'No.', safetyRatings: [{ category: 'c' }] },
  candidates: [
    {
      index: 0,
      finishReason: 'STOP',
      finishMessage: 'Done',
      safetyRatings: [{ category: 'c', probability: 'LOW' }],
      continuationToken: 'AAAA',
      content: {
        role: 'model',
        parts: [
          ...PARTS,
          { functionCall: { id: 'c', name: 'f', partialArgs: [{ jsonPath: '$.a', stringValue: 'b' }] } },
        ],
      },
      citationMetadata: { citations: [{ uri: 'https://example.com', title: 'A page', license: 'mit' }] },
      groundingMetadata: {
        webSearchQueries: ['who'],
        imageSearchQueries: ['who'],
        retrievalQueries: ['who'],
        searchEntryPoint: { renderedContent: '<div>who</div>', sdkBlob: 'AAAA' },
        groundingChunks: [
          { web: { uri: 'https://example.com', title: 'A page', domain: 'example.com' } },
          { image: { imageUri: 'https://example.com/a.png', sourceUri: 'https://example.com', title: 'A' } },
          {
            retrievedContext: {
              uri: 'gs://b/a',
              title: 'A',
              text: 'It says',
              documentName: 'd',
              fileSearchStore: 's',
              mediaId: 'm',
              ragChunk: { text: 'It says', chunkId: 'c', fileId: 'f' },
            },
          },
          {
            maps: {
              placeId: 'p',
              title: 'A',
              text: 'It says',
              placeAnswerSources: { reviewSnippets: [{ review: 'x' }] },
            },
          },
        ],
        groundingSupports: [{ segment: { text: 'Hello', startIndex: 0 }, groundingChunkIndices: [0] }],
        sourceFlaggingUris: [{ sourceId: 's', flagContentUri: 'https://example.com' }],
        googleMapsWidgetContextToken: 'AAAA',
      },
      urlContextMetadata: { urlMetadata: [{ retrievedUrl: 'https://example.com', urlRetrievalStatus: 'OK' }] },
      newField: 'new',
    },
  ],
  error: { code: 500, message: 'None', status: 'INTERNAL', details: [{ reason: 'x' }] },
  newField: 'new',
};

const answerPart = (field: string): string => `candidates[].content.parts[].${field}`;
const ANSWER_STRUCTURE = [
  answerPart('codeExecutionResult.id'),
  answerPart('codeExecutionResult.outcome'),
  answerPart('executableCode.id'),
  answerPart('executableCode.language'),
  answerPart('fileData.mimeType'),
  answerPart('functionCall.id'),
  answerPart('functionCall.name'),
  // It names the text that goes on.
  answerPart('functionCall.partialArgs[].jsonPath'),
  answerPart('inlineData.mimeType'),
  answerPart('thoughtSignature'),
  answerPart('toolCall.id'),
  answerPart('toolCall.toolType'),
  answerPart('toolResponse.id'),
  answerPart('toolResponse.toolType'),
  'candidates[].content.role',
  'candidates[].continuationToken',
  'candidates[].finishReason',
  'candidates[].groundingMetadata.googleMapsWidgetContextToken',
  'candidates[].groundingMetadata.groundingChunks[].maps.placeId',
  'candidates[].groundingMetadata.groundingChunks[].retrievedContext.documentName',
  'candidates[].groundingMetadata.groundingChunks[].retrievedContext.fileSearchStore',
  'candidates[].groundingMetadata.groundingChunks[].retrievedContext.mediaId',
  'candidates[].groundingMetadata.groundingChunks[].retrievedContext.ragChunk.chunkId',
  'candidates[].groundingMetadata.groundingChunks[].retrievedContext.ragChunk.fileId',
  'candidates[].groundingMetadata.searchEntryPoint.sdkBlob',
  'candidates[].safetyRatings[].category',
  'candidates[].safetyRatings[].probability',
  'candidates[].urlContextMetadata.urlMetadata[].urlRetrievalStatus',
  'createTime',
  'error.status',
  'modelVersion',
  'promptFeedback.blockReason',
  'promptFeedback.safetyRatings[].category',
  'responseId',
  'usageMetadata.trafficType',
];

const ANSWER_STRUCTURE_OBJECTS = ['candidates[].safetyRatings[]', 'promptFeedback.safetyRatings[]', 'usageMetadata'];

const withLogprobs = {
  candidates: [
    {
      content: { role: 'model', parts: [{ text: 'Hi' }] },
      logprobsResult: { chosenCandidates: [TOKEN], topCandidates: [{ candidates: [TOKEN] }] },
    },
  ],
};

describe('a value in a request', () => {
  it('is redacted in every string but the structural ones', async () => {
    expect(await structuralStrings(REQUEST, (body) => sentBody(googleGenerate, body))).toEqual(REQUEST_STRUCTURE);
  });

  it('is redacted likewise where fields are spelled as protobuf does', async () => {
    const structure = REQUEST_STRUCTURE.map((path) => path.split('.').map(snakeKey).join('.')).sort();
    expect(await structuralStrings(snake(REQUEST), (body) => sentBody(googleGenerate, body))).toEqual(structure);
  });

  it('is redacted in fields and keys that nobody knows yet, but inside structure', async () => {
    expect(await structuralObjects(REQUEST, (body) => sentBody(googleGenerate, body))).toEqual(
      REQUEST_STRUCTURE_OBJECTS,
    );
  });

  it('is redacted, and structure left, where one item stands for a list', async () => {
    const [, ...rest] = PARTS;
    for (const part of rest) {
      const alone = { contents: { role: 'user', parts: part } };
      const listed = { contents: [{ role: 'user', parts: [part] }] };
      const pass = (body: unknown): Promise<string> => sentBody(googleGenerate, body);
      const expected = (await structuralStrings(listed, pass)).map((path) =>
        path.replace(/^contents\[\]\.(?:parts\[\])?/, ''),
      );
      const found = (await structuralStrings(alone, pass)).map((path) => path.replace(/^contents\.(?:parts)?/, ''));
      expect(found).toEqual(expected);
    }
  });

  it('is nothing to what has no value: the request leaves as it came', async () => {
    expect(await sentBody(googleGenerate, REQUEST)).toBe(JSON.stringify(REQUEST));
  });
});

describe('a value in an answer', () => {
  it('is redacted in every string but the structural ones', async () => {
    expect(await structuralStrings(ANSWER, (body) => answeredBody(googleGenerate, body))).toEqual(ANSWER_STRUCTURE);
  });

  it('is redacted in fields and keys that nobody knows yet, but inside structure', async () => {
    expect(await structuralObjects(ANSWER, (body) => answeredBody(googleGenerate, body))).toEqual(
      ANSWER_STRUCTURE_OBJECTS,
    );
  });

  it('is redacted in every string of a chunk but the structural ones', async () => {
    expect(await structuralStrings(ANSWER, (body) => streamedEvent(googleGenerate, body))).toEqual(ANSWER_STRUCTURE);
  });

  it('takes the log probabilities of its tokens along', async () => {
    const planted = structuredClone(withLogprobs);
    planted.candidates[0]!.content.parts[0]!.text = 'Mail grace@example.org';
    expect(await answeredBody(googleGenerate, planted)).toContain('"logprobsResult":null');
    expect(await answeredBody(googleGenerate, withLogprobs)).toBe(JSON.stringify(withLogprobs));
  });
});
