/** From a route to the host, key and model that a request is sent with. */
import type { ApiFamily, Provider } from '../dialects/dialect.ts';
import { baseFor, routeName } from '../dialects/providers.ts';
import { GatewayError } from '../errors.ts';
import { providerKey } from '../http/credentials.ts';
import type { Target } from '../http/handle.ts';
import type { HeaderList } from '../http/header-list.ts';
import { type Asked, KEY_PARAMETERS } from './client-key.ts';
import type { GatewayServerOptions } from './options.ts';
import { connectionNames, isLoopback } from './request-head.ts';
import type { ServerRoute } from './routes.ts';
import { resolveSecret } from './secret.ts';

/** Nothing else of a client's request goes to a provider: an allow-list holds against headers nobody thought of. */
const FORWARDED: ReadonlySet<string> = new Set([
  ...['accept', 'content-type', 'user-agent', 'idempotency-key', 'http-referer', 'x-title'],
  ...['openai-beta', 'openai-organization', 'openai-project'],
  ...['anthropic-version', 'anthropic-beta'],
  ...['x-goog-api-client', 'x-goog-user-project'],
  ...['accept', 'trace', 'guardrailidentifier', 'guardrailversion', 'performanceconfig-latency', 'service-tier'].map(
    (name) => `x-amzn-bedrock-${name}`,
  ),
]);
type CalledRoute = Extract<ServerRoute, { path: string }>;

/** @throws GatewayError `unknown_model`, `not_found`, `not_supported`, `provider_key_missing` */
export async function targetFor(
  route: CalledRoute,
  model: string | undefined,
  asked: Asked,
  builtIn: readonly Provider[],
  options: GatewayServerOptions,
): Promise<Target> {
  if (route.kind === 'custom') return customTarget(route.name, route.path, asked, options);
  if (route.kind === 'provider') {
    const provider = configured(route.provider, options);
    const family = route.api?.dialect.family ?? provider.family ?? 'openai';
    return providerTarget(provider, family, provider.baseURL, route.path, asked, builtIn, options);
  }
  const [provider, rest] = named(model, builtIn, options);
  const { family } = route.api.dialect;
  const base = baseFor(provider, family);
  if (base === undefined)
    throw new GatewayError(
      'not_supported',
      `"${routeName(provider)}" does not speak this API; its own is at /${routeName(provider)}.`,
      { param: 'model' },
    );
  return { ...(await providerTarget(provider, family, base, route.path, asked, builtIn, options)), model: rest };
}

/** The client's own key never goes to a custom provider: it was not given to that host. */
async function customTarget(
  name: string,
  path: string,
  asked: Asked,
  { customProviders = {} }: GatewayServerOptions,
): Promise<Target> {
  const config = Object.hasOwn(customProviders, name) ? customProviders[name] : undefined;
  if (!config) throw new GatewayError('not_found', 'No custom provider of that name is configured.', { param: 'path' });
  const { apiKey, headers: own = {}, model, provider = name, operations: _, ...host } = config;
  const sent = forwarded(asked.headers);
  for (const [header, value] of Object.entries(own)) sent.set(header, value);
  const custom: Provider = { ...host, name: provider };
  if (apiKey) sent.set(...providerKey(custom, 'openai', await resolveSecret(name, apiKey)));
  return { provider: custom, url: urlAt(host.baseURL, path, asked), headers: sent, model, pinned: true };
}

async function providerTarget(
  provider: Provider,
  family: ApiFamily,
  baseURL: string,
  path: string,
  asked: Asked,
  builtIn: readonly Provider[],
  { providers = {}, keys }: GatewayServerOptions,
): Promise<Target> {
  const route = routeName(provider);
  if (baseURL.includes('*'))
    throw new GatewayError('not_found', `"${route}" needs its baseURL in the configuration of this server.`, {
      param: 'path',
    });
  const sent = forwarded(asked.headers);
  const apiKey = providers[route]?.apiKey;
  const key = apiKey && providerKey(provider, family, await resolveSecret(route, apiKey));
  if (key) sent.set(...key);
  else for (const name of clientKeys(provider, family)) copy(name, asked.headers, sent);
  const url = urlAt(baseURL, path, asked, key !== undefined);
  if (keys && !hasKey(sent, url, provider, family) && !takesNoKey(route, builtIn)) throw keyMissing(route);
  return { provider, url, headers: sent };
}

function hasKey(sent: HeaderList, { searchParams }: URL, provider: Provider, family: ApiFamily): boolean {
  return (
    clientKeys(provider, family).some((name) => sent.has(name)) || KEY_PARAMETERS.some((name) => searchParams.has(name))
  );
}

/** Ollama and the like, which the table has on this machine. */
function takesNoKey(route: string, builtIn: readonly Provider[]): boolean {
  const known = builtIn.find((provider) => routeName(provider) === route);
  return known !== undefined && isLoopback(new URL(known.baseURL).hostname);
}

function keyMissing(route: string): GatewayError {
  return new GatewayError(
    'provider_key_missing',
    `No key for provider "${route}": this gateway holds none, and the request carries none beside the gateway's own. Set apiKey of "${route}" in the configuration, or send the provider's key in the header that its API has for it.`,
    { param: `providers.${route}.apiKey` },
  );
}

/** The built-in provider with what the configuration says of it. */
export function configured(provider: Provider, { providers = {} }: GatewayServerOptions): Provider {
  const { apiKey: _, ...own } = providers[routeName(provider)] ?? {};
  return { ...provider, ...own };
}

/** Without what `Connection` names, which is of the client's own connection. */
function forwarded(headers: HeaderList): HeaderList {
  const ofConnection = connectionNames(headers);
  return headers.filter((name) => FORWARDED.has(name) && !ofConnection.has(name));
}

/** Where a client's own key may stand: the API's header, or the one for tokens of a login. */
function clientKeys(provider: Provider, family: ApiFamily): string[] {
  return [providerKey(provider, family, '')[0], 'authorization'];
}

function copy(name: string, from: HeaderList, to: HeaderList): void {
  const value = from.get(name);
  if (value !== null) to.set(name, value);
}

/** A client's key in the query is for this server, unless the server has none of its own for the provider. */
function urlAt(baseURL: string, path: string, { search }: Asked, withoutKey = true): URL {
  const url = new URL(baseURL.replace(/\/+$/, '') + path);
  if (search === '') return url;
  url.search = search;
  if (withoutKey) for (const name of KEY_PARAMETERS) url.searchParams.delete(name);
  return url;
}

/** `openai/gpt-4o`: what stands before the first slash is the provider. */
function named(
  model: string | undefined,
  builtIn: readonly Provider[],
  options: GatewayServerOptions,
): [provider: Provider, model: string] {
  const [name = '', ...rest] = model?.split('/') ?? [];
  const provider = builtIn.find((known) => routeName(known) === name);
  if (provider && rest.join('') !== '') return [configured(provider, options), rest.join('/')];
  const known = [...new Set(builtIn.map(routeName))].join(', ');
  throw new GatewayError(
    'unknown_model',
    `"model" must name its provider first, as in "openai/gpt-4o"; known providers: ${known}.`,
    { param: 'model' },
  );
}
