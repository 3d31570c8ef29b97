/**
 * One Postern server as a process: `capped-server.ts <settings>`. Tells the process that started it where it listens, and what becomes of
 * each hold, so that the test can do the sums of the published guarantee. Ends on SIGTERM, when what is in flight has ended.
 */
import type { LedgerStore } from '../../../src/core/ledger.ts';
import { createGateway, spendCap } from '../../../src/index.ts';
import { createGatewayServer } from '../../../src/server/index.ts';
import { type LedgerSpec, openLedger } from '../../stores/support/open-ledger.ts';
import { PRICES } from './billing-provider.ts';

export interface ServerSettings {
  readonly ledger: LedgerSpec;
  readonly providerURL: string;
  readonly reserve: 'strict' | 'estimate';
  readonly limitUsd: string;
  readonly holdTtlMs: number;
}

export const CAP = { name: 'shared', window: 'lifetime' } as const;
/** The id of the call, which stands in the books as its session. */
export const CALL_HEADER = 'x-test-call';

export type ServerMessage =
  | { readonly type: 'listening'; readonly url: string }
  /** Said before the ledger is asked, so that it is known of a process that is killed meanwhile. */
  | { readonly type: 'settling'; readonly session: string; readonly overrun: number }
  | { readonly type: 'settled'; readonly session: string };

const tell = (message: ServerMessage): void => void process.send?.(message);

/** The same ledger, and what it is told. */
function watched(ledger: LedgerStore): LedgerStore {
  const held = new Map<string, number>();
  return Object.assign(Object.create(ledger) as LedgerStore, {
    reserve: (reservation) => {
      held.set(reservation.id, reservation.lines[0]?.amount ?? 0);
      return ledger.reserve(reservation);
    },
    extend: async (id, total, expiresAt) => {
      const result = await ledger.extend(id, total, expiresAt);
      if (result.ok) held.set(id, Math.max(total, held.get(id) ?? 0));
      return result;
    },
    settle: async (id, nanoUsd, dimensions) => {
      const { session = '' } = dimensions ?? {};
      tell({ type: 'settling', session, overrun: Math.max(0, nanoUsd - (held.get(id) ?? 0)) });
      await ledger.settle(id, nanoUsd, dimensions);
      tell({ type: 'settled', session });
      held.delete(id);
    },
    release: (id) => ledger.release(id),
    read: (accounts) => ledger.read(accounts),
    query: (query) => ledger.query(query),
    flush: async () => ledger.flush?.(),
  } satisfies LedgerStore);
}

async function serve({ ledger: spec, providerURL, reserve, limitUsd, holdTtlMs }: ServerSettings): Promise<void> {
  const { ledger, close } = await openLedger(spec);
  const gateway = createGateway({
    store: watched(ledger),
    prices: PRICES,
    // What a client who left has caused is read to its end, so that the bill is known to the last token.
    providers: [{ name: 'openai', baseURL: providerURL, streamUsage: true, abort: 'drain' }],
    policies: [spendCap({ ...CAP, limitUsd, reserve })],
    holdTtlMs,
  });
  const server = createGatewayServer({
    gateway,
    providers: { openai: { baseURL: providerURL, abort: 'drain' } },
    authenticate: ({ headers }) => ({ session: headers.get(CALL_HEADER) ?? undefined }),
  });
  const { url } = await server.listen({ port: 0 });
  tell({ type: 'listening', url });
  await new Promise((resolve) => process.once('SIGTERM', resolve));
  await server.close();
  await close();
}

if (import.meta.main) {
  await serve(JSON.parse(process.argv[2]!) as ServerSettings);
  process.exit(0);
}
