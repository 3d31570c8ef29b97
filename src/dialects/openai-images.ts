/** OpenAI's images: made of a prompt, or of other images in a form. */
import type { TextTag } from '../core/json-body.ts';
import type { RequestBody } from '../core/request-body.ts';
import type { Dialect, RequestFacts, Route } from './dialect.ts';
import { asArray, asString, listOf, modelOf, optionalBoolean, optionalCount, shape } from './fields.ts';
import { ERROR, plain, plainFacts } from './openai-plain.ts';

const MEDIA: TextTag = { scope: 'message', media: true };
const PICTURE: TextTag = { scope: 'output', media: true };
/** Enum values, sizes, names of models. */
const SETTINGS = {
  model: null,
  background: null,
  input_fidelity: null,
  moderation: null,
  output_format: null,
  quality: null,
  response_format: null,
  size: null,
  style: null,
};
const TOLD = { background: null, output_format: null, quality: null, size: null, usage: null };

function facts(body: RequestBody, route: Route): RequestFacts {
  const n = optionalCount(body, 'n') ?? 1;
  const image = n * (optionalCount(body, 'frame_count') ?? 1);
  const parameters = {
    ...setting('quality', body, /^[a-z]{1,20}$/),
    ...setting('size', body, /^(?:auto|\d{2,5}x\d{2,5})$/),
    ...partialImages(body),
  };
  const stream = optionalBoolean(body, 'stream') ?? false;
  const pieces = { likely: { image }, most: { image } };
  return plainFacts(model(body, route), { stream, choices: n, parameters, pieces });
}

/** Variations and older clients name none: OpenAI took `dall-e-2` then. */
function model(body: RequestBody, route: Route): string {
  return body.member('model') === undefined && route.model === undefined ? 'dall-e-2' : modelOf(body, route);
}

/** It decides the price. A name, never a text. */
function setting(field: string, body: RequestBody, form: RegExp): Record<string, string> {
  const value = asString(body.member(field));
  return value !== undefined && form.test(value) ? { [field]: value } : {};
}

function partialImages(body: RequestBody): Record<string, number> {
  const count = body.member('partial_images');
  return typeof count === 'number' && count > 0 ? { partial_images: count } : {};
}

export const openaiImages: Dialect = {
  ...plain,
  id: 'openai.images',
  operation: 'image',
  forms: true,
  request: shape({ scope: 'message' }, { ...SETTINGS, image: MEDIA, images: listOf(MEDIA), mask: MEDIA }),
  response: shape(
    { scope: 'output' },
    {
      ...TOLD,
      data: listOf(shape(undefined, { b64_json: PICTURE })),
      svg_usage: null,
      error: ERROR,
    },
  ),
  event: shape({ scope: 'output' }, { ...TOLD, type: null, b64_json: PICTURE, error: ERROR }),
  facts,
  answer: (body) => ({
    response: {},
    usage: asArray((body as { data?: unknown } | null)?.data).length > 0 ? body : {},
  }),
};
