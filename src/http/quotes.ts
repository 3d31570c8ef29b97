/** What quotes a text of an answer goes when the text was edited. */
import type { KeyPath, TextSlot } from '../core/text.ts';
import type { Dialect } from '../dialects/dialect.ts';

/** A body in which what stands at a path can be cleared. */
interface Clearable {
  clear(path: KeyPath): void;
}

export function clearQuotes(body: Clearable, dialect: Dialect, { path }: Pick<TextSlot, 'path'>): void {
  for (const quoted of quotesOf(dialect, path)) body.clear(quoted);
}

/** Where what quotes a text may stand. */
export function quotesOf({ quotes }: Dialect, path: KeyPath): readonly KeyPath[] {
  const found = quotes?.(path) ?? [];
  if (Array.isArray(found[0])) return found as readonly KeyPath[];
  return found.length > 0 ? [found as KeyPath] : [];
}
