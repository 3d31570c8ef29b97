/**
 * Policy events as span events, and their sum at the end of the call: LangSmith shows no span events of ours, so which policies
 * matched, passed and were violated is told again as metadata and tags. Kinds and counts only, never values.
 */
import type { Attributes } from '@opentelemetry/api';
import type { GatewayEvent, PolicyEvent } from '../core/events.ts';
import type { Finding } from '../core/policy.ts';
import { known } from './attributes.ts';
import { SPEND_DETAILS, toldDetails } from './details.ts';

const EVENT_NAMES = {
  block: 'gateway.policy.block',
  redact: 'gateway.policy.redaction',
  set: 'gateway.policy.edit',
  warn: 'gateway.policy.warning',
  fail: 'gateway.policy.failure',
} as const satisfies Record<PolicyEvent['action'], string>;

/** Which policies did what in one call. */
export interface PolicyTally {
  readonly matched: Set<string>;
  readonly violated: Set<string>;
  readonly failed: Set<string>;
  readonly tags: Set<string>;
}

export function createTally(): PolicyTally {
  return { matched: new Set(), violated: new Set(), failed: new Set(), tags: new Set() };
}

export function spanEvent(event: GatewayEvent): { name: string; attributes: Attributes } {
  if (event.type === 'unguarded') {
    return {
      name: 'gateway.unguarded',
      attributes: { 'gateway.unguarded.reason': event.reason, 'gateway.unguarded.policies': [...event.policies] },
    };
  }
  const attributes = {
    ...known({
      'gateway.policy.name': event.policy,
      'gateway.policy.mode': event.mode,
      'gateway.policy.decision': event.decision,
      'gateway.policy.target': event.target,
      'gateway.policy.code': event.code,
    }),
    ...findingAttributes(event.findings),
    ...detailAttributes(event.details),
  };
  return { name: EVENT_NAMES[event.action], attributes };
}

/** Takes one event into the sum. */
export function count(tally: PolicyTally, event: GatewayEvent): void {
  if (event.type === 'unguarded') {
    tally.tags.add('gateway:unguarded');
    return;
  }
  tally.matched.add(event.policy);
  if (event.action === 'fail') tally.failed.add(event.policy);
  if (violates(event)) tally.violated.add(event.policy);
  const tag = tagOf(event);
  if (tag) tally.tags.add(tag);
}

/**
 * The sum for LangSmith, under the names its own gateway uses. Postern's policies have no id beside their name, so the ids are
 * the names. A policy that only failed neither passed nor was violated.
 */
export function tallyAttributes(
  { matched, violated, failed, tags }: PolicyTally,
  policies: readonly string[],
): Attributes {
  const all = [...new Set([...policies, ...matched])];
  const passed = all.filter((name) => !violated.has(name) && !failed.has(name));
  return {
    ...named('matched', all),
    ...named('passed', passed),
    ...named('violated', [...violated]),
    ...(tags.size > 0 && { 'langsmith.span.tags': [...tags].join(',') }),
  };
}

/** What a policy refused, changed or would have; putting values back is its work undone, and warnings and failures are no violations. */
export function isViolation(event: PolicyEvent): boolean {
  if (event.action === 'redact') return violates(event);
  return event.decision === 'deny' || event.decision === 'modify' || event.decision === 'audit';
}

function named(what: string, names: string[]): Attributes {
  if (names.length === 0) return {};
  const prefix = `langsmith.metadata.gateway.policy.${what}`;
  return { [`${prefix}_names`]: names, [`${prefix}_ids`]: names };
}

/** What the policy forbids was there, whether it was acted on or only seen in monitor mode. Restoring is no violation. */
function violates({ action, findings }: PolicyEvent): boolean {
  return action === 'block' || (action === 'redact' && total(findings, 'detected') > 0);
}

function tagOf(event: PolicyEvent): string | undefined {
  if (event.decision === 'deny') return 'gateway:blocked';
  if (!violates(event)) return undefined;
  return event.mode === 'monitor' ? 'gateway:monitored' : 'gateway:redacted';
}

/** `gateway.pii.counts[i]` belongs to `gateway.pii.types[i]`. */
function findingAttributes(findings: readonly Finding[] = []): Attributes {
  const counts = new Map<string, number>();
  for (const finding of findings) {
    if (actionOf(finding) === 'detected')
      counts.set(finding.kind, (counts.get(finding.kind) ?? 0) + (finding.count ?? 1));
  }
  return known({
    'gateway.pii.types': counts.size > 0 ? [...counts.keys()] : undefined,
    'gateway.pii.counts': counts.size > 0 ? [...counts.values()] : undefined,
    'gateway.pii.scopes': findings.length > 0 ? [...new Set(findings.map(({ scope }) => scope))] : undefined,
    'gateway.policy.matches': total(findings, 'detected') || undefined,
    'gateway.pii.restored': total(findings, 'restored') || undefined,
    'gateway.pii.unrestored': total(findings, 'unrestored') || undefined,
  });
}

function detailAttributes(details: PolicyEvent['details'] = {}): Attributes {
  const told = toldDetails(details, SPEND_DETAILS);
  return Object.fromEntries(told.map(([name, value]) => [`gateway.spend.${name}`, value]));
}

function total(findings: readonly Finding[] = [], action: ReturnType<typeof actionOf>): number {
  return findings.reduce((sum, finding) => (actionOf(finding) === action ? sum + (finding.count ?? 1) : sum), 0);
}

function actionOf({ action = 'detected' }: Finding): NonNullable<Finding['action']> {
  return action;
}
