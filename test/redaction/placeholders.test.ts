import { describe, expect, it } from 'vitest';
import { createPlaceholders, parsePlaceholder } from '../../src/redaction/placeholders.ts';

const byLetters = (_type: string, value: string) => value.toLowerCase();
const named = (text: string) => parsePlaceholder(text)!;

describe('placeholders', () => {
  it('are numbered by type in order of first appearance', () => {
    const placeholders = createPlaceholders(byLetters);

    const issued = [
      placeholders.issue('EMAIL_ADDRESS', 'a@example.org'),
      placeholders.issue('US_SSN', '219-09-9999'),
      placeholders.issue('EMAIL_ADDRESS', 'b@example.org'),
      placeholders.issue('EMAIL_ADDRESS', 'A@EXAMPLE.org'),
    ];

    expect(issued).toEqual(['<EMAIL_ADDRESS_1>', '<US_SSN_1>', '<EMAIL_ADDRESS_2>', '<EMAIL_ADDRESS_1>']);
  });

  it('skip the numbers that the request holds already', () => {
    const placeholders = createPlaceholders(byLetters);
    placeholders.skip(named('<EMAIL_ADDRESS_1>'));

    expect(placeholders.issue('EMAIL_ADDRESS', 'a@example.org')).toBe('<EMAIL_ADDRESS_2>');
    expect(placeholders.restore(named('<EMAIL_ADDRESS_1>'))).toBeUndefined();
  });

  it('restore to the first spelling seen', () => {
    const placeholders = createPlaceholders(byLetters);
    placeholders.issue('EMAIL_ADDRESS', 'Ada@Example.org');
    placeholders.issue('EMAIL_ADDRESS', 'ada@example.org');

    expect(placeholders.restore(named('<EMAIL_ADDRESS_1>'))).toBe('Ada@Example.org');
  });

  it.each([
    ['<PRIVATE_KEY_1>', 'a "b"\n&<c>@d'],
    ['<private_key_1>', 'a "b"\n&<c>@d'],
    ['\\u003cPRIVATE_KEY_1\\u003e', 'a \\"b\\"\\n&<c>@d'],
    ['&lt;PRIVATE_KEY_1&gt;', 'a &quot;b&quot;\n&amp;&lt;c&gt;@d'],
    ['&#60;PRIVATE_KEY_1&#62;', 'a &quot;b&quot;\n&amp;&lt;c&gt;@d'],
    ['%3CPRIVATE_KEY_1%3E', 'a%20%22b%22%0A%26%3Cc%3E@d'],
  ])('written %s restore to a value written the same way', (spelling, expected) => {
    const placeholders = createPlaceholders(byLetters);
    placeholders.issue('PRIVATE_KEY', 'a "b"\n&<c>@d');

    expect(placeholders.restore(named(spelling))).toBe(expected);
  });

  it('for what the model wrote have numbers of their own and are not restored', () => {
    const placeholders = createPlaceholders(byLetters);
    placeholders.issue('EMAIL_ADDRESS', 'a@example.org');

    const own = placeholders.issueForResponse('EMAIL_ADDRESS', 'a@example.org');

    expect(own).toBe('<EMAIL_ADDRESS_2>');
    expect(placeholders.issueForResponse('EMAIL_ADDRESS', 'A@example.org')).toBe(own);
    expect(placeholders.restore(named(own))).toBeUndefined();
  });
});
