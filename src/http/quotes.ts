/** What quotes a text of an answer goes when the text was edited. */
import type { KeyPath, TextSlot } from '../core/text.ts';
import type { Dialect } from '../dialects/dialect.ts';

/** A body in which what stands at a path can be cleared. */
interface Clearable {
  clear(path: KeyPath): void;
}

export function clearQuotes(body: Clearable, { quotes }: Dialect, { path }: Pick<TextSlot, 'path'>): void {
  const found = quotes?.(path) ?? [];
  const paths = Array.isArray(found[0]) ? (found as readonly KeyPath[]) : found.length > 0 ? [found as KeyPath] : [];
  for (const quoted of paths) body.clear(quoted);
}
