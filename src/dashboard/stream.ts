/** Events as they happen, over a `fetch` that carries the token, which an `EventSource` cannot. Comes back by itself. */
import type { EventResource } from '../resources/operation.ts';
import { type Api, ApiProblem, query } from './api.ts';

export type StreamState = 'connecting' | 'open' | 'lost';

export interface Follow {
  readonly api: Api;
  /** Ends it. */
  readonly signal: AbortSignal;
  onEvent(event: EventResource): void;
  onState(state: StreamState): void;
}

/** The server sends a comment every 15 seconds. */
const SILENCE_MS = 45_000;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 10_000;

/** Follows from `after`, for as long as it is not ended and somebody looks: a tab in the background holds no connection. */
export async function followEvents(after: number, { api, signal, onEvent, onState }: Follow): Promise<void> {
  let last = after;
  let wait = FIRST_WAIT_MS;
  const onLine = (event: EventResource): void => {
    last = event.id;
    onEvent(event);
  };
  while (!signal.aborted) {
    await visible(signal);
    if (signal.aborted) return;
    try {
      onState('connecting');
      await connect(api, last, signal, onLine, () => {
        wait = FIRST_WAIT_MS;
        onState('open');
      });
    } catch (error) {
      if (error instanceof ApiProblem && error.status === 401) return;
    }
    if (signal.aborted || document.hidden) continue;
    onState('lost');
    await pause(wait, signal);
    wait = Math.min(LONGEST_WAIT_MS, wait * 2);
    last = await resumeFrom(api, last, signal);
  }
}

/** Returns when the stream has ended. */
async function connect(
  api: Api,
  last: number,
  signal: AbortSignal,
  onLine: (event: EventResource) => void,
  onOpen: () => void,
): Promise<void> {
  const own = new AbortController();
  const stop = (): void => own.abort();
  const onHidden = (): void => {
    if (document.hidden) own.abort();
  };
  let watchdog = setTimeout(stop, SILENCE_MS);
  signal.addEventListener('abort', stop);
  document.addEventListener('visibilitychange', onHidden);
  try {
    const response = await api.open('v1/events/stream', {
      signal: own.signal,
      headers: { accept: 'text/event-stream', 'last-event-id': String(last) },
    });
    onOpen();
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    for (let { done, value } = await reader.read(); !done; { done, value } = await reader.read()) {
      clearTimeout(watchdog);
      watchdog = setTimeout(stop, SILENCE_MS);
      const blocks = (text + value).split('\n\n');
      text = blocks.pop()!;
      for (const block of blocks) {
        const data = /^data: ?(.*)$/m.exec(block)?.[1];
        if (data !== undefined) onLine(JSON.parse(data) as EventResource);
      }
    }
  } finally {
    own.abort();
    clearTimeout(watchdog);
    signal.removeEventListener('abort', stop);
    document.removeEventListener('visibilitychange', onHidden);
  }
}

/** A server that was started anew counts from the beginning: then all that it remembers is new. */
async function resumeFrom(api: Api, last: number, signal: AbortSignal): Promise<number> {
  try {
    const { latest } = await api.get<{ latest: number }>(`v1/events${query({ limit: 1 })}`, signal);
    return latest < last ? 0 : last;
  } catch {
    return last;
  }
}

function visible(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (document.hidden && !signal.aborted) return;
      document.removeEventListener('visibilitychange', look);
      signal.removeEventListener('abort', look);
      resolve();
    };
    document.addEventListener('visibilitychange', look);
    signal.addEventListener('abort', look);
    look();
  });
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
