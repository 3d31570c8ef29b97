/** What a process that serves is told from outside, by signals. Knows no server. */

export interface Signals {
  /** Called at each SIGHUP, one after another. */
  onHangup(act: () => Promise<void>): void;
  /** At the first SIGTERM or SIGINT. A second one ends the process at once. */
  readonly ended: Promise<void>;
  stop(): void;
}

/** @param atOnce what is done before the process ends at once */
export function listenToSignals(target: NodeJS.Process = process, atOnce = (): void => {}): Signals {
  let act = async (): Promise<void> => {};
  let acting = Promise.resolve();
  let end = (): void => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  let isEnding = false;
  const onHangup = (): void => {
    acting = acting.then(() => act());
  };
  const onEnd = (): void => {
    if (isEnding) {
      atOnce();
      target.exit(1);
    }
    isEnding = true;
    end();
  };
  target.on('SIGHUP', onHangup).on('SIGTERM', onEnd).on('SIGINT', onEnd);
  return {
    ended,
    onHangup(given) {
      act = given;
    },
    stop: () => void target.off('SIGHUP', onHangup).off('SIGTERM', onEnd).off('SIGINT', onEnd),
  };
}
