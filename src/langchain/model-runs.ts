/**
 * Which model runs LangChain has open, by the run around them. While it has one, its tracers tell of the call with its tokens, though
 * the run is not active when the request leaves: only the run around it is.
 */
import { MAX_OPEN_RUNS } from './open-runs.ts';

/** Ids of runs are unique over all gateways of a process. */
const openBelow = new Map<string, number>();

/** Returns the function that ends it; without a run around it there is nothing to note. */
export function openModelRun(around: string | undefined): () => void {
  if (around === undefined) return () => {};
  const open = openBelow.get(around) ?? 0;
  // The last that was opened is the last to go.
  openBelow.delete(around);
  if (openBelow.size >= MAX_OPEN_RUNS) openBelow.delete(openBelow.keys().next().value!);
  openBelow.set(around, open + 1);
  return () => {
    const left = (openBelow.get(around) ?? 0) - 1;
    if (left > 0) openBelow.set(around, left);
    else openBelow.delete(around);
  };
}

export const hasModelRun = (around: string | undefined): boolean => around !== undefined && openBelow.has(around);
