/** What a change of a policy, an override or a price says in the audit log: field by field, from what to what. */
import { isRecord } from '../core/record.ts';
import type { Actor } from '../core/state.ts';
import { type Changes, changesBetween } from '../state/changes.ts';

/** Who asks for a change, and by which request. */
export interface ChangeBy {
  readonly actor: Actor;
  readonly requestId?: string | undefined;
}

/** Those of `config` each for itself: `config.limit_usd`. `undefined` stands for what is not there. */
export function fieldChanges(before: object | undefined, after: object | undefined): Changes {
  return changesBetween(before && flat(before), after && flat(after));
}

export function isEmpty(changes: Changes): boolean {
  return Object.keys(changes).length === 0;
}

function flat(value: object): Record<string, unknown> {
  const fields = Object.entries(value).flatMap(([name, field]): [string, unknown][] =>
    name === 'config' && isRecord(field)
      ? Object.entries(field).map(([inner, setting]) => [`config.${inner}`, setting])
      : [[name, field]],
  );
  return Object.fromEntries(fields);
}
