/**
 * What one process does of a server's work where several do it together: the primary has the admin plane and speaks for all, workers take
 * the calls. Knows no way from one process to another.
 */
import type { EventFeed, FeedEntry } from '../admin/event-feed.ts';
import type { Readiness } from '../admin/parts.ts';
import type { HealthResource } from '../resources/operation.ts';
import type { Reloaded, Serving } from './assemble.ts';
import type { LoadedConfig } from './load-config.ts';

/** A worker: it takes calls, and passes on what its feed is told. */
export interface WorkerShare {
  readonly of: 'calls';
  readonly onEvent: (entry: FeedEntry) => void;
}

/** The primary: it answers for itself and for its workers. Each of these is given what it would say alone. */
export interface PrimaryShare {
  readonly of: 'admin';
  readonly metrics: (own: string) => Promise<string>;
  readonly health: (own: HealthResource) => Promise<HealthResource>;
  readonly ready: (own: Readiness) => Promise<Readiness>;
}

export type Share = WorkerShare | PrimaryShare;

/** What a worker tells of itself. */
export interface WorkerStatus {
  readonly openCalls: number;
  readonly observerFailures: number;
  /** Batches of traces that did not arrive, and why the last one did not. */
  readonly exportsFailed: number;
  readonly lastExportFailure: string | undefined;
  readonly ready: boolean;
  readonly checks: Readiness['checks'];
}

/** A server in this process, or the share of one. */
export interface SharedServing extends Serving {
  readonly feed: EventFeed;
  listenToCalls(): Promise<string>;
  listenToAdmins(): Promise<string | undefined>;
  metrics(): string;
  status(): Promise<WorkerStatus>;
}

/** What a command that serves needs of a server, of however many processes. */
export interface RunningServer extends Pick<Serving, 'gateway' | 'state' | 'keys' | 'adminToken' | 'listen' | 'close'> {
  /** Processes that take calls; 1: this one. */
  readonly workers: number;
  reload(loaded: LoadedConfig): Promise<Reloaded>;
  reloadFailed(why: string): void;
  /** Without waiting for anything; the process is about to end. */
  endAtOnce(): void;
}
