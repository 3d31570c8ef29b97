/** All routes of the admin API: the one list from which dispatch, roles, checks and the description are made. */
import { auditRoutes } from './audit-routes.ts';
import { eventRoutes } from './event-routes.ts';
import { keyRoutes } from './key-routes.ts';
import type { AdminParts } from './parts.ts';
import { overrideRoutes, policyRoutes } from './policy-routes.ts';
import type { Route } from './route.ts';
import { serverRoutes } from './server-routes.ts';
import { spendRoutes } from './spend-routes.ts';

export function routeTable(parts: AdminParts): readonly Route[] {
  return [
    ...serverRoutes(parts),
    ...policyRoutes(parts),
    ...overrideRoutes(parts),
    ...keyRoutes(parts),
    ...spendRoutes(parts),
    ...eventRoutes(parts),
    ...auditRoutes(parts),
  ];
}
