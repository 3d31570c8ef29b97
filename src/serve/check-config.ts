/** Looks at a configuration as far as that goes without opening anything: whether policies can be made, keys are found, URLs are fit. */
import { resolve } from 'node:path';
import { PROVIDERS } from '../dialects/providers.ts';
import { GatewayError, isOwnError } from '../errors.ts';
import { checkPolicy } from '../resources/policy-factory.ts';
import { checkServerOptions } from '../server/options.ts';
import { readSecret, whyMissing } from '../server/secret.ts';
import type { LoadedConfig } from './load-config.ts';
import { serverProviders } from './providers.ts';
import { checkWorkers } from './worker-count.ts';

export interface CheckedConfig {
  /** Providers whose keys are found, by their names in paths. */
  readonly providers: readonly string[];
  /** Where money, keys and policies are kept, without credentials. */
  readonly store: string;
  /** What will not hold the server up, and is hardly meant so. */
  readonly warnings: readonly string[];
}

/** @throws GatewayError `invalid_option` that names what is wrong */
export async function checkConfig(loaded: LoadedConfig, env: NodeJS.ProcessEnv): Promise<CheckedConfig> {
  const { config, policies } = loaded;
  checkWorkers(config);
  for (const { body } of policies) checkPolicy(body);
  const { providers, customProviders } = serverProviders(config, env);
  const { base_path: basePath, hosts, customer_headers: customerHeaders } = config.server;
  inOurSpelling(() => checkServerOptions({ providers, customProviders, basePath, hosts, customerHeaders }, PROVIDERS));
  const found: string[] = [];
  const warnings: string[] = [];
  for (const [name, { apiKey }] of [...Object.entries(providers), ...Object.entries(customProviders)]) {
    if (apiKey === undefined) continue;
    if ((await readSecret(apiKey)) !== undefined) found.push(name);
    else warnings.push(`No key for provider "${name}": ${whyMissing(apiKey)}.`);
  }
  return { providers: found, store: storeText(loaded), warnings: [...warnings, ...exposures(loaded)] };
}

function storeText({ config: { store }, folder }: LoadedConfig): string {
  if (store.kind === 'sqlite') return resolve(folder, store.path);
  return store.kind === 'memory' ? 'memory: it is forgotten when the server ends' : store.kind;
}

function exposures({ config: { server, admin } }: LoadedConfig): string[] {
  const isLocal = (host: string): boolean => /^(?:127\.\d+\.\d+\.\d+|::1|localhost)$/.test(host);
  const tokens = admin.tokens?.length ?? 0;
  return [
    ...(admin.enabled && !isLocal(admin.host) && tokens === 0
      ? ['The admin API listens beyond this machine and no token is named in admin.tokens: one is made at each start.']
      : []),
    ...(!isLocal(server.host) && server.auth === 'open'
      ? ['server.auth is "open": whoever reaches this server may call.']
      : []),
  ];
}

/** Options of the server, as they stand in the configuration. */
const SPELLINGS: Readonly<Record<string, string>> = {
  customProviders: 'custom_providers',
  customerHeaders: 'server.customer_headers',
  basePath: 'server.base_path',
  hosts: 'server.hosts',
};

function inOurSpelling(check: () => void): void {
  try {
    check();
  } catch (cause) {
    if (!isOwnError(cause)) throw cause;
    const ours = (text: string): string => text.replace(/^\w+/, (name) => SPELLINGS[name] ?? name);
    throw new GatewayError(cause.code, ours(cause.message), { cause, param: cause.param && ours(cause.param) });
  }
}
