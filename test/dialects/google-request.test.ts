/** What a request to Gemini says: model and stream by its path, limits by its body, and where settings go. */
import { describe, expect, it } from 'vitest';
import { JsonBody } from '../../src/core/json-body.ts';
import type { Route } from '../../src/dialects/dialect.ts';
import { googleGenerate } from '../../src/dialects/google-generate.ts';
import { routeFor } from '../../src/dialects/index.ts';
import { isOwnError } from '../../src/errors.ts';
import { bodyOf, factsOf } from './planted.ts';

const PATH = '/v1beta/models/gemini-2.5-flash:generateContent';
const ROUTE: Partial<Route> = { path: PATH, model: 'gemini-2.5-flash' };

describe('facts', () => {
  const read = (body: object, route: Partial<Route> = ROUTE) => factsOf(googleGenerate, body, route);

  it('are read from path and body', () => {
    expect(read({ contents: [] })).toEqual({
      model: 'gemini-2.5-flash',
      stream: false,
      maxOutputTokens: undefined,
      choices: 1,
      parameters: {},
    });
    const generationConfig = { maxOutputTokens: 5, candidateCount: 2, temperature: 0.5, topP: 0.9, topK: 40, seed: 1 };
    const stream = { ...ROUTE, path: PATH.replace(':g', ':streamG') };
    expect(read({ generationConfig, serviceTier: 'FLEX' }, stream)).toEqual({
      model: 'gemini-2.5-flash',
      stream: true,
      maxOutputTokens: 5,
      choices: 2,
      parameters: { temperature: 0.5, top_p: 0.9, top_k: 40, seed: 1, service_tier: 'flex' },
    });
  });

  it('are bounded by the largest limit, however it is spelled, in quotes too', () => {
    const both = { generationConfig: { maxOutputTokens: 5 }, generation_config: { max_output_tokens: '900' } };
    expect(read(both).maxOutputTokens).toBe(900);
    expect(read({ generation_config: { candidate_count: 3 } }).choices).toBe(3);
  });

  it.each([
    ['generationConfig.maxOutputTokens', { generationConfig: { maxOutputTokens: 'many' } }],
    ['generationConfig.max_output_tokens', { generationConfig: { max_output_tokens: -1 } }],
    ['generation_config.candidate_count', { generation_config: { candidate_count: 1.5 } }],
  ])('of a wrong type are refused by name: %s', (param, body) => {
    let refusal: unknown;
    try {
      read(body);
    } catch (error) {
      refusal = error;
    }
    expect(isOwnError(refusal)).toBe(true);
    expect(refusal).toMatchObject({ code: 'invalid_request', status: 400, param });
    expect(String(refusal)).not.toContain('many');
  });
});

describe('settings', () => {
  const assigned = (body: object, settings: object): string => {
    const json = bodyOf(googleGenerate, body);
    for (const { path, value } of googleGenerate.assign(settings, { name: 'gcp.gemini', baseURL: '' }, json))
      json.set(path, value);
    return json.toString();
  };

  it.each([
    [{}, { generationConfig: { maxOutputTokens: 7 } }],
    [{ generationConfig: { topK: 1, maxOutputTokens: 9 } }, { generationConfig: { topK: 1, maxOutputTokens: 7 } }],
    [{ generation_config: { max_output_tokens: 9 } }, { generation_config: { max_output_tokens: 7 } }],
    [{ generation_config: {} }, { generation_config: { maxOutputTokens: 7 } }],
  ])('of the output limit stand where the request has it: %j', (body, expected) => {
    expect(JSON.parse(assigned(body, { maxOutputTokens: 7 }))).toEqual(expected);
  });

  it('of the model stand in the path, and in the body where that repeats it', () => {
    expect(assigned({ contents: [] }, { model: 'gemini-2.5-pro' })).toBe('{"contents":[]}');
    expect(assigned({ model: 'models/gemini-2.5-flash' }, { model: 'gemini-2.5-pro' })).toBe(
      '{"model":"models/gemini-2.5-pro"}',
    );
  });
});

describe('the path', () => {
  const VERTEX = '/v1/projects/p/locations/europe-west1';

  it.each([
    [PATH, 'gemini-2.5-flash'],
    ['/v1/models/gemini-2.5-flash:generateContent', 'gemini-2.5-flash'],
    ['/v1alpha/models/gemini-2.5-flash:streamGenerateContent', 'gemini-2.5-flash'],
    ['/models/gemini-2.5-flash:generateContent', 'gemini-2.5-flash'],
    ['/v1beta/tunedModels/mine:generateContent', 'tunedModels/mine'],
    ['/v1beta/dynamic/mine:generateContent', 'dynamic/mine'],
    [`${VERTEX}/publishers/google/models/gemini-2.5-pro:streamGenerateContent`, 'gemini-2.5-pro'],
    [`${VERTEX.replace('v1', 'v1beta1')}/endpoints/123:generateContent`, 'endpoints/123'],
    ['/v1/publishers/google/models/gemini-2.5-pro:generateContent', 'gemini-2.5-pro'],
  ])('%s tells the model and is sent as it is', (path, model) => {
    for (const prefix of ['', '/gateway/google']) {
      expect(routeFor('POST', prefix + path)).toMatchObject({ path, model, dialect: { id: 'google.generate' } });
    }
  });

  it.each([
    [PATH, 'gemini-2.5-pro', '/v1beta/models/gemini-2.5-pro:generateContent'],
    [PATH, 'a?b', '/v1beta/models/a%3Fb:generateContent'],
    [PATH, 'tunedModels/mine', '/v1beta/tunedModels/mine:generateContent'],
    ['/v1beta/tunedModels/mine:generateContent', 'gemini-2.5-pro', '/v1beta/models/gemini-2.5-pro:generateContent'],
    [
      `${VERTEX}/publishers/google/models/a:generateContent`,
      'b',
      `${VERTEX}/publishers/google/models/b:generateContent`,
    ],
    [`${VERTEX}/publishers/google/models/a:generateContent`, 'endpoints/1', `${VERTEX}/endpoints/1:generateContent`],
    [`${VERTEX}/endpoints/1:generateContent`, 'b', `${VERTEX}/publishers/google/models/b:generateContent`],
  ])('%s with the model %s', (path, model, expected) => {
    expect(googleGenerate.pathFor!(path, model)).toBe(expected);
    expect(routeFor('POST', expected)).toMatchObject({ model });
  });
});

describe('the scope of a text', () => {
  it('is told by where it stands', () => {
    const text = JSON.stringify({
      contents: [
        {
          parts: [
            { text: 'a' },
            { functionCall: { args: { x: 'b' } } },
            { functionResponse: { response: { x: 'c' } } },
          ],
        },
      ],
      system_instruction: { parts: { text: 'd' } },
      tools: [{ functionDeclarations: [{ description: 'e' }] }],
    });
    const { slots } = new JsonBody(text, googleGenerate.request, { nested: true });
    const strings = slots.filter(({ kind }) => kind === 'string');
    expect(strings.map((slot) => [slot.read(), slot.scope])).toEqual([
      ['a', 'message'],
      ['b', 'tool-input'],
      ['c', 'tool-output'],
      ['d', 'system'],
      ['e', 'system'],
    ]);
  });
});
