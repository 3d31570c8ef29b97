/** Plants a personal value in one place after the other of a body, and tells where it was not redacted. */
import { JsonBody } from '../../src/core/json-body.ts';
import { openCall } from '../../src/core/pipeline.ts';
import type { Dialect, RequestFacts, Route } from '../../src/dialects/dialect.ts';
import { fetchedAnswer } from '../../src/http/fetched-answer.ts';
import { toResponse } from '../../src/http/http-answer.ts';
import { type GuardOptions, guardResponse } from '../../src/http/response.ts';
import { sse } from '../../src/http/sse.ts';
import { StreamGuard } from '../../src/http/stream.ts';
import { redact } from '../../src/policies/redact.ts';
import { atOnce, exchangeFor, openedCall, pipelineWith } from '../http/calls.ts';

export const CANARY = 'canary.lovelace@example.com';
/** Made once: it takes longer than all that is planted in a body. */
const POLICIES = [redact()];

type Path = readonly (string | number)[];

/** Paths of all strings of a value; positions in lists are numbers. */
export function stringPaths(value: unknown, path: Path = []): Path[] {
  if (typeof value === 'string') return [path];
  if (typeof value !== 'object' || value === null) return [];
  const keys = Array.isArray(value) ? [...value.keys()] : Object.keys(value);
  return keys.flatMap((key) => stringPaths((value as Record<string, unknown>)[key], [...path, key]));
}

/** Paths of all objects of a value. */
export function objectPaths(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) return value.flatMap((item, i) => objectPaths(item, [...path, i]));
  return [path, ...Object.entries(value).flatMap(([key, item]) => objectPaths(item, [...path, key]))];
}

/** The value with something else at a path. */
export function withAt(value: unknown, [key, ...rest]: Path, change: (old: unknown) => unknown): unknown {
  if (key === undefined) return change(value);
  const at = (value as Record<string, unknown>)[key];
  if (Array.isArray(value)) return value.map((item, i) => (i === key ? withAt(at, rest, change) : item));
  return { ...(value as object), [key]: withAt(at, rest, change) };
}

/** A path as tables of structure write it: `messages[].content[].type`. */
export const written = (path: Path): string =>
  path
    .map((key) => (typeof key === 'number' ? '[]' : `.${key}`))
    .join('')
    .replace(/^\./, '');

/** A request as it would leave. */
export async function sentBody(dialect: Dialect, body: unknown): Promise<string> {
  const read = new JsonBody(JSON.stringify(body), dialect.request, { resolve: dialect.resolve, nested: true });
  const { refusal } = await openCall(exchangeFor(read.slots), pipelineWith(POLICIES));
  if (refusal) throw refusal;
  return read.toString();
}

/** A whole answer as the caller gets it. */
export async function answeredBody(dialect: Dialect, body: unknown): Promise<string> {
  const call = await openedCall(POLICIES, 'Hello');
  const limits = { maxResponseBytes: 1e6, idleTimeoutMs: 1e3 };
  const options: GuardOptions = { dialect, stream: false, hideUsage: false, now: () => 0, defer: () => {}, ...limits };
  return toResponse(await guardResponse(call, fetchedAnswer(Response.json(body)), options)).text();
}

/** A stream of one event as the caller gets it. */
export async function streamedEvent(dialect: Dialect, event: unknown): Promise<string> {
  const options = { dialect, framing: sse, hideUsage: false, now: () => 0 };
  const guard = new StreamGuard(await openedCall(POLICIES, 'Hello'), options);
  return atOnce(guard.push(`data: ${JSON.stringify(event)}\n\n`)) + atOnce(guard.end(''));
}

/** Where a string is structure: the canary that was planted there came through. */
export async function structuralStrings(body: unknown, pass: (body: unknown) => Promise<string>): Promise<string[]> {
  const structure = new Set<string>();
  for (const path of stringPaths(body)) {
    for (const planted of [CANARY, JSON.stringify({ to: [CANARY] })]) {
      if ((await pass(withAt(body, path, () => planted))).includes(CANARY)) structure.add(written(path));
    }
  }
  return [...structure].sort();
}

/** Objects in which everything is structure: a key that nobody knows came through there. */
export async function structuralObjects(body: unknown, pass: (body: unknown) => Promise<string>): Promise<string[]> {
  const structure = new Set<string>();
  for (const path of objectPaths(body)) {
    const planted = (old: unknown): unknown => ({ ...(old as object), new_field: CANARY, [CANARY]: 1 });
    if ((await pass(withAt(body, path, planted))).includes(CANARY)) structure.add(written(path));
  }
  return [...structure].sort();
}

/** A body that was built of JSON values, for `facts`. */
export const bodyOf = (dialect: Dialect, body: unknown): JsonBody =>
  new JsonBody(JSON.stringify(body), dialect.request);

/** What a dialect says of a request; `route` is what its path tells. */
export const factsOf = (dialect: Dialect, body: unknown, route: Partial<Route> = {}): RequestFacts =>
  dialect.facts(bodyOf(dialect, body), { dialect, path: '/', ...route });
