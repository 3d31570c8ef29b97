/** `GET /ready`: whether requests should be sent here. */
import { type HttpAnswer, jsonAnswer } from '../http/http-answer.ts';

export interface Readiness {
  readonly ok: boolean;
  /** Shown to anybody who asks: names and states, no secrets. */
  readonly checks?: Readonly<Record<string, unknown>> | undefined;
}

const TIMEOUT_MS = 5_000;

/** One look at a time, however many ask: nobody needs a key for it. */
export function readinessCheck(look?: () => Promise<Readiness>): (draining: boolean) => Promise<HttpAnswer> {
  let looking: Promise<Readiness> | undefined;
  return async (draining) => {
    if (draining) return jsonAnswer({ status: 'draining' }, 503);
    looking ??= inTime(look).finally(() => {
      looking = undefined;
    });
    const { ok, checks } = await looking;
    return jsonAnswer({ status: ok ? 'ok' : 'not_ready', checks }, ok ? 200 : 503);
  };
}

async function inTime(look: (() => Promise<Readiness>) | undefined): Promise<Readiness> {
  if (!look) return { ok: true };
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<Readiness>((resolve) => {
    timer = setTimeout(() => resolve({ ok: false }), TIMEOUT_MS);
  });
  try {
    return await Promise.race([look(), late]);
  } catch {
    return { ok: false };
  } finally {
    clearTimeout(timer);
  }
}
