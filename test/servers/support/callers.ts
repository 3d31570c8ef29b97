/** Clients of the servers: whole and streamed calls, some of which leave before the answer, until the cap says that it is reached. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { MAX_TOKENS, MODEL } from './billing-provider.ts';
import { CALL_HEADER } from './capped-server.ts';

/** `cut`: a stream ended with a refusal, because no more of it could be held; `lost`: its server was killed. */
export type CallEnd = 'answered' | 'cut' | 'left' | 'lost' | 'held' | 'reached';

export interface Calls {
  /** Of every call, by its id. */
  readonly ends: Map<string, CallEnd>;
  /** Where each was sent. */
  readonly servers: Map<string, string>;
}

/** Of each eight calls one whole and one streamed one is left, before its answer begins or in the middle of it. */
const ROUND = 8;
const LEFT = [2, 5];
const LONGEST_STAY_MS = 20;
/** No client waits as long as it is told to: holds of a dead server are freed later than a test wants to wait. */
const LONGEST_WAIT_MS = 250;

/**
 * Calls one after the other, until a refusal says that spent money alone stands in the way.
 * @param serverFor where the next call goes; asked before each
 */
export async function callUntilReached(calls: Calls, caller: number, serverFor: () => string): Promise<void> {
  for (let n = 0; ; n++) {
    const id = `call-${caller}-${n}`;
    const server = serverFor();
    calls.servers.set(id, server);
    const { end, waitMs } = await call(server, id, n);
    calls.ends.set(id, end);
    if (end === 'reached') return;
    if (waitMs) await sleep(Math.min(waitMs, LONGEST_WAIT_MS));
  }
}

/** Whether its caller waits for the end of a call's answer. */
export function waits(id: string): boolean {
  return !LEFT.includes(Number(id.slice(id.lastIndexOf('-') + 1)) % ROUND);
}

async function call(server: string, id: string, n: number): Promise<{ end: CallEnd; waitMs?: number }> {
  const leaving = new AbortController();
  try {
    const asked = fetch(`${server}/openai/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', [CALL_HEADER]: id },
      body: JSON.stringify({
        model: MODEL,
        stream: n % 2 === 1,
        max_tokens: MAX_TOKENS,
        messages: [{ role: 'user', content: id }],
      }),
      signal: leaving.signal,
    });
    if (!waits(id)) setTimeout(() => leaving.abort(), n % LONGEST_STAY_MS);
    const response = await asked;
    const text = await response.text();
    if (response.ok) return { end: cutOff(text) ? 'cut' : 'answered' };
    return refusalIn(response, text);
  } catch (error) {
    if (leaving.signal.aborted) return { end: 'left' };
    // The server was killed: undici says `fetch failed` or `terminated`.
    if (error instanceof TypeError) return { end: 'lost' };
    throw error;
  }
}

/** An answer that ended early says why, in its last event. */
function cutOff(text: string): boolean {
  if (text.includes('data: [DONE]') || text.startsWith('{')) return false;
  const last = text.trimEnd().split('\n\n').at(-1)!;
  const { error } = JSON.parse(last.slice(last.indexOf('{'))) as { error: { code: string } };
  expect(error.code).toBeOneOf(['spend_cap_reached', 'spend_held_in_flight']);
  return true;
}

/** Every refusal is one that a client can act on. */
function refusalIn(response: Response, text: string): { end: CallEnd; waitMs?: number } {
  const { error } = JSON.parse(text) as { error: { code: string; details: object; message: string } };
  expect({ status: response.status, code: error.code }, text).toBeOneOf([
    { status: 402, code: 'spend_cap_reached' },
    { status: 429, code: 'spend_held_in_flight' },
  ]);
  expect(error.details).toMatchObject({ policy: 'shared', window: 'lifetime', limit_usd: expect.any(Number) });
  if (response.status === 402) {
    expect(response.headers.get('x-should-retry')).toBe('false');
    return { end: 'reached' };
  }
  const waitMs = Number(response.headers.get('retry-after-ms'));
  expect(waitMs).toBeGreaterThan(0);
  return { end: 'held', waitMs };
}
