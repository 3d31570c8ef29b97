/** What the routes of the admin API are made of. */

import type { Gateway } from '../gateway/gateway.ts';
import type { HealthResource, ProviderResource } from '../resources/operation.ts';
import type { Keys } from '../state/keys.ts';
import type { ServerState } from '../state/server-state.ts';
import type { EventFeed } from './event-feed.ts';
import type { EventStreams } from './event-stream.ts';
import type { OverrideList } from './override-list.ts';
import type { PolicyBook } from './policy-book.ts';
import type { PriceList } from './price-list.ts';

/** Whether calls can be served, and what each check said. */
export interface Readiness {
  readonly status: 'ok' | 'failed';
  /** `ledger`, `state`, and `workers` where calls are taken by several processes. */
  readonly checks: Record<string, 'ok' | 'failed'>;
  readonly workers?: { readonly configured: number; readonly up: number } | undefined;
}

export interface AdminParts {
  readonly gateway: Gateway;
  readonly state: ServerState;
  readonly keys: Keys;
  readonly policies: PolicyBook;
  readonly overrides: OverrideList;
  readonly prices: PriceList;
  readonly feed: EventFeed;
  readonly streams: EventStreams;
  /** As configured; without keys. */
  readonly providers: () => Promise<readonly ProviderResource[]>;
  readonly health: () => Promise<HealthResource>;
  readonly ready: () => Promise<Readiness>;
  /** Prometheus text. */
  readonly metrics: (() => string | Promise<string>) | undefined;
  /** Of the package. */
  readonly version: string;
  readonly now: () => number;
}
