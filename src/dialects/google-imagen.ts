/** Imagen's `predict`: a prompt in, images out. They are sold by the image, at prices that no table of ours has. */
import type { RequestBody } from '../core/request-body.ts';
import type { RequestFacts, Route } from './dialect.ts';
import { asObject, listOf, shape } from './fields.ts';
import { countIn, errorShape, MESSAGE, OUTPUT, oneOrMore, type Shape, spelled } from './google-parts.ts';
import { modelOf } from './google-request.ts';
import { wholeAnswers } from './google-whole.ts';

const image = (scope: 'message' | 'output'): Shape =>
  shape(undefined, { bytesBase64Encoded: { scope, media: true }, mimeType: null });

/** Images made when the request does not say how many (`sampleCount`, reference of Imagen). */
const DEFAULT_IMAGES = 4;

function facts(body: RequestBody, route: Route): RequestFacts {
  const parameters = asObject(body.member('parameters')) ?? {};
  return {
    model: modelOf(body, route),
    stream: false,
    maxOutputTokens: undefined,
    choices: countIn(parameters, 'sampleCount', 'parameters') ?? DEFAULT_IMAGES,
    parameters: {},
    unpriced: true,
  };
}

export const googleImagen = wholeAnswers({
  id: 'google.imagen',
  operation: 'image',
  request: shape(MESSAGE, {
    instances: oneOrMore({
      image: image('message'),
      mask: shape(undefined, { image: image('message') }),
      referenceImages: listOf(shape(undefined, { referenceImage: image('message'), referenceType: null })),
    }),
    parameters: shape(undefined, spelled({ storageUri: null })),
  }),
  response: shape(OUTPUT, {
    predictions: listOf(
      shape(undefined, {
        bytesBase64Encoded: { scope: 'output', media: true },
        mimeType: null,
        safetyAttributes: null,
      }),
    ),
    deployedModelId: null,
    model: null,
    modelDisplayName: null,
    error: errorShape,
  }),
  facts,
  assign: () => [],
  answer: () => ({ response: {} }),
});
