/** What changes by itself: polled resources, the clock, whether somebody looks. */
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { messageOf } from './api.ts';
import { useSession } from './session.ts';

export interface Live<T> {
  /** The last that came, also while newer ones do not. */
  readonly data: T | undefined;
  /** Why the last attempt brought nothing. */
  readonly error: string | undefined;
  /** When `data` came. */
  readonly at: number | undefined;
  refresh(): void;
}

interface State<T> {
  readonly path: string;
  readonly data: T | undefined;
  readonly error: string | undefined;
  readonly at: number | undefined;
}

/** A server that did not answer is asked again also where nothing is polled. */
const RETRY_MS = 5_000;

/** Asks again every `everyMs` (0: only when told to) while the page is visible. */
export function useLive<T>(path: string | undefined, everyMs = 0): Live<T> {
  const { api } = useSession();
  const [state, setState] = useState<State<T> | undefined>(undefined);
  const ask = useRef(() => {});
  useEffect(() => {
    if (path === undefined) return;
    const gone = new AbortController();
    let timer = 0;
    let asking = false;
    let again = false;
    const run = async (): Promise<void> => {
      clearTimeout(timer);
      // What is asked for meanwhile may have changed after the server answered.
      again = asking;
      if (asking || gone.signal.aborted) return;
      asking = true;
      let nextMs = everyMs;
      try {
        const data = await api.get<T>(path, gone.signal);
        if (!gone.signal.aborted) setState({ path, data, error: undefined, at: Date.now() });
      } catch (error) {
        nextMs ||= RETRY_MS;
        if (!gone.signal.aborted)
          setState((before) => ({
            ...(before?.path === path ? before : { path, data: undefined, at: undefined }),
            error: messageOf(error),
          }));
      }
      asking = false;
      if (again) run();
      else if (nextMs > 0 && !document.hidden && !gone.signal.aborted) timer = window.setTimeout(run, nextMs);
    };
    const onVisible = (): void => {
      if (document.hidden) clearTimeout(timer);
      else if (everyMs > 0) run();
    };
    ask.current = run;
    run();
    document.addEventListener('visibilitychange', onVisible);
    return () => {
      gone.abort();
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', onVisible);
    };
  }, [api, path, everyMs]);
  const refresh = useCallback(() => ask.current(), []);
  // Figures of another question are not an answer to this one.
  const isMine = state?.path === path;
  return {
    data: isMine ? state?.data : undefined,
    error: isMine ? state?.error : undefined,
    at: isMine ? state?.at : undefined,
    refresh,
  };
}

/** The clock, in steps. */
export function useNow(everyMs = 1_000): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}

/** Width of an element, as it changes. */
export function useWidth(): readonly [(element: HTMLElement | null) => void, number] {
  const [width, setWidth] = useState(0);
  const observer = useRef<ResizeObserver | undefined>(undefined);
  const ref = useCallback((element: HTMLElement | null) => {
    observer.current?.disconnect();
    if (!element) return;
    observer.current = new ResizeObserver(([entry]) => setWidth(Math.floor(entry!.contentRect.width)));
    observer.current.observe(element);
  }, []);
  return [ref, width];
}

/** Runs something that changes the server, and says whether it is at it and what went wrong. */
export function useDoing(): {
  readonly busy: boolean;
  readonly error: unknown;
  run(work: () => Promise<void>): Promise<void>;
} {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(undefined);
  const run = async (work: () => Promise<void>): Promise<void> => {
    setBusy(true);
    setError(undefined);
    try {
      await work();
    } catch (cause) {
      setError(cause);
    } finally {
      setBusy(false);
    }
  };
  return { busy, error, run };
}
