import { describe, expect, it } from 'vitest';
import {
  invokeAnthropic,
  invokeEmbeddings,
  invokeImage,
  invokeLlama,
  invokeNova,
  invokeOpenAI,
  invokeTitan,
} from '../../src/dialects/aws-invoke.ts';
import type { Dialect } from '../../src/dialects/dialect.ts';
import { routeFor } from '../../src/dialects/index.ts';
import { answerUsage, foldEvents } from '../../src/spend/usage.ts';
import { answeredBody, bodyOf, CANARY, factsOf, sentBody, streamedEvent, structuralStrings } from './planted.ts';

const CLAUDE = {
  anthropic_version: 'bedrock-2023-05-31',
  anthropic_beta: ['x'],
  max_tokens: 5,
  system: 'Be kind.',
  messages: [
    { role: 'user', content: 'Hello' },
    {
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: 'Well', signature: 'c2ln' },
        { type: 'tool_use', id: 't', name: 'mail', input: { to: 'x' } },
      ],
    },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't', content: '{"ok":"yes"}' }] },
  ],
  tools: [{ name: 'mail', description: 'Sends', input_schema: { type: 'object' } }],
};

/** Bodies of the models themselves, from Amazon's documentation of each. */
const REQUESTS: readonly [string, Dialect, object, readonly string[]][] = [
  [
    'Claude',
    invokeAnthropic,
    CLAUDE,
    [
      'anthropic_beta[]',
      'anthropic_version',
      'messages[].content[].id',
      'messages[].content[].name',
      'messages[].content[].signature',
      'messages[].content[].thinking',
      'messages[].content[].tool_use_id',
      'messages[].content[].type',
      'messages[].role',
      'tools[].input_schema.type',
      'tools[].name',
    ],
  ],
  [
    'Claude behind an ARN that does not name it',
    invokeOpenAI,
    CLAUDE,
    [
      'anthropic_beta[]',
      'anthropic_version',
      'messages[].content[].id',
      'messages[].content[].signature',
      'messages[].content[].thinking',
      'messages[].content[].tool_use_id',
      'messages[].content[].type',
      'messages[].role',
      'tools[].input_schema.type',
    ],
  ],
  [
    'Nova',
    invokeNova,
    {
      schemaVersion: 'messages-v1',
      system: [{ text: 'Be kind.' }],
      messages: [
        { role: 'user', content: [{ text: 'Hello' }, { image: { format: 'png', source: { bytes: 'AAAA' } } }] },
        { role: 'assistant', content: [{ toolUse: { toolUseId: 't', name: 'mail', input: { to: 'x' } } }] },
        { role: 'user', content: [{ toolResult: { toolUseId: 't', content: [{ json: { ok: 'yes' } }] } }] },
      ],
      inferenceConfig: { maxTokens: 5, stopSequences: ['END'] },
      toolConfig: {
        tools: [{ toolSpec: { name: 'mail', description: 'Sends', inputSchema: { json: { title: 'Mail' } } } }],
        toolChoice: { auto: {} },
      },
    },
    [
      'messages[].content[].image.format',
      'messages[].content[].toolResult.toolUseId',
      'messages[].content[].toolUse.name',
      'messages[].content[].toolUse.toolUseId',
      'messages[].role',
      'schemaVersion',
      'toolConfig.tools[].toolSpec.name',
    ],
  ],
  ['Llama', invokeLlama, { prompt: 'Hello', max_gen_len: 5, images: ['AAAA'] }, []],
  [
    'Titan',
    invokeTitan,
    { inputText: 'Hello', textGenerationConfig: { maxTokenCount: 5, stopSequences: ['END'] } },
    [],
  ],
  [
    'Cohere',
    invokeOpenAI,
    {
      message: 'Hello',
      preamble: 'Be kind.',
      chat_history: [{ role: 'USER', message: 'Hi' }],
      documents: [{ title: 'A page', snippet: 'A text' }],
      tools: [
        { name: 'mail', description: 'Sends', parameter_definitions: { to: { description: 'Whom', type: 'str' } } },
      ],
      tool_results: [{ call: { name: 'mail', parameters: { to: 'x' } }, outputs: [{ text: 'sent' }] }],
      max_tokens: 5,
    },
    ['chat_history[].role', 'tools[].parameter_definitions.to.type'],
  ],
  [
    'models of OpenAI’s form',
    invokeOpenAI,
    {
      messages: [
        { role: 'system', content: 'Be kind.' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Hello' },
            { type: 'image_url', image_url: { url: 'https://example.com/a.png' } },
          ],
        },
        {
          role: 'assistant',
          tool_calls: [{ id: 'call-1', type: 'function', function: { name: 'mail', arguments: '{"to":"x"}' } }],
        },
        { role: 'tool', tool_call_id: 'call-1', content: '{"ok":"yes"}' },
      ],
      max_completion_tokens: 5,
      tools: [{ type: 'function', function: { name: 'mail', description: 'Sends', parameters: { title: 'Mail' } } }],
      reasoning_effort: 'low',
    },
    [
      'messages[].content[].type',
      'messages[].role',
      'messages[].tool_call_id',
      'messages[].tool_calls[].function.name',
      'messages[].tool_calls[].id',
      'messages[].tool_calls[].type',
      'reasoning_effort',
      'tools[].function.name',
      'tools[].type',
    ],
  ],
];

describe('a value in a request is redacted in every string but the structural ones', () => {
  it.each(REQUESTS)('%s', async (_model, dialect, body, structure) => {
    expect(await structuralStrings(body, (planted) => sentBody(dialect, planted))).toEqual(structure);
    expect(await sentBody(dialect, body)).toBe(JSON.stringify(body));
    expect(factsOf(dialect, body).maxOutputTokens).toBe(5);
  });
});

describe('arguments of tools, and what they said, have no structure of ours, whatever their names', () => {
  const value = {
    id: CANARY,
    type: CANARY,
    role: CANARY,
    signature: CANARY,
    deeper: [{ format: CANARY, model: CANARY }],
  };
  it.each<[string, object]>([
    ['Nova’s calls', { messages: [{ content: [{ toolUse: { toolUseId: 't', name: 'f', input: value } }] }] }],
    ['Nova’s results', { messages: [{ content: [{ toolResult: { toolUseId: 't', content: [{ json: value }] } }] }] }],
    ['Cohere’s calls', { chat_history: [{ role: 'CHATBOT', tool_calls: [{ name: 'f', parameters: value }] }] }],
    ['Cohere’s results', { tool_results: [{ call: { name: 'f', parameters: value }, outputs: [value] }] }],
  ])('%s', async (_what, body) => {
    expect(await sentBody(invokeOpenAI, body)).not.toContain(CANARY);
  });
});

const ANSWERS: readonly [string, Dialect, object, readonly string[]][] = [
  ['Llama', invokeLlama, { generation: 'Hello', stop_reason: 'stop', prompt_token_count: 1 }, ['stop_reason']],
  [
    'Titan',
    invokeTitan,
    { results: [{ outputText: 'Hello', completionReason: 'FINISH' }] },
    ['results[].completionReason'],
  ],
  ['Mistral', invokeOpenAI, { outputs: [{ text: 'Hello', stop_reason: 'stop' }] }, ['outputs[].stop_reason']],
  [
    'models of OpenAI’s form',
    invokeOpenAI,
    {
      id: 'c-1',
      model: 'm',
      object: 'chat.completion',
      choices: [
        {
          finish_reason: 'stop',
          message: {
            role: 'assistant',
            content: 'Hello',
            tool_calls: [{ id: 'call-1', type: 'function', function: { name: 'mail', arguments: '{"to":"x"}' } }],
          },
        },
      ],
    },
    [
      'choices[].finish_reason',
      'choices[].message.role',
      'choices[].message.tool_calls[].function.name',
      'choices[].message.tool_calls[].id',
      'choices[].message.tool_calls[].type',
      'id',
      'model',
      'object',
    ],
  ],
  ['an error', invokeAnthropic, { message: 'None' }, []],
];

describe('a value in an answer is redacted in every string but the structural ones', () => {
  it.each(ANSWERS)('%s', async (_model, dialect, body, structure) => {
    expect(await structuralStrings(body, (planted) => answeredBody(dialect, planted))).toEqual(structure);
  });

  it.each<[string, Dialect, object, readonly string[]]>([
    [
      'Claude',
      invokeAnthropic,
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hello' } },
      ['delta.type', 'type'],
    ],
    [
      'Nova',
      invokeNova,
      { contentBlockDelta: { contentBlockIndex: 0, delta: { toolUse: { input: '{"to":"x"}' } } } },
      [],
    ],
    [
      'Cohere at its end',
      invokeOpenAI,
      { event_type: 'stream-end', is_finished: true, finish_reason: 'COMPLETE', response: { text: 'Hello' } },
      ['event_type', 'finish_reason'],
    ],
    ['an exception', invokeAnthropic, { throttlingException: { message: 'None' } }, []],
    ['a field that nobody knows', invokeLlama, { generation: 'Hello', new_field: { of: ['x'] } }, []],
  ])('streamed: %s', async (_model, dialect, event, structure) => {
    expect(await structuralStrings(event, (planted) => streamedEvent(dialect, planted))).toEqual(structure);
  });
});

describe('the model of the path', () => {
  it.each([
    ['us.anthropic.claude-sonnet-4-5-20250929-v1:0', invokeAnthropic, ['max_tokens']],
    ['arn:aws:bedrock:us-east-1:123456789012:inference-profile/eu.anthropic.claude-x', invokeAnthropic, ['max_tokens']],
    ['arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc', invokeOpenAI, ['max_tokens']],
    ['meta.llama3-70b-instruct-v1:0', invokeLlama, ['max_gen_len']],
    ['amazon.titan-text-express-v1', invokeTitan, ['textGenerationConfig', 'maxTokenCount']],
    ['us.amazon.nova-pro-v1:0', invokeNova, ['inferenceConfig', 'maxTokens']],
    ['mistral.mistral-7b-instruct-v0:2', invokeOpenAI, ['max_tokens']],
    ['amazon.titan-embed-text-v2:0', invokeEmbeddings, undefined],
    ['cohere.embed-english-v3', invokeEmbeddings, undefined],
    ['amazon.nova-canvas-v1:0', invokeImage, undefined],
    ['stability.sd3-large-v1:0', invokeImage, undefined],
  ])('says whose API is spoken, and where its limit stands: %s', (model, dialect, limit) => {
    const route = routeFor('POST', `/model/${encodeURIComponent(model)}/invoke`)!;
    expect(route.dialect).toBe(dialect);
    const assigned = dialect.assign({ maxOutputTokens: 7 }, { name: 'x', baseURL: 'https://x' }, bodyOf(dialect, {}));
    expect(assigned).toEqual(limit ? [{ path: limit, value: 7 }] : []);
  });

  it('is not asked where the request has a limit already', () => {
    const body = bodyOf(invokeLlama, { max_tokens: 9, max_gen_len: 8 });
    expect(
      invokeLlama.assign({ maxOutputTokens: 7 }, { name: 'x', baseURL: 'https://x' }, body).map(({ path }) => path),
    ).toEqual([['max_tokens'], ['max_gen_len']]);
  });

  it('is no operation elsewhere', () => {
    const paths = [
      '/model/x/invoke-with-bidirectional-stream',
      '/async-invoke',
      '/guardrail/g/version/1/apply',
      '/guardrail-checks/invoke',
    ];
    expect(paths.map((path) => routeFor('POST', path))).toEqual(paths.map(() => undefined));
  });
});

describe('usage', () => {
  const METRICS = {
    'amazon-bedrock-invocationMetrics': { inputTokenCount: 20, outputTokenCount: 10, cacheReadInputTokenCount: 4 },
  };
  const HEADERS = { 'x-amzn-bedrock-input-token-count': '20', 'x-amzn-bedrock-output-token-count': '10' };
  const told = { inputTokens: 20, outputTokens: 10, source: 'provider' };

  it.each<[string, object, Record<string, string>, object | undefined]>([
    [
      'Claude, with its cache',
      { usage: { input_tokens: 20, output_tokens: 10, cache_read_input_tokens: 4, cache_creation_input_tokens: 2 } },
      HEADERS,
      { inputTokens: 26, cacheReadTokens: 4, cacheWriteTokens: 2 },
    ],
    ['Nova', { usage: { inputTokens: 20, outputTokens: 10 } }, HEADERS, told],
    ['OpenAI’s form', { usage: { prompt_tokens: 20, completion_tokens: 10 } }, {}, told],
    ['Cohere, in headers alone', { text: 'Hello' }, HEADERS, told],
    ['Llama', { prompt_token_count: 20, generation_token_count: 10 }, {}, told],
    ['Titan', { inputTextTokenCount: 20, results: [{ tokenCount: 4 }, { tokenCount: 6 }] }, {}, told],
    ['embeddings', { embedding: [0.1], inputTextTokenCount: 20 }, {}, { inputTokens: 20, outputTokens: 0 }],
    ['images', { images: ['AAAA', 'AAAA'] }, {}, { units: { image: 2 } }],
    ['nothing told', { text: 'Hello' }, {}, undefined],
  ])('of a whole answer: %s', (_name, body, headers, usage) => {
    const found = answerUsage('aws.invoke', body, { headers });
    expect(found).toEqual(usage && expect.objectContaining(usage));
  });

  it.each<[string, readonly object[], object]>([
    [
      'Claude',
      [
        {
          type: 'message_start',
          message: { usage: { input_tokens: 20, output_tokens: 1, cache_creation: { ephemeral_1h_input_tokens: 2 } } },
        },
        { type: 'message_delta', usage: { output_tokens: 10 } },
        { type: 'message_stop', ...METRICS },
      ],
      { inputTokens: 22, outputTokens: 10, cacheWrite1hTokens: 2 },
    ],
    ['Nova', [{ messageStop: {} }, { metadata: { usage: { inputTokens: 20, outputTokens: 10 } } }], told],
    [
      'Llama',
      [{ generation: 'Hello' }, { generation: '', ...METRICS }],
      { inputTokens: 24, outputTokens: 10, cacheReadTokens: 4 },
    ],
    ['OpenAI’s form', [{ choices: [] }, { choices: [], usage: { prompt_tokens: 20, completion_tokens: 10 } }], told],
  ])('of a stream: %s', (_name, events, usage) => {
    expect(answerUsage('aws.invoke', foldEvents('aws.invoke', events))).toMatchObject(usage);
  });
});
