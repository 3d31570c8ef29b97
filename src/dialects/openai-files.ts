/** Files of OpenAI's and Anthropic's APIs: sent in forms, asked for by id. Lines of JSON are requests and answers of other APIs. */
import type { TextTag } from '../core/json-body.ts';
import type { KeyPath } from '../core/text.ts';
import type { Shape } from '../json/walk.ts';
import { anthropicErrors } from './anthropic-error.ts';
import type { Dialect } from './dialect.ts';
import { shape } from './fields.ts';
import { openaiChat } from './openai-chat.ts';
import { ERROR, plain, plainFacts } from './openai-plain.ts';

const MESSAGE: TextTag = { scope: 'message' };
const SETTINGS = { purpose: null, expires_after: null, expires_in_seconds: null };
/** What is told of a file. Its name is a text: it comes back as it was sent. */
const TOLD = {
  id: null,
  object: null,
  type: null,
  purpose: null,
  status: null,
  mime_type: null,
  error: ERROR,
};

function extended(base: Shape<TextTag>, keys: Readonly<Record<string, Shape<TextTag>>>): Shape<TextTag> {
  return { ...base, keys: new Map([...(base.keys ?? []), ...Object.entries(keys)]) };
}

const NULL: Shape<TextTag> = { value: null };
/**
 * A line of a batch (its request in `body`, its answer in `response.body`), or of training data (a request as it is). The id by which a
 * caller finds an answer again is left as it is: what was put in its place could not be turned back in another call.
 */
const LINE = extended(openaiChat.request, {
  id: NULL,
  custom_id: NULL,
  method: NULL,
  url: NULL,
  body: { value: MESSAGE, ...openaiChat.request },
  error: shape(undefined, { code: null }),
});
const ANSWER = { value: { scope: 'output' } as const, ...openaiChat.response };
const LINES: Shape<TextTag> = extended(LINE, {
  response: {
    value: { scope: 'output' },
    keys: new Map([
      ['request_id', NULL],
      ['body', ANSWER],
    ]),
  },
});

/** Token log probabilities of an answer in a line. */
function quotes(path: KeyPath): KeyPath | undefined {
  const at = path.indexOf('choices');
  return at >= 0 && path.length > at + 2 ? [...path.slice(0, at + 2), 'logprobs'] : undefined;
}

const free = { ...plain, lines: LINES, resolve: openaiChat.resolve, quotes, answer: () => ({ response: {} }) };
const told = shape({ scope: 'output' }, TOLD);

export const openaiFiles: Dialect = {
  ...free,
  id: 'openai.files',
  operation: 'file',
  forms: true,
  request: shape(MESSAGE, SETTINGS),
  response: told,
  facts: () => plainFacts('', { sharesContext: true }),
};

/** What a file holds. One line of JSON alone is the whole answer. */
export const openaiFileContent: Dialect = {
  ...free,
  id: 'openai.files',
  operation: 'retrieve',
  request: shape(MESSAGE),
  response: LINES,
  facts: () => plainFacts(''),
};

/** A file that is sent in pieces is begun, and completed, with JSON. */
export const openaiUploads: Dialect = {
  ...openaiFiles,
  id: 'openai.uploads',
  request: shape(MESSAGE, { ...SETTINGS, mime_type: null, part_ids: null, md5: null }),
  response: extended(told, { file: told }),
};

/** A piece of a file begins and ends anywhere: a value may stand in two of them. */
export const openaiUploadParts: Dialect = {
  ...openaiUploads,
  facts: () => plainFacts('', { unreadable: true }),
};

export const anthropicFiles: Dialect = {
  ...openaiFiles,
  id: 'anthropic.files',
  family: 'anthropic',
  errors: anthropicErrors,
};

export const anthropicFileContent: Dialect = {
  ...openaiFileContent,
  id: 'anthropic.files',
  family: 'anthropic',
  errors: anthropicErrors,
};
