/** The options of `postern redact`, read and checked. Errors name the option as it is typed, and what came. */
import { parseArgs } from 'node:util';
import type { Action, ActionName } from '../redaction/actions.ts';
import { ACTION_NAMES } from '../redaction/actions.ts';
import type { EntityGroup, EntityName } from '../redaction/detectors/all-detectors.ts';
import { ENTITY_GROUPS, ENTITY_NAMES } from '../redaction/detectors/all-detectors.ts';
import { createRedactor, type Redactor } from '../redaction/redactor.ts';
import { similarNames } from '../redaction/similar-names.ts';
import { CommandError, type Terminal } from './command.ts';
import { FORMATS, type Format } from './formats.ts';

/** Not an option: other users of a machine can see those. */
export const KEY_VARIABLE = 'POSTERN_REDACTION_KEY';

export interface RedactCommandOptions {
  readonly paths: readonly string[];
  readonly redactor: Redactor;
  readonly format: Format | undefined;
  readonly explain: boolean;
  readonly check: boolean;
  readonly listEntities: boolean;
  readonly progress: boolean;
}

/** @throws CommandError, and errors of `parseArgs` */
export function readOptions(args: readonly string[], env: Terminal['env']): RedactCommandOptions {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      entities: { type: 'string', multiple: true },
      action: { type: 'string', multiple: true },
      allow: { type: 'string', multiple: true },
      'min-score': { type: 'string' },
      placeholders: { type: 'string' },
      format: { type: 'string' },
      explain: { type: 'boolean', default: false },
      check: { type: 'boolean', default: false },
      'list-entities': { type: 'boolean', default: false },
      'no-progress': { type: 'boolean', default: false },
    },
  });
  const { explain, check } = values;
  if (explain && check) throw new CommandError('--explain and --check cannot be used together.');
  const actions = actionsOf(values.action ?? []);
  const placeholders = choiceOf('--placeholders', values.placeholders, ['numbered', 'hmac'] as const);
  const redactor = createRedactor(
    {
      entities: entitiesOf(values.entities),
      actions,
      allow: values.allow,
      minScore: scoreOf(values['min-score']),
      placeholders,
      key: keyOf(env, placeholders === 'hmac' || Object.values(actions).includes('hash')),
      // Nothing is read twice here.
      memo: false,
    },
    'redact',
  );
  return {
    paths: positionals,
    redactor,
    format: choiceOf('--format', values.format, FORMATS),
    explain,
    check,
    listEntities: values['list-entities'],
    progress: !values['no-progress'],
  };
}

function entitiesOf(lists: readonly string[] | undefined): (EntityGroup | EntityName)[] | undefined {
  return lists?.flatMap((list) => list.split(',').map((name) => entityOf('--entities', name.trim())));
}

function entityOf(option: string, given: string): EntityGroup | EntityName {
  const known = [...ENTITY_GROUPS, ...ENTITY_NAMES].find((name) => name === given);
  if (known !== undefined) return known;
  const similar = similarNames(given, ENTITY_NAMES);
  const hint = similar.length > 0 ? `Did you mean ${similar.join(' or ')}? ` : '';
  throw new CommandError(`${option} has no entity ${quoted(given)}. ${hint}postern redact --list-entities lists them.`);
}

/** `mask`, for all; `US_SSN=block`; `CREDIT_CARD=mask:4`. */
function actionsOf(given: readonly string[]): Readonly<Partial<Record<string, Action>>> {
  return Object.fromEntries(
    given.map((entry) => {
      const [left = '', right] = entry.split('=');
      if (right === undefined) return ['default', actionOf(left)];
      const entity = entityOf('--action', left);
      if (entity === 'pii' || entity === 'secrets')
        throw new CommandError(`--action needs an entity before the =, got the group ${quoted(entity)}.`);
      return [entity, actionOf(right)];
    }),
  );
}

function actionOf(given: string): Action {
  const [name, keepLast] = given.split(':');
  const known = ACTION_NAMES.find((one) => one === name);
  if (known === undefined) {
    throw new CommandError(`--action must be one of ${ACTION_NAMES.join(', ')}, got ${quoted(given)}.`);
  }
  return keepLast === undefined ? known : keepingLast(known, keepLast, given);
}

function keepingLast(action: ActionName, keepLast: string, given: string): Action {
  if (action === 'mask' && /^(?:\d|1[0-6])$/.test(keepLast)) return { action, keepLast: Number(keepLast) };
  throw new CommandError(
    `--action takes a number behind a colon for mask alone, mask:0 to mask:16, got ${quoted(given)}.`,
  );
}

function scoreOf(given: string | undefined): number | undefined {
  if (given === undefined) return undefined;
  const score = Number(given);
  if (given.trim() !== '' && score >= 0 && score <= 1) return score;
  throw new CommandError(`--min-score must be a number from 0 to 1, got ${quoted(given)}.`);
}

function keyOf(env: Terminal['env'], isNeeded: boolean): string | undefined {
  const key = isNeeded ? env[KEY_VARIABLE] : undefined;
  if (!isNeeded || (key !== undefined && key.length >= 16)) return key;
  throw new CommandError(`${KEY_VARIABLE} must be set to a secret of 16 characters or more for hashed values.`);
}

function choiceOf<const Choice extends string>(
  option: string,
  given: string | undefined,
  choices: readonly Choice[],
): Choice | undefined {
  const choice = choices.find((one) => one === given);
  if (given === undefined || choice !== undefined) return choice;
  throw new CommandError(`${option} must be one of ${choices.join(', ')}, got ${quoted(given)}.`);
}

/** A value may have been pasted in an option's place. */
const quoted = (given: string): string =>
  given.length <= 40 ? JSON.stringify(given) : `a text of ${given.length} characters`;
