/** The server itself: whether it lives, who asks, what it is made of. */
import * as z from 'zod';
import { healthResource, providerResource, whoamiResource, workersResource } from '../resources/operation.ts';
import { oneAtATime } from './one-at-a-time.ts';
import type { AdminParts, Readiness } from './parts.ts';
import { AdminError } from './problem.ts';
import { type Route, route } from './route.ts';

export const aliveResource = z.object({ status: z.literal('ok') });
export const readyResource = z.object({
  status: z.enum(['ok', 'failed']),
  /** `ledger`, `state`, `workers`. */
  checks: z.record(z.string(), z.enum(['ok', 'failed'])),
  workers: workersResource.optional(),
});
export const providerList = z.object({ providers: z.array(providerResource) });

export function serverRoutes({ health, ready, metrics, providers }: AdminParts): Route[] {
  // Anybody may ask, and what is asked then is the ledger.
  const readiness = oneAtATime(async () => ready().catch((): Readiness => ({ status: 'failed', checks: {} })));
  return [
    route({
      method: 'GET',
      path: '/health',
      role: 'anybody',
      summary: 'The process lives',
      response: aliveResource,
      status: 200,
      handler: () => ({ status: 'ok' as const }),
    }),
    route({
      method: 'GET',
      path: '/ready',
      role: 'anybody',
      summary: 'Whether calls can be served',
      response: readyResource,
      status: 200,
      also: [503],
      handler: async () => {
        const found = await readiness();
        return found.status === 'ok' ? found : Response.json(found, { status: 503 });
      },
    }),
    route({
      method: 'GET',
      path: '/metrics',
      role: 'viewer',
      summary: 'Metrics for Prometheus',
      type: 'text/plain',
      status: 200,
      handler: async () => {
        if (!metrics) throw new AdminError('not_found', 'No metrics are kept by this server.');
        return new Response(await metrics(), {
          headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' },
        });
      },
    }),
    route({
      method: 'GET',
      path: '/v1/whoami',
      role: 'viewer',
      summary: 'Name and role of the token',
      response: whoamiResource,
      status: 200,
      handler: ({ caller: { name, role } }) => ({ name, role }),
    }),
    route({
      method: 'GET',
      path: '/v1/health',
      role: 'viewer',
      summary: 'Health of the server and of what it stands on',
      response: healthResource,
      status: 200,
      handler: () => health(),
    }),
    route({
      method: 'GET',
      path: '/v1/providers',
      role: 'viewer',
      summary: 'Providers and where their keys are found; the configuration alone changes them',
      response: providerList,
      status: 200,
      handler: async () => ({ providers: [...(await providers())] }),
    }),
  ];
}
