/** How a server is: each thing that it depends on, asked or remembered. */
import type { LedgerStore } from '../core/ledger.ts';
import type { Gateway } from '../gateway/gateway.ts';
import type { HealthResource } from '../resources/operation.ts';
import type { PriceBook } from '../spend/prices.ts';
import type { ServerState } from '../state/server-state.ts';
import type { Telemetry } from './telemetry.ts';

export interface HealthParts {
  readonly version: string;
  readonly startedAt: number;
  readonly gateway: Gateway;
  /** Where it listens. */
  readonly url: () => string | undefined;
  readonly ledger: LedgerStore;
  readonly state: ServerState;
  readonly telemetry: Telemetry;
  readonly prices: PriceBook;
  /** Of the configuration's last reading, when it was wrong. */
  readonly configError: () => string | undefined;
  readonly now: () => number;
}

type Check = HealthResource['checks'][string];

const DAY = 86_400_000;
const LEDGER_TIMEOUT_MS = 2_000;

export async function healthOf(parts: HealthParts): Promise<HealthResource> {
  const { gateway, version, startedAt } = parts;
  const checks = {
    ledger: await ledgerCheck(parts.ledger),
    state: stateCheck(parts.state),
    exporter: exporterCheck(parts.telemetry),
    prices: priceCheck(parts.prices, parts.now()),
    config: configCheck(parts.configError()),
  };
  return {
    status: statusOf(checks),
    version,
    started_at: new Date(startedAt).toISOString(),
    gateway_url: parts.url(),
    open_calls: gateway.stats.open,
    observer_failures: gateway.stats.observerFailures,
    checks,
  };
}

/** Whether calls can be taken: without its ledger a server refuses under a cap, and what the state last said still holds. */
export async function readiness({ ledger, state }: Pick<HealthParts, 'ledger' | 'state'>): Promise<{
  readonly ok: boolean;
  readonly checks: Record<'ledger' | 'state', 'ok' | 'failed'>;
}> {
  const [money, documents] = [await ledgerCheck(ledger), stateCheck(state)];
  const said = ({ status }: Check): 'ok' | 'failed' => (status === 'ok' ? 'ok' : 'failed');
  return { ok: money.status === 'ok', checks: { ledger: said(money), state: said(documents) } };
}

/** Prices grow old by themselves, and nothing works worse for it today. */
function statusOf({ prices: _prices, ...checks }: Readonly<Record<string, Check>>): HealthResource['status'] {
  const said = Object.values(checks).map(({ status }) => status);
  if (said.includes('failed')) return 'failed';
  return said.includes('warning') ? 'degraded' : 'ok';
}

const rounded = (ms: number): number => Math.round(ms * 10) / 10;

async function ledgerCheck(ledger: LedgerStore): Promise<Check> {
  const began = performance.now();
  const latency = (): number => rounded(performance.now() - began);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(reject, LEDGER_TIMEOUT_MS);
  });
  try {
    await Promise.race([ledger.read(['health']), late]);
    return { status: 'ok', latency_ms: latency() };
  } catch {
    return {
      status: 'failed',
      detail: 'The ledger does not answer: calls under a cap are refused.',
      latency_ms: latency(),
    };
  } finally {
    clearTimeout(timer);
  }
}

function stateCheck({ health }: ServerState): Check {
  if (health.ok) return { status: 'ok', latency_ms: rounded(health.latencyMs ?? 0) };
  return {
    status: 'failed',
    detail: 'The store of keys and policies does not answer: those known last hold, and nothing can be changed.',
  };
}

function exporterCheck({ exporter }: Telemetry): Check {
  if (exporter === undefined) return { status: 'off', detail: 'No traces are exported.' };
  if (exporter.failed === 0) return { status: 'ok' };
  return { status: 'warning', detail: `${exporter.failed} batches did not arrive: ${exporter.lastFailure}` };
}

function priceCheck(prices: PriceBook, now: number): Check {
  const days = Math.floor((now - Date.parse(prices.asOf)) / DAY);
  const detail = `Prices of ${prices.asOf}, ${days} days old.`;
  return prices.isStale(now) ? { status: 'warning', detail } : { status: 'ok', detail };
}

function configCheck(error: string | undefined): Check {
  if (error === undefined) return { status: 'ok' };
  return { status: 'warning', detail: `The configuration was changed and is wrong; the one before holds. ${error}` };
}
