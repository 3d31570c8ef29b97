/** The parts of a configured server, and what to do where their packages were left out. Loads none of them by itself. */
import { GatewayError } from '../errors.ts';

/** Loaded when they are asked for: an app that makes its server of parts needs none of their packages. @throws GatewayError `not_supported` */
export async function serverParts() {
  try {
    const [
      { assemble },
      { assembleCluster },
      { checkConfig },
      { loadConfig, readConfig },
      { runWorker },
      { workerCount },
    ] = await Promise.all([
      import('./assemble.ts'),
      import('./clustered.ts'),
      import('./check-config.ts'),
      import('./load-config.ts'),
      import('./worker.ts'),
      import('./worker-count.ts'),
    ]);
    return { assemble, assembleCluster, runWorker, checkConfig, loadConfig, readConfig, workerCount };
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
