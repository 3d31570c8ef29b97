/** Waiting that ends when the client goes away: it waits for our promise, so a signal that is ignored would delay its timeout. */

/** @throws the signal's reason, after `left` was told; whoever made the promise still has to end what it stands for */
export function raceSignal<Value>(
  work: Promise<Value>,
  signal: AbortSignal | undefined,
  left: (reason: unknown) => void,
): Promise<Value> {
  if (!signal) return work;
  // One promise, and no race of two: each call comes here twice.
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      left(signal.reason);
      reject(signal.reason as Error);
    };
    const settled = (): void => signal.removeEventListener('abort', onAbort);
    work.then(
      (value) => {
        settled();
        resolve(value);
      },
      (error: unknown) => {
        settled();
        reject(error as Error);
      },
    );
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
}
