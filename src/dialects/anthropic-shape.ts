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
const SIGNED: TextTag = { ...THINKING, verbatim: true };
/** `redacted_thinking` has something encrypted under a name that other blocks may have text under. */
const DATA: TextTag = { scope: 'message' };
const OUTPUT_DATA: TextTag = { scope: 'output' };

type TextShape = Shape<TextTag>;
type Entry = TextShape | TextTag | null;

const structure = (keys: readonly string[]): Readonly<Record<string, null>> =>
  Object.fromEntries(keys.map((key) => [key, null]));

/** Ids, enum values, and what only the provider can read: of any block, and of what tools found. */
const FOUND_STRUCTURE = structure([
  'tool_name',
  'file_id',
  'file_type',
  'media_type',
  'cache_control',
  'encrypted_content',
  'encrypted_index',
  'encrypted_stdout',
  'error_code',
  'stop_reason',
]);

/** Names and ids of calls too. What a tool found may have names of people under the same keys. */
const STRUCTURE: Readonly<Record<string, null>> = {
  ...FOUND_STRUCTURE,
  ...structure(['id', 'name', 'tool_use_id', 'tool_id', 'server_name', 'mcp_server_name', 'toolset_name', 'caller']),
};

/** What an answer rests on. Offsets are left: they count in the source, not in the answer. */
const CITATION: Readonly<Record<string, Entry>> = { ...FOUND_STRUCTURE, type: null };

/** A source is base64, an address, or text itself (`type: 'text'`). */
function source(tag: TextTag, inside: () => TextShape): TextShape {
  return shape(tag, {
    type: DECIDES,
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

/** Results stand in messages, pages in results, passages in pages. Deeper ones are scanned as what is around them. */
const MAX_DEPTH = 4;

/** What stands in a block: what a tool found, the pages and passages of a document. */
function inner(tag: TextTag, depth = 1): TextShape {
  const keys = { ...FOUND_STRUCTURE, type: DECIDES };
  if (depth === MAX_DEPTH) return shape(tag, keys);
  const below = inner(tag, depth + 1);
  return shape(tag, {
    ...keys,
    source: source(tag, () => below),
    citations: listOf(shape(tag, CITATION)),
    tool_references: listOf(shape(undefined, { type: null, tool_name: null })),
    content: content(below),
  });
}

/** A text, a block or a list of blocks. */
function content(inside: TextShape): TextShape {
  return { ...inside, each: inside };
}

/** A content block of any type: the shapes of all are laid over each other, for their fields do not get in each other's way. */
function block(text: TextTag, result: TextTag, own: Readonly<Record<string, Entry>>): TextShape {
  return shape(text, {
    ...STRUCTURE,
    type: DECIDES,
    input: INPUT,
    source: source(text, () => inner(text)),
    citations: listOf(shape(text, CITATION)),
    content: content(inner(result)),
    // Definitions of tools that come and go in a conversation.
    tool: shape(SYSTEM, { ...STRUCTURE, type: null, definition: TOOL }),
    tools: listOf(TOOL),
    tool_changes: null,
    ...own,
  });
}

const REQUEST_BLOCK = block(MESSAGE, RESULT, { thinking: THINKING, signature: DECIDES, data: DATA });
const ANSWER_BLOCK = block(OUTPUT, FOUND, { thinking: THINKING, signature: DECIDES, data: OUTPUT_DATA });

/** What is cleared out of a long conversation, by tools' names and by counts; instructions for a summary are text. */
const EDIT = structure(['type', 'exclude_tools', 'clear_tool_inputs', 'keep', 'trigger', 'clear_at_least']);
const FALLBACK = structure(['model', 'speed', 'thinking']);

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
  context_management: shape(SYSTEM, { edits: listOf(shape(undefined, EDIT)) }),
  compaction: shape(SYSTEM, { type: null }),
  cache_control: null,
  container: null,
  diagnostics: null,
  thread: null,
  // Each is a model, with what else its attempt is asked for.
  fallbacks: listOf(shape(SYSTEM, FALLBACK)),
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

/** The signature of reasoning comes after it, so all that is streamed counts as signed. */
const STREAMED_BLOCK = block(OUTPUT, FOUND, {
  text: STREAMED,
  thinking: SIGNED,
  signature: DECIDES,
  data: OUTPUT_DATA,
});

export const MESSAGES_EVENT = shape(OUTPUT, {
  type: null,
  message: MESSAGES_ANSWER,
  content_block: STREAMED_BLOCK,
  delta: shape(STREAMED, {
    ...ANSWER_KEYS,
    type: DECIDES,
    stop_sequence: OUTPUT,
    thinking: SIGNED,
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

/** Reasoning and summaries are verbatim when they are signed; the summary of a stream always, for the event does not say. */
export function resolveMessages(leaf: Leaf<TextTag>, decided: Decided): TextTag | null {
  const { tag, key } = leaf;
  if (tag === THINKING) return decided(leaf, 'signature') ? SIGNED : tag;
  if (tag === DATA || tag === OUTPUT_DATA) return decided(leaf, 'type') === 'redacted_thinking' ? null : tag;
  // Text in a row without a space would be taken for base64.
  if (tag.media && decided(leaf, 'type') === 'text') return { scope: tag.scope };
  if (key === 'content' && isSealedSummary(leaf, decided)) return SIGNED;
  return tag === MESSAGE && decided(leaf, 'role') === 'system' ? SYSTEM : tag;
}

function isSealedSummary(leaf: Leaf<TextTag>, decided: Decided): boolean {
  const type = decided(leaf, 'type');
  return type === 'compaction_delta' || (type === 'compaction' && decided(leaf, 'signature') !== undefined);
}
