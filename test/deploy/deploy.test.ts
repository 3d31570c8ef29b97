/**
 * What stands in the deployment files, against the code: ports, paths, commands, times and secrets agree, images are pinned, and nothing
 * runs as root. No container is started: that they start, their makers have to try.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import type { PolicyBody } from '../../src/resources/policy.ts';
import { createPolicySet } from '../../src/resources/policy-set.ts';
import { configSchema } from '../../src/serve/config.ts';
import { loadConfig } from '../../src/serve/load-config.ts';
import { serverRoute } from '../../src/server/routes.ts';
import { ROOT } from '../built-package.ts';

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const manifest = JSON.parse(read('package.json')) as { version: string; devDependencies: Record<string, string> };
const dockerfile = read('Dockerfile');
const { config } = await loadConfig(join(ROOT, 'deploy/postern.config.yaml'));

interface Mount {
  readonly source?: string;
  readonly target?: string;
}
interface ComposeService {
  readonly image: string;
  readonly user?: string;
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly stop_grace_period?: string;
  readonly secrets?: readonly (Mount | string)[];
  readonly command?: readonly string[];
}
interface Compose {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
}
const compose = parse(read('deploy/compose.yaml'), { merge: true }) as Compose;
const posterns = Object.entries(compose.services).filter(([name]) => name.startsWith('postern'));

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
  readonly timeoutSeconds?: number;
}
interface Container {
  readonly image: string;
  readonly args: readonly string[];
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly startupProbe: Probe;
  readonly livenessProbe: Probe;
  readonly readinessProbe: Probe;
  readonly lifecycle: { readonly preStop: { readonly exec: { readonly command: readonly string[] } } };
  readonly resources: Readonly<Record<'requests' | 'limits', Readonly<Record<string, string>>>>;
  readonly securityContext: object;
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
}
interface PodSpec {
  readonly automountServiceAccountToken: boolean;
  readonly terminationGracePeriodSeconds: number;
  readonly securityContext: object;
  readonly containers: readonly Container[];
}
const documents = parseAllDocuments(read('deploy/kubernetes.yaml')).map(
  (document) => document.toJS() as { readonly kind: string; readonly spec: Readonly<Record<string, unknown>> },
);
const specOf = (kind: string) => documents.find((document) => document.kind === kind)!.spec;
const pod = (specOf('Deployment').template as { spec: PodSpec }).spec;
const container = pod.containers[0]!;

const secretsFolder = '/etc/postern-secrets';
/** `file:` references of a configuration. */
const referenced = (text: string): string[] => [...text.matchAll(/file:([\w/-]+)/g)].map(([, path]) => path!);

describe('the configuration', () => {
  it('is one, and its policies can be made', () => {
    const entries = (config.policies as readonly PolicyBody[]).map((body, i) => ({ id: String(i), body }));
    expect(
      createPolicySet()
        .policies(entries)
        .map(({ name }) => name),
    ).toEqual(['personal data and secrets', 'per user', 'everybody']);
  });

  it('on PostgreSQL differs in its store alone', async () => {
    const other = await loadConfig(join(ROOT, 'deploy/postern.config.postgres.yaml'));
    expect({ ...other.config, store: undefined }).toEqual({ ...config, store: undefined });
    expect([config.store.kind, other.config.store.kind]).toEqual(['redis', 'postgres']);
  });

  it('asks for keys, since it listens on all addresses, and has no secret in it', () => {
    expect(config.server).toMatchObject({ host: '0.0.0.0', auth: 'keys' });
    expect(config.admin.tokens!.map(({ name, role }) => [name, role])).toEqual([
      ['operator', 'admin'],
      ['metrics', 'viewer'],
    ]);
    for (const path of referenced(read('deploy/postern.config.yaml')))
      expect(path).toMatch(/^\/etc\/postern-secrets\//);
  });
});

describe('the image', () => {
  const stages = [...dockerfile.matchAll(/^FROM (\S+)/gm)].map(([, image]) => image!);

  it('is made of one Node, the one that the project is tested on', () => {
    expect(new Set(stages)).toEqual(new Set([`node:${manifest.devDependencies.node}-bookworm-slim`]));
    expect(stages).toHaveLength(3);
  });

  it('installs the optional peers in the versions that are tested', () => {
    const installed = [...dockerfile.matchAll(/^ {6}((?:@[\w-]+\/)?[\w-]+)@(\S+)/gm)].map(([, name, version]) => [
      name,
      version,
    ]);
    expect(installed.length).toBeGreaterThan(2);
    for (const [name, version] of installed) expect([name, manifest.devDependencies[name!]]).toEqual([name, version]);
  });

  it('runs the command as another than root', () => {
    const last = dockerfile.slice(dockerfile.lastIndexOf('FROM '));
    expect(last).toMatch(/^USER 1000:1000$/m);
    expect(last.match(/^ENTRYPOINT (.+)$/m)?.[1]).toBe('["node", "/opt/postern/node_modules/postern/dist/cli.js"]');
    expect(JSON.parse(last.match(/^CMD (\[.+\])$/m)![1]!)).toEqual(container.args);
  });

  it('tells its health by the path and on the port of the server', () => {
    const { server, admin } = configSchema.parse({});
    expect(dockerfile).toContain(`http://127.0.0.1:${server.port}/health`);
    expect(dockerfile).toMatch(new RegExp(`^EXPOSE ${server.port} ${admin.port}$`, 'm'));
  });

  it('has in it what it copies, and nothing that git does not know', () => {
    const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, paths]) => paths!.split(' '));
    const allowed = [...read('.dockerignore').matchAll(/^!(.+)$/gm)].map(([, path]) => path!);
    expect([...new Set(copied)].sort()).toEqual(allowed.sort());
    expect(read('.dockerignore')).toMatch(/^\*$/m);
    const known = spawnSync('git', ['ls-files', ...copied], { cwd: ROOT, encoding: 'utf8' }).stdout;
    for (const path of copied) expect(known).toContain(path);
  });
});

describe('the probes', () => {
  const { server, admin } = config;

  it('ask for paths that the server has', () => {
    for (const [probe, kind] of [
      [container.startupProbe, 'health'],
      [container.livenessProbe, 'health'],
      [container.readinessProbe, 'ready'],
    ] as const) {
      expect(probe.httpGet.port).toBe('gateway');
      expect(serverRoute('GET', probe.httpGet.path, '', [], () => [])).toEqual({ kind });
    }
  });

  it('and ports are those of the configuration', () => {
    expect(container.ports).toEqual([
      { name: 'gateway', containerPort: server.port },
      { name: 'admin', containerPort: admin.port },
    ]);
    expect(posterns.flatMap(([, { ports = [] }]) => ports.map((port) => Number(port.split(':').at(-1))))).toEqual([
      server.port,
      admin.port,
      server.port,
    ]);
  });
});

describe('what is open', () => {
  it('Kubernetes has a service for the gateway and none for the admin plane, which Prometheus alone reaches', () => {
    expect(documents.filter(({ kind }) => kind === 'Service')).toHaveLength(1);
    expect((specOf('Service').ports as { targetPort: string }[]).map(({ targetPort }) => targetPort)).toEqual([
      'gateway',
    ]);
    const ingress = specOf('NetworkPolicy').ingress as { ports: { port: string }[]; from?: object[] }[];
    expect(ingress.map(({ ports, from }) => [ports[0]!.port, from !== undefined])).toEqual([
      ['gateway', false],
      ['admin', true],
    ]);
  });

  it('compose publishes on this machine alone, and no store', () => {
    const published = Object.entries(compose.services).flatMap(([name, { ports = [] }]) =>
      ports.map((port) => [name, port]),
    );
    expect(published.map(([name]) => name)).toEqual(['postern-1', 'postern-1', 'postern-2']);
    for (const [, port] of published) expect(port).toMatch(/^127\.0\.0\.1:/);
  });
});

describe('nothing runs as root, or may become it', () => {
  it('in Kubernetes', () => {
    expect(pod).toMatchObject({
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } },
    });
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    expect(container.resources).toMatchObject({ requests: { cpu: /\d/, memory: /\d/ }, limits: { memory: /\d/ } });
  });

  it.each(Object.entries(compose.services))('in compose: %s', (name, service) => {
    // The image of Postern has a user of its own; others begin as root where none is named.
    if (!name.startsWith('postern')) expect(service.user).toMatch(/^[1-9]\d*:[1-9]\d*$/);
    expect(service.cap_drop).toEqual(['ALL']);
    expect(service.security_opt).toEqual(['no-new-privileges:true']);
    if (name !== 'postgres') expect(service.read_only).toBe(true);
  });
});

it('every image is pinned, and ours is the version of the package', () => {
  const images = [...Object.values(compose.services), container].map(({ image }) => image);
  for (const image of images) expect(image).toMatch(/:\d+\.\d+(?:\.\d+)?(?:-[\w.]+)?$/);
  for (const image of images.filter((one) => one.includes('postern')))
    expect(image.split(':')[1]).toBe(manifest.version);
});

describe('ends', () => {
  it('have the time that the configuration gives to calls in flight', () => {
    const preStop = Number(container.lifecycle.preStop.exec.command[1]);
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(preStop + config.server.drain_seconds);
    for (const [, { stop_grace_period: grace = '' }] of posterns)
      expect(Number.parseInt(grace, 10)).toBeGreaterThan(config.server.drain_seconds);
  });

  it('never take both servers at once', () => {
    expect(specOf('PodDisruptionBudget')).toMatchObject({ minAvailable: 1 });
    expect(specOf('Deployment')).toMatchObject({ replicas: 2, strategy: { rollingUpdate: { maxUnavailable: 0 } } });
  });
});

it('the store of compose forgets nothing', () => {
  expect(compose.services.redis!.command!.join(' ')).toMatch(/--appendonly yes.*--maxmemory-policy noeviction/);
  for (const name of ['redis', 'postgres']) expect(compose.services[name]!.volumes).toHaveLength(1);
});

describe('secrets', () => {
  const paths = [...new Set(referenced(read('deploy/postern.config.yaml')))];

  it('are mounted where the configuration looks for them', () => {
    for (const [, { secrets = [] }] of posterns)
      expect(secrets.map((secret) => (typeof secret === 'string' ? secret : secret.target)).sort()).toEqual(
        paths.sort(),
      );
    expect(container.volumeMounts.find(({ name }) => name === 'secrets')?.mountPath).toBe(secretsFolder);
    expect(container.args.at(-1)).toBe(
      `${container.volumeMounts.find(({ name }) => name === 'config')!.mountPath}/postern.config.yaml`,
    );
  });

  const folder = mkdtempSync(join(tmpdir(), 'postern-deploy-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('are made by the script, at random, once, and for nobody else to read', () => {
    const script = join(folder, 'make-secrets.sh');
    cpSync(join(ROOT, 'deploy/make-secrets.sh'), script);
    const made = (...args: string[]): Record<string, string> => {
      const { status, stderr } = spawnSync('sh', [script, ...args], {
        encoding: 'utf8',
        env: { ...process.env, OPENAI_API_KEY: 'sk-invented', ANTHROPIC_API_KEY: '' },
      });
      expect([status, stderr]).toEqual([0, '']);
      const files = readdirSync(join(folder, 'secrets'));
      return Object.fromEntries(files.map((name) => [name, readFileSync(join(folder, 'secrets', name), 'utf8')]));
    };
    const first = made();
    const second = made('postgres');
    const third = made('rediss://:invented@store.example:6380');

    expect(Object.keys(first).sort()).toEqual(Object.keys(compose.secrets).sort());
    expect(Object.keys(first).sort()).toEqual([...paths.map((path) => basename(path)), 'postgres_password'].sort());
    expect(first).toMatchObject({
      store_url: 'redis://redis:6379',
      openai_api_key: 'sk-invented',
      anthropic_api_key: '',
    });
    for (const name of ['admin_token', 'metrics_token', 'key_pepper']) expect(first[name]).toMatch(/^[\da-f]{64}$/);
    expect(new Set(Object.values(first)).size).toBe(Object.keys(first).length);
    expect({ ...second, store_url: '' }).toEqual({ ...first, store_url: '' });
    expect(second.store_url).toBe(`postgres://postern:${first.postgres_password}@postgres:5432/postern`);
    expect(third.store_url).toBe('rediss://:invented@store.example:6380');
    expect(statSync(join(folder, 'secrets')).mode & 0o777).toBe(0o700);
  });
});
