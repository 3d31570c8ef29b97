/** What a schema has against a value, in our words: where, what it must be and what came. The one place for configuration and admin API. */
import type * as z from 'zod';
import { describe, GatewayError } from '../errors.ts';

export interface Problem {
  /** As whoever wrote it would find it: `policies[3].config.window`. */
  readonly path: string;
  /** Goes on where the path ends: `must be one of "hourly", "daily", got "quarterly"`. */
  readonly message: string;
}

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

/** More would not be read. */
const MAX_PROBLEMS = 20;
const MAX_NAME_CHARS = 64;

/**
 * `root` is put before each path, which may be empty. What came is told where `input` is given, or the schema was asked with
 * `reportInput`: of long texts, and of what may be a secret, only the length.
 */
export function describeZodError(error: Pick<z.ZodError, 'issues'>, root = '', input?: unknown): readonly Problem[] {
  const told = error.issues.flatMap((issue) => problemsOf(issue as Issue, root, input));
  return told.slice(0, MAX_PROBLEMS);
}

/** All problems in one error, each on a line of its own, and as `details.problems`. */
export function problemsError(problems: readonly Problem[]): GatewayError {
  const lines = problems.map(({ path, message }) => `${path} ${message}`.trim().replace(/\.?$/, '.'));
  return new GatewayError('invalid_option', lines.join('\n'), { param: problems[0]?.path, details: { problems } });
}

function problemsOf(issue: Issue, root: string, input: unknown): readonly Problem[] {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({ path: pathText(root, [...issue.path, key]), message: 'is not known here' }));
  const within = issue.code === 'invalid_union' ? closestOf(issue) : undefined;
  if (within)
    return within.flatMap((inner) => problemsOf({ ...inner, path: [...issue.path, ...inner.path] }, root, input));
  const came = cameAs(issue, input);
  const path = pathText(root, issue.path);
  const expected = expectedBy(issue);
  if (!came.known) return [{ path, message: `must be ${expected}` }];
  if (came.value === undefined) return [{ path, message: `is missing: it must be ${expected}` }];
  return [{ path, message: `must be ${expected}, got ${told(came.value, issue.path)}` }];
}

function cameAs(issue: Issue, input: unknown): { readonly known: boolean; readonly value?: unknown } {
  // Of a union that is told apart by a field the issue is about the field, and its input is the object around it.
  if (input === undefined) {
    const around = issue.code === 'invalid_union' && 'discriminator' in issue;
    return 'input' in issue && !around ? { known: true, value: issue.input } : { known: false };
  }
  return { known: true, value: issue.path.reduce(within, input) };
}

function within(value: unknown, name: PropertyKey): unknown {
  const has = typeof value === 'object' && value !== null && Object.hasOwn(value, name);
  return has ? (value as Record<PropertyKey, unknown>)[name] : undefined;
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};

function expectedBy(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return TYPES[issue.expected] ?? issue.expected;
    case 'invalid_value':
      return oneOf(issue.values);
    case 'too_small':
      return sized(issue.origin, `${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}`);
    case 'too_big':
      return sized(issue.origin, `${issue.inclusive === false ? 'less than' : 'at most'} ${issue.maximum}`);
    case 'invalid_format':
      return formed(issue);
    case 'invalid_union':
      return unitedBy(issue);
    default:
      return issue.message.startsWith('Invalid') ? 'of another form' : issue.message;
  }
}

function oneOf(values: readonly unknown[]): string {
  const texts = values.map((value) => (typeof value === 'string' ? JSON.stringify(value) : String(value)));
  return texts.length === 1 ? texts[0]! : `one of ${texts.join(', ')}`;
}

function sized(origin: string, size: string): string {
  if (origin === 'string') return size === 'at least 1' ? 'a text that is not empty' : `a text of ${size} characters`;
  if (origin === 'array' || origin === 'set') return `a list of ${size}`;
  return size;
}

function formed({ message, format, pattern }: z.core.$ZodIssueInvalidStringFormat): string {
  if (!message.startsWith('Invalid')) return message;
  if (format === 'datetime') return 'an instant with its zone, like "2026-12-01T00:00:00Z"';
  return format === 'regex' ? `a text like ${pattern}` : `a text of the form ${format}`;
}

/** What the branch says that comes closest, of a union whose value is of the right kind for one and wrong inside. */
function closestOf({ errors }: z.core.$ZodIssueInvalidUnion): readonly Issue[] | undefined {
  const isInside = ({ code, path }: Issue): boolean => path.length > 0 || code === 'unrecognized_keys';
  const inside = errors.filter((branch) => branch.every(isInside));
  return [...inside].sort((a, b) => a.length - b.length)[0];
}

function unitedBy(issue: z.core.$ZodIssueInvalidUnion): string {
  if ('options' in issue && Array.isArray(issue.options)) return oneOf(issue.options);
  const branches = issue.errors.map((errors) => errors.find(({ path }) => path.length === 0));
  const expected = branches.flatMap((first) => (first ? [expectedBy(first)] : []));
  return [...new Set(expected)].join(' or ') || 'of another form';
}

/** Fields whose values may be secrets, whatever else is wrong with them. */
const SECRET_NAME = /secret|token|password|passwd|credential|authorization|cookie|dsn|url|(?:^|_|[a-z])keys?$/i;
/** Long, and both letters and digits without a space: it may be a key that stands where it does not belong. */
const SECRET_VALUE = /^(?=\S{16,}$)(?=.*[a-z])(?=.*\d)/i;

function told(value: unknown, path: Path): string {
  const text = typeof value === 'string' ? value : undefined;
  if (text === undefined) return describe(value);
  const hidden = path.some((name) => typeof name === 'string' && SECRET_NAME.test(name)) || SECRET_VALUE.test(text);
  return hidden && text !== '' ? `a string of ${text.length} characters` : describe(text);
}

/** `policies[3].config["x y"]`. */
export function pathText(root: string, path: Path): string {
  return path.reduce<string>((text, name) => text + step(name, text === ''), root);
}

function step(name: PropertyKey, first: boolean): string {
  if (typeof name === 'number') return `[${name}]`;
  const key = String(name).slice(0, MAX_NAME_CHARS);
  if (!/^[\w-]+$/.test(key)) return `[${JSON.stringify(key)}]`;
  return first ? key : `.${key}`;
}
