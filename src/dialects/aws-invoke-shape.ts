/**
 * What is structure in the bodies of Amazon Bedrock's InvokeModel, which are each model's own (Nova, Titan, Llama, Mistral, Cohere, AI21,
 * DeepSeek and others): names that mean the same in all of them, at whatever depth. Everything else is text.
 */
import type { Decided, TextTag } from '../core/json-body.ts';
import type { Leaf, Shape } from '../json/walk.ts';
import { shape } from './fields.ts';

type TextShape = Shape<TextTag>;
type Entries = Readonly<Record<string, TextShape | TextTag | null>>;

const SYSTEM: TextTag = { scope: 'system' };
const MESSAGE: TextTag = { scope: 'message' };
const INPUT: TextTag = { scope: 'tool-input' };
const RESULT: TextTag = { scope: 'tool-output', json: true };
const FOUND: TextTag = { scope: 'tool-output' };
const OUTPUT: TextTag = { scope: 'output' };
const REASONING: TextTag = { scope: 'reasoning' };
const DECIDES: TextTag = { scope: 'message', decides: true };

/** Ids, enum values, and what only the provider can read. `name` is not among them: people have names too. */
const STRUCTURE: Entries = Object.fromEntries(
  [
    'type',
    'model',
    'schemaVersion',
    'anthropic_version',
    'anthropic_beta',
    'format',
    'media_type',
    'mime_type',
    'id',
    'tool_call_id',
    'tool_use_id',
    'toolUseId',
    'encrypted_content',
    'redactedContent',
    'cache_control',
    'cachePoint',
    'tool_choice',
    'toolChoice',
    'input_type',
    'embedding_types',
    'embeddingTypes',
    'truncate',
    'taskType',
    'service_tier',
    'reasoning_effort',
    'bucketOwner',
  ].map((key) => [key, null]),
);

/** Beside those, in answers. */
const TOLD: Entries = Object.fromEntries(
  [
    'role',
    'object',
    'generation_id',
    'response_id',
    'event_type',
    'finish_reason',
    'finish_reasons',
    'finishReason',
    'stop_reason',
    'stopReason',
    'completionReason',
    'response_type',
    'usage',
    'metrics',
    'metering',
    'amazon-bedrock-invocationMetrics',
    'embedding',
    'embeddings',
    'embeddingsByType',
    '__type',
    'code',
    'param',
  ].map((key) => [key, null]),
);

/** Where files stand, or addresses of them. */
const MEDIA = ['bytes', 'data', 'base64', 'b64_json', 'image', 'images', 'inputImage', 'init_image', 'url'];
const REASONED = ['thinking', 'reasoning', 'reasoning_content', 'reasoningContent'];
const RESULTS = ['toolResult', 'tool_result', 'tool_results'];
const DEFINITIONS = ['system', 'preamble', 'tools', 'toolConfig'];

/** What is below a name: another scope, further names. */
interface Below {
  readonly tag?: TextTag | null;
  readonly own?: Entries;
}

const eachOf = (names: readonly string[], below: Below): Readonly<Record<string, Below>> =>
  Object.fromEntries(names.map((name) => [name, below]));

/** A shape that holds at any depth: what it does not name has it too. */
function anywhere(text: TextTag, own: Entries, below: Readonly<Record<string, Below>>): TextShape {
  const keys = new Map(shape(undefined, own).keys);
  const rest: { keys: ReadonlyMap<string, TextShape>; each?: TextShape } = { keys };
  rest.each = rest;
  const named: [Map<string, TextShape>, Entries][] = [];
  for (const [key, { tag, own: more }] of Object.entries(below)) {
    const inner = more ? new Map<string, TextShape>() : keys;
    if (more) named.push([inner, more]);
    // Also of each in a list.
    const each = more ? { keys: inner, each: rest } : rest;
    keys.set(key, { ...(tag === undefined ? {} : { value: tag }), keys: inner, each });
  }
  for (const [inner, more] of named)
    for (const [key, entry] of [...keys, ...shape(undefined, more).keys!]) inner.set(key, entry);
  return { value: text, keys, each: rest };
}

/** How a tool is called: Converse's form, Cohere's, OpenAI's. Arguments are whatever the tool takes: no name in them is structure. */
function calls(args: TextTag): Readonly<Record<string, Below>> {
  return {
    toolUse: { tag: INPUT, own: { name: null, input: args.streamed ? args : INPUT } },
    tool_calls: { tag: INPUT, own: { parameters: INPUT } },
    call: { tag: INPUT, own: { parameters: INPUT } },
    function: { own: { name: null, arguments: args } },
  };
}

const JSON_INPUT: TextTag = { ...INPUT, json: true };

export const INVOKE_REQUEST = anywhere(
  MESSAGE,
  // What a tool said has names of its own likewise: of Nova's results, and of Cohere's.
  { ...STRUCTURE, role: DECIDES, signature: DECIDES, json: RESULT, outputs: RESULT },
  {
    ...eachOf(MEDIA, { tag: { ...MESSAGE, media: true } }),
    ...eachOf(REASONED, { tag: REASONING }),
    ...eachOf(RESULTS, { tag: RESULT }),
    ...eachOf(DEFINITIONS, { tag: SYSTEM }),
    ...calls(JSON_INPUT),
    toolSpec: { own: { name: null } },
  },
);

function answerShape(text: TextTag): TextShape {
  return anywhere(
    text,
    { ...STRUCTURE, ...TOLD, signature: DECIDES, json: FOUND },
    {
      ...eachOf(MEDIA, { tag: { ...text, media: true } }),
      ...eachOf(REASONED, { tag: REASONING }),
      ...eachOf(RESULTS, { tag: FOUND }),
      ...calls(JSON_INPUT),
    },
  );
}

export const INVOKE_ANSWER = answerShape(OUTPUT);

/** Fields in which models stream their text. */
const PIECES = ['generation', 'outputText', 'completion', 'text', 'content', 'message', 'refusal'];
const STREAMED: TextTag = { ...OUTPUT, streamed: true };

export const INVOKE_EVENT: TextShape = withKey(
  anywhere(
    OUTPUT,
    { ...STRUCTURE, ...TOLD, p: { ...OUTPUT, filler: true } },
    {
      ...eachOf(MEDIA, { tag: { ...OUTPUT, media: true } }),
      ...eachOf(PIECES, { tag: STREAMED }),
      ...eachOf(REASONED, { tag: { ...REASONING, streamed: true } }),
      // A signature may come behind it.
      reasoningContent: { tag: null },
      ...calls({ ...JSON_INPUT, streamed: true }),
    },
  ),
  'response',
  // The event in which Cohere's models end repeats the whole answer.
  answerShape({ ...OUTPUT, repeats: true }),
);

function withKey(outer: TextShape, key: string, inner: TextShape): TextShape {
  return { ...outer, keys: new Map([...(outer.keys ?? []), [key, inner]]) };
}

const SCOPE_OF_ROLE: Readonly<Record<string, TextTag>> = { system: SYSTEM, developer: SYSTEM, tool: RESULT };

export function resolveInvoke(leaf: Leaf<TextTag>, decided: Decided): TextTag | null {
  const { tag } = leaf;
  if (tag.scope === 'reasoning' && decided(leaf, 'signature')) return null;
  return tag === MESSAGE ? (SCOPE_OF_ROLE[decided(leaf, 'role') ?? ''] ?? MESSAGE) : tag;
}
