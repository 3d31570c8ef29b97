/**
 * One of several processes that hammer the same accounts: `worker.ts <spec> <seed> <admissions> <in flight>`. Tells at its
 * end what its calls really cost, as the books must say too.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type LedgerSpec, openLedger } from '../support/open-ledger.ts';

export const LIMIT = 300_000;
export const SHARED = 'org|all|lifetime';

export interface HammerResult {
  readonly admitted: number;
  readonly refused: number;
  readonly spent: number;
  readonly seconds: number;
}

async function hammer(spec: LedgerSpec, seed: number, admissions: number, inFlight: number): Promise<HammerResult> {
  const { ledger, close } = await openLedger(spec);
  let state = (seed * 2_654_435_761) >>> 0 || 1;
  const random = (below: number): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state % below;
  };
  const result = { admitted: 0, refused: 0, spent: 0, seconds: 0 };
  let calls = 0;
  const started = performance.now();
  const own = `user|${seed}|lifetime`;
  const caller = async (): Promise<void> => {
    while (calls < admissions) {
      const id = `${seed}:${calls++}`;
      const amount = 1 + random(200);
      const lines = [SHARED, own].map((account) => ({ account, limit: LIMIT, amount, enforce: true }));
      // Some name the accounts in the other order, which must not lock anybody out.
      if (random(2) === 0) lines.reverse();
      const { ok } = await ledger.reserve({ id, lines, expiresAt: Date.now() + 600_000 });
      if (!ok) {
        result.refused++;
        await sleep(1);
        continue;
      }
      result.admitted++;
      const total = amount + random(20);
      if (random(4) === 0) await ledger.extend(id, total, Date.now() + 600_000);
      if (random(10) === 0) {
        await ledger.release(id);
        continue;
      }
      const cost = random(amount + 1);
      result.spent += cost;
      await ledger.settle(id, cost, {
        provider: 'p',
        model: `m${seed}`,
        inputTokens: 1,
        outputTokens: 1,
        at: Date.now(),
      });
    }
  };
  await Promise.all(Array.from({ length: inFlight }, caller));
  await ledger.flush?.();
  result.seconds = (performance.now() - started) / 1_000;
  await close();
  return result;
}

if (import.meta.main) {
  const [spec, seed, admissions, inFlight] = process.argv.slice(2);
  const result = await hammer(JSON.parse(spec!) as LedgerSpec, Number(seed), Number(admissions), Number(inFlight));
  console.log(JSON.stringify(result));
  process.exit(0);
}
