/** Of a provider's answer, the headers that are for its reader and not for whoever asks the provider's own host. */
import type { HeaderList } from '../http/header-list.ts';
import { describesBody } from '../http/headers.ts';

/** Cookies, and what a browser would remember or allow for this server because a provider said so. */
const OF_ITS_HOST: ReadonlySet<string> = new Set([
  'set-cookie',
  'set-cookie2',
  'alt-svc',
  'clear-site-data',
  'nel',
  'report-to',
  'reporting-endpoints',
  'strict-transport-security',
  'proxy-authenticate',
  'www-authenticate',
  'upgrade',
  'via',
]);
const isOfItsHost = (name: string): boolean => OF_ITS_HOST.has(name) || name.startsWith('access-control-');

export function answerHeaders(came: HeaderList): HeaderList {
  const headers = came.filter((name) => !describesBody(name) && !isOfItsHost(name));
  headers.set('x-content-type-options', 'nosniff');
  return headers;
}
