/** From the providers of a configuration to those of the gateway server, and to what the admin API says of them. */
import { PROVIDER_VARIABLES } from '../dialects/provider-variables.ts';
import { PROVIDERS, routeName } from '../dialects/providers.ts';
import type { ProviderResource } from '../resources/operation.ts';
import { checkProviderURL } from '../server/guarded-fetch.ts';
import type { CustomProvider, GatewayServerOptions, ServerProvider } from '../server/index.ts';
import { readSecret, type SecretRef } from '../server/secret.ts';
import type { ReadConfig } from './config.ts';

type ProviderConfig = NonNullable<ReadConfig['providers']>[string];
type CustomConfig = NonNullable<ReadConfig['custom_providers']>[string];
type HasHost = Pick<ProviderConfig, 'base_url' | 'allow_private'>;

export interface ServerProviders {
  readonly providers: NonNullable<GatewayServerOptions['providers']>;
  readonly customProviders: NonNullable<GatewayServerOptions['customProviders']>;
}

/** @throws GatewayError `invalid_option` for a URL that is not https on the public internet, and not said to be private */
export function serverProviders(config: ReadConfig, env: NodeJS.ProcessEnv): ServerProviders {
  const { providers = providersIn(env), custom_providers: custom = {} } = config;
  checkHosts(providers, 'providers');
  checkHosts(custom, 'custom_providers');
  return { providers: mapped(providers, builtIn), customProviders: mapped(custom, customProvider) };
}

/** Those whose keys the environment holds; each needs a base URL of its own where the table has a pattern. */
function providersIn(env: NodeJS.ProcessEnv): Record<string, ProviderConfig> {
  const found = PROVIDER_VARIABLES.flatMap(({ name, keys }): [string, ProviderConfig][] => {
    const key = keys.find((variable) => env[variable]?.trim());
    const provider = PROVIDERS.find((one) => one.name === name && !one.baseURL.includes('*'));
    return key && provider ? [[routeName(provider), { api_key: `env:${key}` }]] : [];
  });
  return Object.fromEntries(found);
}

/** Addresses of this machine or network that the configuration means to reach; those of local models stand in the table. */
export function privateHosts({ providers = {}, custom_providers: custom = {}, upstream }: ReadConfig): string[] {
  const local = Object.entries(providers).flatMap(([name, { base_url }]) => {
    const known = PROVIDERS.find((one) => routeName(one) === name)?.baseURL ?? '';
    return base_url === undefined && known.startsWith('http:') ? [known] : [];
  });
  const said = [...Object.values(providers), ...Object.values(custom), ...(upstream ? [upstream] : [])].flatMap(
    ({ base_url, allow_private }) => (allow_private && base_url !== undefined ? [base_url] : []),
  );
  return [...local, ...said].map((url) => new URL(url).hostname);
}

/** As the admin API lists them: whether a key is found, never the key. */
export async function providerResources(
  { providers, customProviders }: ServerProviders,
  basePath = '',
): Promise<ProviderResource[]> {
  const listed = Object.entries(providers).map(([name, own]) => {
    const baseURL = own.baseURL ?? PROVIDERS.find((one) => routeName(one) === name)?.baseURL ?? '';
    return { name, kind: 'built-in' as const, base_url: baseURL, path: `${basePath}/${name}`, key: own.apiKey };
  });
  const custom = Object.entries(customProviders).map(([name, { baseURL, model, apiKey }]) => {
    const path = `${basePath}/providers/${encodeURIComponent(name)}/v1`;
    return { name, kind: 'custom' as const, base_url: baseURL, path, model, key: apiKey };
  });
  return Promise.all(
    [...listed, ...custom].map(async ({ key, ...rest }) =>
      key === undefined ? rest : { ...rest, key, key_found: (await readSecret(key)) !== undefined },
    ),
  );
}

function builtIn({ base_url, api_key, stream_usage, abort }: ProviderConfig): ServerProvider {
  return {
    ...(base_url === undefined ? {} : { baseURL: base_url }),
    ...(stream_usage === undefined ? {} : { streamUsage: stream_usage }),
    ...(abort === undefined ? {} : { abort }),
    apiKey: api_key as SecretRef | undefined,
  };
}

function customProvider({ model, operations, headers, provider, ...host }: CustomConfig): CustomProvider {
  return { ...builtIn(host), baseURL: host.base_url, model, operations, headers, provider };
}

function checkHosts(hosts: Readonly<Record<string, HasHost>>, option: string): void {
  for (const [name, { base_url, allow_private }] of Object.entries(hosts)) {
    if (base_url !== undefined) checkProviderURL(`${option}.${name}.base_url`, base_url, allow_private);
  }
}

function mapped<T, U>(record: Readonly<Record<string, T>>, make: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, make(value)]));
}
