/**
 * Where texts stand in the bodies of Anthropic's Messages API, and what is structure. The names of fields are those of the SDK's types
 * (1.14, beta types included).
 */
import type { Decided, TextTag } from '../core/json-body.ts';
import type { Leaf, Shape } from '../json/walk.ts';
import { listOf, shape } from './fields.ts';

const SYSTEM: TextTag = { scope: 'system' };
const MESSAGE: TextTag = { scope: 'message' };
const INPUT: TextTag = { scope: 'tool-input' };
const OUTPUT: TextTag = { scope: 'output' };
/** What a tool found; of a request it often is JSON. */
const RESULT: TextTag = { scope: 'tool-output', json: true };
const FOUND: TextTag = { scope: 'tool-output' };
/** What says of its block what is in it; no text itself. */
const DECIDES: TextTag = { scope: 'message', decides: true };
/** Under a signature it is verbatim in both directions. */
const THINKING: TextTag = { scope: 'reasoning' };

type TextShape = Shape<TextTag>;
type Entry = TextShape | TextTag | null;

/** Ids, names, enum values, and what only the provider can read. */
const STRUCTURE: Readonly<Record<string, null>> = Object.fromEntries(
  [
    'id',
    'name',
    'tool_use_id',
    'tool_id',
    'tool_name',
    'server_name',
    'mcp_server_name',
    'toolset_name',
    'caller',
    'file_id',
    'file_type',
    'media_type',
    'cache_control',
    'encrypted_content',
    'encrypted_index',
    'encrypted_stdout',
    'error_code',
    'stop_reason',
  ].map((key) => [key, null]),
);

/** What an answer rests on. Offsets are left: they count in the source, not in the answer. */
const CITATION: Readonly<Record<string, Entry>> = { ...STRUCTURE, type: null };

/** A source is base64, an address, or text itself (`type: 'text'`), which `media` tells apart. */
function source(tag: TextTag, inside: () => TextShape): TextShape {
  return shape(tag, {
    type: null,
    media_type: null,
    file_id: null,
    data: { ...tag, media: true },
    content: listOf(inside()),
  });
}

const TOOL = shape(SYSTEM, {
  ...STRUCTURE,
  type: null,
  model: null,
  allowed_callers: null,
  input_schema: shape(SYSTEM, { type: null, required: null }),
  user_location: shape(SYSTEM, { type: null }),
});

interface BlockTags {
  readonly text: TextTag;
  readonly result: TextTag;
  readonly own: Readonly<Record<string, Entry>>;
}

/** Blocks stand in blocks: results in messages, pages in results, passages in pages. Deeper ones are scanned as what is around them. */
const MAX_DEPTH = 4;

/** A content block of any type: the shapes of all are laid over each other, for their fields do not get in each other's way. */
function block(tags: BlockTags, depth = 0): TextShape {
  const { text, result, own } = tags;
  if (depth === MAX_DEPTH) return shape(text, { ...STRUCTURE, type: DECIDES, ...own });
  const inResult = block({ ...tags, text: result }, depth + 1);
  return shape(text, {
    ...STRUCTURE,
    type: DECIDES,
    input: INPUT,
    source: source(text, () => block(tags, depth + 1)),
    citations: listOf(shape(text, CITATION)),
    // A text, a block or a list of blocks.
    content: { ...inResult, each: inResult },
    // Definitions of tools that come and go in a conversation.
    tool: shape(SYSTEM, { ...STRUCTURE, type: null, definition: TOOL }),
    tools: listOf(TOOL),
    tool_changes: null,
    ...own,
  });
}

const REQUEST_BLOCK = block({
  text: MESSAGE,
  result: RESULT,
  own: { thinking: THINKING, signature: DECIDES, data: null },
});
/** Reasoning of an answer goes back to the provider as it came, and its signature covers it. */
const SEALED: Readonly<Record<string, Entry>> = { thinking: null, signature: null, data: null };
const ANSWER_BLOCK = block({ text: OUTPUT, result: FOUND, own: SEALED });

export const MESSAGES_REQUEST = shape(MESSAGE, {
  model: null,
  messages: listOf(shape(MESSAGE, { role: DECIDES, clear_at: null, content: shape(undefined, {}, REQUEST_BLOCK) })),
  system: shape(SYSTEM, {}, shape(undefined, { ...STRUCTURE, type: null, citations: listOf(shape(SYSTEM, CITATION)) })),
  tools: listOf(TOOL),
  tool_choice: null,
  // The token is for the provider, which calls the server with it; without it there is no call.
  mcp_servers: listOf(shape(SYSTEM, { type: null, name: null, authorization_token: null, tool_configuration: null })),
  thinking: null,
  output_config: shape(SYSTEM, { effort: null, format: shape(undefined, { type: null }) }),
  output_format: shape(SYSTEM, { type: null }),
  context_management: null,
  compaction: shape(SYSTEM, { type: null }),
  cache_control: null,
  container: null,
  diagnostics: null,
  thread: null,
  fallbacks: null,
  fallback_credit_token: null,
  billing_policy: null,
  inference_geo: null,
  service_tier: null,
  speed: null,
  anthropic_version: null,
  anthropic_beta: null,
});

const ERROR = shape(OUTPUT, { type: null, code: null, param: null });

const ANSWER_KEYS: Readonly<Record<string, Entry>> = {
  id: null,
  type: null,
  role: null,
  model: null,
  stop_reason: null,
  stop_details: shape(undefined, {
    type: null,
    category: null,
    fallback_credit_token: null,
    recommended_model: null,
  }),
  usage: null,
  container: null,
  context_management: null,
  diagnostics: null,
  request_id: null,
  content: listOf(ANSWER_BLOCK),
  error: ERROR,
};

export const MESSAGES_ANSWER = shape(OUTPUT, ANSWER_KEYS);

const STREAMED: TextTag = { ...OUTPUT, streamed: true };

export const MESSAGES_EVENT = shape(OUTPUT, {
  type: null,
  message: MESSAGES_ANSWER,
  content_block: block({ text: OUTPUT, result: FOUND, own: { ...SEALED, text: STREAMED } }),
  delta: shape(STREAMED, {
    ...ANSWER_KEYS,
    type: DECIDES,
    stop_sequence: OUTPUT,
    thinking: null,
    signature: null,
    encrypted_content: null,
    partial_json: { ...INPUT, json: true, streamed: true },
    citation: shape(OUTPUT, CITATION),
    content: STREAMED,
  }),
  usage: null,
  error: ERROR,
  context_management: null,
  request_id: null,
});

/** A thinking block is verbatim when it is signed; a compaction always, for its signature may come later. */
export function resolveMessages(leaf: Leaf<TextTag>, decided: Decided): TextTag | null {
  const { tag, key } = leaf;
  if (tag.scope === 'reasoning') return decided(leaf, 'signature') ? null : tag;
  if (key === 'content' && decided(leaf, 'type')?.startsWith('compaction')) return null;
  return tag === MESSAGE && decided(leaf, 'role') === 'system' ? SYSTEM : tag;
}
