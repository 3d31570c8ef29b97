/**
 * Where texts stand in the bodies of Amazon Bedrock's Converse API, and what is structure. The names of fields are those of the SDK's
 * types (@aws-sdk/client-bedrock-runtime 3.1164).
 */
import type { Decided, TextTag } from '../core/json-body.ts';
import type { Leaf, Shape } from '../json/walk.ts';
import { listOf, shape } from './fields.ts';

type TextShape = Shape<TextTag>;
type Entry = TextShape | TextTag | null;
type Entries = Readonly<Record<string, Entry>>;

const SYSTEM: TextTag = { scope: 'system' };
const MESSAGE: TextTag = { scope: 'message' };
const ROLE: TextTag = { scope: 'message', decides: true };
const OUTPUT: TextTag = { scope: 'output' };
const INPUT: TextTag = { scope: 'tool-input' };
/** What a tool said, often JSON. Of an answer the filters take it apart themselves. */
const RESULT: TextTag = { scope: 'tool-output', json: true };
const FOUND: TextTag = { scope: 'tool-output' };
const REASONING: TextTag = { scope: 'reasoning' };
const SIGNATURE: TextTag = { scope: 'reasoning', decides: true };

/** Bytes of an image, sound or document, or an address of them; a document may be text. */
function source(tag: TextTag): TextShape {
  return shape(tag, { bytes: { ...tag, media: true }, s3Location: shape(tag, { bucketOwner: null }) });
}

function media(tag: TextTag): TextShape {
  return shape(tag, { format: null, source: source(tag) });
}

/** Fields of blocks, in messages and in what tools answered alike. */
function pieces(tag: TextTag): Entries {
  return { text: tag, image: media(tag), document: media(tag), video: media(tag), audio: media(tag) };
}

const REASONING_TEXT = shape(REASONING, {
  reasoningText: shape(REASONING, { signature: SIGNATURE }),
  redactedContent: null,
});

/** A content block of any type: it has one member, named for the type. What is not named here is text. */
function block(tag: TextTag, result: TextTag): TextShape {
  return shape(tag, {
    ...pieces(tag),
    toolUse: shape(INPUT, { toolUseId: null, name: null, type: null }),
    toolResult: shape(result, {
      toolUseId: null,
      status: null,
      type: null,
      content: listOf(shape(result, pieces(result))),
    }),
    guardContent: shape(tag, { text: shape(tag, { qualifiers: null }), image: media(tag) }),
    reasoningContent: REASONING_TEXT,
    cachePoint: null,
    toolAddition: null,
    toolRemoval: null,
  });
}

const TOOL = shape(SYSTEM, {
  toolSpec: shape(SYSTEM, { name: null }),
  systemTool: null,
  cachePoint: null,
});

export const CONVERSE_REQUEST_KEYS: Entries = {
  messages: listOf(shape(MESSAGE, { role: ROLE, content: listOf(block(MESSAGE, RESULT)) })),
  system: listOf(block(SYSTEM, RESULT)),
  toolConfig: shape(SYSTEM, { tools: listOf(TOOL), toolChoice: null }),
  guardrailConfig: null,
  additionalModelResponseFieldPaths: null,
  performanceConfig: null,
  serviceTier: null,
  outputConfig: shape(SYSTEM, {
    effort: null,
    textFormat: shape(SYSTEM, {
      type: null,
      structure: shape(SYSTEM, { jsonSchema: shape(SYSTEM, { schema: { ...SYSTEM, json: true } }) }),
    }),
  }),
};

export const CONVERSE_REQUEST = shape(MESSAGE, CONVERSE_REQUEST_KEYS);

export const COUNT_TOKENS_REQUEST = shape(MESSAGE, { input: shape(MESSAGE, { converse: CONVERSE_REQUEST }) });

/** A guardrail's trace quotes what it found. */
const TRACE = shape(OUTPUT, { promptRouter: null });
const TOLD: Entries = { stopReason: null, usage: null, metrics: null, performanceConfig: null, serviceTier: null };

export const CONVERSE_ANSWER = shape(OUTPUT, {
  ...TOLD,
  trace: TRACE,
  output: shape(OUTPUT, { message: shape(OUTPUT, { role: null, content: listOf(block(OUTPUT, FOUND)) }) }),
  // Of refusals, ours too.
  __type: null,
  code: null,
  param: null,
});

const STREAMED: TextTag = { ...OUTPUT, streamed: true };
/** Of random length, against guesses by size. */
const PADDING: Entries = { p: { ...OUTPUT, filler: true } };

/** Reasoning that will be signed is verbatim, and the signature comes behind it. */
function delta(reasoning: TextTag | null): TextShape {
  return shape(OUTPUT, {
    text: STREAMED,
    toolUse: shape(INPUT, { input: { ...INPUT, json: true, streamed: true } }),
    toolResult: listOf(shape(FOUND, { text: { ...FOUND, streamed: true } })),
    reasoningContent: shape(REASONING, { text: reasoning, signature: null, redactedContent: null }),
    image: media(OUTPUT),
  });
}

function eventShape(reasoning: TextTag | null): TextShape {
  const started = shape(OUTPUT, { toolUseId: null, name: null, type: null, status: null, format: null });
  return shape(OUTPUT, {
    messageStart: shape(OUTPUT, { role: null, ...PADDING }),
    contentBlockStart: shape(OUTPUT, {
      start: shape(OUTPUT, { toolUse: started, toolResult: started, image: started }),
      ...PADDING,
    }),
    contentBlockDelta: shape(OUTPUT, { delta: delta(reasoning), ...PADDING }),
    contentBlockStop: shape(OUTPUT, PADDING),
    messageStop: shape(OUTPUT, { ...TOLD, ...PADDING }),
    metadata: shape(OUTPUT, { ...TOLD, trace: TRACE, ...PADDING }),
    error: shape(OUTPUT, { code: null }),
  });
}

/** Events of models that sign their reasoning, or may. */
export const CONVERSE_EVENT = eventShape(null);
/** Events of models that do not. */
export const OPEN_CONVERSE_EVENT = eventShape({ ...REASONING, streamed: true });

/** Reasoning under a signature goes back to the provider as it came. */
export function resolveReasoning(leaf: Leaf<TextTag>, decided: Decided): TextTag | null {
  return leaf.tag.scope === 'reasoning' && decided(leaf, 'signature') ? null : leaf.tag;
}
