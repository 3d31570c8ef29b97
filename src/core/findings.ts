/** Findings as events tell them: how many of what, and nothing of where. */
import type { Finding } from './policy.ts';

/** One finding for each kind, scope and action, without offsets: they belong to texts that events do not show. */
export function grouped(findings: readonly Finding[]): Finding[] {
  const groups = new Map<string, Finding>();
  for (const { kind, scope, action = 'detected', count = 1 } of findings) {
    const key = `${kind} ${scope} ${action}`;
    groups.set(key, { kind, scope, action, count: (groups.get(key)?.count ?? 0) + count });
  }
  return [...groups.values()];
}
