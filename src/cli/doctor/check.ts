/** What a check of the doctor comes to, and words that several checks share. Knows none of them. */

export type CheckStatus = 'ok' | 'warning' | 'failed' | 'skipped';

/** Where it was looked: the three places in which a trace gets lost, and what stands beside them. */
export type Place = 'environment' | 'spans' | 'backend' | 'project' | 'providers';

export interface Check {
  readonly place: Place;
  readonly name: string;
  readonly status: CheckStatus;
  /** One sentence, without keys and header values. */
  readonly reason: string;
  /** What to do about it. */
  readonly next?: string | undefined;
}

export type Found = Omit<Check, 'place' | 'name'>;

export const ok = (reason: string): Found => ({ status: 'ok', reason });
export const skipped = (reason: string): Found => ({ status: 'skipped', reason });
export const warning = (reason: string, next?: string): Found => ({ status: 'warning', reason, next });
export const failed = (reason: string, next?: string): Found => ({ status: 'failed', reason, next });

/** Collects checks in the order in which they are told. */
export class Checks {
  readonly all: Check[] = [];

  add(place: Place, name: string, found: Found): CheckStatus {
    this.all.push({ place, name, ...found });
    return found.status;
  }
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** A variable's value without the spaces that shells and files leave around it; `undefined` for an empty one. */
export function variable(env: Environment, name: string): string | undefined {
  return env[name]?.trim() || undefined;
}

/** How vendors' keys begin that say what kind of key it is. Longer ones first. */
const KEY_KINDS = [
  'lsv2_pt_',
  'lsv2_sk_',
  'sk-ant-',
  'sk-proj-',
  'sk-or-',
  'sk-',
  'AIza',
  'gsk_',
  'xai-',
  'pplx-',
  'fw_',
];

/** `LANGSMITH_API_KEY is set (lsv2_pt_…, 51 characters)`: which kind of key, and never the key. */
export function keyTold(name: string, key: string): string {
  const kind = KEY_KINDS.find((prefix) => key.startsWith(prefix) && key.length > prefix.length + 8);
  return `${name} is set (${kind === undefined ? '' : `${kind}…, `}${key.length} characters)`;
}

/** What is wrong with a key's form: it was pasted with something around it. */
export function keyMistake(given: string): string | undefined {
  if (/^(["']).*\1$/s.test(given.trim())) return 'has quotes around it';
  if (/\s/.test(given.trim())) return 'has a space or line end in it';
  if (/[^\x21-\x7e]/.test(given.trim())) return 'holds characters that no header can';
  return given === given.trim() ? undefined : 'has a space or line end around it';
}

/** The code of an error, or of what caused it. */
export function codeOf(error: unknown): string {
  const { code, cause, name } = Object(error) as { code?: unknown; cause?: unknown; name?: unknown };
  if (typeof code === 'string') return code;
  const inner = (Object(cause) as { code?: unknown }).code;
  if (typeof inner === 'string') return inner;
  return typeof name === 'string' ? name : 'unknown error';
}

/** Waits at most so long. @throws an error with the code `ETIMEDOUT` */
export async function within<T>(timeoutMs: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(Object.assign(new Error('too late'), { code: 'ETIMEDOUT' })), timeoutMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
