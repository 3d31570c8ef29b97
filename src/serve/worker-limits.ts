/** What the command has to know of workers before any package of the server is loaded. */
import cluster from 'node:cluster';

/** More would be a mistake of whoever wrote it. */
export const MAX_WORKERS = 128;
/** Set for the processes that a primary of ours starts; others start clusters of programs too. */
export const WORKER_VARIABLE = 'POSTERN_WORKER';

export function isWorker(env: NodeJS.ProcessEnv = process.env): boolean {
  return cluster.isWorker && env[WORKER_VARIABLE] !== undefined;
}
