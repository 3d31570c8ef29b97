/**
 * A server of several processes: this one has the admin plane and the state, its workers take the calls, and all stand on one store. It is
 * used like a server in one process.
 */
import type { Readiness } from '../admin/parts.ts';
import type { HealthResource } from '../resources/operation.ts';
import { headLines, sampleLine } from '../telemetry/prometheus-text.ts';
import { assemble, type ServeOptions } from './assemble.ts';
import type { LoadedConfig } from './load-config.ts';
import type { RunningServer } from './share.ts';
import { workerCount } from './worker-count.ts';
import { type TellingWorker, Workers } from './workers.ts';

export interface ClusterOptions extends ServeOptions {
  /** The program that is a worker when it is started by a primary: `postern serve`. */
  readonly program: string;
}

/** Listens nowhere yet, and has no workers. @throws GatewayError as `assemble` does */
export async function assembleCluster(loaded: LoadedConfig, options: ClusterOptions): Promise<RunningServer> {
  const { program, version, logger } = options;
  const workers = new Workers({
    ...{ count: workerCount(loaded.config), program, loaded, version, logger },
    onEvents: (entries) => {
      for (const entry of entries) serving.feed.take(entry);
    },
  });
  const serving = await assemble(loaded, options, {
    of: 'admin',
    metrics: (own) => metricsOf(workers, own),
    health: async (own) => healthOf(workers, await workers.statuses(), own),
    ready: async (own) => readinessOf(workers, own),
  });
  const { gateway, state, keys, adminToken } = serving;
  // Workers would ask the store within a second; here it is known at once.
  state.onChange(() => workers.tell({ type: 'state_changed' }));
  let current = loaded;
  return {
    ...{ gateway, state, keys, adminToken, workers: workers.configured },
    async listen() {
      const url = await workers.start();
      return { url, adminUrl: await serving.listenToAdmins() };
    },
    async reload(next) {
      const reloaded = await serving.reload(next);
      try {
        await workers.reload(next);
      } catch (cause) {
        await serving.reload(current);
        throw cause;
      }
      current = next;
      return reloaded;
    },
    reloadFailed: (why) => serving.reloadFailed(why),
    endAtOnce: () => workers.kill(),
    async close() {
      await workers.end(loaded.config.server.drain_seconds * 1_000);
      await serving.close();
    },
  };
}

async function metricsOf(workers: Workers, own: string): Promise<string> {
  await workers.count();
  workers.metrics.tell('primary', own);
  const about = [
    ['gateway_workers', 'gauge', 'Worker processes that take calls.', workers.up],
    ['gateway_worker_exits_total', 'counter', 'Worker processes that ended without being told to.', workers.exits],
    ['gateway_worker_events_dropped_total', 'counter', 'Events that a worker had no room for.', workers.dropped],
  ] as const;
  const lines = about.flatMap(([name, kind, help, value]) => [
    ...headLines(name, kind, help),
    sampleLine(name, '', value),
  ]);
  return workers.metrics.text() + lines.map((line) => `${line}\n`).join('');
}

/** Without a worker that is up nobody takes a call, whatever this process could do. */
function readinessOf({ up, configured }: Workers, { status, checks }: Readiness): Readiness {
  const ok = up > 0;
  return {
    status: ok ? status : 'failed',
    checks: { ...checks, workers: ok ? 'ok' : 'failed' },
    workers: { configured, up },
  };
}

type Check = HealthResource['checks'][string];

function healthOf(workers: Workers, told: readonly TellingWorker[], own: HealthResource): HealthResource {
  const { up, configured, url } = workers;
  const sum = (count: (status: NonNullable<TellingWorker['status']>) => number): number =>
    told.reduce((total, { status }) => total + (status ? count(status) : 0), 0);
  const check = workersCheck(up, configured, told);
  const exporter = exporterCheck(own.checks.exporter, told);
  return {
    ...own,
    status: worse(worse(own.status, check), exporter),
    gateway_url: url,
    open_calls: own.open_calls + sum(({ openCalls }) => openCalls),
    observer_failures: own.observer_failures + sum(({ observerFailures }) => observerFailures),
    workers: { configured, up },
    checks: { ...own.checks, ...(exporter ? { exporter } : {}), workers: check },
  };
}

function workersCheck(up: number, configured: number, told: readonly TellingWorker[]): Check {
  const silent = told
    .filter(({ status }) => status === undefined)
    .map(({ number }) => `Worker ${number} does not answer.`);
  const unready = told
    .filter(({ status }) => status?.ready === false)
    .map(({ number }) => `Worker ${number} does not reach the ledger.`);
  const detail = [`${up} of ${configured} workers are up.`, ...silent, ...unready].join(' ');
  if (up === 0) return { status: 'failed', detail };
  return { status: up < configured || silent.length + unready.length > 0 ? 'warning' : 'ok', detail };
}

/** Traces are sent by those that take the calls. */
function exporterCheck(own: Check | undefined, told: readonly TellingWorker[]): Check | undefined {
  const failing = told.filter(({ status }) => (status?.exportsFailed ?? 0) > 0);
  if (failing.length === 0) return own;
  const batches = failing.reduce((sum, { status }) => sum + status!.exportsFailed, 0);
  const detail = `${batches} batches did not arrive: ${failing.at(-1)!.status!.lastExportFailure}`;
  return { status: 'warning', detail };
}

function worse(status: HealthResource['status'], check: Check | undefined): HealthResource['status'] {
  if (status === 'failed' || check?.status === 'failed') return 'failed';
  return check?.status === 'warning' ? 'degraded' : status;
}
