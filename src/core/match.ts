/** Whether a rule is meant for a caller. Knows identities only, no policies and no money. */

import { optionError } from '../errors.ts';
import type { Identity } from './exchange.ts';
import { isRecord } from './record.ts';

export type Dimension = Exclude<keyof Identity, 'tags' | 'run'>;
type OneOf = string | readonly string[];

/** Whom a rule is for: every dimension named must have one of the values given. */
export interface IdentityMatch extends Partial<Readonly<Record<Dimension, OneOf>>> {
  readonly tags?: Readonly<Record<string, OneOf>> | undefined;
}

export const DIMENSIONS: readonly string[] = [
  'organization',
  'workspace',
  'user',
  'apiKey',
  'session',
] satisfies Dimension[];

export function matchesIdentity({ tags = {}, ...dimensions }: IdentityMatch, identity: Identity): boolean {
  return (
    Object.entries(dimensions).every(([name, wanted]) => isOneOf(identity[name as Dimension], wanted)) &&
    Object.entries(tags).every(([name, wanted]) => isOneOf(tagOf(identity, name), wanted))
  );
}

export function isOneOf(value: string | undefined, wanted: OneOf | undefined): boolean {
  if (wanted === undefined) return true;
  return value !== undefined && (typeof wanted === 'string' ? value === wanted : wanted.includes(value));
}

/** The value of a dimension, a tag by `tag:<name>`. An empty text is none. */
export function dimensionOf(identity: Identity, dimension: Dimension | `tag:${string}`): string | undefined {
  return (
    (dimension.startsWith('tag:') ? tagOf(identity, dimension.slice(4)) : identity[dimension as Dimension]) || undefined
  );
}

function tagOf({ tags }: Identity, name: string): string | undefined {
  return tags !== undefined && Object.hasOwn(tags, name) ? tags[name] : undefined;
}

/** @throws GatewayError `invalid_option` that names the dimension */
export function checkMatch(option: string, match: unknown): void {
  if (!isRecord(match)) throw optionError(option, 'an object of dimensions', match);
  const { tags, ...dimensions } = match;
  const unknown = Object.keys(dimensions).find((name) => !DIMENSIONS.includes(name));
  if (unknown !== undefined) throw optionError(option, `made of ${DIMENSIONS.join(', ')} and tags`, unknown);
  for (const [name, wanted] of Object.entries(dimensions)) checkOneOf(`${option}.${name}`, wanted);
  if (tags === undefined) return;
  if (!isRecord(tags)) throw optionError(`${option}.tags`, 'an object of tags', tags);
  for (const [name, wanted] of Object.entries(tags)) checkOneOf(`${option}.tags.${name}`, wanted);
}

/** @throws GatewayError `invalid_option` */
export function checkOneOf(option: string, wanted: unknown): void {
  const values: unknown[] = Array.isArray(wanted) ? wanted : [wanted];
  const texts = values.length > 0 && values.every((value) => typeof value === 'string' && value !== '');
  if (wanted !== undefined && !texts) throw optionError(option, 'a text or a list of at least one', wanted);
}

/** @throws GatewayError `invalid_option` unless it is a dimension or `tag:<name>` */
export function checkPer(option: string, per: unknown): void {
  if (typeof per === 'string' && (DIMENSIONS.includes(per) || /^tag:./.test(per))) return;
  throw optionError(option, `one of ${DIMENSIONS.join(', ')}, tag:<name>`, per);
}
