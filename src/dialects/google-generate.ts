/** Gemini's `generateContent` and `streamGenerateContent`, at Google AI and at Vertex AI. */
import type { ResponseFacts } from '../core/exchange.ts';
import type { KeyPath } from '../core/text.ts';
import type { AnswerFacts, Dialect, EventFacts } from './dialect.ts';
import { asObject, asString, type JsonObject, listOf, shape } from './fields.ts';
import { googleErrors } from './google-error.ts';
import { answerContent, errorShape, OUTPUT, objectsIn, type Shape } from './google-parts.ts';
import { generateAssign, generateFacts, generateRequest, pathFor } from './google-request.ts';

/** What the answer rests on, of which texts and addresses are scanned. */
const GROUNDING = shape(undefined, {
  groundingChunks: listOf(
    shape(undefined, {
      retrievedContext: shape(undefined, {
        documentName: null,
        fileSearchStore: null,
        mediaId: null,
        ragChunk: shape(undefined, { chunkId: null, fileId: null }),
      }),
      maps: shape(undefined, { placeId: null }),
    }),
  ),
  // The passages of the answer once more, each with its sources.
  groundingSupports: listOf(shape(undefined, { segment: shape(undefined, { text: { ...OUTPUT, repeats: true } }) })),
  searchEntryPoint: shape(undefined, { sdkBlob: null }),
  googleMapsWidgetContextToken: null,
});

function answerShape(streamed: { streamed?: true }): Shape {
  return shape(OUTPUT, {
    responseId: null,
    modelVersion: null,
    createTime: null,
    usageMetadata: null,
    serviceTier: null,
    promptFeedback: shape(undefined, { blockReason: null, safetyRatings: null }),
    candidates: listOf(
      shape(undefined, {
        content: answerContent(streamed),
        finishReason: null,
        safetyRatings: null,
        // It repeats the text token by token, and goes when that is edited.
        logprobsResult: null,
        continuationToken: null,
        groundingMetadata: GROUNDING,
        urlContextMetadata: shape(undefined, {
          urlMetadata: listOf(shape(undefined, { urlRetrievalStatus: null })),
        }),
      }),
    ),
    error: errorShape,
  });
}

export const generateAnswer = answerShape({});

const candidatesOf = (answer: JsonObject): JsonObject[] => objectsIn(answer.candidates);
const partsOf = (candidate: JsonObject): JsonObject[] => objectsIn(asObject(candidate.content)?.parts);

function responseFacts(answer: JsonObject): ResponseFacts {
  const finishReasons = candidatesOf(answer).flatMap(({ finishReason }) => asString(finishReason) ?? []);
  return {
    id: asString(answer.responseId),
    model: asString(answer.modelVersion) || undefined,
    serviceTier: asString(asObject(answer.usageMetadata)?.trafficType) ?? asString(answer.serviceTier),
    ...(finishReasons.length > 0 ? { finishReasons } : {}),
  };
}

function answer(body: unknown): AnswerFacts {
  const object = asObject(body) ?? {};
  return { response: responseFacts(object), usage: object };
}

/** Each chunk repeats the usage so far; searches stand in the chunk that tells what the answer rests on. */
function eventFacts(event: unknown): EventFacts {
  const object = asObject(event) ?? {};
  const candidates = candidatesOf(object);
  const failed = asObject(object.error) !== undefined;
  // A prompt that was refused has no candidates.
  const over = failed || asString(asObject(object.promptFeedback)?.blockReason) !== undefined;
  const tells = object.usageMetadata !== undefined || candidates.some(({ groundingMetadata }) => groundingMetadata);
  return {
    response: responseFacts(object),
    usage: tells ? object : undefined,
    closes: over ? [''] : [...new Set(candidates.flatMap(closedBy))],
    failed,
  };
}

/** Texts of a candidate that go on from chunk to chunk. Where their parts stand in a chunk says nothing. */
type Kind = 'text' | 'thought' | 'transcription' | 'args';
const KINDS: readonly Kind[] = ['text', 'thought', 'transcription', 'args'];

function kindOf(part: JsonObject): Kind | undefined {
  if (typeof part.text === 'string') return part.thought === true ? 'thought' : 'text';
  if (asObject(part.audioTranscription)) return 'transcription';
  const call = asObject(part.functionCall);
  return call && (call.partialArgs !== undefined || call.willContinue === true) ? 'args' : undefined;
}

const indexOf = (candidate: JsonObject | undefined): number => Number(candidate?.index ?? 0);

/** A part of another kind ends what came before it, and the reason to finish ends all. */
function closedBy(candidate: JsonObject): string[] {
  const index = indexOf(candidate);
  if (asString(candidate.finishReason) !== undefined) return [`${index}:`];
  const last = partsOf(candidate).at(-1);
  if (last === undefined) return [];
  const goesOn = kindOf(last);
  return [
    ...KINDS.filter((kind) => kind !== goesOn).map((kind) => `${index}:${kind}`),
    ...partsOf(candidate).flatMap((part) => closedArguments(index, asObject(part.functionCall))),
  ];
}

/** An argument ends with the piece that does not say that it goes on, and a call likewise ends all of its arguments. */
function closedArguments(index: number, call: JsonObject | undefined): string[] {
  if (!call) return [];
  if (call.willContinue !== true) return [`${index}:args`];
  const ended = objectsIn(call.partialArgs).filter(({ willContinue }) => willContinue !== true);
  return ended.map((piece) => argument(index, piece));
}

/** Calls are streamed one after the other, and only the first chunk of one has its name and id. */
const argument = (index: number, { jsonPath }: JsonObject): string => `${index}:args:${asString(jsonPath) ?? ''};`;

/** What stands at a path of keys and positions. */
function at(value: unknown, path: KeyPath): unknown {
  return path.reduce<unknown>((inner, key) => (inner as Record<string | number, unknown> | undefined)?.[key], value);
}

function channel(event: unknown, path: KeyPath): string {
  const index = indexOf(asObject(at(event, path.slice(0, 2))));
  if (path.at(-1) === 'stringValue') return argument(index, asObject(at(event, path.slice(0, -1))) ?? {});
  return `${index}:${kindOf(asObject(at(event, path.slice(0, 5))) ?? {}) ?? 'text'}`;
}

/** No name and no id: they would begin another call. */
function continuedPart(part: unknown, path: KeyPath, text: string): JsonObject {
  const [field] = path;
  if (field === 'functionCall') {
    const { jsonPath } = asObject(at(part, path.slice(0, -1))) ?? {};
    return {
      functionCall: { partialArgs: [{ jsonPath, stringValue: text, willContinue: true }], willContinue: true },
    };
  }
  if (field === 'audioTranscription') return { audioTranscription: { text } };
  return { ...(asObject(part)?.thought === true ? { thought: true } : {}), text };
}

function continuation(event: unknown, path: KeyPath, text: string): unknown {
  const { responseId, modelVersion } = asObject(event) ?? {};
  const { index, content } = asObject(at(event, path.slice(0, 2))) ?? {};
  const part = continuedPart(at(event, path.slice(0, 5)), path.slice(5), text);
  return {
    candidates: [{ content: { role: asObject(content)?.role, parts: [part] }, index }],
    modelVersion,
    responseId,
  };
}

export const googleGenerate: Dialect = {
  id: 'google.generate',
  family: 'google',
  operation: 'chat',
  request: generateRequest,
  response: generateAnswer,
  event: answerShape({ streamed: true }),
  arrayStream: true,
  facts: generateFacts,
  assign: (settings, _provider, body) => generateAssign(settings, body),
  pathFor,
  answer,
  eventFacts,
  channel,
  continuation,
  quotes: (path) =>
    path[0] === 'candidates' && path[2] === 'content' ? [...path.slice(0, 2), 'logprobsResult'] : undefined,
  errors: googleErrors,
};
