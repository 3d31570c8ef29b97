/** Reading fields out of JSON from outside, where anything may stand anywhere. */
import type { TextTag } from '../core/json-body.ts';
import type { RequestBody } from '../core/request-body.ts';
import { describe, GatewayError } from '../errors.ts';
import type { Shape } from '../json/walk.ts';
import type { Route } from './dialect.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

export function asObject(value: unknown): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;
}

export function asArray(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function asString(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** @throws GatewayError `invalid_request` naming the field and what came */
export function invalidField(field: string, expected: string, got: unknown): GatewayError {
  const came = got === undefined ? 'it is missing' : `got ${typeof got === 'string' ? 'a string' : describe(got)}`;
  return new GatewayError('invalid_request', `"${field}" must be ${expected}; ${came}.`, { param: field });
}

export function requiredString(body: RequestBody, field: string): string {
  const value = body.member(field);
  if (typeof value !== 'string' || value === '') throw invalidField(field, 'a non-empty string', value);
  return value;
}

/** The model that the body names, or the path (Azure's deployments). @throws GatewayError `invalid_request` */
export function modelOf(body: RequestBody, route: Route): string {
  return body.member('model') === undefined && route.model !== undefined ? route.model : requiredString(body, 'model');
}

/** Providers take a few; each is priced. */
const MAX_ALTERNATIVES = 32;

/**
 * Models that are tried when the first does not answer: `models` of OpenRouter, `fallbacks` of Anthropic and LiteLLM.
 * @throws GatewayError `invalid_request` when there are too many
 */
export function alternativesOf(body: RequestBody): readonly string[] | undefined {
  const named = ['models', 'fallbacks'].flatMap((field) => {
    const list = asArray(body.member(field));
    if (list.length > MAX_ALTERNATIVES) throw invalidField(field, `a list of at most ${MAX_ALTERNATIVES}`, list);
    return list.flatMap((item) => asString(item) ?? asString(asObject(item)?.model) ?? []);
  });
  return named.length > 0 ? [...new Set(named)] : undefined;
}

export function optionalBoolean(body: RequestBody, field: string): boolean | undefined {
  const value = body.member(field) ?? undefined;
  if (value !== undefined && typeof value !== 'boolean') throw invalidField(field, 'true or false', value);
  return value;
}

export function optionalCount(body: RequestBody, field: string, least = 1): number | undefined {
  return countIn(body, [field], least);
}

/** As `optionalCount`, of a field within objects. */
export function countIn(body: RequestBody, keys: readonly string[], least = 1): number | undefined {
  const [root = '', ...path] = keys;
  const value = path.reduce<unknown>((at, key) => asObject(at)?.[key], body.member(root)) ?? undefined;
  if (value === undefined) return undefined;
  if (!Number.isSafeInteger(value) || (value as number) < least)
    throw invalidField(keys.join('.'), `a whole number of at least ${least}`, value);
  return value as number;
}

/** Numbers and booleans among the named fields; what has another type is left to the provider to refuse. */
export function parameters(body: RequestBody, fields: readonly string[]): Record<string, number | boolean> {
  const found = fields.map((field) => [field, body.member(field)] as const);
  return Object.fromEntries(
    found.filter((entry): entry is [string, number | boolean] => ['number', 'boolean'].includes(typeof entry[1])),
  );
}

type Entry = Shape<TextTag> | TextTag | null;
const isTag = (entry: Exclude<Entry, null>): entry is TextTag => 'scope' in entry;
const toShape = (entry: Entry): Shape<TextTag> => (entry === null || isTag(entry) ? { value: entry } : entry);

/** A shape: what holds for everything below, what each named member is (`null`: structure), and each array item. */
export function shape(
  value: TextTag | null | undefined,
  keys: Readonly<Record<string, Entry>> = {},
  each?: Entry,
): Shape<TextTag> {
  return {
    ...(value === undefined ? {} : { value }),
    keys: new Map(Object.entries(keys).map(([key, entry]) => [key, toShape(entry)])),
    ...(each === undefined ? {} : { each: toShape(each) }),
  };
}

/** An array whose items have the shape. */
export function listOf(entry: Entry): Shape<TextTag> {
  return { each: toShape(entry) };
}
