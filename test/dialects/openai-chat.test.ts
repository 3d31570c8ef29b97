import { describe, expect, it } from 'vitest';
import { JsonBody } from '../../src/core/json-body.ts';
import { openaiChat } from '../../src/dialects/openai-chat.ts';
import { isOwnError } from '../../src/errors.ts';
import { answeredBody, factsOf, sentBody, streamedEvent, structuralObjects, structuralStrings } from './planted.ts';

/** Every field of the API's reference, and those that compatible servers added. */
const REQUEST = {
  model: 'gpt-4o-mini',
  messages: [
    { role: 'developer', content: 'Be kind.', name: 'house' },
    { role: 'system', content: [{ type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral', ttl: '5m' } }] },
    {
      role: 'user',
      name: 'visitor',
      content: [
        { type: 'text', text: 'Hello' },
        { type: 'image_url', image_url: { url: 'https://example.com/a.png', detail: 'low' } },
        { type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } },
        { type: 'file', file: { file_data: 'AAAA', file_id: 'file-1', filename: 'notes.txt' } },
        { type: 'refusal', refusal: 'No.' },
        { type: 'video_url', video_url: { url: 'https://example.com/a.mp4' } },
      ],
    },
    {
      role: 'assistant',
      content: 'Calling.',
      refusal: 'No.',
      audio: { id: 'audio-1' },
      reasoning: 'Well',
      reasoning_content: 'Well',
      reasoning_details: [
        { type: 'reasoning.text', text: 'Well', signature: 'c2ln', format: 'v1', id: 'r-1' },
        { type: 'reasoning.encrypted', data: 'AAAA', id: 'r-2', format: 'v1' },
        { type: 'reasoning.summary', summary: 'Well' },
      ],
      tool_calls: [
        { id: 'call-1', type: 'function', function: { name: 'mail', arguments: '{"to":"x"}' } },
        { id: 'call-2', type: 'custom', custom: { name: 'shell', input: 'ls' } },
      ],
      function_call: { name: 'mail', arguments: '{}' },
    },
    { role: 'tool', tool_call_id: 'call-1', content: 'sent' },
    { role: 'tool', tool_call_id: 'call-2', content: [{ type: 'text', text: '{"ok":"yes"}' }] },
    { role: 'function', name: 'mail', content: 'sent' },
  ],
  tools: [
    {
      type: 'function',
      function: {
        name: 'mail',
        description: 'Sends',
        strict: true,
        parameters: {
          type: 'object',
          properties: { to: { type: 'string', description: 'Whom', enum: ['x'], default: 'x' } },
          required: ['to'],
        },
      },
    },
    {
      type: 'custom',
      custom: {
        name: 'shell',
        description: 'Runs',
        format: { type: 'grammar', grammar: { syntax: 'lark', definition: 'start: "x"' } },
      },
    },
  ],
  functions: [{ name: 'mail', description: 'Sends', parameters: { type: 'object' } }],
  tool_choice: { type: 'function', function: { name: 'mail' } },
  function_call: { name: 'mail' },
  response_format: {
    type: 'json_schema',
    json_schema: { name: 'answer', description: 'An answer', schema: { type: 'object', title: 'Answer' } },
  },
  metadata: { team: 'a' },
  prediction: { type: 'content', content: [{ type: 'text', text: 'Hello' }] },
  web_search_options: {
    search_context_size: 'low',
    user_location: { type: 'approximate', approximate: { city: 'Bern', country: 'CH', region: 'BE', timezone: 'UTC' } },
  },
  audio: { voice: 'alloy', format: 'mp3' },
  modalities: ['text', 'audio'],
  user: 'ada',
  safety_identifier: 'ada',
  prompt_cache_key: 'key',
  prompt_cache_retention: '24h',
  service_tier: 'default',
  reasoning_effort: 'low',
  reasoning: { effort: 'low', summary: 'auto' },
  verbosity: 'low',
  stop: ['END'],
  logit_bias: { '1': 1 },
  stream: true,
  stream_options: { include_usage: true, note: 'x' },
  extra_field: { of: ['another', 'server'] },
};

const LOGPROB = {
  token: 'Hi',
  logprob: -0.1,
  bytes: [72],
  top_logprobs: [{ token: 'Hi', logprob: -0.1, bytes: [72] }],
};

const message = (own: object): object => ({
  role: 'assistant',
  content: 'Hello',
  refusal: 'No.',
  reasoning: 'Well',
  reasoning_content: 'Well',
  reasoning_details: [
    { type: 'reasoning.text', text: 'Well', signature: 'c2ln', format: 'v1', id: 'r-1', data: 'AAAA', summary: 'Well' },
  ],
  audio: { id: 'audio-1', data: 'AAAA', transcript: 'Hello', expires_at: 1 },
  annotations: [
    {
      type: 'url_citation',
      url_citation: { url: 'https://example.com', title: 'A page', start_index: 0, end_index: 1 },
    },
  ],
  tool_calls: [
    { index: 0, id: 'call-1', type: 'function', function: { name: 'mail', arguments: '{"to":"x"}' } },
    { index: 1, id: 'call-2', type: 'custom', custom: { name: 'shell', input: 'ls' } },
  ],
  function_call: { name: 'mail', arguments: '{}' },
  new_field: { text: 'new' },
  ...own,
});

const ANSWER = {
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model: 'gpt-4o-mini',
  provider: 'someone',
  service_tier: 'default',
  system_fingerprint: 'fp_1',
  usage: { prompt_tokens: 1, completion_tokens: 1, note: 'x' },
  x_groq: { id: 'req-1' },
  choices: [
    {
      index: 0,
      finish_reason: 'stop',
      native_finish_reason: 'STOP',
      logprobs: { content: [LOGPROB], refusal: [LOGPROB] },
      content_filter_results: { hate: { filtered: false, severity: 'safe' } },
      message: message({}),
    },
  ],
  error: { message: 'None', type: 'server_error', code: 'none', param: 'model' },
  prompt_filter_results: [{ prompt_index: 0, content_filter_results: { hate: { severity: 'safe' } } }],
  new_field: 'new',
  obfuscation: 'xK3vQ9',
};

const { choices, ...REST } = ANSWER;
const { message: delta, ...CHOICE } = choices[0]!;
const EVENT = { ...REST, object: 'chat.completion.chunk', choices: [{ ...CHOICE, delta }] };

/** Strings of a request that are sent as they are. Everything else is scanned: an entry here is a hole, give a reason for it. */
const REQUEST_STRUCTURE = [
  'audio.format',
  'audio.voice',
  'function_call.name',
  'functions[].name',
  'messages[].audio.id',
  'messages[].content[].cache_control.ttl',
  'messages[].content[].cache_control.type',
  'messages[].content[].file.file_id',
  'messages[].content[].image_url.detail',
  'messages[].content[].input_audio.format',
  'messages[].content[].type',
  'messages[].function_call.name',
  'messages[].reasoning_details[].data',
  'messages[].reasoning_details[].format',
  'messages[].reasoning_details[].id',
  'messages[].reasoning_details[].signature',
  'messages[].reasoning_details[].type',
  'messages[].role',
  'messages[].tool_call_id',
  'messages[].tool_calls[].custom.name',
  'messages[].tool_calls[].function.name',
  'messages[].tool_calls[].id',
  'messages[].tool_calls[].type',
  'modalities[]',
  'model',
  'reasoning_effort',
  'response_format.type',
  'service_tier',
  'tool_choice.function.name',
  'tool_choice.type',
  'tools[].custom.name',
  'tools[].function.name',
  'tools[].type',
  'verbosity',
];

/** Objects of a request in which new fields would be structure too. */
const REQUEST_STRUCTURE_OBJECTS = [
  'function_call',
  'messages[].content[].cache_control',
  'tool_choice',
  'tool_choice.function',
];

/** Strings of a message of an answer, whole or streamed, that reach the caller as they came. */
const messageStructure = (at: 'message' | 'delta'): string[] =>
  [
    'audio.id',
    'function_call.name',
    'reasoning_details[].data',
    'reasoning_details[].format',
    'reasoning_details[].id',
    'reasoning_details[].signature',
    'reasoning_details[].type',
    'role',
    'tool_calls[].custom.name',
    'tool_calls[].function.name',
    'tool_calls[].id',
    'tool_calls[].type',
  ].map((field) => `choices[].${at}.${field}`);

const ANSWER_STRUCTURE = [
  'choices[].finish_reason',
  'choices[].native_finish_reason',
  'error.code',
  'error.param',
  'error.type',
  'id',
  'model',
  'object',
  // OpenAI's random padding of each chunk.
  'obfuscation',
  'service_tier',
  'system_fingerprint',
  'usage.note',
];

/** They repeat the text, token by token, and go when it is edited. */
const LOGPROB_STRUCTURE = ['content', 'refusal'].flatMap((field) => [
  `choices[].logprobs.${field}[].token`,
  `choices[].logprobs.${field}[].top_logprobs[].token`,
]);

const LOGPROB_OBJECTS = [
  'choices[].logprobs',
  ...['content', 'refusal'].flatMap((field) => [
    `choices[].logprobs.${field}[]`,
    `choices[].logprobs.${field}[].top_logprobs[]`,
  ]),
];

describe('a value in a request', () => {
  it('is redacted in every string but the structural ones', async () => {
    expect(await structuralStrings(REQUEST, (body) => sentBody(openaiChat, body))).toEqual(REQUEST_STRUCTURE);
  });

  it('is redacted in fields and keys that nobody knows yet, but inside structure', async () => {
    expect(await structuralObjects(REQUEST, (body) => sentBody(openaiChat, body))).toEqual(REQUEST_STRUCTURE_OBJECTS);
  });

  it('is nothing to what has no value: the request leaves as it came', async () => {
    expect(await sentBody(openaiChat, REQUEST)).toBe(JSON.stringify(REQUEST));
  });
});

describe('a value in an answer', () => {
  it('is redacted in every string but the structural ones', async () => {
    const structure = [...ANSWER_STRUCTURE, ...LOGPROB_STRUCTURE, ...messageStructure('message')].sort();
    expect(await structuralStrings(ANSWER, (body) => answeredBody(openaiChat, body))).toEqual(structure);
  });

  it('is redacted in fields and keys that nobody knows yet, but inside structure', async () => {
    const structure = [...LOGPROB_OBJECTS, 'usage'].sort();
    expect(await structuralObjects(ANSWER, (body) => answeredBody(openaiChat, body))).toEqual(structure);
  });

  it('is redacted in every string of a stream but the structural ones', async () => {
    const structure = [...ANSWER_STRUCTURE, ...LOGPROB_STRUCTURE, ...messageStructure('delta')].sort();
    expect(await structuralStrings(EVENT, (body) => streamedEvent(openaiChat, body))).toEqual(structure);
  });
});

describe('facts', () => {
  const valid = { model: 'm', messages: [] };

  it('are read, with what OpenAI assumes where nothing is said', () => {
    expect(factsOf(openaiChat, valid)).toEqual({
      model: 'm',
      stream: false,
      maxOutputTokens: undefined,
      choices: 1,
      parameters: {},
      streamUsage: false,
    });
    const full = { ...valid, stream: true, n: 2, max_tokens: 5, temperature: 0.5, seed: 1, top_p: 'x' };
    expect(factsOf(openaiChat, { ...full, stream_options: { include_usage: true } })).toMatchObject({
      stream: true,
      maxOutputTokens: 5,
      choices: 2,
      parameters: { temperature: 0.5, seed: 1 },
      streamUsage: true,
    });
  });

  it('take null for nothing said', () => {
    const nulls = {
      ...valid,
      stream: null,
      n: null,
      max_tokens: null,
      max_completion_tokens: null,
      stream_options: null,
    };
    expect(factsOf(openaiChat, nulls)).toMatchObject({
      stream: false,
      choices: 1,
      maxOutputTokens: undefined,
    });
  });

  it('are bounded by the larger of two limits, for servers differ in which one they know', () => {
    const both = { ...valid, max_tokens: 900, max_completion_tokens: 5 };
    expect(factsOf(openaiChat, both).maxOutputTokens).toBe(900);
  });

  it('have the models that the request lets answer instead, as OpenRouter and LiteLLM name them', () => {
    const body = { model: 'a', messages: [], models: ['a', 'b'], fallbacks: ['c', { model: 'd' }, 7] };
    expect(factsOf(openaiChat, body).alternatives).toEqual(['a', 'b', 'c', 'd']);
    expect(() => factsOf(openaiChat, { ...body, models: Array(33).fill('x') })).toThrow(
      expect.objectContaining({ code: 'invalid_request', param: 'models' }),
    );
  });

  it.each([
    ['model', undefined],
    ['model', ''],
    ['model', 7],
    ['model', null],
    ['stream', 'true'],
    ['stream', 1],
    ['n', 0],
    ['n', 1.5],
    ['n', '2'],
    ['n', []],
    ['max_tokens', -1],
    ['max_tokens', 1e300],
    ['max_tokens', 'many'],
    ['max_completion_tokens', {}],
  ])('of a wrong type are refused by name: %s is %j', (field, value) => {
    let refusal: unknown;
    try {
      factsOf(openaiChat, { ...valid, [field]: value });
    } catch (error) {
      refusal = error;
    }
    expect(isOwnError(refusal)).toBe(true);
    expect(refusal).toMatchObject({ code: 'invalid_request', status: 400, param: field });
    expect(String(refusal)).toContain(`"${field}" must be`);
    expect(String(refusal)).not.toContain('many');
  });

  it('are read from bodies with raw control characters, which some senders write', () => {
    const body = new JsonBody('{"model":"m\u0001","messages":[]}', openaiChat.request);
    expect(openaiChat.facts(body, { dialect: openaiChat, path: '/chat/completions' }).model).toBe('m\u0001');
  });
});

describe('the scope of a text', () => {
  it('is told by the role of its message, which may stand behind it', () => {
    const text = JSON.stringify({
      messages: [
        { content: 'a', role: 'system' },
        { content: [{ text: 'b', type: 'text' }], role: 'tool' },
        { content: 'c', role: 'user' },
        { content: 'd' },
        { tool_calls: [{ function: { arguments: '{"e":"e"}' } }], reasoning_content: 'f', role: 'assistant' },
      ],
      tools: [{ function: { description: 'g' } }],
      user: 'h',
    });
    const { slots } = new JsonBody(text, openaiChat.request, { resolve: openaiChat.resolve, nested: true });
    expect(slots.map((slot) => [slot.read(), slot.scope])).toEqual([
      ['a', 'system'],
      ['b', 'tool-output'],
      ['c', 'message'],
      ['d', 'message'],
      ['e', 'tool-input'],
      ['f', 'reasoning'],
      ['g', 'system'],
      ['h', 'message'],
    ]);
  });
});
