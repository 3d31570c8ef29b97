import { expect, it } from 'vitest';
import { BufferedStream, MAX_BUFFERED_CHARS } from '../../src/redaction/buffered-stream.ts';

it('shows a text at its end, and holds it until then', () => {
  const stream = new BufferedStream((text) => text.toUpperCase());

  expect([stream.push('one '), stream.push('two'), stream.held(), stream.end(), stream.held()]).toEqual([
    '',
    '',
    'one two',
    'ONE TWO',
    '',
  ]);
});

it('fails rather than hold without end', () => {
  const stream = new BufferedStream((text) => text);
  stream.push('x'.repeat(MAX_BUFFERED_CHARS));

  expect(() => stream.push('x')).toThrow(expect.objectContaining({ code: 'policy_failed' }));
});
