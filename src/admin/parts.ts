/** What the routes of the admin API are made of. */

import type { AuditRecord } from '../core/state.ts';
import type { Gateway } from '../gateway/gateway.ts';
import type { AuditVerification, HealthResource, ProviderResource } from '../resources/operation.ts';
import type { EventFeed } from './event-feed.ts';
import type { EventStreams } from './event-stream.ts';
import type { OverrideList } from './override-list.ts';
import type { PolicyBook } from './policy-book.ts';
import type { Keys, ServerState } from './ports.ts';
import type { PriceList } from './price-list.ts';

/** Whether calls can be served, and what each check said. */
export interface Readiness {
  readonly status: 'ok' | 'failed';
  /** `ledger`, `state`. */
  readonly checks: Record<string, 'ok' | 'failed'>;
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
  /** Whether the audit log is whole. */
  readonly verify: () => Promise<AuditVerification>;
  /** A row as it is exported. */
  readonly exported: (record: AuditRecord) => unknown;
  /** As configured; without keys. */
  readonly providers: () => Promise<readonly ProviderResource[]>;
  readonly health: () => Promise<HealthResource>;
  readonly ready: () => Promise<Readiness>;
  /** Prometheus text. */
  readonly metrics: (() => string | Promise<string>) | undefined;
  readonly now: () => number;
}
