/**
 * Bodies of OpenAI's Responses API that hold every field of the SDK's types: requests, answers, and events of every type. In small
 * pieces, for each of their strings is looked at in a body of its own.
 */

const PART = [
  { type: 'input_text', text: 'Hello', prompt_cache_breakpoint: { mode: 'explicit', ttl: '30m' } },
  { type: 'input_image', detail: 'low', image_url: 'https://example.com/a.png', file_id: 'file-1' },
  {
    type: 'input_file',
    detail: 'low',
    file_data: 'AAAA',
    file_id: 'file-1',
    file_url: 'https://example.com/a.pdf',
    filename: 'notes.txt',
  },
  { type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } },
];

const LOGPROB = {
  token: 'Hi',
  logprob: -0.1,
  bytes: [72],
  top_logprobs: [{ token: 'Hi', logprob: -0.1, bytes: [72] }],
};

const ANNOTATIONS = [
  { type: 'file_citation', file_id: 'file-1', filename: 'notes.txt', index: 0 },
  { type: 'url_citation', url: 'https://example.com', title: 'A page', start_index: 0, end_index: 1 },
  {
    type: 'container_file_citation',
    container_id: 'cntr-1',
    file_id: 'file-1',
    filename: 'a.txt',
    start_index: 0,
    end_index: 1,
  },
  { type: 'file_path', file_id: 'file-1', index: 0 },
];

const OUTPUT_PART = [
  { type: 'output_text', text: 'Hello', annotations: ANNOTATIONS, logprobs: [LOGPROB] },
  { type: 'refusal', refusal: 'No.' },
  { type: 'output_audio', data: 'AAAA', transcript: 'Hello' },
];

const FORMAT = {
  type: 'json_schema',
  name: 'answer',
  description: 'An answer',
  schema: { type: 'object', title: 'Answer' },
};
const NETWORK = {
  type: 'allowlist',
  allowed_domains: ['example.com'],
  domain_secrets: [{ domain: 'example.com', name: 'KEY', value: 'hush' }],
};
const FUNCTION = {
  type: 'function',
  name: 'mail',
  description: 'Sends',
  strict: true,
  allowed_callers: ['direct'],
  parameters: { type: 'object', properties: { to: { type: 'string', description: 'Whom', enum: ['x'] } } },
  output_schema: { type: 'object', description: 'What came' },
};

export const TOOLS = [
  FUNCTION,
  {
    type: 'file_search',
    vector_store_ids: ['vs-1'],
    filters: { type: 'and', filters: [{ type: 'eq', key: 'author', value: 'someone' }] },
    ranking_options: { ranker: 'auto' },
  },
  { type: 'computer_use_preview', environment: 'browser', display_width: 1, display_height: 1 },
  {
    type: 'web_search',
    search_context_size: 'low',
    filters: { allowed_domains: ['example.com'] },
    user_location: { type: 'approximate', city: 'Bern', country: 'CH', region: 'BE', timezone: 'UTC' },
  },
  {
    type: 'mcp',
    server_label: 'crm',
    server_url: 'https://crm.example.com',
    server_description: 'Customers',
    connector_id: 'connector_gmail',
    tunnel_id: 'tunnel-1',
    authorization: 'token',
    headers: { 'x-key': 'token' },
    allowed_tools: { tool_names: ['find'] },
    require_approval: { never: { tool_names: ['find'] } },
  },
  { type: 'code_interpreter', container: 'cntr-1' },
  {
    type: 'code_interpreter',
    container: { type: 'auto', file_ids: ['file-1'], memory_limit: '1g', network_policy: NETWORK },
  },
  {
    type: 'image_generation',
    action: 'generate',
    model: 'gpt-image-1',
    background: 'auto',
    quality: 'low',
    size: '1024x1024',
    input_image_mask: { file_id: 'file-1', image_url: 'data:image/png;base64,AAAA' },
  },
  {
    type: 'shell',
    environment: {
      type: 'container_auto',
      file_ids: ['file-1'],
      memory_limit: '1g',
      network_policy: NETWORK,
      skills: [
        { type: 'skill_reference', skill_id: 'skill-1', version: '1' },
        {
          type: 'inline',
          name: 'mailer',
          description: 'Mails',
          source: { type: 'base64', media_type: 'application/zip', data: 'AAAA' },
        },
        { name: 'local', description: 'Mails', path: '/skills/mail' },
      ],
    },
  },
  { type: 'shell', environment: { type: 'container_reference', container_id: 'cntr-1' } },
  {
    type: 'custom',
    name: 'shell',
    description: 'Runs',
    format: { type: 'grammar', syntax: 'lark', definition: 'start: "x"' },
  },
  { type: 'namespace', name: 'crm', description: 'Customers', tools: [FUNCTION] },
  { type: 'tool_search', execution: 'client', description: 'Finds tools', parameters: { type: 'object' } },
  { type: 'local_shell' },
  { type: 'apply_patch' },
  { type: 'tool_of_next_month', note: 'new' },
];

const CALLER = { type: 'program', caller_id: 'call-0' };

/** Items that stand in both, requests and answers. */
export const ITEMS: readonly object[] = [
  {
    type: 'function_call',
    id: 'fc-1',
    call_id: 'call-1',
    name: 'mail',
    namespace: 'crm',
    arguments: '{"to":"x"}',
    status: 'completed',
    caller: CALLER,
  },
  {
    type: 'function_call_output',
    id: 'fo-1',
    call_id: 'call-1',
    name: 'mail',
    output: '{"ok":"yes"}',
    status: 'completed',
    created_by: 'someone',
  },
  { type: 'function_call_output', call_id: 'call-1', output: PART },
  { type: 'custom_tool_call', id: 'ct-1', call_id: 'call-2', name: 'shell', input: 'ls' },
  { type: 'custom_tool_call_output', id: 'co-1', call_id: 'call-2', output: 'done' },
  {
    type: 'reasoning',
    id: 'rs-1',
    status: 'completed',
    encrypted_content: 'gAAA',
    summary: [{ type: 'summary_text', text: 'Well' }],
    content: [{ type: 'reasoning_text', text: 'Well' }],
  },
  {
    type: 'web_search_call',
    id: 'ws-1',
    status: 'completed',
    action: {
      type: 'search',
      query: 'weather',
      queries: ['weather'],
      sources: [{ type: 'url', url: 'https://example.com' }],
    },
  },
  { type: 'web_search_call', id: 'ws-2', action: { type: 'find_in_page', pattern: 'x', url: 'https://example.com' } },
  {
    type: 'file_search_call',
    id: 'fs-1',
    queries: ['weather'],
    results: [{ file_id: 'file-1', filename: 'a.txt', score: 1, text: 'Rain', attributes: { author: 'someone' } }],
  },
  {
    type: 'code_interpreter_call',
    id: 'ci-1',
    code: 'print(1)',
    container_id: 'cntr-1',
    status: 'completed',
    outputs: [
      { type: 'logs', logs: '1' },
      { type: 'image', url: 'https://example.com/plot.png' },
    ],
  },
  {
    type: 'computer_call',
    id: 'cu-1',
    call_id: 'call-3',
    action: { type: 'type', text: 'Hello' },
    actions: [
      { type: 'click', button: 'left', x: 1, y: 1, keys: ['CTRL'] },
      { type: 'keypress', keys: ['a'] },
    ],
    pending_safety_checks: [{ id: 'sc-1', code: 'malicious', message: 'Careful' }],
  },
  {
    type: 'computer_call_output',
    id: 'cuo-1',
    call_id: 'call-3',
    output: { type: 'computer_screenshot', file_id: 'file-1', image_url: 'https://example.com/a.png' },
    acknowledged_safety_checks: [{ id: 'sc-1', code: 'malicious', message: 'Careful' }],
  },
  {
    type: 'local_shell_call',
    id: 'ls-1',
    call_id: 'call-4',
    action: { type: 'exec', command: ['ls'], env: { HOME: '/root' }, user: 'root', working_directory: '/root' },
  },
  { type: 'local_shell_call_output', id: 'lso-1', output: 'a.txt' },
  {
    type: 'shell_call',
    id: 'sh-1',
    call_id: 'call-5',
    action: { commands: ['ls'] },
    environment: { type: 'container_reference', container_id: 'cntr-1' },
  },
  {
    type: 'shell_call_output',
    id: 'sho-1',
    call_id: 'call-5',
    output: [{ stdout: 'a.txt', stderr: 'none', outcome: { type: 'exit', exit_code: 0 } }],
  },
  {
    type: 'apply_patch_call',
    id: 'ap-1',
    call_id: 'call-6',
    operation: { type: 'create_file', path: 'a.txt', diff: '+x' },
  },
  { type: 'apply_patch_call_output', id: 'apo-1', call_id: 'call-6', output: 'done', status: 'completed' },
  {
    type: 'mcp_list_tools',
    id: 'ml-1',
    server_label: 'crm',
    error: 'none',
    tools: [
      { name: 'find', description: 'Finds', input_schema: { type: 'object', title: 'Find' }, annotations: { a: 'b' } },
    ],
  },
  { type: 'mcp_approval_request', id: 'ma-1', server_label: 'crm', name: 'find', arguments: '{"who":"x"}' },
  { type: 'mcp_approval_response', id: 'mr-1', approval_request_id: 'ma-1', approve: true, reason: 'Fine' },
  {
    type: 'mcp_call',
    id: 'mc-1',
    server_label: 'crm',
    name: 'find',
    arguments: '{"who":"x"}',
    output: 'found',
    approval_request_id: 'ma-1',
    error: { type: 'http_error', code: 500, message: 'Down' },
  },
  {
    type: 'image_generation_call',
    id: 'ig-1',
    result: 'AAAA',
    revised_prompt: 'A cat',
    background: 'auto',
    output_format: 'png',
    quality: 'low',
    size: '1024x1024',
    error: { type: 'image_error', code: 'none', message: 'None', param: 'size' },
    svg_usage: { model: 'gpt-image-1', input_tokens: 1 },
  },
  { type: 'tool_search_call', id: 'ts-1', call_id: 'call-7', execution: 'client', arguments: { query: 'mail' } },
  { type: 'tool_search_output', id: 'tso-1', call_id: 'call-7', execution: 'client', tools: [FUNCTION] },
  { type: 'additional_tools', id: 'at-1', role: 'developer', tools: [FUNCTION] },
  { type: 'configuration_update', id: 'cu-2', reasoning: { effort: 'low' }, text: { format: FORMAT } },
  { type: 'program', id: 'pr-1', call_id: 'call-8', code: 'x = 1', fingerprint: 'fp-1' },
  { type: 'program_output', id: 'po-1', call_id: 'call-8', result: 'done', status: 'completed' },
  { type: 'compaction', id: 'cp-1', encrypted_content: 'gAAA', created_by: 'someone' },
  { type: 'item_of_next_month', name: 'someone', namespace: 'theirs', note: { text: 'new' } },
];

export const OUTPUT_MESSAGE = {
  type: 'message',
  id: 'msg-1',
  role: 'assistant',
  status: 'completed',
  phase: 'final_answer',
  content: OUTPUT_PART,
};

const SETTINGS = {
  model: 'gpt-5-mini',
  tool_choice: { type: 'allowed_tools', mode: 'auto', tools: [{ type: 'function', name: 'mail' }] },
  text: { verbosity: 'low', format: FORMAT },
  reasoning: { effort: 'low', summary: 'auto', generate_summary: 'auto' },
  previous_response_id: 'resp-0',
  conversation: { id: 'conv-1' },
  prompt: {
    id: 'pmpt-1',
    version: '2',
    variables: { customer: 'someone', note: { type: 'input_text', text: 'Hello' }, picture: PART[1] },
  },
  metadata: { team: 'a' },
  user: 'ada',
  safety_identifier: 'ada',
  prompt_cache_key: 'key',
  prompt_cache_retention: '24h',
  prompt_cache_options: { mode: 'explicit', ttl: '30m', comparison_response_id: 'resp-0' },
  service_tier: 'default',
  truncation: 'auto',
  access_programs: { cyber: 'standard' },
  image: { context_compression: 'auto' },
};

export const REQUEST = {
  ...SETTINGS,
  instructions: 'Be kind.',
  input: [
    { role: 'user', content: 'Hello' },
    { type: 'message', role: 'developer', content: PART, status: 'completed' },
    { type: 'compaction_trigger', id: 'ct-2' },
    { type: 'item_reference', id: 'msg-0' },
  ],
  include: ['reasoning.encrypted_content'],
  context_management: [{ type: 'compaction', compact_threshold: 1 }],
  moderation: { model: 'omni', policy: { input: { mode: 'score' } } },
  stream: true,
  stream_options: { include_obfuscation: true, note: 'x' },
  max_output_tokens: 100,
  extra_field: { of: ['another', 'server'] },
};

export const ANSWER = {
  ...SETTINGS,
  id: 'resp-1',
  object: 'response',
  created_at: 1,
  status: 'completed',
  output_text: 'Hello',
  instructions: [{ role: 'developer', content: PART }, ITEMS[0]],
  error: { code: 'server_error', message: 'None', param: 'x', type: 'y', misalignment: { steer: { message: 'Go' } } },
  incomplete_details: { reason: 'max_output_tokens' },
  moderation: { input: { type: 'error', code: 'x', message: 'None' } },
  usage: { input_tokens: 1, output_tokens: 1, total_tokens: 2, note: 'x' },
  tool_usage: { web_search: { num_requests: 0 }, note: 'x' },
  new_field: 'new',
};

export const INPUT_ITEMS = {
  object: 'list',
  first_id: 'msg-1',
  last_id: 'msg-2',
  has_more: false,
  data: [{ type: 'message', id: 'msg-1', role: 'user', content: PART }],
};

const AT = { item_id: 'item-1', output_index: 0 };
const PART_AT = { ...AT, content_index: 0 };
const COMMAND_AT = { output_index: 0, command_index: 0 };
const SUMMARY_AT = { ...AT, summary_index: 0 };

/** One event of each type, by its type. */
export const EVENTS: Readonly<Record<string, object>> = {
  'response.created': { response: ANSWER },
  'response.queued': { response: { id: 'resp-1', output: [ITEMS[1]] } },
  'response.in_progress': { response: { id: 'resp-1', output: [OUTPUT_MESSAGE] } },
  'response.completed': { response: { id: 'resp-1', output: [ITEMS[5]] } },
  'response.incomplete': { response: { id: 'resp-1', instructions: 'Be kind.' } },
  'response.failed': { response: { id: 'resp-1', error: { code: 'x', message: 'None' } } },
  'response.output_item.added': { output_index: 0, item: OUTPUT_MESSAGE },
  'response.output_item.done': { output_index: 0, item: ITEMS.at(-1)! },
  'response.content_part.added': { ...PART_AT, part: OUTPUT_PART[0] },
  'response.content_part.done': { ...PART_AT, part: { type: 'reasoning_text', text: 'Well' } },
  'response.output_text.delta': { ...PART_AT, delta: 'Hello', logprobs: [LOGPROB], obfuscation: 'xK3vQ9' },
  'response.output_text.done': { ...PART_AT, text: 'Hello', logprobs: [LOGPROB] },
  'response.output_text.annotation.added': { ...PART_AT, annotation_index: 0, annotation: ANNOTATIONS[2] },
  'response.refusal.delta': { ...PART_AT, delta: 'No.' },
  'response.refusal.done': { ...PART_AT, refusal: 'No.' },
  'response.function_call_arguments.delta': { ...AT, delta: '{"to":' },
  'response.function_call_arguments.done': { ...AT, arguments: '{"to":"x"}' },
  'response.mcp_call_arguments.delta': { ...AT, delta: '{"who":' },
  'response.mcp_call_arguments.done': { ...AT, arguments: '{"who":"x"}' },
  'response.custom_tool_call_input.delta': { ...AT, delta: 'ls' },
  'response.custom_tool_call_input.done': { ...AT, input: 'ls' },
  'response.code_interpreter_call_code.delta': { ...AT, delta: 'print' },
  'response.code_interpreter_call_code.done': { ...AT, code: 'print(1)' },
  'response.apply_patch_call_operation_diff.delta': { ...AT, delta: '+x' },
  'response.apply_patch_call_operation_diff.done': { ...AT, diff: '+x' },
  'response.shell_call_command.added': { ...COMMAND_AT, command: 'ls' },
  'response.shell_call_command.delta': { ...COMMAND_AT, delta: 'ls' },
  'response.shell_call_command.done': { ...COMMAND_AT, command: 'ls' },
  'response.shell_call_output_content.delta': { ...AT, command_index: 0, delta: { stdout: 'a', stderr: 'b' } },
  'response.shell_call_output_content.done': {
    ...AT,
    command_index: 0,
    output: [{ stdout: 'a', stderr: 'b', outcome: { type: 'exit', exit_code: 0 }, created_by: 'someone' }],
  },
  'response.reasoning_text.delta': { ...PART_AT, delta: 'Well' },
  'response.reasoning_text.done': { ...PART_AT, text: 'Well' },
  'response.reasoning_summary_part.added': { ...SUMMARY_AT, part: { type: 'summary_text', text: 'Well' } },
  'response.reasoning_summary_part.done': { ...SUMMARY_AT, part: { type: 'summary_text', text: 'Well' } },
  'response.reasoning_summary_text.delta': { ...SUMMARY_AT, delta: 'Well' },
  'response.reasoning_summary_text.done': { ...SUMMARY_AT, text: 'Well' },
  'response.audio.delta': { delta: 'AAAA' },
  'response.audio.done': {},
  'response.audio.transcript.delta': { delta: 'Hello' },
  'response.audio.transcript.done': {},
  'response.image_generation_call.partial_image': {
    ...AT,
    partial_image_b64: 'AAAA',
    partial_image_index: 0,
    background: 'auto',
    output_format: 'png',
    quality: 'low',
    size: '1024x1024',
  },
  ...Object.fromEntries(
    [
      'code_interpreter_call.in_progress',
      'code_interpreter_call.interpreting',
      'code_interpreter_call.completed',
      'file_search_call.in_progress',
      'file_search_call.searching',
      'file_search_call.completed',
      'image_generation_call.in_progress',
      'image_generation_call.generating',
      'image_generation_call.completed',
      'mcp_call.in_progress',
      'mcp_call.completed',
      'mcp_call.failed',
      'mcp_list_tools.in_progress',
      'mcp_list_tools.completed',
      'mcp_list_tools.failed',
      'web_search_call.in_progress',
      'web_search_call.searching',
      'web_search_call.completed',
      'compaction.compacting',
    ].map((type) => [`response.${type}`, AT]),
  ),
  'response.something_new.delta': { ...AT, delta: 'new', note: 'new' },
  'response.something_new.done': { ...AT, text: 'new' },
  error: {
    code: 'server_error',
    message: 'None',
    param: 'x',
    error: { type: 'x', code: 'y', message: 'None', param: 'z' },
  },
};
