/** What Gemini's operations without streams have in common. */
import type { Dialect } from './dialect.ts';
import { asObject, shape } from './fields.ts';
import { googleErrors } from './google-error.ts';
import { generateAssign, pathFor } from './google-request.ts';

type Own = Pick<Dialect, 'id' | 'operation' | 'request' | 'response' | 'facts'> & Partial<Dialect>;

export function wholeAnswers(own: Own): Dialect {
  return {
    family: 'google',
    event: shape(null),
    assign: (settings, _provider, body) => generateAssign(settings, body),
    pathFor,
    answer: (body) => ({ response: {}, usage: asObject(body) ?? {} }),
    eventFacts: () => ({}),
    channel: () => '',
    continuation: (event) => event,
    errors: googleErrors,
    ...own,
  };
}
