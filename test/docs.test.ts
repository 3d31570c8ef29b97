import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from 'vitest';
import * as z from 'zod';
import { anthropicEndpoints } from '../src/dialects/anthropic.ts';
import { awsEndpoints } from '../src/dialects/aws.ts';
import { googleEndpoints } from '../src/dialects/google.ts';
import { openaiEndpoints } from '../src/dialects/openai.ts';
import { PROVIDERS, routeName } from '../src/dialects/providers.ts';
import { REMOTE_GATEWAYS } from '../src/dialects/remote-gateways.ts';
import { ERROR_CODES } from '../src/errors.ts';
import { ENTITY_NAMES } from '../src/redaction/detectors/all-detectors.ts';
import { configSchema } from '../src/serve/config.ts';
import { ROOT } from './built-package.ts';

const PAGES = [
  'README.md',
  'CHANGELOG.md',
  ...readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
];
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const manifest = JSON.parse(read('package.json')) as Record<string, Record<string, string>>;

/** Rows of `| \`code\` | 402 | no |`. */
function documentedCodes(): Record<string, { status: number; retryable: boolean }> {
  const rows = [...read('docs/errors.md').matchAll(/^\| `(\w+)` \| (\d{3}) \| (yes|no) \|/gm)];
  return Object.fromEntries(
    rows.map(([, code, status, retry]) => [code, { status: Number(status), retryable: retry === 'yes' }]),
  );
}

test('docs/errors.md has every code with its status and whether a retry helps, and no other', () => {
  expect(documentedCodes()).toEqual(ERROR_CODES);
});

test.each(['README.md', 'docs/policies.md', 'docs/redaction.md'])('%s names no entity that is not there', (page) => {
  const named = [...read(page).matchAll(/`<?([A-Z]{2,}(?:_[A-Z]+)+)(?:_\d)?>?`/g)].map(([, name]) => name!);
  const known: readonly string[] = [
    ...ENTITY_NAMES,
    'ENTITY_NAMES',
    'POSTERN_REDACTION_KEY',
    'OTEL_SERVICE_NAME',
    'EMPLOYEE_ID',
  ];

  expect(named.length).toBeGreaterThan(0);
  expect(named.filter((name) => !known.includes(name))).toEqual([]);
});

test('docs/dependencies.md has a row for every dependency of package.json, and no other', () => {
  const { dependencies = {}, optionalDependencies = {}, devDependencies = {}, peerDependencies = {} } = manifest;
  const named = [...read('docs/dependencies.md').matchAll(/^\| `([^`]+)` \|/gm)].map(([, name]) => name);

  expect([...new Set(named)].sort()).toEqual(
    [
      ...new Set(Object.keys({ ...dependencies, ...optionalDependencies, ...devDependencies, ...peerDependencies })),
    ].sort(),
  );
});

test.each(PAGES)('links and paths in %s lead somewhere', (page) => {
  const links = [...read(page).matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link]) =>
    normalize(join(dirname(page), link!)),
  );
  for (const link of links) expect(existsSync(join(ROOT, link)), link).toBe(true);
});

test('the first two shell lines of the README are the quickstart and the tests, and both scripts exist', () => {
  const shell = [...read('README.md').matchAll(/```(?:sh|bash)\n([\s\S]*?)```/g)].flatMap(([, block]) =>
    block!.trim().split('\n'),
  );

  expect(shell.slice(0, 2)).toEqual(['npm ci && npm run quickstart', 'npm ci && npm test']);
  expect(Object.keys(manifest.scripts!)).toEqual(expect.arrayContaining(['quickstart', 'test']));
});

test('docs/apis.md has a row for every API, and no other', () => {
  const named = [...read('docs/apis.md').matchAll(/^\| ((?:`(?:openai|anthropic|google|aws)\.[\w.]+`(?:, )?)+): /gm)];
  const endpoints = [...openaiEndpoints, ...anthropicEndpoints, ...googleEndpoints, ...awsEndpoints];

  expect(named.flatMap(([, ids]) => ids!.replaceAll('`', '').split(', ')).sort()).toEqual(
    [...new Set(endpoints.map(({ dialect }) => dialect.id))].sort(),
  );
});

test('docs/apis.md has a row for every provider and every remote gateway, and no other', () => {
  const page = read('docs/apis.md');
  const providers = [...page.matchAll(/^\| `([\w-]+)` \| [^|]+, `([\w.]+)` \| `(http[^`]+)` \|/gm)].map((row) =>
    row.slice(1),
  );
  const [, gateways = ''] = page.split('## Remote gateways');
  const named = [...gateways.matchAll(/^\| `(\w+)` \| /gm)].map(([, name]) => name);

  expect(providers).toEqual(PROVIDERS.map((provider) => [routeName(provider), provider.name, provider.baseURL]));
  expect(named).toEqual(['gateway', ...REMOTE_GATEWAYS.map(({ name }) => name)]);
});

interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly items?: JsonSchema;
  readonly additionalProperties?: JsonSchema | boolean;
}

/** `server.port`, and the names below lists and records: `providers`, then `api_key`. Policies have a page of their own. */
function namesIn({ properties = {}, anyOf = [], oneOf = [], items, additionalProperties }: JsonSchema): string[] {
  const own = Object.entries(properties).flatMap(([name, inner]) =>
    name === 'policies' ? [name] : [name, ...namesIn(inner)],
  );
  const more = typeof additionalProperties === 'object' ? [additionalProperties] : [];
  return [...own, ...[...anyOf, ...oneOf, ...(items ? [items] : []), ...more].flatMap(namesIn)];
}

test('docs/configuration.md names every field of a configuration', () => {
  const page = read('docs/configuration.md');
  const fields = new Set(namesIn(z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any' }) as JsonSchema));
  const documented = [...page.matchAll(/`([\w.{}]+)`/g)].flatMap(([, path]) => path!.split('.'));

  expect(fields.size).toBeGreaterThan(50);
  expect([...fields].filter((field) => !documented.includes(field))).toEqual([]);
});
