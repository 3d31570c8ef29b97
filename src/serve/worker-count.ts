/** How many processes take the calls of a server, and whether its store is one that they can share. */
import { availableParallelism } from 'node:os';
import { GatewayError } from '../errors.ts';
import type { ReadConfig } from './config.ts';

/** `auto` is what the system says that this process may use. */
export function workerCount({ server: { workers } }: ReadConfig, cores: () => number = availableParallelism): number {
  return workers === 'auto' ? Math.max(1, cores()) : workers;
}

/** @throws GatewayError `invalid_option`: each process would have books, keys and limits of its own */
export function checkWorkers(config: ReadConfig, cores?: () => number): void {
  const { workers } = config.server;
  const count = workerCount(config, cores);
  if (count === 1 || config.store.kind !== 'memory') return;
  const came = workers === 'auto' ? `"auto", which is ${count} here` : String(count);
  throw new GatewayError(
    'invalid_option',
    `server.workers must be 1 with store.kind "memory", which each process has for itself, got ${came}. Use sqlite, redis or postgres.`,
    { param: 'server.workers' },
  );
}
