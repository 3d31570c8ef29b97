/** What happens, as it happened lately and as it goes on. */
import * as z from 'zod';
import { eventResource } from '../resources/operation.ts';
import type { AdminParts } from './parts.ts';
import { invalid } from './problem.ts';
import { type Route, route } from './route.ts';

export const eventList = z.object({
  events: z.array(eventResource),
  /** Id of the newest event, whether or not it is among these: `after` of the next question. */
  latest: z.int(),
});

const id = z
  .string()
  .regex(/^\d{1,16}$/, 'an id of an event')
  .transform(Number);
const eventQuery = z.strictObject({
  after: id.optional(),
  type: eventResource.shape.type.optional(),
  policy: z.string().max(128).optional(),
  decision: eventResource.shape.decision,
  limit: z
    .string()
    .regex(/^\d{1,4}$/)
    .transform(Number)
    .pipe(z.int().min(1).max(1_000))
    .optional(),
});

export function eventRoutes({ feed, streams }: AdminParts): Route[] {
  return [
    route({
      method: 'GET',
      path: '/v1/events',
      role: 'viewer',
      summary: 'Events that this server remembers, the newest first',
      query: eventQuery,
      response: eventList,
      status: 200,
      handler: ({ query }) => ({ events: feed.list(query), latest: feed.latest }),
    }),
    route({
      method: 'GET',
      path: '/v1/events/stream',
      role: 'viewer',
      summary: 'Events as they happen; resumes behind `last-event-id`',
      type: 'text/event-stream',
      status: 200,
      handler: ({ headers, signal }) => {
        const last = headers.get('last-event-id');
        if (last === null || last === '') return streams.open(signal);
        if (!/^\d{1,16}$/.test(last)) throw invalid('last-event-id: an id of an event.', 'last-event-id');
        return streams.open(signal, Number(last));
      },
    }),
  ];
}
