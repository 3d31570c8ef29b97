/** Subject matchers, LangSmith's way of saying whom a policy is for, as the dimensions and tags of a caller. */
import { customerTag } from '../core/customer-tag.ts';
import type { Dimension, IdentityMatch } from '../core/match.ts';
import { describe, optionError } from '../errors.ts';
import type { PolicyBody } from './policy.ts';

export interface Subjects {
  readonly match: IdentityMatch;
  /** Of a default policy: each value of it has a limit of its own. */
  readonly per?: Dimension | `tag:${string}` | undefined;
}

type Matchers = NonNullable<PolicyBody['subject_matchers']>;

const DIMENSIONS: Readonly<Record<string, Dimension>> = {
  organization_id: 'organization',
  workspace_id: 'workspace',
  user_id: 'user',
  api_key_id: 'apiKey',
};

/** @throws GatewayError `invalid_option` whose `param` is the matcher that is wrong */
export function subjectsOf(matchers: Matchers = [], isDefault = false): Subjects {
  const values = new Map<Dimension | `tag:${string}`, string[]>();
  let per: Subjects['per'];
  for (const [i, { key, value }] of matchers.entries()) {
    const path = `subject_matchers[${i}]`;
    const dimension = dimensionNamed(`${path}.key`, key);
    if (value !== '') values.set(dimension, [...(values.get(dimension) ?? []), value]);
    else if (!isDefault)
      throw optionError(`${path}.value`, 'a value; "" is for every value, in a default policy', value);
    else if (per !== undefined) throw optionError(`${path}.value`, 'a value where another one is "" already', value);
    else per = dimension;
  }
  if (isDefault && per === undefined)
    throw optionError('subject_matchers', 'given one of value "" in a default policy', matchers);
  return { match: matchOf(values), per };
}

function dimensionNamed(path: string, key: string): Dimension | `tag:${string}` {
  if (Object.hasOwn(DIMENSIONS, key)) return DIMENSIONS[key]!;
  if (key === 'run_rule_id')
    throw optionError(path, 'something that a call tells: run rules are kept by LangSmith', key);
  const tag = customerTag(key);
  if (tag === undefined)
    throw optionError(
      path,
      `one of ${Object.keys(DIMENSIONS).join(', ')}, or a customer header that is not reserved`,
      key,
    );
  return `tag:${tag}`;
}

function matchOf(values: ReadonlyMap<Dimension | `tag:${string}`, readonly string[]>): IdentityMatch {
  const dimensions: [string, readonly string[]][] = [];
  const tags: [string, readonly string[]][] = [];
  for (const [name, wanted] of values) {
    if (name.startsWith('tag:')) tags.push([name.slice(4), wanted]);
    else dimensions.push([name, wanted]);
  }
  return { ...Object.fromEntries(dimensions), ...(tags.length > 0 ? { tags: Object.fromEntries(tags) } : {}) };
}

/** In words: `user "ada" or "grace" of workspace "rd"`. */
export function subjectWords({ match, per }: Subjects): string {
  const { tags = {}, ...dimensions } = match;
  const wanted = [
    ...Object.entries(dimensions),
    ...Object.entries(tags).map(([name, of]) => [`tag ${name}`, of] as const),
  ];
  const words = wanted.map(([name, of]) => `${nameWords(name)} ${[of ?? []].flat().map(describe).join(' or ')}`);
  const each = per === undefined ? [] : [`each ${nameWords(per.replace(':', ' '))}`];
  return [...each, ...words].join(' of ') || 'all calls';
}

const nameWords = (name: string): string => (name === 'apiKey' ? 'API key' : name);
