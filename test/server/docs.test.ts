/** docs/security.md names tests that are there, and docs/server.md every option and limit with its default. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readLimits } from '../../src/server/limits.ts';
import { ROOT } from '../built-package.ts';

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

it('every test that docs/security.md names is there', () => {
  const named = [...read('docs/security.md').matchAll(/`(test\/[\w./-]+)`/g)].map(([, path]) => path!);
  expect(named.length).toBeGreaterThan(40);
  expect([...new Set(named)].filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
});

it('docs/server.md has every limit', () => {
  const page = read('docs/server.md');
  expect(Object.keys(readLimits()).filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  for (const [name, value] of [
    ['headersTimeoutMs', '10,000'],
    ['answerIdleMs', '120,000'],
    ['maxConnections', '10,000'],
  ] as const) {
    expect(readLimits()[name].toLocaleString('en')).toBe(value);
    expect(page).toContain(value);
  }
});

it('docs/server.md has every option', () => {
  const options = /export interface GatewayServerOptions \{([\s\S]*?)\n\}/.exec(read('src/server/options.ts'))![1]!;
  const names = [...options.matchAll(/^ {2}readonly (\w+)/gm)].map(([, name]) => name!);
  expect(names).toContain('keys');
  expect(names.filter((name) => !read('docs/server.md').includes(`| \`${name}\` |`))).toEqual([]);
});
