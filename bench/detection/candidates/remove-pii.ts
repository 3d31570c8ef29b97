/** Its defaults. */
import { type Candidate, loadPeer } from '../candidate.ts';
import type { Span } from '../spans.ts';

interface Item {
  readonly type: string;
  readonly positions: readonly Span[];
}
const { detectPII } = loadPeer<{ detectPII(text: string): { readonly detectedItems: readonly Item[] } }>(
  'remove-pii',
  '@coffeeandfun/remove-pii',
);

export const candidate: Candidate = {
  detect(text) {
    if (text === '') return [];
    return detectPII(text).detectedItems.flatMap(({ type, positions }) =>
      positions.map(({ start, end }) => ({ start, end, type })),
    );
  },
};
