/** The audit log: read, verified, exported. Nothing here changes it. */
import * as z from 'zod';
import type { AuditRecord } from '../core/state.ts';
import { type AuditResource, auditResource, auditVerification } from '../resources/operation.ts';
import { auditRows, verifyChain } from '../state/audit-chain.ts';
import { toOcsf } from '../state/ocsf.ts';
import type { ServerState } from '../state/server-state.ts';
import { oneAtATime } from './one-at-a-time.ts';
import type { AdminParts } from './parts.ts';
import { type Route, route } from './route.ts';

export const auditList = z.object({
  records: z.array(auditResource),
  head: z.object({ seq: z.int(), hash: z.string() }),
});

const auditQuery = z.strictObject({
  /** Rows before this one. */
  before: z
    .string()
    .regex(/^\d{1,15}$/)
    .transform(Number)
    .pipe(z.int().min(1))
    .optional(),
  limit: z
    .string()
    .regex(/^\d{1,4}$/)
    .transform(Number)
    .pipe(z.int().min(1).max(1_000))
    .optional(),
});

const PAGE = 500;

export function auditRoutes({ state, version }: AdminParts): Route[] {
  // A long log takes its time.
  const verify = oneAtATime(async () => verifyChain(auditRows(state), state.head));
  return [
    route({
      method: 'GET',
      path: '/v1/audit',
      role: 'viewer',
      summary: 'Changes, the newest first',
      query: auditQuery,
      response: auditList,
      status: 200,
      handler: async ({ query: { before, limit = 100 } }) => {
        const { seq, hash } = state.head;
        const end = Math.min(before ?? seq + 1, seq + 1);
        const from = Math.max(1, end - limit);
        const rows = end > from ? await state.audit(from, end - from) : [];
        return { records: rows.map(recordResource).reverse(), head: { seq, hash } };
      },
    }),
    route({
      method: 'GET',
      path: '/v1/audit/verify',
      role: 'viewer',
      summary: 'Whether the chain of the log is whole, and the first row that does not fit',
      response: auditVerification,
      status: 200,
      handler: verify,
    }),
    route({
      method: 'GET',
      path: '/v1/audit/export',
      role: 'viewer',
      summary: 'The whole log as OCSF API activity (6003), one object a line, the oldest first',
      type: 'application/x-ndjson',
      status: 200,
      handler: () =>
        new Response(
          linesOf(pages(state), (row) => toOcsf(row, { version })),
          {
            headers: {
              'content-type': 'application/x-ndjson',
              'content-disposition': 'attachment; filename="postern-audit.jsonl"',
            },
          },
        ),
    }),
  ];
}

/** Rows up to where the log ends when it is asked, page by page. */
async function* pages(state: ServerState): AsyncGenerator<readonly AuditRecord[]> {
  const last = state.head.seq;
  for (let from = 1; from <= last; ) {
    const rows = await state.audit(from, Math.min(PAGE, last - from + 1));
    if (rows.length === 0) return;
    yield rows;
    from += rows.length;
  }
}

/** A page is read when the reader has taken the one before. */
function linesOf(
  source: AsyncGenerator<readonly AuditRecord[]>,
  exported: (record: AuditRecord) => unknown,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      const { value, done } = await source.next();
      if (done) controller.close();
      else controller.enqueue(encoder.encode(value.map((row) => `${JSON.stringify(exported(row))}\n`).join('')));
    },
    cancel: async () => {
      await source.return(undefined);
    },
  });
}

/** Rows are shown as they are stored, right or wrong: the chain says which. */
function recordResource({ seq, at, actor, operation, resource, changes, requestId, hash }: AuditRecord): AuditResource {
  const { type, id, name } = resource;
  return {
    ...{ seq, at, operation, hash },
    actor: { kind: actor.kind, name: actor.name },
    resource: { type, id, ...(name === undefined ? {} : { name }) },
    changes: { ...changes },
    ...(requestId === undefined ? {} : { request_id: requestId }),
  };
}
