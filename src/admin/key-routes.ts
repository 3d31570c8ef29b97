/** Virtual keys. The key itself is in the answer that makes or rotates it, and nowhere else. */
import * as z from 'zod';
import { issuedKey, keyBody, keyPatch, keyResource, keyRotation } from '../resources/key.ts';
import type { AdminParts } from './parts.ts';
import { notFound } from './problem.ts';
import { type Route, route } from './route.ts';

export const keyList = z.object({ keys: z.array(keyResource) });

export function keyRoutes({ keys }: AdminParts): Route[] {
  return [
    route({
      method: 'GET',
      path: '/v1/keys',
      role: 'viewer',
      summary: 'All keys',
      response: keyList,
      status: 200,
      handler: () => ({ keys: [...keys.list()] }),
    }),
    route({
      method: 'POST',
      path: '/v1/keys',
      role: 'admin',
      summary: 'Make a key; it is shown in this answer alone',
      body: keyBody,
      response: issuedKey,
      status: 201,
      handler: ({ body, actor, requestId }) => keys.create(body, actor, requestId),
    }),
    route({
      method: 'GET',
      path: '/v1/keys/{id}',
      role: 'viewer',
      summary: 'One key',
      response: keyResource,
      status: 200,
      handler: ({ params }) => {
        const key = keys.get(params.id!);
        if (!key) throw notFound('key');
        return key;
      },
    }),
    route({
      method: 'PATCH',
      path: '/v1/keys/{id}',
      role: 'admin',
      summary: 'Change whom a key is for, when it ends, or whether it is taken',
      body: keyPatch,
      response: keyResource,
      status: 200,
      handler: ({ params, body, actor, requestId }) => keys.update(params.id!, body, actor, requestId),
    }),
    route({
      method: 'DELETE',
      path: '/v1/keys/{id}',
      role: 'admin',
      summary: 'Take a key out for good',
      status: 204,
      handler: async ({ params, actor, requestId }) => {
        await keys.delete(params.id!, actor, requestId);
        return undefined;
      },
    }),
    route({
      method: 'POST',
      path: '/v1/keys/{id}/rotate',
      role: 'admin',
      summary: 'Give a key another secret; it is shown in this answer alone',
      body: keyRotation,
      response: issuedKey,
      status: 200,
      handler: ({ params, body, actor, requestId }) =>
        keys.rotate(params.id!, { graceSeconds: body.grace_seconds }, actor, requestId),
    }),
  ];
}
