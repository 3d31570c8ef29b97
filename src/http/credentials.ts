/** Which header a key stands in. */
import type { ApiFamily, Provider } from '../dialects/dialect.ts';

const KEY_HEADERS: Readonly<Record<ApiFamily, string>> = {
  openai: 'authorization',
  anthropic: 'x-api-key',
  google: 'x-goog-api-key',
  aws: 'authorization',
};

/** A provider's key in the header of the API that is spoken to it; a header of the provider's own goes before. */
export function providerKey({ keyHeader }: Provider, api: ApiFamily, key: string): [name: string, value: string] {
  return keyIn(keyHeader ?? KEY_HEADERS[api], key);
}

export function keyIn(header: string, key: string): [name: string, value: string] {
  return [header, /authorization$/.test(header) ? `Bearer ${key}` : key];
}
