/** What is done with a value of each entity, and how a masked or hashed value is written. Knows nothing of where values stand. */
import { createHmac, randomUUID } from 'node:crypto';
import { GatewayError, optionError } from '../errors.ts';
import { similarNames } from './similar-names.ts';

/**
 * `redact`: a placeholder that an answer's restoration turns back. `mask`: `**** **** **** 1111`. `hash`: a tag by HMAC-SHA256, for good.
 * `block`: the call is refused. `monitor`: the value is left and only reported.
 */
export type ActionName = 'redact' | 'mask' | 'hash' | 'block' | 'monitor';

export type Action =
  | ActionName
  | { readonly action: 'mask' /** Characters at the end that stay. Default 4. */; readonly keepLast: number };

export interface ActionRule {
  readonly name: ActionName;
  readonly keepLast: number;
}

export const ACTION_NAMES: readonly ActionName[] = ['redact', 'mask', 'hash', 'block', 'monitor'];
const DEFAULT_KEEP_LAST = 4;
const REDACT: ActionRule = { name: 'redact', keepLast: DEFAULT_KEEP_LAST };
/** A mask of a longer value does not tell its length. */
const MAX_MASK_CHARS = 64;
/** Digits of a tag: enough for the values of one conversation. */
const TAG_DIGITS = 6;
export const LONG_TAG_DIGITS = 12;
const MIN_KEY_CHARS = 16;

/** The rule for each entity; those that are not named are redacted. `default` names the rule for all others. */
export function actionRules(given: unknown, names: ReadonlySet<string>, owner: string): (type: string) => ActionRule {
  if (given === undefined) return () => REDACT;
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw optionError(`${owner}: actions`, 'an object of actions by entity', given);
  }
  const rules = new Map(
    Object.entries(given).map(([name, action]: [string, unknown]) => {
      const option = `${owner}: actions.${name}`;
      if (name !== 'default' && !names.has(name)) {
        const similar = similarNames(name, [...names]);
        const hint = similar.length > 0 ? ` Did you mean ${similar.join(' or ')}?` : '';
        throw new GatewayError('invalid_option', `${option} names no entity that is looked for.${hint}`, {
          param: option,
        });
      }
      return [name, ruleOf(action, option)] as const;
    }),
  );
  const others = rules.get('default') ?? REDACT;
  return (type) => rules.get(type) ?? others;
}

function ruleOf(given: unknown, option: string): ActionRule {
  if (ACTION_NAMES.includes(given as ActionName)) return { name: given as ActionName, keepLast: DEFAULT_KEEP_LAST };
  const { action, keepLast } = (typeof given === 'object' && given !== null ? given : {}) as Record<string, unknown>;
  if (action !== 'mask') {
    throw optionError(option, "'redact', 'mask', 'hash', 'block', 'monitor' or { action: 'mask', keepLast }", given);
  }
  if (!Number.isInteger(keepLast) || (keepLast as number) < 0 || (keepLast as number) > 16) {
    throw optionError(`${option}.keepLast`, 'a whole number from 0 to 16', keepLast);
  }
  return { name: 'mask', keepLast: keepLast as number };
}

/** Stars for all but the last characters. Of a short value at most a third stays; separators do not count and stay. */
export function mask(value: string, keepLast = DEFAULT_KEEP_LAST): string {
  const characters = [...value];
  const counted = characters.filter(isMasked).length;
  const kept = Math.min(keepLast, Math.floor(counted / 3));
  let left = counted;
  const masked = characters.map((character) => {
    if (!isMasked(character)) return character;
    return left-- <= kept && /[\p{L}\p{N}]/u.test(character) ? character : '*';
  });
  return masked.length <= MAX_MASK_CHARS ? masked.join('') : `****${masked.slice(-4).join('')}`;
}

/** Spaces and the separators of numbers and addresses; a quote or a backslash could be half of an escape. */
function isMasked(character: string): boolean {
  return !/[ .@:/-]/.test(character);
}

/** Six hexadecimal digits (24 bits) that are the same for the same value and key, wherever it stands. */
export function hashTag(key: string, type: string, value: string, digits = TAG_DIGITS): string {
  return createHmac('sha256', key).update(`${type}|${value}`).digest('hex').slice(0, digits);
}

/** A key is needed as soon as anything is hashed by choice. Without one it is made up: tags then hold for this redactor alone. */
export function checkedKey(given: unknown, isNeeded: boolean, owner: string): string {
  if (given === undefined && !isNeeded) return randomUUID();
  if (typeof given === 'string' && given.length >= MIN_KEY_CHARS) return given;
  // Not by `optionError`, which quotes short values.
  const option = `${owner}: key`;
  throw new GatewayError(
    'invalid_option',
    `${option} must be a secret of ${MIN_KEY_CHARS} characters or more, for hashed values.`,
    {
      param: option,
    },
  );
}

/** The refusal of a text with a value that must not pass: names the entity and the policy, never the value. */
export function blockedError(types: readonly string[], policy: string): GatewayError {
  const entities = [...new Set(types)].sort();
  return new GatewayError(
    'content_blocked',
    `Policy "${policy}" does not let ${entities.join(', ')} pass. Remove it from the request.`,
    { details: { policy, entities } },
  );
}
