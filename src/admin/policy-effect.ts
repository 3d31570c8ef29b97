/** What a policy did, or would have done, counted from remembered events. Knows no policies. */
import type { PolicyEffect } from '../resources/policy.ts';
import type { FeedEntry } from './event-feed.ts';

/** Subjects that are told of one policy, most often first. */
const MAX_SUBJECTS = 20;

/** A call counts once in each figure, however many events it had. @param since first instant that is remembered */
export function effectOf(policy: string, policyId: string, entries: readonly FeedEntry[], since: string): PolicyEffect {
  const own = entries.filter(({ event }) => event.type === 'policy' && event.policy === policy);
  const calls = entries.filter(({ event }) => event.type === 'call');
  const matched = new Set([
    // A call that a policy before the last one refuses does not say which it was meant for.
    ...own.map(({ event }) => event.exchange_id),
    ...calls.filter(({ policies }) => policies?.includes(policy)).map(({ event }) => event.exchange_id),
  ]);
  const blocks = own.filter(({ event }) => event.action === 'block');
  const redactions = own.filter(({ event }) => event.action === 'redact' && found(event.findings) > 0);
  return {
    policy_id: policyId,
    since,
    calls: calls.length,
    matched: matched.size,
    blocked: callsOf(blocks, 'deny'),
    would_block: callsOf(blocks, 'audit'),
    redacted: callsOf(redactions, 'modify'),
    would_redact: callsOf(redactions, 'audit'),
    warned: new Set(own.filter(({ event }) => event.action === 'warn').map(({ event }) => event.exchange_id)).size,
    entities: entitiesOf(redactions),
    subjects: subjectsOf(blocks),
  };
}

type Findings = FeedEntry['event']['findings'];

/** Values that were there; putting them back in an answer is no finding. */
function found(findings: Findings = []): number {
  return findings.reduce((sum, { action, count }) => (isFound(action) ? sum + count : sum), 0);
}

function isFound(action: string): boolean {
  return action === 'detected' || action === 'monitored';
}

function callsOf(entries: readonly FeedEntry[], decision: string): number {
  return new Set(entries.filter(({ event }) => event.decision === decision).map(({ event }) => event.exchange_id)).size;
}

function entitiesOf(entries: readonly FeedEntry[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const { event } of entries)
    for (const { kind, action, count } of event.findings ?? [])
      if (isFound(action)) counts.set(kind, (counts.get(kind) ?? 0) + count);
  return Object.fromEntries(counts);
}

function subjectsOf(blocks: readonly FeedEntry[]): PolicyEffect['subjects'] {
  const counts = new Map<string, Set<string>>();
  for (const { event, subject = 'unattributed' } of blocks)
    counts.set(subject, (counts.get(subject) ?? new Set()).add(event.exchange_id));
  return [...counts]
    .map(([subject, calls]) => ({ subject, count: calls.size }))
    .sort((a, b) => b.count - a.count)
    .slice(0, MAX_SUBJECTS);
}
