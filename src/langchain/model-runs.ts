/**
 * Which model runs LangChain has open, by the run around them. While it has one, its tracers tell of the call with its tokens, though
 * the run is not active when the request leaves: only the run around it is.
 */
import { LRUCache } from 'lru-cache';

/** Runs that are open at once. */
export const MAX_OPEN_RUNS = 10_000;

/** Ids of runs are unique over all gateways of a process. */
const openBelow = new LRUCache<string, number>({ max: MAX_OPEN_RUNS });

/** Returns the function that ends it; without a run around it there is nothing to note. */
export function openModelRun(around: string | undefined): () => void {
  if (around === undefined) return () => {};
  openBelow.set(around, (openBelow.get(around) ?? 0) + 1);
  return () => {
    const left = (openBelow.get(around) ?? 0) - 1;
    if (left > 0) openBelow.set(around, left);
    else openBelow.delete(around);
  };
}

export const hasModelRun = (around: string | undefined): boolean => around !== undefined && openBelow.has(around);
