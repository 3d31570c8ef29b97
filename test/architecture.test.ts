import { readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { expect, it } from 'vitest';

const ROOT = new URL('../src/', import.meta.url);
const FILES = readdirSync(ROOT, { recursive: true, encoding: 'utf8' })
  .map((file) => file.replaceAll('\\', '/'))
  .filter((file) => /\.tsx?$/.test(file));
const MAX_LINES = 450;

interface Import {
  readonly from: string;
  readonly to: string;
  readonly typeOnly: boolean;
}

const sourceOf = (file: string): string => readFileSync(new URL(file, ROOT), 'utf8');
const withoutComments = (source: string): string =>
  source.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');

const STATEMENT =
  /^(?:import|export)\s+(?:((?:type\s+)?(?:\{[^}]*\}|\*(?:\s+as\s+\w+)?|\w+))\s+from\s+)?['"]([^'"]+)['"]/gm;

/** `import ... from`, `export ... from`, `import '...'`, and `import('...')`, which is a type behind `typeof` or a property. */
function importsOf(file: string): Import[] {
  const source = withoutComments(sourceOf(file));
  const statements = [...source.matchAll(STATEMENT)];
  const calls = [...source.matchAll(/(typeof\s+)?\bimport\(\s*['"]([^'"]+)['"]\s*\)(\.[A-Z])?/g)];
  return [
    ...statements.map(([, clause = '', to = '']) => ({ from: file, to, typeOnly: isTypeOnly(clause) })),
    ...calls.map(([, type, to = '', member]) => ({ from: file, to, typeOnly: Boolean(type ?? member) })),
  ];
}

/** `import type {...}`, or braces in which every name is a type. */
function isTypeOnly(clause: string): boolean {
  const names = /^\s*\{([^}]*)\}\s*$/
    .exec(clause)?.[1]
    ?.split(',')
    .filter((name) => name.trim() !== '');
  return /^\s*type\b/.test(clause) || (names?.every((name) => /^\s*type\s/.test(name)) ?? false);
}

const IMPORTS = FILES.flatMap(importsOf);
const isOwn = ({ to }: Import): boolean => to.startsWith('.');
const targetOf = ({ from, to }: Import): string => posix.join(posix.dirname(from), to);
/** The folder of a file, or the file itself when it stands at the top. */
const placeOf = (file: string): string => file.split('/')[0]!;
const packageOf = (to: string): string =>
  to
    .split('/')
    .slice(0, to.startsWith('@') ? 2 : 1)
    .join('/');

/** What each place may import of ours, beside itself. A file stands for itself alone. */
const INWARD: Readonly<Record<string, readonly string[]>> = {
  'errors.ts': [],
  json: [],
  core: ['json', 'errors.ts'],
  redaction: ['core', 'json', 'errors.ts'],
  spend: ['core', 'json', 'errors.ts'],
  stores: ['core', 'json', 'errors.ts'],
  dialects: ['core', 'json', 'errors.ts'],
  policies: ['redaction', 'spend', 'stores', 'dialects', 'core', 'errors.ts'],
  telemetry: ['core', 'errors.ts'],
  http: ['core', 'json', 'errors.ts', 'dialects/dialect.ts'],
  gateway: ['policies', 'telemetry', 'http', 'redaction', 'spend', 'stores', 'dialects', 'core', 'errors.ts'],
  bedrock: ['gateway', 'http', 'dialects', 'core', 'errors.ts'],
  langchain: ['gateway', 'http', 'core', 'json', 'errors.ts'],
  server: ['gateway', 'http', 'dialects', 'telemetry', 'core', 'json', 'errors.ts'],
  // What a server keeps, the resources it speaks of, the API to them, and `postern serve`, which joins all.
  state: ['resources', 'core', 'json', 'errors.ts'],
  resources: ['policies', 'spend', 'redaction', 'core', 'errors.ts'],
  // The bodies it reads are walked as those of calls are, so that no key in them stands twice.
  admin: [
    'resources',
    'state',
    'server',
    'gateway',
    'policies',
    'telemetry',
    'spend',
    'dialects',
    'core',
    'json',
    'errors.ts',
  ],
  dashboard: ['resources'],
  serve: [
    'admin',
    'resources',
    'state',
    'server',
    'gateway',
    'policies',
    'telemetry',
    'redaction',
    'spend',
    'stores',
    'http',
    'dialects',
    'core',
    'errors.ts',
  ],
  // The doctor makes its probe by the set-up that apps use, and reads the tables of hosts.
  cli: [
    'serve',
    'state',
    'resources',
    'redaction',
    'spend',
    'stores',
    'telemetry/langsmith.ts',
    'telemetry/otel.ts',
    'dialects/providers.ts',
    'dialects/provider-variables.ts',
    'core',
    'json',
    'errors.ts',
  ],
  'index.ts': [
    'gateway',
    'policies',
    'telemetry',
    'http',
    'redaction',
    'spend',
    'stores',
    'dialects',
    'core',
    'errors.ts',
  ],
};

/** Where each package of others may be imported; `types` where nothing of it may be loaded. */
const PACKAGES: Readonly<Record<string, Readonly<Record<string, 'values' | 'types'>>>> = {
  '@langchain/core': { langchain: 'types' },
  '@opentelemetry/api': { telemetry: 'values' },
  '@opentelemetry/sdk-trace-node': { telemetry: 'values' },
  '@opentelemetry/exporter-trace-otlp-proto': { 'telemetry/exporter.ts': 'values' },
  '@opentelemetry/resources': { 'telemetry/exporter.ts': 'values' },
  hono: { admin: 'values' },
  preact: { dashboard: 'values' },
  undici: { http: 'values', server: 'values' },
  uplot: { dashboard: 'values' },
  yaml: { serve: 'values', 'cli/policies.ts': 'values' },
  zod: { resources: 'values', admin: 'values', serve: 'values' },
  'lru-cache': { gateway: 'values', langchain: 'values', redaction: 'values' },
  'node:async_hooks': { core: 'values' },
  'node:buffer': { 'http/guarded-stream.ts': 'values' },
  'node:cluster': { serve: 'values', 'cli/serve.ts': 'values' },
  'node:crypto': {
    serve: 'values',
    admin: 'values',
    cli: 'values',
    http: 'values',
    'telemetry/decision-sinks.ts': 'values',
    langchain: 'values',
    redaction: 'values',
    server: 'values',
    state: 'values',
    'stores/redis-client.ts': 'values',
    'spend/price-refresh.ts': 'values',
  },
  'node:fs': {
    serve: 'values',
    cli: 'values',
    'telemetry/decision-sinks.ts': 'values',
    'admin/dashboard-assets.ts': 'values',
    server: 'values',
    'spend/price-refresh.ts': 'values',
    'state/pepper.ts': 'values',
    'stores/sqlite-driver.ts': 'values',
  },
  // The doctor looks at the way to a backend step by step.
  'node:dns': { 'cli/doctor/network.ts': 'values', 'server/guarded-fetch.ts': 'values' },
  'node:http': { server: 'values', 'cli/doctor/request.ts': 'values', 'cli/doctor/spans.ts': 'values' },
  'node:https': { 'cli/doctor/request.ts': 'values' },
  'node:module': { 'stores/sqlite-driver.ts': 'values' },
  'node:net': { server: 'values', 'cli/doctor/network.ts': 'values' },
  'node:perf_hooks': { 'telemetry/process-metrics.ts': 'values' },
  'node:os': { 'cli/configured.ts': 'values', 'serve/worker-count.ts': 'values' },
  'node:path': { serve: 'values', cli: 'values', 'stores/sqlite-driver.ts': 'values' },
  'node:stream': { cli: 'types', 'http/dispatch-decode.ts': 'values', server: 'types' },
  'node:timers': { 'cli/doctor/project.ts': 'values' },
  'node:tls': { 'cli/doctor/network.ts': 'values' },
  'node:url': { serve: 'values', cli: 'values', 'stores/sqlite-engine.ts': 'values' },
  'node:util': { serve: 'values', cli: 'values', server: 'values' },
  'node:zlib': { 'http/aws-event-stream.ts': 'values', 'http/dispatch-decode.ts': 'values', server: 'values' },
  'node:worker_threads': { 'stores/sqlite-engine.ts': 'values', 'stores/sqlite-worker.ts': 'values' },
  redis: { 'serve/stores.ts': 'values' },
  pg: { 'serve/stores.ts': 'values' },
};

const allows = (allowed: readonly string[], target: string): boolean =>
  allowed.some((entry) => entry === target || entry === placeOf(target));

const told = ({ from, to }: Import): string => `${from} imports ${to}`;

it('sees the imports', () => {
  expect(IMPORTS.length).toBeGreaterThan(150);
  expect(IMPORTS.map(told)).toContain('http/handle.ts imports ../core/pipeline.ts');
});

it('has a rule for each folder', () => {
  expect([...new Set(FILES.map(placeOf))].filter((place) => !INWARD[place])).toEqual([]);
});

it('imports point inward', () => {
  const outward = IMPORTS.filter((entry) => {
    const [place, target] = [placeOf(entry.from), targetOf(entry)];
    return isOwn(entry) && place !== placeOf(target) && !allows(INWARD[place] ?? [], target);
  });
  expect(outward.map(told)).toEqual([]);
});

it('imports name files that exist', () => {
  expect(IMPORTS.filter((entry) => isOwn(entry) && !FILES.includes(targetOf(entry))).map(told)).toEqual([]);
});

it('packages of others stay in their folder', () => {
  const strays = IMPORTS.filter((entry) => {
    if (isOwn(entry)) return false;
    const places = PACKAGES[packageOf(entry.to)] ?? {};
    const use = places[entry.from] ?? places[placeOf(entry.from)];
    return use === undefined || (use === 'types' && !entry.typeOnly);
  });
  expect(strays.map(told)).toEqual([]);
});

it('the OpenTelemetry SDK is loaded by telemetry/exporter.ts alone, and only when it is asked for', () => {
  const loading = IMPORTS.filter(({ to, typeOnly }) => /^@opentelemetry\/(?!api$)/.test(to) && !typeOnly);
  expect([...new Set(loading.map(({ from }) => from))]).toEqual(['telemetry/exporter.ts']);
  expect(sourceOf('telemetry/exporter.ts')).not.toMatch(/^import (?!type)[^;]*from '@opentelemetry\/(?!api')/m);
});

it(`no file has more than ${MAX_LINES} lines`, () => {
  const long = FILES.filter((file) => sourceOf(file).split('\n').length > MAX_LINES + 1);
  expect(long.filter((file) => !file.endsWith('.generated.ts'))).toEqual([]);
});

it('no type is any', () => {
  const loose = FILES.filter((file) => /(?:[:<,&]\s*|\|\s+|\bas\s+)any\b/.test(withoutComments(sourceOf(file))));
  expect(loose).toEqual([]);
});

it('every file opens by saying what it is for', () => {
  const silent = FILES.filter((file) => !/^(?:#!.*\n)?(?:\/\*\*|\/\/)/.test(sourceOf(file)));
  expect(silent).toEqual([]);
});
