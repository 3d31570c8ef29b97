import { describe, expect, it } from 'vitest';
import { JsonBody } from '../../src/core/json-body.ts';
import { routeFor } from '../../src/dialects/index.ts';
import { openaiResponses, openaiResponsesCompact, openaiResponsesCount } from '../../src/dialects/openai-responses.ts';
import { openaiResponseInput } from '../../src/dialects/openai-stored.ts';
import { isOwnError } from '../../src/errors.ts';
import { ANSWER, EVENTS, INPUT_ITEMS, ITEMS, OUTPUT_MESSAGE, REQUEST, TOOLS } from './openai-responses-bodies.ts';
import {
  answeredBody,
  CANARY,
  factsOf,
  sentBody,
  streamedEvent,
  structuralObjects,
  structuralStrings,
} from './planted.ts';

/** Strings of an item that pass as they are. Everything else is scanned: an entry here is a hole, give a reason for it. */
const ITEM_STRUCTURE = [
  // Ids, which have to be the same on both sides.
  'acknowledged_safety_checks[].id',
  'approval_request_id',
  'call_id',
  'caller.caller_id',
  'container_id',
  'content[].annotations[].container_id',
  'content[].annotations[].file_id',
  'environment.container_id',
  'id',
  'output.file_id',
  'output[].file_id',
  'pending_safety_checks[].id',
  'results[].file_id',
  // Kinds, states and other words of the API.
  'acknowledged_safety_checks[].code',
  'action.type',
  'actions[].button',
  'actions[].type',
  'caller.type',
  'content[].annotations[].type',
  'content[].type',
  'environment.type',
  'error.code',
  'error.type',
  'execution',
  'operation.type',
  'output.type',
  'output[].detail',
  'output[].input_audio.format',
  'output[].outcome.type',
  'output[].prompt_cache_breakpoint.mode',
  'output[].prompt_cache_breakpoint.ttl',
  'output[].type',
  'outputs[].type',
  'pending_safety_checks[].code',
  'phase',
  'role',
  'status',
  'summary[].type',
  'tools[].allowed_callers[]',
  'tools[].type',
  'type',
  // Names of tools and models.
  'name',
  'namespace',
  'server_label',
  'svg_usage.model',
  'tools[].name',
  // What only the provider can read.
  'encrypted_content',
  'fingerprint',
];

/** Parts that stand in the input alone. */
const INPUT_PART_STRUCTURE = [
  'content[].detail',
  'content[].file_id',
  'content[].input_audio.format',
  'content[].prompt_cache_breakpoint.mode',
  'content[].prompt_cache_breakpoint.ttl',
];

/** The same of a tool. */
const TOOL_STRUCTURE = [
  // Ids, which have to be the same on both sides.
  'connector_id',
  'container',
  'container.file_ids[]',
  'environment.container_id',
  'environment.file_ids[]',
  'environment.skills[].skill_id',
  'input_image_mask.file_id',
  'tunnel_id',
  'vector_store_ids[]',
  // Kinds, states and other words of the API.
  'allowed_callers[]',
  'container.memory_limit',
  'container.network_policy.type',
  'container.type',
  'environment.memory_limit',
  'environment.network_policy.type',
  'environment.skills[].source.media_type',
  'environment.skills[].source.type',
  'environment.skills[].type',
  'environment.skills[].version',
  'environment.type',
  'execution',
  'format.syntax',
  'format.type',
  'tools[].allowed_callers[]',
  'tools[].type',
  'type',
  'user_location.type',
  // Names of tools and models.
  'allowed_tools.tool_names[]',
  'environment.skills[].name',
  'model',
  'name',
  'require_approval.never.tool_names[]',
  'server_label',
  'tools[].name',
  // Credentials for a tool's own server, which the provider calls.
  'authorization',
  'container.network_policy.domain_secrets[].value',
  'environment.network_policy.domain_secrets[].value',
  'headers.x-key',
];

/** The same of what a request asks for and an answer repeats. */
const SETTINGS_STRUCTURE = [
  // Ids, which have to be the same on both sides.
  'conversation.id',
  'previous_response_id',
  'prompt.id',
  'prompt.variables.picture.file_id',
  'prompt_cache_options.comparison_response_id',
  // Kinds, states and other words of the API.
  'prompt.variables.note.type',
  'prompt.variables.picture.detail',
  'prompt.variables.picture.type',
  'prompt.version',
  'prompt_cache_options.mode',
  'prompt_cache_options.ttl',
  'prompt_cache_retention',
  'reasoning.effort',
  'reasoning.generate_summary',
  'reasoning.summary',
  'service_tier',
  'text.format.type',
  'text.verbosity',
  'tool_choice.mode',
  'tool_choice.tools[].type',
  'tool_choice.type',
  'truncation',
  // Names of tools and models.
  'model',
  'tool_choice.tools[].name',
];

/** They repeat the text, token by token, and go when it is edited. */
const LOGPROBS = ['logprobs[].token', 'logprobs[].top_logprobs[].token'];

const below = (at: string, fields: readonly string[]): string[] => fields.map((field) => `${at}.${field}`);
const sorted = (...lists: readonly (readonly string[])[]): string[] => [...new Set(lists.flat())].sort();

const REQUEST_STRUCTURE = sorted(
  SETTINGS_STRUCTURE,
  below('input[]', [...ITEM_STRUCTURE, ...INPUT_PART_STRUCTURE]),
  below('tools[]', TOOL_STRUCTURE),
  ['include[]', 'moderation.model'],
);

const ANSWER_STRUCTURE = sorted(
  SETTINGS_STRUCTURE,
  below('output[]', [...ITEM_STRUCTURE, ...below('content[]', LOGPROBS)]),
  below('tools[]', TOOL_STRUCTURE),
  // The request's instructions once more: a message and a call.
  below('instructions[]', [
    ...['id', 'type', 'role', 'status', 'call_id', 'name', 'namespace', 'caller.type', 'caller.caller_id'],
    ...['content[].type', ...INPUT_PART_STRUCTURE],
  ]),
  ['id', 'object', 'status', 'incomplete_details.reason', 'error.code', 'error.param', 'error.type'],
  ['usage.note', 'tool_usage.note'],
);

/** Objects in which new fields would be structure too. */
const TOOL_OBJECTS = ['allowed_tools', 'container', 'headers', 'require_approval', 'require_approval.never'];
const SETTINGS_OBJECTS = ['conversation', 'tool_choice', 'tool_choice.tools[]'];
const LOGPROB_OBJECTS = ['logprobs[]', 'logprobs[].top_logprobs[]'];

const requests: readonly object[] = [
  REQUEST,
  ...TOOLS.map((tool) => ({ model: 'm', tools: [tool] })),
  ...[OUTPUT_MESSAGE, ...ITEMS].map((item) => ({ model: 'm', input: [item] })),
];
const answers: readonly object[] = [
  ANSWER,
  ...TOOLS.map((tool) => ({ tools: [tool] })),
  ...[OUTPUT_MESSAGE, ...ITEMS].map((item) => ({ output: [item] })),
];
const events = Object.entries(EVENTS).map(([type, event]) => ({ type, sequence_number: 3, ...event }));

type Find = typeof structuralStrings;
async function ofAll(
  bodies: readonly object[],
  find: Find,
  pass: (body: unknown) => Promise<string>,
): Promise<string[]> {
  return sorted(...(await Promise.all(bodies.map((body) => find(body, pass)))));
}

const sent = (body: unknown): Promise<string> => sentBody(openaiResponses, body);
const answered = (body: unknown): Promise<string> => answeredBody(openaiResponses, body);
const streamed = (event: unknown): Promise<string> => streamedEvent(openaiResponses, event);

describe('a value in a request', () => {
  it('is redacted in every string but the structural ones', async () => {
    expect(await ofAll(requests, structuralStrings, sent)).toEqual(REQUEST_STRUCTURE);
  });

  it('is redacted in fields and keys that nobody knows yet, but inside structure', async () => {
    const structure = sorted(SETTINGS_OBJECTS, below('tools[]', TOOL_OBJECTS), ['input[].svg_usage']);
    expect(await ofAll(requests, structuralObjects, sent)).toEqual(structure);
  });

  it('is nothing to what has no value: the request leaves as it came', async () => {
    for (const request of requests) expect(await sent(request)).toBe(JSON.stringify(request));
  });

  it.each(['name', 'namespace', 'server_label'])(
    'is redacted in the %s of an item that names no tool',
    async (field) => {
      expect(await sent({ model: 'm', input: [{ type: 'contact', [field]: CANARY }] })).not.toContain(CANARY);
      expect(await sent({ model: 'm', input: [{ type: 'mcp_call', [field]: CANARY }] })).toContain(CANARY);
    },
  );

  it('is redacted in an input that is one text', async () => {
    expect(await sent({ model: 'm', input: `Mail ${CANARY}` })).not.toContain(CANARY);
  });
});

describe('a value in an answer', () => {
  it('is redacted in every string but the structural ones', async () => {
    expect(await ofAll(answers, structuralStrings, answered)).toEqual(ANSWER_STRUCTURE);
  });

  it('is redacted in fields and keys that nobody knows yet, but inside structure', async () => {
    const structure = sorted(
      SETTINGS_OBJECTS,
      below('tools[]', TOOL_OBJECTS),
      below('output[].content[]', LOGPROB_OBJECTS),
      ['output[].svg_usage', 'usage', 'tool_usage', 'tool_usage.web_search'],
    );
    expect(await ofAll(answers, structuralObjects, answered)).toEqual(structure);
  });

  it('is redacted in a list of input items as in the input itself', async () => {
    const structure = sorted(below('data[]', ['id', 'type', 'role', 'content[].type', ...INPUT_PART_STRUCTURE]), [
      ...['object', 'first_id', 'last_id'],
    ]);
    const pass = (body: unknown): Promise<string> => answeredBody(openaiResponseInput, body);
    expect(await structuralStrings(INPUT_ITEMS, pass)).toEqual(structure);
  });

  it('takes what quotes its text with it', async () => {
    const shown = await answered({
      output: [
        { ...OUTPUT_MESSAGE, content: [{ type: 'output_text', text: CANARY, logprobs: [{ token: 'canary' }] }] },
      ],
    });
    expect(JSON.parse(shown)).toMatchObject({ output: [{ content: [{ logprobs: [] }] }] });
  });
});

describe('a value in an event', () => {
  const found = ofAll(events, structuralStrings, streamed);
  const inside = async (at: string): Promise<string[]> =>
    (await found).filter((path) => path.startsWith(`${at}.`)).map((path) => path.slice(at.length + 1));

  it('is redacted in every string but the structural ones', async () => {
    const own = (await found).filter((path) => !/^(?:response|item|part)\./.test(path));
    expect(own).toEqual(
      sorted(
        LOGPROBS,
        ['type', 'item_id', 'output[].outcome.type', 'error.code', 'error.param', 'error.type'],
        ['annotation.type', 'annotation.file_id', 'annotation.container_id'],
        // OpenAI's random padding of each event.
        ['obfuscation'],
      ),
    );
  });

  it('passes nowhere in a response, an item or a part where it would not in a whole answer', async () => {
    const items = [...ITEM_STRUCTURE, ...below('content[]', LOGPROBS)];
    expect((await inside('response')).filter((path) => !ANSWER_STRUCTURE.includes(path))).toEqual([]);
    expect((await inside('item')).filter((path) => !items.includes(path))).toEqual([]);
    expect(below('content[]', await inside('part')).filter((path) => !items.includes(path))).toEqual([]);
  });

  it('is redacted in fields and keys that nobody knows yet, but inside structure', async () => {
    const objects = await ofAll(events, structuralObjects, streamed);
    const structure = sorted(
      LOGPROB_OBJECTS,
      ...['part', 'item.content[]', 'response.output[].content[]'].map((at) => below(at, LOGPROB_OBJECTS)),
      below('response', [...SETTINGS_OBJECTS, 'usage', 'tool_usage', 'tool_usage.web_search']),
    );
    expect(objects).toEqual(structure);
  });
});

describe('facts', () => {
  it('are read, with what the API assumes where nothing is said', () => {
    expect(factsOf(openaiResponses, { model: 'm', input: 'x' })).toEqual({
      model: 'm',
      stream: false,
      maxOutputTokens: undefined,
      choices: 1,
      parameters: {},
      continues: false,
      sharesContext: false,
    });
    const full = {
      model: 'm',
      stream: true,
      max_output_tokens: 16,
      background: true,
      temperature: 0.5,
      service_tier: 'flex',
    };
    expect(factsOf(openaiResponses, full)).toMatchObject({
      stream: true,
      maxOutputTokens: 16,
      continues: true,
      parameters: { temperature: 0.5, service_tier: 'flex' },
    });
  });

  it('need no model where a stored prompt may have one, or where tokens are counted', () => {
    expect(factsOf(openaiResponses, { prompt: { id: 'pmpt-1' } }).model).toBe('');
    expect(factsOf(openaiResponsesCount, { input: 'x' }).model).toBe('');
  });

  it.each([
    ['model', undefined],
    ['model', 7],
    ['stream', 'yes'],
    ['background', 1],
    ['max_output_tokens', 0],
    ['max_output_tokens', 'many'],
  ])('of a wrong type are refused by name: %s is %j', (field, value) => {
    let refusal: unknown;
    try {
      factsOf(openaiResponses, { model: 'm', [field]: value });
    } catch (error) {
      refusal = error;
    }
    expect(isOwnError(refusal)).toBe(true);
    expect(refusal).toMatchObject({ code: 'invalid_request', status: 400, param: field });
  });

  it('of an answer tell whether it will be asked for, and how it ended', () => {
    const facts = (answer: object) => openaiResponses.answer({ id: 'resp-1', ...answer });
    expect(facts({ status: 'queued' })).toMatchObject({ pending: 'resp-1', failed: false });
    expect(facts({ status: 'in_progress' }).response.finishReasons).toBeUndefined();
    expect(facts({ status: 'completed' })).toMatchObject({
      pending: undefined,
      response: { finishReasons: ['completed'] },
    });
    expect(facts({ status: 'failed' })).toMatchObject({ pending: undefined, failed: true });
    const cut = facts({ status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } });
    expect(cut.response.finishReasons).toEqual(['max_output_tokens']);
  });
});

describe('a limit that a policy sets', () => {
  it('stands where the API has it, and nowhere where the API has none', () => {
    const provider = { name: 'openai', baseURL: 'https://api.openai.com/v1' };
    const body = new JsonBody('{}', openaiResponses.request);
    const settings = { maxOutputTokens: 100, model: 'm' };
    expect(openaiResponses.assign(settings, provider, body)).toEqual([
      { path: ['model'], value: 'm' },
      { path: ['max_output_tokens'], value: 100 },
    ]);
    expect(openaiResponsesCompact.assign(settings, provider, body)).toEqual([{ path: ['model'], value: 'm' }]);
  });
});

describe('the scope of a text', () => {
  const scopes = (dialect: typeof openaiResponses, shape: typeof dialect.request, body: unknown, nested: boolean) =>
    new JsonBody(JSON.stringify(body), shape, { resolve: dialect.resolve, nested }).slots.map((slot) => [
      slot.read(),
      slot.scope,
      slot.encoding,
    ]);

  it('is told in a request by the role of a message, the type of a part and the field of an item', () => {
    const body = {
      instructions: 'a',
      input: [
        { content: 'b', role: 'developer' },
        { content: [{ text: 'c', type: 'input_text' }], role: 'system' },
        { content: 'd', role: 'user' },
        { role: 'assistant', content: [{ type: 'output_text', text: 'e' }] },
        {
          type: 'reasoning',
          summary: [{ type: 'summary_text', text: 'f' }],
          content: [{ type: 'reasoning_text', text: 'g' }],
        },
        { type: 'function_call', arguments: '{"h":"h"}' },
        { type: 'function_call_output', output: '{"i":"i"}' },
        { type: 'function_call_output', output: [{ type: 'input_text', text: 'j' }] },
        { type: 'shell_call', action: { commands: ['k'] } },
      ],
      tools: [{ type: 'function', name: 'x', description: 'l' }],
    };
    expect(scopes(openaiResponses, openaiResponses.request, body, true)).toEqual([
      ['a', 'system', 'text'],
      ['b', 'system', 'text'],
      ['c', 'system', 'text'],
      ['d', 'message', 'text'],
      ['e', 'message', 'text'],
      ['f', 'reasoning', 'text'],
      ['g', 'reasoning', 'text'],
      ['h', 'tool-input', 'text'],
      ['i', 'tool-output', 'text'],
      ['j', 'tool-output', 'json'],
      ['k', 'tool-input', 'text'],
      ['l', 'system', 'text'],
    ]);
  });

  it.each([
    ['response.output_text', 'output', 'text'],
    ['response.refusal', 'output', 'text'],
    ['response.function_call_arguments', 'tool-input', 'json'],
    ['response.mcp_call_arguments', 'tool-input', 'json'],
    ['response.custom_tool_call_input', 'tool-input', 'text'],
    ['response.code_interpreter_call_code', 'tool-input', 'text'],
    ['response.shell_call_output_content', 'tool-output', 'text'],
    ['response.reasoning_text', 'reasoning', 'text'],
    ['response.reasoning_summary_text', 'reasoning', 'text'],
    ['response.something_new', 'output', 'text'],
  ])('of %s is the same in pieces and in the whole that repeats them', (stem, scope, encoding) => {
    const slots = (event: object) => {
      const text = JSON.stringify(event);
      return new JsonBody(text, openaiResponses.event, { resolve: openaiResponses.resolveAnswer }).slots;
    };
    expect(slots({ type: `${stem}.delta`, delta: 'x' })).toMatchObject([
      { scope, encoding, streamed: true, repeats: false },
    ]);
    expect(slots({ type: `${stem}.done`, whole: 'x' })).toMatchObject([
      { scope, encoding, streamed: false, repeats: true },
    ]);
  });
});

describe('paths', () => {
  it.each([
    ['POST', '/v1/responses', 'openai.responses', undefined],
    ['POST', '/v1/responses/compact', 'openai.responses', undefined],
    ['POST', '/v1/responses/input_tokens', 'openai.responses.count_tokens', undefined],
    ['GET', '/v1/responses/resp_1', 'openai.responses.retrieve', 'resp_1'],
    ['POST', '/v1/responses/resp_1/cancel', 'openai.responses.retrieve', 'resp_1'],
    ['GET', '/v1/responses/resp_1/input_items', 'openai.responses.retrieve', undefined],
    ['GET', '/v1/chat/completions', 'openai.chat.retrieve', undefined],
    ['GET', '/v1/chat/completions/chatcmpl-1', 'openai.chat.retrieve', 'chatcmpl-1'],
    ['GET', '/v1/chat/completions/chatcmpl-1/messages', 'openai.chat.retrieve', undefined],
  ])('%s %s is %s', (method, path, dialect, answerId) => {
    const route = routeFor(method, path);
    expect(route).toMatchObject({ path: path.slice('/v1'.length), answerId });
    expect(route?.dialect.id).toBe(dialect);
  });

  it.each([
    ['/v1/chat/completions', { data: [{ id: 'c', choices: [{ message: { role: 'assistant', content: CANARY } }] }] }],
    [
      '/v1/chat/completions/c/messages',
      { data: [{ id: 'm', role: 'user', content: [{ type: 'text', text: CANARY }] }] },
    ],
  ])('GET %s shows no value of others', async (path, body) => {
    expect(await answeredBody(routeFor('GET', path)!.dialect, body)).not.toContain(CANARY);
  });
});
