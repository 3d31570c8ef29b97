/** The keys that a client of any API sends, from where that API puts them, and the requests without those that are ours. */
import type { HeaderList } from '../http/header-list.ts';

/** `authorization` comes last: a login's token for the provider may stand there beside the gateway's key (Claude Code). */
const HEADERS = ['x-api-key', 'x-goog-api-key', 'api-key', 'authorization'];

/** Query parameters in which a key may stand. */
export const KEY_PARAMETERS: readonly string[] = ['key', 'api_key', 'access_token'];

/** A key of this gateway, wherever it turns up. */
const OWN_KEY = /ptn_[\w-]{8,}/i;
/** Shorter ones may stand in a text by chance. */
const MIN_KEY_LENGTH = 16;

export interface Asked {
  readonly headers: HeaderList;
  /** As it stands in the URL, without the `?`: `alt=sse`. */
  readonly search: string;
}

export function clientKey(asked: Asked): string | undefined {
  return clientKeys(asked)[0];
}

/** All of them, those that look like ours first; each once. */
export function clientKeys({ headers, search }: Asked): string[] {
  const inHeaders = HEADERS.map((name) => bare(headers.get(name)));
  const inQuery = search === '' ? [] : [new URLSearchParams(search).get('key')];
  const keys = new Set([...inHeaders, ...inQuery].filter((key): key is string => Boolean(key)));
  return [...keys].sort((a, b) => Number(isOwnKey(b)) - Number(isOwnKey(a)));
}

/** What may go to a provider: nothing that holds a key of this gateway, the one that was accepted or any other. */
export function withoutOwnKeys({ headers, search }: Asked, accepted: string | undefined): Asked {
  const isOurs = (value: string): boolean => isOwnKey(value) || isAccepted(value, accepted);
  const kept = headers.filter((_, value) => !isOurs(value));
  if (search === '') return { headers: kept, search };
  const query = new URLSearchParams(search);
  const ours = [...query].filter(([name, value]) => isOurs(name) || isOurs(value));
  for (const [name, value] of ours) query.delete(name, value);
  return { headers: kept, search: ours.length === 0 ? search : query.toString() };
}

function isAccepted(value: string, accepted: string | undefined): boolean {
  if (accepted === undefined) return false;
  return bare(value) === accepted || (accepted.length >= MIN_KEY_LENGTH && value.includes(accepted));
}

export function isOwnKey(value: string): boolean {
  // Asked of every header: most hold no underscore.
  return (value.includes('_') && OWN_KEY.test(value)) || OWN_KEY.test(inBasic(value));
}

const SMALL_B = 98;

/** `Basic` wraps what it carries in base64. */
function inBasic(value: string): string {
  if ((value.charCodeAt(0) | 32) !== SMALL_B) return '';
  const found = /^Basic\s+([\w+/=-]+)$/i.exec(value)?.[1];
  return found === undefined ? '' : Buffer.from(found, 'base64').toString('latin1');
}

const bare = (value: string | null): string | undefined => value?.replace(/^Bearer\s+/i, '').trim();
