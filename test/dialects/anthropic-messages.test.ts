import { describe, expect, it } from 'vitest';
import { anthropicBatch, anthropicCountTokens, anthropicMessages } from '../../src/dialects/anthropic-messages.ts';
import { routeFor } from '../../src/dialects/index.ts';
import {
  answeredBody,
  bodyOf,
  CANARY,
  factsOf,
  sentBody,
  streamedEvent,
  structuralObjects,
  structuralStrings,
} from './planted.ts';

const CACHE = { type: 'ephemeral', ttl: '1h' };
const CITATIONS = [
  {
    type: 'char_location',
    cited_text: 'Cited',
    document_index: 0,
    document_title: 'A title',
    start_char_index: 0,
    end_char_index: 5,
    file_id: 'file_1',
  },
  {
    type: 'web_search_result_location',
    cited_text: 'Cited',
    url: 'https://example.com',
    title: 'A page',
    encrypted_index: 'AAAA',
  },
  { type: 'search_result_location', cited_text: 'Cited', source: 'kb', title: 'A page', search_result_index: 0 },
];

/** Blocks that stand in answers and come back in requests. */
const answered = (own: object[] = []): object[] => [
  { type: 'text', text: 'Hello', citations: CITATIONS },
  { type: 'thinking', thinking: 'Well', signature: 'c2ln' },
  { type: 'redacted_thinking', data: 'AAAA' },
  {
    type: 'tool_use',
    id: 'toolu_1',
    name: 'mail',
    input: { to: 'x', deep: [{ of: 'y' }] },
    caller: { type: 'direct' },
  },
  { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: { query: 'who' } },
  {
    type: 'web_search_tool_result',
    tool_use_id: 'srvtoolu_1',
    content: [
      {
        type: 'web_search_result',
        url: 'https://example.com',
        title: 'A page',
        page_age: 'April',
        encrypted_content: 'AAAA',
      },
    ],
  },
  {
    type: 'web_fetch_tool_result',
    tool_use_id: 'srvtoolu_2',
    content: {
      type: 'web_fetch_result',
      url: 'https://example.com',
      retrieved_at: 'now',
      content: {
        type: 'document',
        title: 'A page',
        source: { type: 'text', media_type: 'text/plain', data: 'The page' },
      },
    },
  },
  {
    type: 'bash_code_execution_tool_result',
    tool_use_id: 'srvtoolu_3',
    content: {
      type: 'bash_code_execution_result',
      stdout: 'out',
      stderr: 'err',
      return_code: 0,
      content: [{ type: 'bash_code_execution_output', file_id: 'file_2' }],
    },
  },
  {
    type: 'text_editor_code_execution_tool_result',
    tool_use_id: 'srvtoolu_4',
    content: { type: 'text_editor_code_execution_view_result', file_type: 'text', content: 'line', lines: ['line'] },
  },
  { type: 'mcp_tool_use', id: 'mcptoolu_1', name: 'look', server_name: 'crm', input: { who: 'x' } },
  { type: 'mcp_tool_result', tool_use_id: 'mcptoolu_1', is_error: false, content: [{ type: 'text', text: 'found' }] },
  { type: 'container_upload', file_id: 'file_3' },
  { type: 'compaction', content: 'A summary', encrypted_content: 'AAAA', signature: 'c2ln' },
  { type: 'new_block', text: 'new', of: { another: ['kind'] } },
  ...own,
];

/** Every field and type of block of the SDK's request types, beta ones included. */
const REQUEST = {
  model: 'claude-sonnet-4-5',
  max_tokens: 100,
  system: [{ type: 'text', text: 'Be kind.', cache_control: CACHE, citations: CITATIONS }],
  messages: [
    { role: 'user', content: 'Hello' },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'Hello', cache_control: CACHE },
        { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } },
        { type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } },
        { type: 'image', source: { type: 'file', file_id: 'file_1' } },
        {
          type: 'document',
          title: 'A title',
          context: 'A letter',
          citations: { enabled: true },
          source: { type: 'text', media_type: 'text/plain', data: 'The letter' },
        },
        {
          type: 'document',
          source: { type: 'content', content: [{ type: 'text', text: 'A page' }] },
        },
        {
          type: 'search_result',
          source: 'kb',
          title: 'A page',
          content: [{ type: 'text', text: 'Found' }],
          citations: { enabled: true },
        },
        { type: 'tool_result', tool_use_id: 'toolu_1', content: 'sent' },
        { type: 'tool_result', tool_use_id: 'toolu_2', content: [{ type: 'text', text: '{"ok":"yes"}' }] },
        { type: 'browser_state', tabs: [{ title: 'A page', url: 'https://example.com' }] },
      ],
    },
    { role: 'assistant', content: answered([{ type: 'thinking', thinking: 'Well', signature: '' }]) },
    { role: 'system', content: [{ type: 'text', text: 'Now be brief.' }] },
  ],
  tools: [
    {
      name: 'mail',
      description: 'Sends',
      input_schema: { type: 'object', properties: { to: { type: 'string', description: 'Whom' } }, required: ['to'] },
      input_examples: [{ to: 'x' }],
      cache_control: CACHE,
      allowed_callers: ['direct'],
    },
    {
      type: 'web_search_20260318',
      name: 'web_search',
      allowed_domains: ['example.com'],
      user_location: { type: 'approximate', city: 'Bern', timezone: 'UTC' },
    },
    { type: 'advisor_20260301', name: 'advisor', model: 'claude-opus-5-5' },
  ],
  tool_choice: { type: 'tool', name: 'mail' },
  mcp_servers: [
    {
      type: 'url',
      name: 'crm',
      url: 'https://crm.example/mcp',
      authorization_token: 'for-the-server',
      tool_configuration: { allowed_tools: ['look'] },
    },
  ],
  metadata: { user_id: 'u-1' },
  stop_sequences: ['END'],
  thinking: { type: 'enabled', budget_tokens: 1024 },
  output_config: { effort: 'low', format: { type: 'json_schema', schema: { type: 'object', title: 'Answer' } } },
  output_format: { type: 'json_schema', schema: { type: 'object', title: 'Answer' } },
  context_management: {
    edits: [
      { type: 'clear_tool_uses_20250919', exclude_tools: ['mail'] },
      { type: 'compact_20260112', instructions: 'Keep names', trigger: { type: 'input_tokens', value: 150_000 } },
    ],
  },
  fallbacks: [{ model: 'claude-sonnet-5', speed: 'standard', max_tokens: 50, note: 'new' }],
  fallback_credit_token: 'fct_1',
  compaction: { type: 'summarize', instructions: 'Keep names' },
  container: { id: 'container_1', skills: [{ type: 'anthropic', skill_id: 'pdf', version: 'latest' }] },
  diagnostics: { previous_message_id: 'msg_0' },
  service_tier: 'auto',
  inference_geo: 'us',
  stream: true,
  temperature: 0.5,
  new_field: { of: ['next', 'month'] },
};

const ANSWER = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude-sonnet-4-5-20250929',
  content: answered(),
  stop_reason: 'end_turn',
  stop_sequence: 'END',
  stop_details: { type: 'refusal', category: 'bio', explanation: 'Why not', recommended_model: 'claude-2' },
  usage: { input_tokens: 1, output_tokens: 1, service_tier: 'standard', inference_geo: 'us' },
  container: { id: 'container_1', expires_at: 'soon' },
  context_management: { applied_edits: [{ type: 'clear_tool_uses_20250919' }] },
  request_id: 'req_1',
  error: { type: 'api_error', message: 'None' },
  new_field: 'new',
};

const events = (): object[] => [
  { type: 'message_start', message: ANSWER },
  ...answered().map((content_block, index) => ({ type: 'content_block_start', index, content_block })),
  { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hello' } },
  { type: 'content_block_delta', index: 1, delta: { type: 'input_json_delta', partial_json: '{"to":"x"}' } },
  ...CITATIONS.map((citation) => ({
    type: 'content_block_delta',
    index: 0,
    delta: { type: 'citations_delta', citation },
  })),
  { type: 'content_block_delta', index: 2, delta: { type: 'thinking_delta', thinking: 'Well', estimated_tokens: 1 } },
  { type: 'content_block_delta', index: 2, delta: { type: 'signature_delta', signature: 'c2ln' } },
  {
    type: 'content_block_delta',
    index: 3,
    delta: { type: 'compaction_delta', content: 'A summary', encrypted_content: 'AAAA' },
  },
  { type: 'content_block_delta', index: 4, delta: { type: 'new_delta', words: 'new', of: ['next', 'month'] } },
  {
    type: 'message_delta',
    delta: {
      stop_reason: 'end_turn',
      stop_sequence: 'END',
      stop_details: { type: 'refusal', explanation: 'Why not' },
      container: { id: 'container_1' },
    },
    usage: { output_tokens: 1 },
  },
  { type: 'error', error: { type: 'overloaded_error', message: 'Busy' }, request_id: 'req_1' },
  { type: 'new_event', text: 'new', of: { another: ['kind'] } },
];

const prefixed = (prefix: string, fields: readonly string[]): string[] => fields.map((field) => prefix + field);

/** Strings of a block that are sent as they are. Everything else is scanned: an entry here is a hole, give a reason for it. */
const BLOCK_STRUCTURE = [
  'caller.type',
  'citations[].encrypted_index',
  'citations[].file_id',
  'citations[].type',
  // Of a compaction alone, whose summary its signature covers.
  'content',
  'content.content.source.media_type',
  'content.content.source.type',
  'content.content.type',
  'content.content[].file_id',
  'content.content[].type',
  'content.file_type',
  'content.type',
  'content[].encrypted_content',
  'content[].type',
  // Of redacted thinking: encrypted. The data of a source is scanned.
  'data',
  'encrypted_content',
  'file_id',
  'id',
  'name',
  'server_name',
  'signature',
  // Signed reasoning, which has to come back as it was.
  'thinking',
  'tool_use_id',
  'type',
];

const REQUEST_STRUCTURE = [
  ...prefixed('messages[].content[].', [
    ...BLOCK_STRUCTURE,
    'cache_control.ttl',
    'cache_control.type',
    'source.content[].type',
    'source.file_id',
    'source.media_type',
    'source.type',
  ]),
  ...prefixed('system[].', [
    'cache_control.ttl',
    'cache_control.type',
    'citations[].encrypted_index',
    'citations[].file_id',
    'citations[].type',
    'type',
  ]),
  ...prefixed('tools[].', [
    'allowed_callers[]',
    'cache_control.ttl',
    'cache_control.type',
    'input_schema.required[]',
    'input_schema.type',
    'model',
    'name',
    'type',
    'user_location.type',
  ]),
  'compaction.type',
  'container.id',
  'container.skills[].skill_id',
  'container.skills[].type',
  'container.skills[].version',
  'context_management.edits[].exclude_tools[]',
  'context_management.edits[].trigger.type',
  'context_management.edits[].type',
  'diagnostics.previous_message_id',
  'fallback_credit_token',
  'fallbacks[].model',
  'fallbacks[].speed',
  'inference_geo',
  // Sent on purpose: the provider calls the server with it.
  'mcp_servers[].authorization_token',
  'mcp_servers[].name',
  'mcp_servers[].tool_configuration.allowed_tools[]',
  'mcp_servers[].type',
  'messages[].role',
  'model',
  'output_config.effort',
  'output_config.format.type',
  'output_format.type',
  'service_tier',
  'thinking.type',
  'tool_choice.name',
  'tool_choice.type',
].sort();

/** Objects of a request in which new fields would be structure too. */
const REQUEST_STRUCTURE_OBJECTS = [
  'container',
  'container.skills[]',
  'context_management.edits[].trigger',
  'diagnostics',
  'mcp_servers[].tool_configuration',
  'messages[].content[].cache_control',
  'messages[].content[].caller',
  'system[].cache_control',
  'thinking',
  'tool_choice',
  'tools[].cache_control',
];

const MESSAGE_STRUCTURE = [
  ...prefixed('content[].', BLOCK_STRUCTURE),
  'container.expires_at',
  'container.id',
  'context_management.applied_edits[].type',
  'error.type',
  'id',
  'model',
  'request_id',
  'role',
  'stop_details.category',
  'stop_details.recommended_model',
  'stop_details.type',
  'stop_reason',
  'type',
  'usage.inference_geo',
  'usage.service_tier',
];

const EVENT_STRUCTURE = [
  ...prefixed('message.', MESSAGE_STRUCTURE),
  ...prefixed('content_block.', BLOCK_STRUCTURE),
  ...prefixed('delta.', [
    'citation.encrypted_index',
    'citation.file_id',
    'citation.type',
    'container.id',
    // Of a compaction alone.
    'content',
    'encrypted_content',
    'signature',
    'stop_details.type',
    'stop_reason',
    // Its signature comes last.
    'thinking',
    'type',
  ]),
  'error.type',
  'request_id',
  'type',
].sort();

const sent = (body: unknown): Promise<string> => sentBody(anthropicMessages, body);

describe('a value in a request', () => {
  it('is redacted in every string but the structural ones', async () => {
    expect(await structuralStrings(REQUEST, sent)).toEqual(REQUEST_STRUCTURE);
  }, 30_000);

  it('is redacted in fields and keys that nobody knows yet, but inside structure', async () => {
    expect(await structuralObjects(REQUEST, sent)).toEqual(REQUEST_STRUCTURE_OBJECTS);
  }, 30_000);

  it('is nothing to what has no value: the request leaves as it came', async () => {
    expect(await sent(REQUEST)).toBe(JSON.stringify(REQUEST));
  });

  it.each([
    ['c2ln', true],
    ['', false],
    [undefined, false],
  ])('of reasoning is left under a signature alone (%j)', async (signature, left) => {
    const thinking = { type: 'thinking', thinking: CANARY, ...(signature === undefined ? {} : { signature }) };
    const body = { model: 'm', max_tokens: 1, messages: [{ role: 'assistant', content: [thinking] }] };
    expect((await sent(body)).includes(CANARY)).toBe(left);
  });

  const inBlock = async (block: object): Promise<string> =>
    sent({ model: 'm', max_tokens: 1, messages: [{ role: 'user', content: [block] }] });

  it.each([
    ['a summary without a signature', { type: 'compaction', content: CANARY }],
    ['the result of a tool that has a signature on it', { type: 'tool_result', content: CANARY, signature: 'c2ln' }],
    ['data of a block that nobody knows', { type: 'new_block', data: CANARY }],
    ['names in what a tool found', { type: 'tool_result', content: [{ type: 'new_block', name: CANARY, id: CANARY }] }],
    ['names below what a tool found', { type: 'new_tool_result', content: { person: { name: CANARY } } }],
    [
      'a document of one long word, which looks like base64',
      { type: 'document', source: { type: 'text', data: `${'a'.repeat(300)} ${CANARY}` } },
    ],
  ])('is redacted in %s', async (_what, block) => {
    expect(await inBlock(block)).not.toContain(CANARY);
  });

  it('is nothing to what is base64, and to names of tools that were looked for', async () => {
    const data = `${'iVBORw0KGgo'.repeat(40)}`;
    const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data } };
    expect(await inBlock(image)).toContain(data);
    const found = {
      type: 'tool_search_tool_search_result',
      tool_references: [{ type: 'tool_reference', tool_name: CANARY }],
    };
    expect(await inBlock({ type: 'tool_search_tool_result', tool_use_id: 'a', content: found })).toContain(CANARY);
  });

  it('of a batch is redacted in each of its requests', async () => {
    const body = { requests: [{ custom_id: 'a', params: REQUEST }] };
    const fields = await structuralStrings(body, (planted) => sentBody(anthropicBatch, planted));
    expect(fields).toEqual([...prefixed('requests[].params.', REQUEST_STRUCTURE), 'requests[].custom_id'].sort());
  }, 30_000);
});

describe('a value in an answer', () => {
  const answer = (body: unknown): Promise<string> => answeredBody(anthropicMessages, body);

  it('is redacted in every string but the structural ones', async () => {
    expect(await structuralStrings(ANSWER, answer)).toEqual([...MESSAGE_STRUCTURE].sort());
  }, 30_000);

  it('is redacted in fields and keys that nobody knows yet, but inside structure', async () => {
    expect(await structuralObjects(ANSWER, answer)).toEqual([
      'container',
      'content[].caller',
      'context_management',
      'context_management.applied_edits[]',
      'usage',
    ]);
  }, 30_000);

  it('of reasoning that is not signed is redacted', async () => {
    const body = await answer({ type: 'message', content: [{ type: 'thinking', thinking: CANARY }] });
    expect(body).toContain('"thinking":"<EMAIL_ADDRESS_1>"');
  });

  it('is redacted in every string of every event but the structural ones', async () => {
    const structure = new Set<string>();
    for (const event of events()) {
      const fields = await structuralStrings(event, (body) => streamedEvent(anthropicMessages, body));
      for (const field of fields) structure.add(field);
    }
    expect([...structure].sort()).toEqual(EVENT_STRUCTURE);
  }, 60_000);
});

describe('facts', () => {
  const valid = { model: 'm', max_tokens: 5, messages: [] };

  it('are read from the body', () => {
    const body = { ...valid, stream: true, temperature: 0.5, top_k: 3, service_tier: 'auto' };
    expect(factsOf(anthropicMessages, body)).toEqual({
      model: 'm',
      stream: true,
      maxOutputTokens: 5,
      choices: 1,
      parameters: { temperature: 0.5, top_k: 3, service_tier: 'auto' },
      sharesContext: false,
    });
    expect(factsOf(anthropicMessages, { ...body, thread: {} })).toMatchObject({ sharesContext: true });
  });

  it('have the model of the path where the body names none, as at Vertex AI', () => {
    const body = { anthropic_version: 'vertex-2023-10-16', max_tokens: 5, messages: [] };
    expect(factsOf(anthropicMessages, body, { model: 'claude' }).model).toBe('claude');
  });

  it('have the highest limit of the models that may be tried; zero is one', () => {
    expect(factsOf(anthropicMessages, { ...valid, max_tokens: 0 }).maxOutputTokens).toBe(0);
    const fallbacks = [{ model: 'a' }, { model: 'b', max_tokens: 900 }, { model: 'c', max_tokens: 2 }];
    expect(factsOf(anthropicMessages, { ...valid, fallbacks })).toMatchObject({
      maxOutputTokens: 900,
      alternatives: ['a', 'b', 'c'],
    });
  });

  it.each([
    [{ model: 7 }, 'model'],
    [{ model: undefined }, 'model'],
    [{ max_tokens: 'many' }, 'max_tokens'],
    [{ stream: 'yes' }, 'stream'],
  ])('that are wrong are named: %j', (fields, param) => {
    expect(() => factsOf(anthropicMessages, { ...valid, ...fields })).toThrow(
      expect.objectContaining({ code: 'invalid_request', param }),
    );
  });

  it('of a batch say that nothing tells its cost, and name all its models', () => {
    const requests = ['m', 'n', 'm'].map((model, i) => ({ custom_id: `${i}`, params: { ...valid, model } }));
    expect(factsOf(anthropicBatch, { requests })).toMatchObject({ model: 'm,n', unpriced: true });
  });
});

describe('settings', () => {
  const set = (fields: object, settings: object): unknown => {
    const body = bodyOf(anthropicMessages, { max_tokens: 500, messages: [], ...fields });
    for (const { path, value } of anthropicMessages.assign(settings, provider, body)) body.set(path, value);
    return JSON.parse(body.toString());
  };
  const provider = { name: 'anthropic', baseURL: 'https://api.anthropic.com' };

  it('are the model, where the body names one, and the limit, also of those that are tried after it', () => {
    const fallbacks = [{ model: 'a' }, { model: 'b', max_tokens: 900 }, { model: 'c', max_tokens: 2 }];
    expect(set({ model: 'm', fallbacks }, { model: 'other', maxOutputTokens: 100 })).toEqual({
      model: 'other',
      max_tokens: 100,
      messages: [],
      fallbacks: [{ model: 'a' }, { model: 'b', max_tokens: 100 }, { model: 'c', max_tokens: 2 }],
    });
    expect(set({}, { model: 'other' })).toEqual({ max_tokens: 500, messages: [] });
  });
});

describe('paths', () => {
  const vertex = '/v1/projects/p/locations/l/publishers/anthropic/models';

  it.each([
    ['POST', '/v1/messages', anthropicMessages.id, undefined],
    ['POST', '/anthropic/v1/messages', anthropicMessages.id, undefined],
    ['POST', '/v1/messages/count_tokens', anthropicCountTokens.id, undefined],
    ['POST', '/v1/messages/batches', anthropicBatch.id, undefined],
    ['GET', '/v1/messages/batches/b-1/results', 'anthropic.batch_results', undefined],
    ['POST', `${vertex}/claude-sonnet-4-5@20250929:rawPredict`, anthropicMessages.id, 'claude-sonnet-4-5@20250929'],
    ['POST', `${vertex}/claude:streamRawPredict`, anthropicMessages.id, 'claude'],
    ['POST', `${vertex}/count-tokens:rawPredict`, anthropicCountTokens.id, undefined],
    ['POST', '/v1/threads/t-1/messages', undefined, undefined],
    ['GET', '/v1/messages', undefined, undefined],
    ['GET', '/v1/messages/batches/b-1', undefined, undefined],
  ])('%s %s is %s', (method, path, id, model) => {
    const route = routeFor(method, path);
    expect(route?.dialect.id).toBe(id);
    expect(route?.model).toBe(model);
  });

  it('get another model where they name it', () => {
    expect(anthropicMessages.pathFor!(`${vertex}/claude:streamRawPredict`, 'other@1')).toBe(
      `${vertex}/other%401:streamRawPredict`,
    );
  });
});
