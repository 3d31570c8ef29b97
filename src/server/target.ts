/** From a route to the host, key and model that a request is sent with. */
import type { Provider } from '../dialects/dialect.ts';
import { GatewayError } from '../errors.ts';
import type { Target } from '../http/handle.ts';
import type { GatewayServerOptions } from './options.ts';
import { PROVIDER_ROUTES, type Route } from './routes.ts';
import { resolveSecret } from './secret.ts';

/** Nothing else of a client's request goes to a provider: an allow-list holds against headers nobody thought of. */
const FORWARDED = [
  'accept',
  'content-type',
  'content-encoding',
  'user-agent',
  'idempotency-key',
  'openai-beta',
  'openai-organization',
  'openai-project',
];

type ProviderRoute = Exclude<Route, { kind: 'health' }>;

/** @throws GatewayError `unknown_model`, `not_found`, `provider_key_missing` */
export async function targetFor(
  route: ProviderRoute,
  model: string | undefined,
  headers: Headers,
  builtIn: readonly Provider[],
  options: GatewayServerOptions,
): Promise<Target> {
  if (route.kind === 'custom') return customTarget(route.name, route.operation, headers, options);
  if (route.kind === 'provider') return providerTarget(route.name, route.operation, headers, builtIn, options);
  const [name, rest] = unified(model);
  return { ...(await providerTarget(name, route.operation, headers, builtIn, options)), model: rest };
}

/** The client's own key never goes to a custom provider: it was not given to that host. */
async function customTarget(
  name: string,
  operation: string,
  headers: Headers,
  { customProviders = {} }: GatewayServerOptions,
): Promise<Target> {
  const config = Object.hasOwn(customProviders, name) ? customProviders[name] : undefined;
  if (!config) throw new GatewayError('not_found', 'No custom provider of that name is configured.', { param: 'path' });
  const { apiKey, headers: own = {}, model, provider = name, ...host } = config;
  const sent = forwarded(headers);
  for (const [header, value] of Object.entries(own)) sent.set(header, value);
  if (apiKey) sent.set('authorization', `Bearer ${await resolveSecret(name, apiKey)}`);
  return { provider: { ...host, name: provider }, url: urlAt(host.baseURL, operation), headers: sent, model };
}

async function providerTarget(
  name: string,
  operation: string,
  headers: Headers,
  builtIn: readonly Provider[],
  { providers = {} }: GatewayServerOptions,
): Promise<Target> {
  const { apiKey, ...host } = providers[name] ?? {};
  const provider: Provider = { ...builtIn.find((known) => known.name === name)!, ...host };
  const sent = forwarded(headers);
  const authorization = apiKey ? `Bearer ${await resolveSecret(name, apiKey)}` : headers.get('authorization');
  if (authorization !== null) sent.set('authorization', authorization);
  return { provider, url: urlAt(provider.baseURL, operation), headers: sent };
}

const forwarded = (headers: Headers): Headers => new Headers([...headers].filter(([name]) => FORWARDED.includes(name)));
const urlAt = (baseURL: string, operation: string): URL => new URL(baseURL.replace(/\/+$/, '') + operation);

/** `openai/gpt-4o`: what stands before the first slash is the provider. */
function unified(model: string | undefined): [provider: string, model: string] {
  const [name = '', ...rest] = model?.split('/') ?? [];
  if (PROVIDER_ROUTES.includes(name) && rest.join('') !== '') return [name, rest.join('/')];
  const known = PROVIDER_ROUTES.join(', ');
  throw new GatewayError(
    'unknown_model',
    `"model" must name its provider first, as in "openai/gpt-4o"; known providers: ${known}.`,
    { param: 'model' },
  );
}
