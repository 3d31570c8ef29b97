/**
 * Where texts stand in the bodies and events of OpenAI's Responses API, and what is structure. The names of fields are those of the
 * SDK's types (7.55).
 */
import type { Decided, TextTag } from '../core/json-body.ts';
import type { TextScope } from '../core/text.ts';
import type { Leaf, Shape } from '../json/walk.ts';
import { listOf, shape } from './fields.ts';

type TextShape = Shape<TextTag>;
type Entry = TextShape | TextTag | null;
type Flags = Pick<TextTag, 'repeats'>;

/** What a text is, told by the deciding strings around it: the `role` of its message, the `type` of its part, item or event. */
type Rule = (decided: (key: 'role' | 'type') => string) => TextTag | null;
const RULES = new Map<TextTag, Rule>();

function ruled(scope: TextScope, rule: Rule): TextTag {
  const tag: TextTag = { scope };
  RULES.set(tag, rule);
  return tag;
}

export function resolveResponses(leaf: Leaf<TextTag>, decided: Decided): TextTag | null {
  const rule = RULES.get(leaf.tag);
  return rule ? rule((key) => decided(leaf, key) ?? '') : leaf.tag;
}

const DECIDES: TextTag = { scope: 'message', decides: true };
const structure = (names: string): Record<string, null> =>
  Object.fromEntries(names.split(/\s+/).map((name) => [name, null]));

const REASONING_TYPES: ReadonlySet<string> = new Set(['reasoning', 'reasoning_text', 'summary_text']);
const SYSTEM_ROLES: ReadonlySet<string> = new Set(['system', 'developer']);
/** Items that name a tool. A `name` in an item of any other type may be somebody's. */
const NAMES_TOOL: ReadonlySet<string> = new Set([
  'function_call',
  'function_call_output',
  'custom_tool_call',
  'custom_tool_call_output',
  'mcp_call',
  'mcp_list_tools',
  'mcp_approval_request',
]);

/** What the texts of an item are. */
interface ItemTags {
  readonly rest: TextTag;
  readonly content: TextTag;
  readonly reasoning: TextTag;
  readonly system: TextTag;
  readonly input: TextTag;
  readonly json: TextTag;
  readonly action: TextTag;
  readonly found: TextTag;
  readonly result: TextTag;
  readonly name: TextTag;
  readonly annotation: TextTag;
  readonly media: TextTag;
  /** They quote a text token by token: in an answer they go when it is edited. */
  readonly logprobs: TextTag | null;
}

/** @param first of what stands here for the first time, @param again of what the events of a stream told in pieces. */
function itemTags(own: TextScope, first: Flags, again: Flags): ItemTags {
  const rest: TextTag = { scope: own, ...first };
  const content: TextTag = { scope: own, ...again };
  const reasoning: TextTag = { scope: 'reasoning', ...again };
  const system: TextTag = { scope: 'system', ...again };
  const media: TextTag = { scope: own, media: true, ...first };
  const found = (flags: Flags): TextTag => ({ scope: 'tool-output', json: true, ...flags });
  const action = (flags: Flags): TextTag => ({ scope: 'tool-input', ...flags });
  /** Of what tools did, shells alone are streamed. */
  const shellAgain = (tag: (flags: Flags) => TextTag): TextTag => {
    const [streamed, whole] = [tag(again), tag(first)];
    return ruled(whole.scope, (decided) => (decided('type').startsWith('shell_call') ? streamed : whole));
  };
  return {
    rest,
    reasoning,
    system,
    media,
    logprobs: own === 'message' ? content : null,
    annotation: content,
    input: action(again),
    json: { scope: 'tool-input', json: true, ...again },
    content: ruled(own, (decided) => {
      if (REASONING_TYPES.has(decided('type'))) return reasoning;
      return SYSTEM_ROLES.has(decided('role')) ? system : content;
    }),
    action: shellAgain(action),
    found: shellAgain(found),
    result: ruled(own, (decided) => (decided('type') === 'image_generation_call' ? media : found(first))),
    name: ruled(own, (decided) => (NAMES_TOOL.has(decided('type')) ? null : rest)),
  };
}

/** A part of a message or of a tool's output. */
function partFields({ media, annotation, logprobs }: ItemTags): Record<string, Entry> {
  return {
    ...structure('detail file_id'),
    logprobs,
    type: DECIDES,
    image_url: media,
    file_data: media,
    data: media,
    input_audio: shape(media, { format: null }),
    annotations: listOf(annotationShape(annotation)),
    prompt_cache_breakpoint: shape(undefined, structure('mode ttl')),
    outcome: shape(undefined, { type: null }),
  };
}

const annotationShape = (tag: TextTag): TextShape => shape(tag, structure('type file_id container_id'));
/** A text alone, one part, or a list of them. */
const parts = (tag: TextTag, tags: ItemTags): TextShape => shape(tag, partFields(tags), shape(tag, partFields(tags)));

/** An item of any type: the shapes of all are laid over each other, for their fields do not get in each other's way. */
function item(tags: ItemTags): TextShape {
  const { rest, input, found, name } = tags;
  const action = shape(tags.action, structure('type button'));
  const checks = listOf(shape(undefined, structure('id code')));
  return shape(rest, {
    ...structure('id status call_id phase execution fingerprint container_id approval_request_id svg_usage'),
    // What only the provider can read, and must get back as it was.
    encrypted_content: null,
    type: DECIDES,
    role: DECIDES,
    name,
    namespace: name,
    server_label: name,
    caller: shape(undefined, structure('type caller_id')),
    content: parts(tags.content, tags),
    summary: shape(tags.reasoning, {}, shape(tags.reasoning, { type: null })),
    arguments: tags.json,
    input,
    code: input,
    operation: shape(input, { type: null }),
    action,
    actions: listOf(action),
    queries: tags.action,
    revised_prompt: tags.action,
    output: parts(found, tags),
    outputs: listOf(shape(found, { type: null, url: tags.media })),
    results: listOf(shape(found, { file_id: null })),
    result: tags.result,
    error: shape(found, structure('type code')),
    tools: listOf(tool(tags.system, tags.media)),
    environment: shape(undefined, structure('type container_id')),
    pending_safety_checks: checks,
    acknowledged_safety_checks: checks,
  });
}

/** Tools stand in namespaces, once. */
function tool(tag: TextTag, media: TextTag, inner?: TextShape): TextShape {
  const network = shape(tag, { type: null, domain_secrets: listOf(shape(undefined, { value: null })) });
  const skill = shape(tag, {
    ...structure('type name skill_id version'),
    source: shape(media, structure('type media_type')),
  });
  return shape(tag, {
    ...structure('type name model server_label connector_id tunnel_id vector_store_ids execution'),
    ...structure('allowed_callers allowed_tools require_approval'),
    // Credentials for the tool's own server, which the provider calls: without them it cannot.
    ...structure('authorization headers'),
    format: shape(undefined, structure('type syntax')),
    container: shape(null, { network_policy: network }),
    environment: shape(undefined, {
      ...structure('type container_id file_ids memory_limit'),
      network_policy: network,
      skills: listOf(skill),
    }),
    input_image_mask: shape(undefined, { file_id: null, image_url: media }),
    user_location: shape(undefined, { type: null }),
    tools: listOf(inner ?? tool(tag, media, shape(tag, { type: null, name: null }))),
  });
}

/** What a request asks for beside its input, and an answer repeats. */
function settings(tags: ItemTags): Record<string, Entry> {
  const { system, media, content } = tags;
  return {
    ...structure('model previous_response_id service_tier truncation tool_choice include prompt_cache_retention'),
    // An id, or an object that has it.
    conversation: shape(null),
    tools: listOf(tool(system, media)),
    text: shape(system, { verbosity: null, format: shape(undefined, { type: null }) }),
    reasoning: shape(undefined, structure('effort summary generate_summary')),
    prompt: shape(undefined, {
      ...structure('id version'),
      variables: shape(content, {}, shape(content, partFields(tags))),
    }),
    prompt_cache_options: shape(undefined, structure('mode ttl comparison_response_id')),
    moderation: shape(undefined, { model: null }),
  };
}

const ASKED = itemTags('message', {}, {});
const ANSWERED = itemTags('output', {}, {});
/** Items of events: of their texts, those that are streamed came before. */
const STREAMED = itemTags('output', {}, { repeats: true });
/** All of it came before: the request, which answers repeat, and the answer at the end of its stream. */
const ECHOED = itemTags('message', { repeats: true }, { repeats: true });
const REPEATED = itemTags('output', { repeats: true }, { repeats: true });

export const RESPONSES_REQUEST = shape(ASKED.rest, {
  ...settings(ASKED),
  instructions: ASKED.system,
  input: shape(ASKED.rest, {}, item(ASKED)),
});

const ERROR = shape(undefined, structure('type code param'));

function response(tags: ItemTags): TextShape {
  return shape(tags.rest, {
    ...settings(ECHOED),
    ...structure('id object status usage tool_usage'),
    output: listOf(item(tags)),
    incomplete_details: shape(undefined, { reason: null }),
    instructions: shape(ECHOED.system, {}, item(ECHOED)),
    metadata: ECHOED.rest,
    user: ECHOED.rest,
    safety_identifier: ECHOED.rest,
    prompt_cache_key: ECHOED.rest,
    error: ERROR,
  });
}

export const RESPONSES_ANSWER = response(ANSWERED);

/** The input of a response, asked for later; a page of it. */
export const RESPONSES_INPUT_ITEMS = shape(ASKED.rest, {
  ...structure('object first_id last_id'),
  data: listOf(item(ASKED)),
  error: ERROR,
});

/** Streamed texts by how their events' names end: `response.function_call_arguments`. All others are output. */
const STREAMS: readonly (readonly [ending: string, tag: TextTag])[] = [
  ['output_text', { scope: 'output' }],
  ['arguments', { scope: 'tool-input', json: true }],
  ['call_input', { scope: 'tool-input' }],
  ['call_code', { scope: 'tool-input' }],
  ['call_command', { scope: 'tool-input' }],
  ['operation_diff', { scope: 'tool-input' }],
  ['call_output_content', { scope: 'tool-output' }],
  ['reasoning_text', { scope: 'reasoning' }],
  ['reasoning_summary_text', { scope: 'reasoning' }],
  ['reasoning_summary', { scope: 'reasoning' }],
  ['reasoning', { scope: 'reasoning' }],
];

interface StreamTags {
  readonly whole: TextTag;
  readonly piece: TextTag;
  readonly again: TextTag;
}
const streamTags = (tag: TextTag): StreamTags => ({
  whole: tag,
  piece: { ...tag, streamed: true },
  again: { ...tag, repeats: true },
});
const STREAM_TAGS = STREAMS.map(([ending, tag]) => [ending, streamTags(tag)] as const);
const OTHER = streamTags({ scope: 'output' });

function streamOf(type: string): StreamTags {
  const stem = type.slice(0, type.lastIndexOf('.'));
  return STREAM_TAGS.find(([ending]) => stem.endsWith(ending))?.[1] ?? OTHER;
}

const AUDIO: TextTag = { scope: 'output', media: true };
/** Base64 of sound comes in pieces too, each decoded alone. */
const DELTA = ruled('output', (decided) => {
  const type = decided('type');
  return type === 'response.audio.delta' ? AUDIO : streamOf(type).piece;
});
const EVENT_TEXT = ruled('output', (decided) => {
  const type = decided('type');
  const stream = streamOf(type);
  return type.endsWith('.done') ? stream.again : stream.whole;
});

export const RESPONSES_EVENT = shape(EVENT_TEXT, {
  ...structure('item_id response_id event_id stream_id logprobs'),
  type: DECIDES,
  delta: DELTA,
  // Random padding of each event, against guesses by size. To a detector it may look like a key.
  obfuscation: { scope: 'output', filler: true },
  partial_image_b64: AUDIO,
  annotation: annotationShape({ scope: 'output' }),
  output: shape(undefined, {}, shape(undefined, { outcome: shape(undefined, { type: null }) })),
  item: item(STREAMED),
  part: shape(STREAMED.content, partFields(STREAMED)),
  response: response(REPEATED),
  error: ERROR,
});
