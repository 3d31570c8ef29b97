/** The first place: whether spans are made here at all. Nothing leaves the machine: the probe goes to a port of this process. */
import { readdirSync, realpathSync } from 'node:fs';
import { createServer } from 'node:http';
import { dirname, join, relative } from 'node:path';
import { isOwnError } from '../../errors.ts';
import { setupTracing } from '../../telemetry/otel.ts';
import { ownManifest, readManifest } from '../manifest.ts';
import { type Checks, codeOf, type Environment, type Found, failed, ok, skipped, variable, warning } from './check.ts';

const API = '@opentelemetry/api';
const PEERS = [
  '@opentelemetry/sdk-trace-node',
  '@opentelemetry/resources',
  '@opentelemetry/exporter-trace-otlp-proto',
] as const;

/** A batch as the installed exporter writes it. */
export interface Probe {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

export async function checkSpans(
  checks: Checks,
  env: Environment,
  attributes: Readonly<Record<string, string>>,
  timeoutMs: number,
): Promise<Probe | undefined> {
  const packages = checks.add('spans', 'packages', packagesFound());
  checks.add('spans', 'copies', copiesFound(process.cwd()));
  checks.add('spans', 'variables', variablesFound(env));
  if (packages === 'failed') {
    checks.add('spans', 'probe span', skipped('without the packages no span is made'));
    return undefined;
  }
  const { found, probe } = await makeProbe(attributes, timeoutMs);
  checks.add('spans', 'probe span', found);
  return probe;
}

function packagesFound(): Found {
  const { manifest, folder } = ownManifest();
  const wanted = manifest?.peerDependencies ?? {};
  const installed = PEERS.map((name) => ({ name, version: find(name, folder)?.version, range: wanted[name] ?? '*' }));
  const missing = installed.filter(({ version }) => version === undefined);
  const install = `Run: npm install ${PEERS.map((name) => `${name}@"${wanted[name] ?? 'latest'}"`).join(' ')}`;
  if (missing.length > 0) return failed(`${missing.map(({ name }) => name).join(', ')} cannot be found`, install);
  const unfit = installed.filter(({ version, range }) => !satisfies(version!, range));
  if (unfit.length > 0)
    return failed(unfit.map(({ name, version, range }) => `${name} is ${version}, not ${range}`).join('; '), install);
  return ok(installed.map(({ name, version }) => `${name.slice('@opentelemetry/'.length)} ${version}`).join(', '));
}

/** Copies of one version agree by a global symbol; of two, the newer refuses what the older registered. */
function copiesFound(cwd: string): Found {
  const { folder } = ownManifest();
  const copies = new Map<string, string>();
  for (const start of [cwd, folder, ...scopeFolders(cwd), ...scopeFolders(folder)]) {
    const found = find(API, start);
    if (found) copies.set(found.folder, found.version);
  }
  const versions = new Set(copies.values());
  if (copies.size === 0) return failed(`${API} cannot be found`, `Run: npm install ${API}`);
  if (versions.size > 1) {
    const told = [...copies].map(([path, version]) => `${version} in ${relative(cwd, path) || '.'}`).join(', ');
    return warning(
      `several versions of ${API}: ${told}; what one registers the other may not see`,
      `Run: npm ls ${API}, and bring all to one version (npm dedupe, or "overrides")`,
    );
  }
  const range = find('@opentelemetry/sdk-trace-node', folder)?.peerDependencies?.[API];
  const [version = ''] = versions;
  if (range !== undefined && !satisfies(version, range))
    return failed(`${API} is ${version}, and the SDK takes ${range}`, `Run: npm install ${API}@"${range}"`);
  return ok(`${API} ${version}, ${copies.size === 1 ? 'one copy' : `${copies.size} copies of one version`}`);
}

/** Packages that bring a copy of the API of their own do so below `node_modules/@opentelemetry/<name>`, or `node_modules/<name>`. */
function scopeFolders(start: string): string[] {
  const root = find(API, start)?.scope;
  if (root === undefined) return [];
  try {
    return readdirSync(root).map((name) => join(root, name));
  } catch {
    return [];
  }
}

interface Installed {
  readonly version: string;
  readonly peerDependencies?: Readonly<Record<string, string>> | undefined;
  readonly folder: string;
  /** The folder it was found in, before links were followed. */
  readonly scope: string;
}

/** As Node looks: in `node_modules` of each folder upwards. */
function find(name: string, start: string): Installed | undefined {
  for (let folder = start; ; folder = dirname(folder)) {
    const path = join(folder, 'node_modules', name);
    const manifest = readManifest(join(path, 'package.json'));
    if (manifest) return { ...manifest, folder: realpathSync(path), scope: dirname(path) };
    if (folder === dirname(folder)) return undefined;
  }
}

/** The ranges that manifests of these packages have: `^2.0.0`, `>=0.200.0 <0.300.0`. Other forms count as met. */
export function satisfies(version: string, range: string): boolean {
  return range.split(/\s+/).every((part) => {
    const [, sign, least = ''] = /^(\^|>=|<=|<|>)?(\d[\d.]*)/.exec(part) ?? [];
    const order = compare(version, least);
    if (sign === '^') return order >= 0 && Number.parseInt(version, 10) === Number.parseInt(least, 10);
    if (sign === '>=') return order >= 0;
    if (sign === '<') return order < 0;
    return true;
  });
}

function compare(a: string, b: string): number {
  const [left, right] = [a, b].map((text) => text.split(/[.+-]/).map(Number));
  for (let i = 0; i < 3; i++) {
    const difference = (left![i] || 0) - (right![i] || 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function variablesFound(env: Environment): Found {
  if (variable(env, 'OTEL_SDK_DISABLED')?.toLowerCase() === 'true')
    return failed('OTEL_SDK_DISABLED=true turns tracing off', 'Unset OTEL_SDK_DISABLED');
  const sampler = variable(env, 'OTEL_TRACES_SAMPLER');
  if (sampler === 'always_off')
    return failed('OTEL_TRACES_SAMPLER=always_off records nothing', 'Unset OTEL_TRACES_SAMPLER');
  if (variable(env, 'OTEL_TRACES_EXPORTER') === 'none')
    return warning(
      'OTEL_TRACES_EXPORTER=none: setupTracing does not read it, but NodeSDK exports nothing then',
      'Unset OTEL_TRACES_EXPORTER',
    );
  if (sampler?.includes('ratio') || sampler?.includes('parentbased_always_off')) {
    const ratio = variable(env, 'OTEL_TRACES_SAMPLER_ARG');
    return warning(
      `OTEL_TRACES_SAMPLER=${sampler}${ratio === undefined ? '' : ` (${ratio})`} leaves out some or all traces`,
      'Unset OTEL_TRACES_SAMPLER while you look for one',
    );
  }
  return ok('none that turns tracing off or down');
}

/** A span by `setupTracing` itself, through the installed exporter, to a port of this process. */
async function makeProbe(
  attributes: Readonly<Record<string, string>>,
  timeoutMs: number,
): Promise<{ found: Found; probe?: Probe | undefined }> {
  const catcher = await catchProbe();
  try {
    const tracing = await setupTracing({ target: { url: catcher.url }, serviceName: 'postern-doctor' });
    const span = tracing.provider.getTracer('postern.doctor').startSpan('postern doctor', { attributes });
    const isRecording = span.isRecording();
    span.end();
    await Promise.race([tracing.shutdown(), new Promise((resolve) => setTimeout(resolve, timeoutMs).unref())]);
    const probe = catcher.caught();
    if (probe) return { found: ok('a span was made, and the exporter sent it'), probe };
    if (isRecording)
      return {
        found: failed('a span was made, but the exporter sent nothing', 'Look at OTEL_BSP_* and OTEL_EXPORTER_OTLP_*'),
      };
    return { found: failed('the span was not recorded', 'Look at OTEL_SDK_DISABLED and OTEL_TRACES_SAMPLER') };
  } catch (error) {
    return { found: failed(isOwnError(error) ? error.message : `setupTracing failed (${codeOf(error)})`) };
  } finally {
    catcher.close();
  }
}

const KEPT_HEADERS = ['content-type', 'content-encoding', 'user-agent'];

async function catchProbe(): Promise<{ url: string; caught(): Probe | undefined; close(): void }> {
  let probe: Probe | undefined;
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const headers = Object.entries(request.headers).filter(([name]) => KEPT_HEADERS.includes(name));
    probe ??= { headers: Object.fromEntries(headers) as Record<string, string>, body: Buffer.concat(chunks) };
    response.end();
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}/v1/traces`,
    caught: () => probe,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
