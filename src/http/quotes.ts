/** What quotes a text of an answer goes when the text was edited. */
import type { JsonBody } from '../core/json-body.ts';
import type { KeyPath, TextSlot } from '../core/text.ts';
import type { Dialect } from '../dialects/dialect.ts';

export function clearQuotes(body: JsonBody, { quotes }: Dialect, { path }: Pick<TextSlot, 'path'>): void {
  const found = quotes?.(path) ?? [];
  const paths = Array.isArray(found[0]) ? (found as readonly KeyPath[]) : found.length > 0 ? [found as KeyPath] : [];
  for (const quoted of paths) body.clear(quoted);
}
