/** `postern/server`: a gateway server of parts that an app has, or whole from a configuration. */
import type { ServeOptions, Serving } from './assemble.ts';
import type { ServeConfig } from './config.ts';
import { serverParts } from './server-parts.ts';

export type {
  Actor,
  AuditEntry,
  AuditRecord,
  StateDocument,
  StateHead,
  StateKind,
  StateStore,
  StateWrite,
} from '../core/state.ts';
export * from '../server/index.ts';
export type { Reloaded, ServeOptions, Serving } from './assemble.ts';
export type { ServeConfig } from './config.ts';
export type { LoadedConfig } from './load-config.ts';

/** For `postern.config.ts`: gives back what it is given, checked by the compiler. */
export function defineConfig(config: ServeConfig): ServeConfig {
  return config;
}

/**
 * What `postern serve` runs, without the process around it: `(await openServer(config)).listen()`. Paths are relative to `folder`, by default
 * the working directory.
 * @throws GatewayError that names the field of the configuration, or says which store does not answer
 */
export async function openServer(
  config: ServeConfig = {},
  { folder = process.cwd(), ...options }: ServeOptions & { readonly folder?: string | undefined } = {},
): Promise<Serving> {
  const { assemble, checkConfig, readConfig } = await serverParts();
  const loaded = await readConfig(config, undefined, folder);
  await checkConfig(loaded, options.env ?? process.env);
  return assemble(loaded, options);
}
