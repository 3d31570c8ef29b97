/** `GET /v1/models`: the models of all providers that are configured, named as the unified paths take them. */
import type { Provider } from '../dialects/dialect.ts';
import { routeName } from '../dialects/providers.ts';
import { providerKey } from '../http/credentials.ts';
import { HeaderList } from '../http/header-list.ts';
import { dropBody, isOk } from '../http/http-answer.ts';
import type { Transport } from '../http/transport.ts';
import type { GatewayServerOptions } from './options.ts';
import { resolveSecret } from './secret.ts';
import { configured } from './target.ts';

interface Model {
  readonly id: string;
  readonly object: 'model';
  readonly created: number;
  readonly owned_by: string;
}

/** A provider that is slow or down is left out: the others' models are there all the same. */
const TIMEOUT_MS = 5_000;
const PATHS = {
  openai: '/models',
  anthropic: '/v1/models?limit=1000',
  google: '/v1beta/models?pageSize=1000',
} as const;
/** What an answer of that many bytes lists is more than anybody reads. */
const MAX_BYTES = 8 * 1024 * 1024;

/** In OpenAI's form, which is that of the path. */
export async function listModels(
  builtIn: readonly Provider[],
  options: GatewayServerOptions,
  transport: Transport,
): Promise<{ readonly object: 'list'; readonly data: readonly Model[] }> {
  const names = Object.keys(options.providers ?? {});
  const lists = await Promise.all(
    names.map(async (name) => {
      const provider = builtIn.find((known) => routeName(known) === name);
      return provider ? modelsOf(configured(provider, options), name, options, transport).catch(() => []) : [];
    }),
  );
  return { object: 'list', data: lists.flat() };
}

async function modelsOf(
  provider: Provider,
  name: string,
  { providers = {} }: GatewayServerOptions,
  transport: Transport,
): Promise<Model[]> {
  const { family = 'openai', baseURL } = provider;
  if (family === 'aws') return [];
  const headers = new HeaderList();
  if (family === 'anthropic') headers.set('anthropic-version', '2023-06-01');
  const apiKey = providers[name]?.apiKey;
  if (apiKey) headers.set(...providerKey(provider, family, await resolveSecret(name, apiKey)));
  const url = new URL(baseURL.replace(/\/+$/, '') + PATHS[family]);
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const answer = await transport(url, { method: 'GET', headers, body: undefined, signal });
  if (isOk(answer)) return listed(JSON.parse(new TextDecoder().decode(await answer.bytes(MAX_BYTES))), name);
  await dropBody(answer);
  return [];
}

interface Listed {
  readonly data?: readonly { readonly id?: unknown; readonly created?: unknown }[];
  readonly models?: readonly { readonly name?: unknown }[];
}

function listed({ data = [], models = [] }: Listed, owner: string): Model[] {
  const ids = [
    ...data.map(({ id, created }) => ({ id, created })),
    ...models.map(({ name }) => ({ id: typeof name === 'string' ? name.replace(/^models\//, '') : name, created: 0 })),
  ];
  return ids.flatMap(({ id, created }) =>
    typeof id === 'string'
      ? [{ id: `${owner}/${id}`, object: 'model', created: typeof created === 'number' ? created : 0, owned_by: owner }]
      : [],
  );
}
