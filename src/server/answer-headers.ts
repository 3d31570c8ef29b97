/** Of a provider's answer, the headers that are for its reader and not for whoever asks the provider's own host. */
import { decodedHeaders } from '../http/headers.ts';

/** Cookies, and what a browser would remember or allow for this server because a provider said so. */
const OF_ITS_HOST =
  /^(?:set-cookie2?|access-control-.+|alt-svc|clear-site-data|nel|report-to|reporting-endpoints|strict-transport-security|(?:proxy|www)-authenticate|upgrade|via)$/;

export function answerHeaders(response: { readonly headers: Headers }): Headers {
  const headers = new Headers([...decodedHeaders(response.headers)].filter(([name]) => !OF_ITS_HOST.test(name)));
  headers.set('x-content-type-options', 'nosniff');
  return headers;
}
