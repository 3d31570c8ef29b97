import { expect, it } from 'vitest';
import { createRedactor } from '../../src/redaction/index.ts';
import { keyIdOf, newKey, newKeyId } from '../../src/state/key-text.ts';

it('keys are found by our own detector, wherever they stand in a text', () => {
  const redactor = createRedactor();

  for (let place = 0; place < 200; place++) {
    const id = newKeyId();
    const key = newKey(id);
    const text = redactor.redact(`curl -H "Authorization: Bearer ${key}" and {"k":"${key}"} or ${key}.`);

    expect(keyIdOf(key)).toBe(id);
    expect(text).toContain('<POSTERN_API_KEY_1>');
    expect(text).not.toContain(key.slice(-20));
  }
});

it('every letter stands for as many bytes as any other, and bytes that are left over for none', () => {
  const letters = new Map<string, number>();
  for (let byte = 0; byte < 256; byte++) {
    let isFirst = true;
    const bytes = (size: number): Uint8Array => {
      const part = new Uint8Array(size).fill(isFirst ? byte : 0);
      isFirst = false;
      return part;
    };
    const letter = newKeyId(bytes)[0]!;
    if (byte < 248) letters.set(letter, (letters.get(letter) ?? 0) + 1);
    else expect(newKeyId(bytes)).toBe('0'.repeat(12));
  }

  expect([...letters.values()]).toEqual(new Array(62).fill(4));
});
