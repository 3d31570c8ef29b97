/**
 * Audit rows as Open Cybersecurity Schema Framework 1.7.0 has them: API Activity, class 6003, the shape in which LangSmith exports its own.
 * Each holds the row itself, so that an export proves its chain without the store.
 */
import type { AuditRecord } from '../core/state.ts';
import { canonicalJson } from './canonical-json.ts';

const SCHEMA = '1.7.0';
const CATEGORY = 6;
const CLASS = 6003;
/** `Informational`: a change that somebody was allowed to make. */
const SEVERITY = 1;
const SUCCESS = 1;

/** By the first word of an operation; 99 is `Other`. */
const ACTIVITIES: Readonly<Record<string, readonly [id: number, name: string]>> = {
  create: [1, 'Create'],
  read: [2, 'Read'],
  update: [3, 'Update'],
  rotate: [3, 'Update'],
  delete: [4, 'Delete'],
};
const OTHER = [99, 'Other'] as const;

/** Types of a user: 1 is `User`, 3 is `System`. */
const USER_TYPES = {
  admin_token: { type_id: 1, type: 'User' },
  cli: { type_id: 1, type: 'User' },
  system: { type_id: 3, type: 'System' },
} as const;

export interface OcsfProduct {
  /** Of this package. */
  readonly version: string;
}

export interface OcsfEvent extends Readonly<Record<string, unknown>> {
  readonly metadata: {
    readonly uid: string;
    readonly sequence: number;
    readonly product: OcsfProduct & Readonly<Record<string, unknown>>;
  } & Readonly<Record<string, unknown>>;
  readonly unmapped: { readonly original_audit_log: AuditRecord };
}

export function toOcsf(record: AuditRecord, product: OcsfProduct): OcsfEvent {
  const { actor, operation, resource, requestId } = readable(record);
  const verb = operation.split('_', 1)[0]!;
  const [activity, name] = Object.hasOwn(ACTIVITIES, verb) ? ACTIVITIES[verb]! : OTHER;
  return {
    activity_id: activity,
    activity_name: name,
    category_uid: CATEGORY,
    category_name: 'Application Activity',
    class_uid: CLASS,
    class_name: 'API Activity',
    type_uid: CLASS * 100 + activity,
    type_name: `API Activity: ${name}`,
    time: Date.parse(record.at),
    severity_id: SEVERITY,
    severity: 'Informational',
    status_id: SUCCESS,
    status: 'Success',
    metadata: {
      version: SCHEMA,
      uid: record.hash,
      sequence: record.seq,
      log_name: 'postern.audit',
      log_provider: 'postern',
      product: { name: 'Postern', vendor_name: 'Postern', version: product.version },
      original_time: record.at,
    },
    actor: {
      user: {
        uid: `${actor.kind}:${actor.name}`,
        name: actor.name,
        ...USER_TYPES[actor.kind],
        ...(actor.kind === 'admin_token' && { credential_uid: actor.name }),
      },
    },
    api: {
      operation,
      service: { name: 'postern' },
      ...(requestId !== undefined && { request: { uid: requestId } }),
    },
    // The class asks for one; which address a change came from is not kept.
    src_endpoint: { svc_name: actor.kind === 'admin_token' ? 'postern-admin-api' : `postern-${actor.kind}` },
    resources: [{ type: resource.type, uid: resource.id, ...(resource.name !== undefined && { name: resource.name }) }],
    unmapped: { original_audit_log: record },
  };
}

/** A row that somebody has changed is exported too: for what it does not have any more stand words that say so. */
function readable(record: AuditRecord): Pick<AuditRecord, 'actor' | 'operation' | 'resource' | 'requestId'> {
  const { actor, operation, resource, requestId } = record as Partial<AuditRecord>;
  return {
    actor: isObject(actor) ? actor : { kind: 'system', name: 'unreadable' },
    operation: typeof operation === 'string' ? operation : 'unreadable',
    resource: isObject(resource) ? resource : { type: 'unreadable', id: '' },
    requestId: typeof requestId === 'string' ? requestId : undefined,
  };
}

function isObject<Value>(value: Value | undefined): value is Value {
  return typeof value === 'object' && value !== null;
}

/**
 * The row of an exported event. Undefined when it is none, or when what stands around the row says something else than the row: an edit
 * there would show in no hash.
 */
export function fromOcsf(event: unknown): AuditRecord | undefined {
  const { metadata, unmapped } = (event ?? {}) as Partial<OcsfEvent>;
  const record = unmapped?.original_audit_log;
  const version = metadata?.product?.version;
  if (typeof record !== 'object' || record === null || typeof version !== 'string') return undefined;
  try {
    return canonicalJson(toOcsf(record, { version })) === canonicalJson(event) ? record : undefined;
  } catch {
    return undefined;
  }
}
