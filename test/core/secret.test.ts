import { inspect } from 'node:util';
import { expect, it } from 'vitest';
import { Secret } from '../../src/core/secret.ts';

const VALUE = 'an invented canary';

it('a secret says [secret] however it is printed, and its value to whoever asks for it', () => {
  const secret = new Secret(VALUE);
  const printed = [
    String(secret),
    `${secret}`,
    `${secret as unknown as string}`,
    JSON.stringify({ secret }),
    inspect(secret),
    inspect({ deep: { secret } }, { depth: 9, showHidden: true }),
    inspect(new Map([['secret', secret]]), { showProxy: true }),
    Object.entries(secret).join(),
    JSON.stringify(Object.getOwnPropertyNames(secret)),
    JSON.stringify(structuredClone({ secret })),
    new Error(`failed with ${secret}`).message,
    inspect(Object.assign(new Error('failed'), { secret })),
  ];

  for (const text of printed) expect(text).not.toContain('canary');
  expect(printed.slice(0, 5)).toEqual(['[secret]', '[secret]', '[secret]', '{"secret":"[secret]"}', '[secret]']);
  expect(secret.reveal()).toBe(VALUE);
});
