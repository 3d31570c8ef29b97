/** Waiting that ends when the client goes away: it waits for our promise, so a signal that is ignored would delay its timeout. */

/** @throws the signal's reason, after `left` was told; whoever made the promise still has to end what it stands for */
export async function raceSignal<Value>(
  work: Promise<Value>,
  signal: AbortSignal | undefined,
  left: (reason: unknown) => void,
): Promise<Value> {
  if (!signal) return work;
  let onAbort: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => {
      left(signal.reason);
      reject(signal.reason as unknown);
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    if (onAbort) signal.removeEventListener('abort', onAbort);
  }
}
