/** `postern/server`: a gateway server of parts that an app has, or whole from a configuration. */
import { GatewayError } from '../errors.ts';
import type { ServeOptions, Serving } from './assemble.ts';
import type { ServeConfig } from './config.ts';

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

/** Loaded when they are asked for: an app that makes its server of parts needs none of their packages. @throws GatewayError `not_supported` */
export async function serverParts() {
  try {
    const [{ assemble }, { checkConfig }, { loadConfig, readConfig }] = await Promise.all([
      import('./assemble.ts'),
      import('./check-config.ts'),
      import('./load-config.ts'),
    ]);
    return { assemble, checkConfig, loadConfig, readConfig };
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const [, missing] = /'((?:hono|undici|yaml|zod))/.exec(message) ?? [];
    if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND') throw cause;
    throw new GatewayError(
      'not_supported',
      `A configured server needs packages that were left out${missing === undefined ? '' : ` (${missing})`}: npm install hono undici yaml zod`,
      { cause },
    );
  }
}
