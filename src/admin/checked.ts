/** Query and body of a request as a route's schemas take them; what does not fit is named by its path. */
import type * as z from 'zod';
import { describeZodError, pathText } from '../resources/describe-zod-error.ts';
import { invalid } from './problem.ts';

/** @throws AdminError `invalid_request` */
export function readQuery<T extends z.ZodObject>(schema: T, search: URLSearchParams): z.output<T> {
  const given = new Map<string, string>();
  for (const [name, value] of search) {
    if (given.has(name)) throw invalid('A parameter stands twice in the query.', pathText('', [name]));
    given.set(name, value);
  }
  return checked(schema, Object.fromEntries(given));
}

/** @throws AdminError `invalid_request` whose message names everything, and whose `param` the first field that is at fault */
export function checked<T extends z.ZodType>(schema: T, value: unknown): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const problems = describeZodError(result.error, '', value);
  const lines = problems.map(({ path, message }) => `${path === '' ? 'The request' : path} ${message}.`);
  throw invalid(lines.join('\n'), problems[0]?.path || undefined);
}
