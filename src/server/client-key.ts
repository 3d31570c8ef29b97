/** The key that a client of any API sends, from where that API puts it. */

/** `authorization` comes last: a login's token for the provider may stand there beside the gateway's key (Claude Code). */
const HEADERS = ['x-api-key', 'x-goog-api-key', 'api-key', 'authorization'];

export function clientKey(headers: Headers, search: string): string | undefined {
  for (const name of HEADERS) {
    const key = headers
      .get(name)
      ?.replace(/^Bearer\s+/i, '')
      .trim();
    if (key) return key;
  }
  return new URLSearchParams(search).get('key') ?? undefined;
}
