/**
 * A process under a store that comes and goes, or that is killed itself: `worker.ts <spec> <seed> <seconds>`. Says `ack <id>
 * <cost>` as soon as a settle is acknowledged, and at its end what all its calls really cost.
 */
import { writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { isGatewayError } from '../../../src/errors.ts';
import { type LedgerSpec, openLedger } from '../support/open-ledger.ts';

export const ACCOUNT = 'org|all|lifetime';
export const LIMIT = 100_000_000;
/** Of some calls, and soon full: a cap that is passed shows here. */
export const SCARCE_ACCOUNT = 'team|scarce|lifetime';
export const SCARCE_LIMIT = 1_000;
const ONE_IN_SCARCE = 4;
const CALLERS = 16;
const HOLD_MS = 120_000;
const MAX_AMOUNT = 200;
const FLUSHES = 100;

async function work(spec: LedgerSpec, seed: string, seconds: number): Promise<void> {
  const { ledger, close } = await openLedger(spec);
  const end = Date.now() + seconds * 1_000;
  const result = { admitted: 0, unavailable: 0, unacknowledged: 0, slowest: 0, spent: 0, scarceSpent: 0 };
  let calls = 0;
  const timed = async <Answer>(act: () => Answer | Promise<Answer>): Promise<Answer | undefined> => {
    const started = performance.now();
    try {
      return await act();
    } catch (cause) {
      if (!isGatewayError(cause, 'ledger_unavailable')) throw cause;
      return undefined;
    } finally {
      result.slowest = Math.max(result.slowest, performance.now() - started);
    }
  };
  const caller = async (): Promise<void> => {
    while (Date.now() < end) {
      const id = `${seed}:${calls++}`;
      const amount = 1 + Math.floor(Math.random() * MAX_AMOUNT);
      const scarce = calls % ONE_IN_SCARCE === 0;
      const lines = [
        { account: ACCOUNT, limit: LIMIT, amount, enforce: true },
        ...(scarce ? [{ account: SCARCE_ACCOUNT, limit: SCARCE_LIMIT, amount, enforce: true }] : []),
      ];
      const reserved = await timed(() => ledger.reserve({ id, lines, expiresAt: Date.now() + HOLD_MS }));
      if (!reserved?.ok) {
        if (!reserved) {
          result.unavailable++;
          // As the pipeline does: the answer may have been lost on its way, with the money held.
          await timed(() => ledger.release(id));
        }
        await sleep(5);
        continue;
      }
      result.admitted++;
      await sleep(Math.random() * 4);
      const cost = Math.floor(Math.random() * (amount + 1));
      result.spent += cost;
      if (scarce) result.scarceSpent += cost;
      const row = { provider: 'p', model: 'm', session: id, inputTokens: 1, outputTokens: 1, at: Date.now() };
      const booked = await timed(async () => {
        await ledger.settle(id, cost, row);
        return true;
      });
      if (booked) say(`ack ${id} ${cost}`);
      else result.unacknowledged++;
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
  // What could not be told is told by and by.
  for (let round = 0; round < FLUSHES; round++) {
    await ledger.flush?.();
    await sleep(50);
  }
  say(`end ${JSON.stringify(result)}`);
  await close().catch(() => undefined);
}

/** At once, so that it is said when the process is killed after it; the pipe may be full for a moment. */
function say(text: string): void {
  for (;;) {
    try {
      writeSync(1, `${text}\n`);
      return;
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'EAGAIN') throw cause;
    }
  }
}

if (import.meta.main) {
  const [spec, seed, seconds] = process.argv.slice(2);
  await work(JSON.parse(spec!) as LedgerSpec, seed!, Number(seconds));
  process.exit(0);
}
