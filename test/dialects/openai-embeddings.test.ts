import { describe, expect, it } from 'vitest';
import { openaiEmbeddings } from '../../src/dialects/openai-embeddings.ts';
import { isOwnError } from '../../src/errors.ts';
import { answeredBody, factsOf, sentBody, structuralObjects, structuralStrings } from './planted.ts';

const REQUEST = {
  model: 'text-embedding-3-small',
  input: ['One text', 'another'],
  encoding_format: 'float',
  dimensions: 256,
  user: 'ada',
  input_type: 'query',
  extra_field: { of: ['another', 'server'] },
};

const ANSWER = {
  object: 'list',
  id: 'embd-1',
  model: 'text-embedding-3-small',
  data: [
    { object: 'embedding', index: 0, embedding: [0.1, -0.2] },
    { object: 'embedding', index: 1, embedding: 'AAAA' },
  ],
  usage: { prompt_tokens: 2, total_tokens: 2 },
  error: { message: 'None', type: 'server_error', code: 'none', param: 'model' },
  new_field: 'new',
};

describe('a value in a request', () => {
  it('is redacted in every string but the structural ones', async () => {
    const structure = ['encoding_format', 'model'];
    expect(await structuralStrings(REQUEST, (body) => sentBody(openaiEmbeddings, body))).toEqual(structure);
    expect(await structuralObjects(REQUEST, (body) => sentBody(openaiEmbeddings, body))).toEqual([]);
  });

  it('is redacted in a single input', async () => {
    expect(await structuralStrings({ ...REQUEST, input: 'One' }, (body) => sentBody(openaiEmbeddings, body))).toEqual([
      'encoding_format',
      'model',
    ]);
  });
});

describe('a value in an answer', () => {
  it('is redacted in every string but the structural ones', async () => {
    expect(await structuralStrings(ANSWER, (body) => answeredBody(openaiEmbeddings, body))).toEqual([
      'data[].embedding',
      'data[].object',
      'error.code',
      'error.param',
      'error.type',
      'id',
      'model',
      'object',
    ]);
    expect(await structuralObjects(ANSWER, (body) => answeredBody(openaiEmbeddings, body))).toEqual([
      'data[]',
      'usage',
    ]);
  });
});

describe('facts', () => {
  it('are the model and how many numbers are asked for', () => {
    expect(factsOf(openaiEmbeddings, REQUEST)).toEqual({
      model: 'text-embedding-3-small',
      stream: false,
      maxOutputTokens: undefined,
      choices: 1,
      parameters: { dimensions: 256 },
      unreadable: false,
    });
  });

  it.each([[[1, 2]], [[[1, 2], [3]]], [['text', [1]]]])('say that token ids are no text: %j', (input) => {
    expect(factsOf(openaiEmbeddings, { model: 'm', input }).unreadable).toBe(true);
  });

  it.each([[undefined], [''], [7], [['m']]])('refuse the model %j by name', (model) => {
    let refusal: unknown;
    try {
      factsOf(openaiEmbeddings, { model, input: 'x' });
    } catch (error) {
      refusal = error;
    }
    expect(isOwnError(refusal)).toBe(true);
    expect(refusal).toMatchObject({ code: 'invalid_request', param: 'model' });
  });
});
