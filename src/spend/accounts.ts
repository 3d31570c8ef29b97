/** What an account of a cap is called in a ledger. Knows no ledger. */

export interface AccountParts {
  /** Name of the cap. */
  readonly cap: string;
  /** The dimension it stands on (`user`, `tag:team`), or `all`. */
  readonly scope: string;
  /** The dimension's value, `unattributed` where calls have none, `all` for a cap without subject. */
  readonly subject: string;
  /** Label of the window. */
  readonly window: string;
}

export const UNATTRIBUTED = 'unattributed';

export function accountName({ cap, scope, subject, window }: AccountParts): string {
  return `${escaped(cap)}|${escaped(scope)}=${escaped(subject)}|${window}`;
}

export interface RateAccountParts {
  /** Name of the rate limit. */
  readonly policy: string;
  readonly scope: string;
  readonly subject: string;
  readonly metric: string;
  /** `2026-11-21T14:05`, `2026-11-21T14` or `2026-11-21`. */
  readonly window: string;
}

/** No account of a cap has this form: where its scope stands, with a `=` behind it, is a part without one here. */
export function rateAccountName({ policy, scope, subject, metric, window }: RateAccountParts): string {
  return `rate|${escaped(policy)}|${escaped(scope)}=${escaped(subject)}|${metric}|${window}`;
}

/** `undefined` for a name of another form. */
export function accountParts(name: string): AccountParts | undefined {
  const [, cap, scope, subject, window] = /^([^|]*)\|([^|=]*)=([^|=]*)\|(.*)$/s.exec(name) ?? [];
  if (cap === undefined || scope === undefined || subject === undefined || window === undefined) return undefined;
  return { cap: unescaped(cap), scope: unescaped(scope), subject: unescaped(subject), window };
}

/** Names are made of parts that must not run into each other. */
function escaped(part: string): string {
  return part.replace(/[%|=]/g, encodeURIComponent);
}

function unescaped(part: string): string {
  return part.replace(/%(25|7C|3D)/g, decodeURIComponent);
}
