/** The id that a request has in answers and logs. */
import { randomUUID } from 'node:crypto';
import type { HeaderList } from '../http/header-list.ts';

export const REQUEST_ID_HEADER = 'x-postern-request-id';

const SANE = /^[\w.:-]{1,128}$/;

/** The client's, where it is trusted and holds nothing that a log must not hold. */
export function requestIdFor(
  headers: HeaderList | undefined,
  trusted: boolean,
  redact: (text: string) => string,
): string {
  const given = trusted ? headers?.get('x-request-id') : undefined;
  return given && SANE.test(given) && isClean(given, redact) ? given : randomUUID();
}

function isClean(text: string, redact: (text: string) => string): boolean {
  try {
    return redact(text) === text && !/ptn_/i.test(text);
  } catch {
    return false;
  }
}
