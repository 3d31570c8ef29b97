import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import type { Check } from '../../src/cli/doctor/check.ts';
import { modelsBase } from '../../src/cli/doctor/providers.ts';
import { satisfies } from '../../src/cli/doctor/spans.ts';
import { PROVIDER_VARIABLES } from '../../src/dialects/provider-variables.ts';
import { PROVIDERS } from '../../src/dialects/providers.ts';
import { ROOT } from '../built-package.ts';
import { forgetGlobals } from '../telemetry/calls.ts';
import { makeCertificate, trusting } from './certificates.ts';
import { type FakeLangSmith, type FakeLangSmithOptions, startFakeLangSmith } from './fake-langsmith.ts';
import { runCli } from './run-cli.ts';

const KEY = 'lsv2_pt_invented0123456789';
const running: FakeLangSmith[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((fake) => fake.close()));
  forgetGlobals();
  vi.unstubAllEnvs();
});

async function fake(options?: FakeLangSmithOptions): Promise<FakeLangSmith> {
  const started = await startFakeLangSmith(options);
  running.push(started);
  return started;
}

interface Report {
  readonly code: number;
  readonly text: string;
  readonly checks: readonly Check[];
  of(name: string): Check | undefined;
}

async function doctor(
  args: readonly string[],
  env: Record<string, string> = { LANGSMITH_API_KEY: KEY },
): Promise<Report> {
  const { code, stdout, stderr } = await runCli(['doctor', '--json', '--timeout', '2', ...args], { env });
  expect(stderr).toBe('');
  expect(stdout).not.toContain(KEY);
  const { checks } = JSON.parse(stdout) as { checks: Check[] };
  return { code, text: stdout, checks, of: (name) => checks.find((check) => check.name === name) };
}

const failures = ({ checks }: Report): string[] =>
  checks.filter(({ status }) => status === 'failed').map(({ name }) => name);

test('a healthy LangSmith: every place is well, and the probe is in the project', async () => {
  const langsmith = await fake();

  const report = await doctor(['--url', langsmith.origin, '--project', 'my-app', '--model', 'openai/gpt-4o']);

  expect(failures(report)).toEqual([]);
  expect(report.code).toBe(0);
  expect(report.of('probe span')).toMatchObject({ status: 'ok' });
  expect(report.of('arrival')).toMatchObject({ status: 'ok', reason: 'the probe is in "my-app"' });
  expect(report.of('price')).toMatchObject({ status: 'ok' });
  expect(langsmith.runs).toEqual(['my-app']);
});

test('as lines: one a check, by place, and a sum', async () => {
  const langsmith = await fake();
  const args = ['doctor', '--url', langsmith.origin, '--project', 'my-app'];

  const { code, stdout } = await runCli(args, {
    env: { LANGSMITH_API_KEY: KEY, OPENAI_API_KEY: 'sk-proj-invented0123456789' },
  });

  expect(code).toBe(0);
  expect(stdout).toMatch(/^1\. The spans are made here\n {2}ok {7}packages /m);
  expect(stdout).toContain('LANGSMITH_API_KEY is set (lsv2_pt_…, 26 characters).');
  expect(stdout).toContain('OPENAI_API_KEY is set (sk-proj-…, 26 characters).');
  expect(stdout).toMatch(/0 failed, 0 warnings, \d+ ok, \d+ skipped\n$/);
  expect(stdout).not.toContain('invented0123456789');
});

test('a refused port is told with its code, and nothing behind it is guessed', async () => {
  const closed = createServer();
  await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
  const { port } = closed.address() as { port: number };
  await new Promise((resolve) => closed.close(resolve));

  const report = await doctor(['--url', `http://127.0.0.1:${port}`]);

  expect(report.code).toBe(1);
  expect(failures(report)).toEqual(['TCP']);
  expect(report.of('TCP')?.reason).toContain('nothing listens there (ECONNREFUSED)');
  expect(report.of('probe span')?.status).toBe('ok');
  expect(report.of('arrival')?.status).toBe('skipped');
});

test('a certificate of an unknown authority: the chain is named, and what to give Node', async () => {
  const langsmith = await fake({ tls: makeCertificate() });

  const report = await doctor(['--url', langsmith.origin]);

  expect(failures(report)).toEqual(['TLS']);
  expect(report.of('TLS')?.reason).toContain('DEPTH_ZERO_SELF_SIGNED_CERT');
  expect(report.of('TLS')?.reason).toContain(
    '"Invented Root, Invented Authority" issued by "Invented Root, Invented Authority"',
  );
  expect(report.of('TLS')?.next).toContain('NODE_EXTRA_CA_CERTS=/path/to/ca.pem');
  expect(langsmith.requests).toEqual([]);
});

test('a certificate that has expired: since when, and the chain', async () => {
  const tls = makeCertificate({ days: -1 });
  const langsmith = await fake({ tls });

  const report = await trusting(tls, () => doctor(['--url', langsmith.origin]));

  expect(failures(report)).toEqual(['TLS']);
  expect(report.of('TLS')?.reason).toMatch(/^a certificate has expired, valid to .* GMT: TLSv1\.\d, "Invented Root/);
  expect(report.of('TLS')?.next).toContain("this machine's clock");
  expect(langsmith.requests).toEqual([]);
});

test('a certificate of another host: whom it is for, and nothing is sent', async () => {
  const tls = makeCertificate({ host: 'DNS:traces.invented.example' });
  const langsmith = await fake({ tls });

  const report = await trusting(tls, () => doctor(['--url', langsmith.origin]));

  expect(failures(report)).toEqual(['TLS']);
  expect(report.of('TLS')?.reason).toBe(
    'the certificate is for another host, not 127.0.0.1: DNS:traces.invented.example',
  );
  expect(langsmith.requests).toEqual([]);
});

test('a certificate of an authority that Node was told of is well, and the trace arrives over it', async () => {
  const tls = makeCertificate();
  const langsmith = await fake({ tls });

  const report = await trusting(tls, () => doctor(['--url', langsmith.origin, '--project', 'my-app']));

  expect(failures(report)).toEqual([]);
  expect(report.of('TLS')?.reason).toContain('"Invented Root, Invented Authority"');
  expect(report.of('arrival')?.status).toBe('ok');
});

test('https where plain http is spoken', async () => {
  const langsmith = await fake();

  const report = await doctor(['--url', langsmith.origin.replace('http:', 'https:')]);

  expect(failures(report)).toEqual(['TLS']);
  expect(report.of('TLS')?.next).toContain('use http');
});

test('a wrong key: 401, with what the backend said', async () => {
  const langsmith = await fake({ key: 'lsv2_pt_another0123456789' });

  const report = await doctor(['--url', langsmith.origin, '--project', 'my-app']);

  expect(report.code).toBe(1);
  expect(failures(report)).toEqual(['export']);
  expect(report.of('export')?.reason).toMatch(/^401, the key is missing, wrong or revoked: .*Invalid token/);
  expect(report.of('arrival')).toMatchObject({ status: 'skipped' });
});

test('no key at all is told before anything is asked', async () => {
  const langsmith = await fake();

  const report = await doctor(['--url', langsmith.origin], {});

  expect(failures(report)).toEqual(['key', 'export']);
  expect(report.of('export')?.reason).toContain('401, no key was sent');
});

test('a wrong path: 404, and the path that answers is found', async () => {
  const langsmith = await fake();

  const report = await doctor(['--url', `${langsmith.origin}/tools`, '--project', 'my-app']);

  expect(failures(report)).toEqual(['export']);
  expect(report.of('export')?.next).toBe(`Use ${langsmith.origin}/api/v1/otel/v1/traces: it answers 200 there`);
});

test('docs/doctor.md shows what is printed', async () => {
  const langsmith = await fake();
  const args = ['doctor', '--url', `${langsmith.origin}/tools`, '--project', 'my-app'];
  const { stdout } = await runCli(args, { env: { LANGSMITH_API_KEY: KEY } });
  const withoutPort = (text: string): string => text.replace(/127\.0\.0\.1:\d+/g, '127.0.0.1');

  const [, excerpt] = /```\n(2\. The backend[\s\S]*?)\n```/.exec(readFileSync(join(ROOT, 'docs/doctor.md'), 'utf8'))!;
  for (const line of excerpt!.split('\n')) expect(withoutPort(stdout)).toContain(withoutPort(line));
});

test('variables of OpenTelemetry that double a path are corrected where they stand', async () => {
  const langsmith = await fake();
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: `${langsmith.origin}/api/v1/otel/v1/traces`,
    OTEL_EXPORTER_OTLP_HEADERS: `x-api-key=${KEY},Langsmith-Project=my-app`,
  };

  const report = await doctor([], env);

  expect(report.of('URL')).toMatchObject({
    status: 'warning',
    reason: expect.stringContaining('/v1/traces stands there twice') as string,
    next: `Set OTEL_EXPORTER_OTLP_ENDPOINT=${langsmith.origin}/api/v1/otel`,
  });
  expect(report.of('export')).toMatchObject({
    status: 'failed',
    next: expect.stringContaining('it answers 200') as string,
  });
});

test('a project that is not there: told, and not made by the probe', async () => {
  const langsmith = await fake();

  const report = await doctor(['--url', langsmith.origin, '--project', 'my-ap']);

  expect(report.code).toBe(1);
  expect(failures(report)).toEqual(['exists']);
  expect(report.of('exists')?.reason).toContain('no project "my-ap"');
  expect(langsmith.runs).toEqual([]);
});

test('a trace that lands in another project', async () => {
  const langsmith = await fake({ puts: 'default' });

  const report = await doctor(['--url', langsmith.origin, '--project', 'my-app']);

  expect(failures(report)).toEqual(['arrival']);
  expect(report.of('arrival')?.reason).toBe('the probe was meant for "my-app" and is in "default"');
});

test('without a project, the default one is named', async () => {
  const langsmith = await fake();

  const report = await doctor(['--url', langsmith.origin]);

  expect(report.of('header')).toMatchObject({
    status: 'warning',
    reason: expect.stringContaining('"default"') as string,
  });
  expect(report.of('arrival')?.reason).toBe('the probe is in "default"');
});

test('a backend that never answers is given up after the timeout', async () => {
  const silent = await fake({ isSilent: true });

  const report = await doctor(['--target', 'otlp', '--url', `${silent.origin}/v1/traces`, '--timeout', '0.3'], {});

  expect(failures(report)).toEqual(['export']);
  expect(report.of('export')?.reason).toBe('no answer within 0.3 s');
});

test.each([
  [413, /too large/],
  [429, /too many requests/],
  [503, /fails/],
])('an answer of %i is explained', async (status, told) => {
  const backend = await fake({ answer: { status, body: `key ${KEY} of ada@example.org` } });

  const report = await doctor(['--url', backend.origin, '--project', 'my-app']);

  expect(report.of('export')).toMatchObject({ status: 'failed', reason: expect.stringMatching(told) as string });
  expect(report.of('export')?.reason).toContain('<EMAIL_ADDRESS_1>');
  expect(report.text).not.toContain('ada@example.org');
});

test('a 200 that threw the span away is a failure, told in the words of the backend', async () => {
  const said = `${KEY} of ada@example.org is over its limit${'.'.repeat(500)}`;
  const body = JSON.stringify({ partialSuccess: { rejectedSpans: '1', errorMessage: said } });
  const headers = { 'content-type': 'application/json' };
  const backend = await fake({ answer: { status: 200, body, headers } });

  const report = await doctor(['--url', backend.origin, '--project', 'my-app']);

  expect(report.code).toBe(1);
  expect(failures(report)).toEqual(['export']);
  expect(report.of('export')?.reason).toMatch(
    /^200 for a batch of one span, but the backend threw 1 of its spans away: \*\*\* of <EMAIL_ADDRESS_1> is over/,
  );
  expect(report.of('export')!.reason.length).toBeLessThan(300);
  expect(report.text).not.toContain('ada@example.org');
  expect(report.of('arrival')?.status).toBe('skipped');
});

test('a 200 with a warning is taken, and the warning told', async () => {
  const body = '{"partialSuccess":{"errorMessage":"attributes were cut"}}';
  const headers = { 'content-type': 'application/json' };
  const backend = await fake({ answer: { status: 200, body, headers } });

  const report = await doctor(['--target', 'otlp', '--url', `${backend.origin}/v1/traces`], {});

  expect(report.code).toBe(0);
  expect(report.of('export')).toMatchObject({
    status: 'warning',
    reason: '200 for a batch of one span, with a warning: attributes were cut',
  });
});

test('a web page is no backend, and a redirect is not followed', async () => {
  const page = await fake({ answer: { status: 200, body: '<html>', headers: { 'content-type': 'text/html' } } });
  const moved = await fake({ answer: { status: 302, headers: { location: '/login?next=1' } } });

  const first = await doctor(['--url', page.origin]);
  forgetGlobals();
  const second = await doctor(['--url', moved.origin]);

  expect(first.of('export')?.reason).toContain('a web page answered');
  expect(second.of('export')?.reason).toContain(`a redirect to ${moved.origin}/login,`);
});

test('a proxy that is set and not used, and one that is not meant for the host', async () => {
  const langsmith = await fake();
  const env = { LANGSMITH_API_KEY: KEY, HTTP_PROXY: 'http://user:hidden@proxy.example:8080' };

  const used = await doctor(['--url', langsmith.origin], env);
  forgetGlobals();
  const excepted = await doctor(['--url', langsmith.origin], { ...env, NO_PROXY: 'localhost,127.0.0.1' });

  expect(used.of('proxy')).toMatchObject({
    status: 'warning',
    reason: expect.stringContaining('HTTP_PROXY is set') as string,
  });
  expect(used.text).not.toContain('hidden');
  expect(excepted.of('proxy')).toMatchObject({ status: 'ok' });
});

test('a clock that is an hour away', async () => {
  const langsmith = await fake({ date: Date.now() + 3_600_000 });

  const report = await doctor(['--url', langsmith.origin, '--project', 'my-app']);

  expect(failures(report)).toEqual(['clock']);
  expect(report.of('clock')?.reason).toMatch(/3\d{3} s behind/);
});

test('variables that turn tracing off', async () => {
  const langsmith = await fake();
  vi.stubEnv('OTEL_TRACES_SAMPLER', 'always_off');

  const report = await doctor(['--url', langsmith.origin], {
    LANGSMITH_API_KEY: KEY,
    OTEL_TRACES_SAMPLER: 'always_off',
  });

  expect(failures(report)).toEqual(['variables', 'probe span']);
  expect(report.of('export')).toMatchObject({ status: 'ok', reason: '200 for a batch without spans' });
});

test('providers: keys, base URLs and prices; called only with --providers', async () => {
  const langsmith = await fake();
  const provider = await fake({ key: 'none' });
  const env = {
    LANGSMITH_API_KEY: KEY,
    OPENAI_API_KEY: '"sk-invented0123456789"',
    OPENAI_BASE_URL: `${provider.origin}/v1/v1`,
    ANTHROPIC_BASE_URL: 'http://127.0.0.1:9/v1',
  };
  const args = ['--url', langsmith.origin, '--project', 'my-app', '--model', 'openai/gpt-of-nobody'];

  const unasked = await doctor(args, env);
  const before = provider.requests.length;
  forgetGlobals();
  const asked = await doctor([...args, '--providers'], { ...env, OPENAI_API_KEY: 'sk-invented0123456789' });

  expect(failures(unasked)).toEqual(['openai key', 'openai URL', 'anthropic URL', 'price']);
  expect(unasked.of('openai URL')?.next).toBe(`Set OPENAI_BASE_URL=${provider.origin}/v1`);
  expect(before).toBe(0);
  expect(asked.of('openai call')?.reason).toContain('401 from');
  expect(asked.text + unasked.text).not.toContain('sk-invented0123456789');
});

test('every provider in the table that takes a key from the environment is looked at', async () => {
  // Vertex AI takes credentials of Google Cloud; the others are servers of one's own.
  const without = ['gcp.vertex_ai', 'ollama', 'vllm', 'lmstudio'];
  const named = PROVIDERS.map(({ name }) => name).filter((name) => !without.includes(name));
  expect(new Set(PROVIDER_VARIABLES.map(({ name }) => name))).toEqual(new Set(named));

  const langsmith = await fake();
  const env = Object.fromEntries(PROVIDER_VARIABLES.map(({ keys: [key] }) => [key, 'invented0123456789']));
  const report = await doctor(['--url', langsmith.origin], { ...env, LANGSMITH_API_KEY: KEY });

  const looked = report.checks.filter(({ name, status }) => name.endsWith(' key') && status === 'ok');
  expect(looked.map(({ name }) => name)).toEqual(PROVIDER_VARIABLES.map(({ name }) => `${name} key`));
});

test.each([
  ['groq', 'GROQ_BASE_URL', 'https://api.groq.com/v1', 'https://api.groq.com/openai/v1'],
  ['openrouter', 'OPENROUTER_BASE_URL', 'https://openrouter.ai/v1', 'https://openrouter.ai/api/v1'],
  ['openai', 'OPENAI_BASE_URL', 'https://api.fireworks.ai/v1', 'https://api.fireworks.ai/inference/v1'],
  ['together', 'TOGETHER_BASE_URL', 'https://api.together.xyz', 'https://api.together.xyz/v1'],
  ['openai', 'OPENAI_BASE_URL', 'https://api.anthropic.com', 'https://api.anthropic.com/v1'],
  ['openai', 'OPENAI_BASE_URL', 'https://own.example', 'https://own.example/v1'],
  ['openai', 'OPENAI_BASE_URL', 'https://api.deepseek.com', undefined],
  ['mistral_ai', 'MISTRAL_BASE_URL', 'https://api.mistral.ai/v1/v1', 'https://api.mistral.ai/v1'],
  ['groq', 'GROQ_BASE_URL', 'https://api.groq.com', undefined],
  ['deepseek', 'DEEPSEEK_BASE_URL', 'https://api.deepseek.com/anthropic', undefined],
  ['azure.ai.openai', 'AZURE_OPENAI_ENDPOINT', 'https://invented.openai.azure.com', undefined],
])('the base URL of %s: %s=%s', async (name, variable, value, corrected) => {
  const langsmith = await fake();

  const report = await doctor(['--url', langsmith.origin], { LANGSMITH_API_KEY: KEY, [variable]: value });

  const found = report.of(`${name} URL`);
  if (corrected === undefined) expect(found).toMatchObject({ status: 'ok' });
  else expect(found?.next).toMatch(new RegExp(`^Set ${variable}=${corrected}(?:,|$)`));
});

test('a list of models is asked for where the table has it, or where a base URL of another host says', () => {
  expect(modelsBase('groq', undefined)).toBe('https://api.groq.com/openai/v1');
  expect(modelsBase('groq', 'https://api.groq.com')).toBe('https://api.groq.com/openai/v1');
  expect(modelsBase('groq', 'https://own.example/v1')).toBe('https://own.example/v1');
  expect(modelsBase('openai', 'https://api.anthropic.com/v1')).toBe('https://api.anthropic.com/v1');
});

test('ranges of versions', () => {
  expect(['2.0.0', '2.12.1', '1.30.0', '3.0.0'].map((version) => satisfies(version, '^2.0.0'))).toEqual([
    true,
    true,
    false,
    false,
  ]);
  expect(['0.199.9', '0.223.1', '0.300.0'].map((version) => satisfies(version, '>=0.200.0 <0.300.0'))).toEqual([
    false,
    true,
    false,
  ]);
});

test.each([
  [['--target', 'zipkin'], '--target must be'],
  [['--timeout', 'soon'], '--timeout must be'],
  [['--model', 'gpt-4o'], '--model must be like'],
  [['--url', 'nowhere'], 'must be an http or https URL'],
])('%j is a usage error', async (args, told) => {
  const { code, stderr } = await runCli(['doctor', ...args], { env: { LANGSMITH_API_KEY: KEY } });

  expect(code).toBe(2);
  expect(stderr).toContain(told);
});
