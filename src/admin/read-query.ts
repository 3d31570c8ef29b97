/** Query and body of a request as a route's schemas take them; what does not fit is named by its path. */
import type * as z from 'zod';
import { type AdminError, invalid } from './problem.ts';

/** @throws AdminError `invalid_request` */
export function readQuery<T extends z.ZodObject>(schema: T, search: URLSearchParams): z.output<T> {
  const given = new Map<string, string>();
  for (const [name, value] of search) {
    if (given.has(name)) throw invalid('A parameter stands twice in the query.', shortName(name));
    given.set(name, value);
  }
  return checked(schema, Object.fromEntries(given));
}

/** @throws AdminError `invalid_request` whose `param` is the path of what is at fault */
export function checked<T extends z.ZodType>(schema: T, value: unknown): z.output<T> {
  const result = schema.safeParse(value, { reportInput: false });
  if (result.success) return result.data;
  throw problemWith(result.error);
}

/** Of several issues the first: they stand in the order of the fields. */
function problemWith({ issues }: z.ZodError): AdminError {
  const { path, message } = deepest(issues[0]!);
  const param = path.map(String).join('.');
  return invalid(`${param === '' ? 'The request' : param}: ${message}.`, param === '' ? undefined : shortName(param));
}

interface Fault {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** What a union refuses is told by the alternative that came furthest; an unknown field is at fault itself. */
function deepest(issue: z.core.$ZodIssue, above: readonly PropertyKey[] = []): Fault {
  const path = [...above, ...issue.path];
  if (issue.code === 'unrecognized_keys') return { path: [...path, issue.keys[0]!], message: 'there is no such field' };
  if (issue.code === 'invalid_union') {
    const inner = issue.errors.flatMap((issues) => (issues[0] ? [deepest(issues[0], path)] : []));
    const furthest = inner.sort((a, b) => b.path.length - a.path.length)[0];
    if (furthest !== undefined && furthest.path.length > path.length) return furthest;
    const expected = [...new Set(inner.map(({ message }) => message))].join(', or ');
    return { path, message: expected || issue.message };
  }
  return { path, message: issue.message };
}

/** A name that somebody made up may be of any length. */
function shortName(name: string): string {
  return name.length <= 100 ? name : `${name.slice(0, 100)}...`;
}
