/**
 * Contents and parts, of which all of Gemini's requests and answers are made, and how Google's JSON is written. Shapes are those of
 * @google/genai 3. It knows no operation.
 */
import type { TextTag } from '../core/json-body.ts';
import type { RequestBody } from '../core/request-body.ts';
import { asArray, asObject, invalidField, type JsonObject, listOf, shape } from './fields.ts';

export type Shape = ReturnType<typeof shape>;
type Members = Parameters<typeof shape>[1] & {};

export const MESSAGE: TextTag = { scope: 'message' };
export const SYSTEM: TextTag = { scope: 'system' };
export const OUTPUT: TextTag = { scope: 'output' };
const TOOL_INPUT: TextTag = { scope: 'tool-input' };

/** Requests may spell fields as protobuf does (`max_output_tokens`), or as its JSON does. */
export function spelled(members: Members): Members {
  const snake = Object.entries(members).map(([name, entry]) => [snakeCase(name), entry] as const);
  return { ...members, ...Object.fromEntries(snake) };
}

const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** Where a list belongs, Google also takes the one item that would be in it. */
export function oneOrMore(members: Members): Shape {
  return shape(undefined, members, shape(undefined, members));
}

const MEDIA = shape(undefined, spelled({ mimeType: null, data: { scope: 'message', media: true } }));
const FILE = shape(undefined, spelled({ mimeType: null }));

/** Tools that the model runs at Google's side leave what they were asked and what they answered. */
const ID_AND_TYPE = { id: null, toolType: null };

const REQUEST_PART = spelled({
  // Opaque, and checked when it comes back.
  thoughtSignature: null,
  mediaResolution: null,
  inlineData: MEDIA,
  fileData: FILE,
  functionCall: shape(TOOL_INPUT, { id: null, name: null }),
  functionResponse: shape(undefined, {
    id: null,
    name: null,
    scheduling: null,
    response: { scope: 'tool-output', json: true },
    parts: oneOrMore(spelled({ inlineData: MEDIA, fileData: FILE })),
  }),
  executableCode: shape(TOOL_INPUT, { id: null, language: null }),
  codeExecutionResult: shape({ scope: 'tool-output' }, { id: null, outcome: null }),
  toolCall: shape(TOOL_INPUT, spelled(ID_AND_TYPE)),
  toolResponse: shape({ scope: 'tool-output' }, spelled(ID_AND_TYPE)),
});

const CONTENT: Members = { role: { ...MESSAGE, decides: true }, parts: oneOrMore(REQUEST_PART) };

/** `contents` of a request; of a system instruction, with its scope. */
export const contents = oneOrMore(CONTENT);
export const systemInstruction = shape(SYSTEM, CONTENT);

/** A content of an answer, whole or in a chunk, whose text and arguments go on in other chunks. */
export function answerContent(streamed: { streamed?: true }): Shape {
  const partialArgument = shape(undefined, {
    // Keys of arguments. It names the text that goes on, so it has to be known before any text is looked at.
    jsonPath: null,
    stringValue: { ...TOOL_INPUT, ...streamed },
    nullValue: null,
  });
  return shape(undefined, {
    role: null,
    parts: listOf(
      shape(undefined, {
        thoughtSignature: null,
        text: { ...OUTPUT, ...streamed },
        audioTranscription: shape(undefined, { text: { ...OUTPUT, ...streamed }, languageCode: null }),
        inlineData: shape(undefined, { mimeType: null, data: { scope: 'output', media: true } }),
        fileData: FILE,
        functionCall: shape(TOOL_INPUT, { id: null, name: null, partialArgs: listOf(partialArgument) }),
        executableCode: shape(TOOL_INPUT, { id: null, language: null }),
        codeExecutionResult: shape({ scope: 'tool-output' }, { id: null, outcome: null }),
        toolCall: shape(TOOL_INPUT, ID_AND_TYPE),
        toolResponse: shape({ scope: 'tool-output' }, ID_AND_TYPE),
      }),
    ),
  });
}

/** Google's errors (AIP-193), which may also come in the middle of a stream. */
export const errorShape = shape(undefined, { status: null });

/** The objects of a list. */
export function objectsIn(list: unknown): JsonObject[] {
  return asArray(list)
    .map(asObject)
    .filter((item) => item !== undefined);
}

/** The names under which fields of the root stand in this body. */
export function namesOf(body: RequestBody, name: string): string[] {
  return [...new Set([name, snakeCase(name)])].filter((spelling) => body.member(spelling) !== undefined);
}

/** An object of the root in the spellings that are there. */
export function objectsOf(body: RequestBody, name: string): [name: string, value: JsonObject][] {
  return namesOf(body, name).flatMap((spelling) => {
    const value = asObject(body.member(spelling));
    return value ? [[spelling, value] as [string, JsonObject]] : [];
  });
}

/** The spellings in which a field stands in an object. */
export function spellingsIn(object: JsonObject, name: string): string[] {
  return [...new Set([name, snakeCase(name)])].filter((spelling) => (object[spelling] ?? undefined) !== undefined);
}

/** JSON for protobuf also takes numbers in quotes. @throws GatewayError `invalid_request` */
export function countIn(object: JsonObject, field: string, within: string): number | undefined {
  const counts = spellingsIn(object, field).map((spelling) => {
    const given = object[spelling];
    const count = typeof given === 'string' && /^\d{1,15}$/.test(given) ? Number(given) : given;
    if (!Number.isSafeInteger(count) || (count as number) < 1)
      throw invalidField(`${within}.${spelling}`, 'a whole number of at least 1', given);
    return count as number;
  });
  return counts.length > 0 ? Math.max(...counts) : undefined;
}
