/** What clients do to a JSON body before they send it again, and what goes wrong with it on the way. */
import fc from 'fast-check';

export interface Change {
  readonly kind: 'letter' | 'cut' | 'insert' | 'repeat' | 'escape';
  readonly at: number;
  readonly length: number;
  readonly text: string;
}

export const changes: fc.Arbitrary<Change> = fc.record({
  kind: fc.constantFrom('letter', 'cut', 'insert', 'repeat', 'escape'),
  at: fc.nat(),
  length: fc.nat(40),
  text: fc.constantFrom(
    'x',
    ' ',
    ',',
    '"',
    '\\',
    '{}',
    '{"a":1}',
    '[',
    ']',
    '}',
    '\\u0041',
    '\n',
    '1',
    'ada@example.com',
    '\ud83d',
  ),
});

/** The text changed by its letters, whether it is JSON then or not. */
export function changed(text: string, { kind, at: given, length, text: other }: Change): string {
  const at = given % (text.length + 1);
  const [before, after] = [text.slice(0, at), text.slice(at)];
  if (kind === 'letter') return before + other.charAt(0) + after.slice(1);
  if (kind === 'cut') return before + after.slice(length);
  if (kind === 'repeat') return before + after.slice(0, length) + after;
  if (kind === 'escape') return before + after.replace(/[a-z]/, (char) => `\\u00${char.charCodeAt(0).toString(16)}`);
  return before + other + after;
}
