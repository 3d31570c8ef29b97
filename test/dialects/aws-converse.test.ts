import { describe, expect, it } from 'vitest';
import { JsonBody } from '../../src/core/json-body.ts';
import { awsConverse, awsConverseOpen, awsCountTokens } from '../../src/dialects/aws-converse.ts';
import { routeFor } from '../../src/dialects/index.ts';
import {
  answeredBody,
  bodyOf,
  factsOf,
  sentBody,
  streamedEvent,
  structuralObjects,
  structuralStrings,
} from './planted.ts';

const MEDIA = {
  format: 'png',
  source: { bytes: 'AAAA', s3Location: { uri: 's3://bucket/a.png', bucketOwner: '123456789012' } },
};
const DOCUMENT = {
  name: 'notes',
  format: 'txt',
  source: { bytes: 'AAAA', text: 'Notes', content: [{ text: 'Notes' }] },
  context: 'Of yesterday',
  citations: { enabled: true },
};
const SEARCH = {
  source: 'https://example.com',
  title: 'A page',
  content: [{ text: 'A text' }],
  citations: { enabled: true },
};
const CITATIONS = {
  content: [{ text: 'So it is' }],
  citations: [
    {
      title: 'A page',
      source: 'https://example.com',
      sourceContent: [{ text: 'It is' }],
      location: { web: { url: 'https://example.com', domain: 'example.com' } },
    },
  ],
};
const TOOL_USE = { toolUseId: 'tool-1', name: 'mail', type: 'server_tool_use', input: { to: 'x', cc: ['y'] } };
const REASONING = { reasoningText: { text: 'Well', signature: 'c2ln' }, redactedContent: 'AAAA' };

const BLOCKS = [
  { text: 'Hello' },
  { image: { ...MEDIA, error: { message: 'None' } } },
  { document: DOCUMENT },
  { video: MEDIA },
  { audio: { ...MEDIA, error: { message: 'None' } } },
  { toolUse: TOOL_USE },
  {
    toolResult: {
      toolUseId: 'tool-1',
      status: 'success',
      type: 'x',
      content: [
        { json: { ok: 'yes' } },
        { text: '{"ok":"yes"}' },
        { image: MEDIA },
        { document: DOCUMENT },
        { video: MEDIA },
        { searchResult: SEARCH },
      ],
    },
  },
  { guardContent: { text: { text: 'Hello', qualifiers: ['query'] }, image: MEDIA } },
  { cachePoint: { type: 'default', ttl: '5m' } },
  { reasoningContent: REASONING },
  { citationsContent: CITATIONS },
  { searchResult: SEARCH },
  { toolAddition: { tool: { type: 'x', name: 'mail', serverName: 'y' } } },
  { toolRemoval: { tool: { type: 'x', name: 'mail', serverName: 'y' } } },
  { newBlock: { text: 'new' } },
];

/** Every field of the SDK's types. */
const REQUEST = {
  messages: [{ role: 'user', content: BLOCKS }],
  system: [
    { text: 'Be kind.' },
    { guardContent: { text: { text: 'Be brief.', qualifiers: ['query'] } } },
    { cachePoint: { type: 'default' } },
  ],
  inferenceConfig: { maxTokens: 5, temperature: 0.5, topP: 0.9, stopSequences: ['END'] },
  toolConfig: {
    tools: [
      {
        toolSpec: {
          name: 'mail',
          description: 'Sends',
          strict: true,
          inputSchema: { json: { type: 'object', properties: { to: { type: 'string', description: 'Whom' } } } },
        },
      },
      { systemTool: { name: 'search' } },
      { cachePoint: { type: 'default' } },
    ],
    toolChoice: { tool: { name: 'mail' } },
  },
  guardrailConfig: { guardrailIdentifier: 'g', guardrailVersion: '1', trace: 'enabled', streamProcessingMode: 'sync' },
  additionalModelRequestFields: { custom: { note: 'x' } },
  promptVariables: { who: { text: 'Ada' } },
  additionalModelResponseFieldPaths: ['/stop_sequence'],
  requestMetadata: { team: 'a' },
  performanceConfig: { latency: 'standard' },
  serviceTier: { type: 'default' },
  outputConfig: {
    effort: 'low',
    textFormat: {
      type: 'json_schema',
      structure: { jsonSchema: { schema: '{"type":"object"}', name: 'answer', description: 'An answer' } },
    },
  },
  newField: { of: ['next month'] },
};

/** Strings of blocks that are sent as they are, below `at`. Everything else is scanned: an entry here is a hole, give a reason for it. */
const blockStructure = (at: string): string[] =>
  [
    'audio.format',
    'audio.source.s3Location.bucketOwner',
    'cachePoint.ttl',
    'cachePoint.type',
    'document.format',
    'guardContent.image.format',
    'guardContent.image.source.s3Location.bucketOwner',
    'guardContent.text.qualifiers[]',
    'image.format',
    'image.source.s3Location.bucketOwner',
    // Opaque, and signed.
    'reasoningContent.reasoningText.signature',
    'reasoningContent.reasoningText.text',
    'reasoningContent.redactedContent',
    'toolAddition.tool.name',
    'toolAddition.tool.serverName',
    'toolAddition.tool.type',
    'toolRemoval.tool.name',
    'toolRemoval.tool.serverName',
    'toolRemoval.tool.type',
    'toolResult.content[].document.format',
    'toolResult.content[].image.format',
    'toolResult.content[].image.source.s3Location.bucketOwner',
    'toolResult.content[].video.format',
    'toolResult.content[].video.source.s3Location.bucketOwner',
    'toolResult.status',
    'toolResult.toolUseId',
    'toolResult.type',
    'toolUse.name',
    'toolUse.toolUseId',
    'toolUse.type',
    'video.format',
    'video.source.s3Location.bucketOwner',
  ].map((path) => `${at}.${path}`);

const REQUEST_STRUCTURE = [
  'additionalModelResponseFieldPaths[]',
  'guardrailConfig.guardrailIdentifier',
  'guardrailConfig.guardrailVersion',
  'guardrailConfig.streamProcessingMode',
  'guardrailConfig.trace',
  ...blockStructure('messages[].content[]'),
  'messages[].role',
  'outputConfig.effort',
  'outputConfig.textFormat.type',
  'performanceConfig.latency',
  'serviceTier.type',
  'system[].cachePoint.type',
  'system[].guardContent.text.qualifiers[]',
  'toolConfig.toolChoice.tool.name',
  'toolConfig.tools[].cachePoint.type',
  'toolConfig.tools[].systemTool.name',
  'toolConfig.tools[].toolSpec.name',
];

const TRACE = {
  guardrail: {
    modelOutput: ['Hello'],
    actionReason: 'None',
    inputAssessment: { g: { sensitiveInformationPolicy: { piiEntities: [{ match: 'x', type: 'EMAIL' }] } } },
  },
  promptRouter: {
    invokedModelId: 'arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-3-5-sonnet-20240620-v1:0',
  },
};
const TOLD = {
  stopReason: 'end_turn',
  usage: { inputTokens: 1, outputTokens: 1, note: 'x' },
  metrics: { latencyMs: 1, note: 'x' },
  performanceConfig: { latency: 'standard' },
  serviceTier: { type: 'default' },
};
const ANSWER = {
  ...TOLD,
  output: { message: { role: 'assistant', content: BLOCKS } },
  additionalModelResponseFields: { stop_sequence: 'END' },
  trace: TRACE,
  message: 'None',
  __type: 'x',
  newField: 'new',
};
const TOLD_STRUCTURE = [
  'metrics.note',
  'performanceConfig.latency',
  'serviceTier.type',
  'stopReason',
  'trace.promptRouter.invokedModelId',
  'usage.note',
];

const EVENTS: Readonly<Record<string, object>> = {
  messageStart: { role: 'assistant', p: 'abc' },
  contentBlockStart: {
    contentBlockIndex: 0,
    start: {
      toolUse: { toolUseId: 't', name: 'mail', type: 'x' },
      toolResult: { toolUseId: 't', type: 'x', status: 'success' },
      image: { format: 'png' },
      newStart: { text: 'new' },
    },
    p: 'abc',
  },
  contentBlockDelta: {
    contentBlockIndex: 0,
    delta: {
      text: 'Hello',
      toolUse: { input: '{"to":"x"}' },
      toolResult: [{ text: 'sent' }, { json: { ok: 'yes' } }],
      reasoningContent: { text: 'Well', redactedContent: 'AAAA', signature: 'c2ln' },
      citation: CITATIONS.citations[0],
      image: MEDIA,
      newDelta: 'new',
    },
    p: 'abc',
  },
  contentBlockStop: { contentBlockIndex: 0, p: 'abc' },
  messageStop: { stopReason: 'end_turn', additionalModelResponseFields: { stop_sequence: 'END' }, p: 'abc' },
  metadata: {
    usage: TOLD.usage,
    metrics: TOLD.metrics,
    trace: TRACE,
    performanceConfig: TOLD.performanceConfig,
    serviceTier: TOLD.serviceTier,
    p: 'abc',
  },
  modelStreamErrorException: { message: 'None', originalMessage: 'None', originalStatusCode: 500 },
  newEvent: { text: 'new' },
};

const EVENT_STRUCTURE: Readonly<Record<string, readonly string[]>> = {
  messageStart: ['messageStart.p', 'messageStart.role'],
  contentBlockStart: [
    'contentBlockStart.p',
    'contentBlockStart.start.image.format',
    ...['status', 'toolUseId', 'type'].map((field) => `contentBlockStart.start.toolResult.${field}`),
    ...['name', 'toolUseId', 'type'].map((field) => `contentBlockStart.start.toolUse.${field}`),
  ],
  contentBlockDelta: [
    'contentBlockDelta.delta.image.format',
    'contentBlockDelta.delta.image.source.s3Location.bucketOwner',
    'contentBlockDelta.delta.reasoningContent.redactedContent',
    'contentBlockDelta.delta.reasoningContent.signature',
    // Its signature comes behind it.
    'contentBlockDelta.delta.reasoningContent.text',
    'contentBlockDelta.p',
  ],
  contentBlockStop: ['contentBlockStop.p'],
  messageStop: ['messageStop.p', 'messageStop.stopReason'],
  metadata: [
    'metrics.note',
    'p',
    'performanceConfig.latency',
    'serviceTier.type',
    'trace.promptRouter.invokedModelId',
    'usage.note',
  ].map((path) => `metadata.${path}`),
  modelStreamErrorException: [],
  newEvent: [],
};

describe('a value in a request', () => {
  it('is redacted in every string but the structural ones', async () => {
    expect(await structuralStrings(REQUEST, (body) => sentBody(awsConverse, body))).toEqual(
      [...REQUEST_STRUCTURE].sort(),
    );
  });

  it('is redacted in fields and keys that nobody knows yet, but inside structure', async () => {
    const structure = await structuralObjects(REQUEST, (body) => sentBody(awsConverse, body));
    expect(structure).toEqual(
      [
        'guardrailConfig',
        'messages[].content[].cachePoint',
        'messages[].content[].reasoningContent.reasoningText',
        ...['toolAddition', 'toolRemoval'].flatMap((name) => [
          `messages[].content[].${name}`,
          `messages[].content[].${name}.tool`,
        ]),
        'performanceConfig',
        'serviceTier',
        'system[].cachePoint',
        'toolConfig.toolChoice',
        'toolConfig.toolChoice.tool',
        'toolConfig.tools[].cachePoint',
        'toolConfig.tools[].systemTool',
      ].sort(),
    );
  });

  it('is nothing to what has no value: the request leaves as it came', async () => {
    expect(await sentBody(awsConverse, REQUEST)).toBe(JSON.stringify(REQUEST));
  });

  it('is redacted in reasoning that is not signed', async () => {
    const block = { reasoningContent: { reasoningText: { text: 'Mail ada@example.com' } } };
    expect(await sentBody(awsConverse, { messages: [{ role: 'assistant', content: [block] }] })).not.toContain('ada@');
  });

  it('whose tokens are counted is redacted as in one that is sent', async () => {
    const { messages } = REQUEST;
    const structure = await structuralStrings({ input: { converse: { messages } } }, (body) =>
      sentBody(awsCountTokens, body),
    );
    expect(structure).toEqual(
      [...blockStructure('input.converse.messages[].content[]'), 'input.converse.messages[].role'].sort(),
    );
  });
});

describe('a value in an answer', () => {
  it('is redacted in every string but the structural ones', async () => {
    const structure = [
      '__type',
      ...TOLD_STRUCTURE,
      'output.message.role',
      ...blockStructure('output.message.content[]'),
    ];
    expect(await structuralStrings(ANSWER, (body) => answeredBody(awsConverse, body))).toEqual(structure.sort());
  });

  it.each(Object.keys(EVENTS))('is redacted in every string of an event but the structural ones: %s', async (type) => {
    const event = { [type]: EVENTS[type] };
    const structure = await structuralStrings(event, (body) => streamedEvent(awsConverse, body));
    expect(structure).toEqual([...EVENT_STRUCTURE[type]!].sort());
  });

  it('is redacted in streamed reasoning of models that do not sign it', async () => {
    const event = {
      contentBlockDelta: { contentBlockIndex: 0, delta: { reasoningContent: { text: 'Mail ada@example.com' } } },
    };
    expect(await streamedEvent(awsConverseOpen, event)).not.toContain('ada@');
  });
});

describe('facts', () => {
  const PATH = '/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse-stream';

  it('are read from the path and the body', () => {
    const route = routeFor('POST', PATH)!;
    expect(route).toMatchObject({
      dialect: awsConverse,
      path: PATH,
      model: 'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
    });
    expect(factsOf(awsConverse, REQUEST, route)).toEqual({
      model: 'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
      stream: true,
      maxOutputTokens: 5,
      choices: 1,
      parameters: { temperature: 0.5, top_p: 0.9, service_tier: 'default' },
    });
  });

  it.each([
    [
      'arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Ainference-profile%2Fus.anthropic.claude-x',
      'us.anthropic.claude-x',
    ],
    ['arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-x', 'us.anthropic.claude-x'],
    ['arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-x', 'anthropic.claude-x'],
    // What is behind it is known to Amazon alone.
    [
      'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc',
      'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc',
    ],
  ])('name the model of an ARN: %s', (segment, model) => {
    const route = routeFor('POST', `/bedrock/model/${segment}/converse`)!;
    expect(route.path).toBe(`/model/${segment}/converse`);
    expect(factsOf(awsConverse, {}, route)).toMatchObject({ model, stream: false, maxOutputTokens: undefined });
    expect(awsConverse.pathFor!(route.path, 'eu.x:0')).toBe('/model/eu.x%3A0/converse');
  });

  it.each([
    ['us.deepseek.r1-v1:0', awsConverseOpen],
    ['openai.gpt-oss-120b-1:0', awsConverseOpen],
    ['qwen.qwen3-32b-v1:0', awsConverseOpen],
    ['amazon.nova-pro-v1:0', awsConverse],
    ['anthropic.claude-3-haiku-20240307-v1:0', awsConverse],
  ])('know by the model whether its reasoning is signed: %s', (model, dialect) => {
    expect(routeFor('POST', `/model/${encodeURIComponent(model)}/converse`)!.dialect).toBe(dialect);
  });

  it.each([0, 1.5, -1, '5', []])('of a wrong type are refused by name: maxTokens is %j', (maxTokens) => {
    expect(() => factsOf(awsConverse, { inferenceConfig: { maxTokens } })).toThrow(
      '"inferenceConfig.maxTokens" must be',
    );
  });

  it('take a lower limit where the API has it', () => {
    const body = bodyOf(awsConverse, { messages: [] });
    for (const { path, value } of awsConverse.assign({ maxOutputTokens: 7 }, { name: 'x', baseURL: 'https://x' }, body))
      body.set(path, value);
    expect(JSON.parse(body.toString())).toEqual({ messages: [], inferenceConfig: { maxTokens: 7 } });
  });

  it('of an answer name the model that a router chose', () => {
    expect(awsConverse.answer(ANSWER).response).toMatchObject({
      model: 'anthropic.claude-3-5-sonnet-20240620-v1:0',
      finishReasons: ['end_turn'],
      serviceTier: 'default',
    });
  });

  it('of a count whose body is in base64 say that nothing can be found in it', () => {
    expect(factsOf(awsCountTokens, { input: { invokeModel: { body: 'e30=' } } }).unreadable).toBe(true);
    expect(factsOf(awsCountTokens, { input: { converse: {} } }).unreadable).toBe(false);
  });
});

it('the scope of a text is that of its place', () => {
  const { slots } = new JsonBody(
    JSON.stringify({
      system: [{ text: 'a' }],
      messages: [
        {
          role: 'user',
          content: [
            { text: 'b' },
            { toolUse: { input: { x: 'c' } } },
            { toolResult: { content: [{ text: '{"y":"d"}' }, { json: { z: 'e' } }] } },
            { reasoningContent: { reasoningText: { text: 'f' } } },
          ],
        },
      ],
      toolConfig: { tools: [{ toolSpec: { description: 'g' } }] },
    }),
    awsConverse.request,
    { resolve: awsConverse.resolve, nested: true },
  );
  expect(slots.map((slot) => [slot.read(), slot.scope])).toEqual([
    ['a', 'system'],
    ['b', 'message'],
    ['c', 'tool-input'],
    ['d', 'tool-output'],
    ['e', 'tool-output'],
    ['f', 'reasoning'],
    ['g', 'system'],
  ]);
});
