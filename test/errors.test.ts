import { describe, expect, it } from 'vitest';
import { GatewayError, gatewayErrorOf, isGatewayError } from '../src/errors.ts';

const refusal = new GatewayError('spend_cap_reached', 'Too dear.', { details: { policy: 'cap' } });
const body = {
  type: 'error',
  error: {
    type: 'insufficient_quota',
    code: 'spend_cap_reached',
    param: null,
    message: 'Too dear.',
    details: { policy: 'cap' },
  },
};

describe('a refusal is found in what a client raised for it', () => {
  it.each<[string, unknown]>([
    ['as it is', refusal],
    ['as the cause of another', new Error('Connection error.', { cause: refusal })],
    [
      'OpenAI: code beside the inner body',
      Object.assign(new Error('402 Too dear.'), { status: 402, code: 'spend_cap_reached', error: body.error }),
    ],
    [
      'Anthropic: the whole body in error',
      Object.assign(new Error(`402 ${JSON.stringify(body)}`), { status: 402, error: body }),
    ],
    ['AI SDK: the text of the body', Object.assign(new Error('Too dear.'), { responseBody: JSON.stringify(body) })],
    [
      'AI SDK: the last of several tries',
      Object.assign(new Error('Failed'), { lastError: Object.assign(new Error(), { data: body }) }),
    ],
    [
      'Amazon: an exception in a stream',
      Object.assign(new Error('Too dear.'), { originalStatusCode: 402, originalMessage: JSON.stringify(body.error) }),
    ],
    ['Google: the message is the body', new Error(JSON.stringify(body))],
  ])('%s', (_name, error) => {
    expect(gatewayErrorOf(error)).toEqual({
      code: 'spend_cap_reached',
      status: 402,
      retryable: false,
      message: 'Too dear.',
      details: { policy: 'cap' },
    });
    expect(isGatewayError(error, 'spend_cap_reached')).toBe(true);
    expect(isGatewayError(error, 'invalid_json')).toBe(false);
  });

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['a string', 'spend_cap_reached'],
    [
      'a provider error',
      Object.assign(new Error('429'), {
        status: 429,
        code: 'rate_limit_exceeded',
        error: { code: 'rate_limit_exceeded' },
      }),
    ],
    ['a code that every object has', { code: 'constructor' }],
    ['broken JSON', new Error('{"error":')],
  ])('but not in %s', (_name, error) => {
    expect(gatewayErrorOf(error)).toBeUndefined();
    expect(isGatewayError(error)).toBe(false);
  });

  it('nor in an error that is its own cause', () => {
    const error = new Error('round');
    error.cause = error;
    expect(gatewayErrorOf(error)).toBeUndefined();
  });
});
