/** `postern serve` as far as it goes without a server: its arguments, and what it greets with. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { greeting } from '../../src/cli/serve-greeting.ts';
import { listenToSignals } from '../../src/cli/serve-signals.ts';
import { Secret } from '../../src/core/secret.ts';
import { createGateway, redact, spendCap } from '../../src/index.ts';
import { openServer } from '../../src/serve/index.ts';
import { runCli } from './run-cli.ts';

const TOKEN = 'an-invented-admin-token';

async function greet(isTerminal: boolean, token: string | null = TOKEN): Promise<string> {
  const adminToken = token === null ? undefined : new Secret(token);
  const serving = await openServer({ store: { kind: 'memory' } }, { env: {} });
  try {
    return greeting({
      serving: { ...serving, gateway: serving.gateway, state: serving.state, keys: serving.keys, adminToken },
      url: 'http://127.0.0.1:4100',
      adminUrl: 'http://127.0.0.1:4101',
      providers: ['openai'],
      store: '/srv/postern.db',
      path: undefined,
      isTerminal,
    });
  } finally {
    await serving.close();
  }
}

it('prints a link that signs in to a terminal, and to nothing else', async () => {
  expect(await greet(true)).toContain(`http://127.0.0.1:4101/#token=${TOKEN}`);
  const logged = await greet(false);
  expect(logged).not.toContain(TOKEN);
  expect(logged).toContain('admin.tokens');
  expect(await greet(true, null)).toMatch(/Dashboard +http:\/\/127\.0\.0\.1:4101\n/);
});

it('says what it does and what to do next', async () => {
  const text = await greet(false);
  expect(text).toMatch(/Gateway +http:\/\/127\.0\.0\.1:4100\n/);
  expect(text).toMatch(/Providers +openai\n/);
  expect(text).toMatch(/Policies +personal data and secrets\n/);
  expect(text).toMatch(/Kept in +\/srv\/postern\.db\n/);
  expect(text).toContain('postern keys create --name me');
  expect(text).toContain('OPENAI_BASE_URL=http://127.0.0.1:4100/openai/v1');
});

it('names policies that only monitor', () => {
  const gateway = createGateway({
    policies: [redact(), spendCap({ name: 'cap', limitUsd: 5, window: 'daily', mode: 'monitor' })],
  });
  const serving = { gateway, adminToken: undefined, state: {} as never, keys: { list: () => [1] } as never };
  const rest = {
    url: 'http://x',
    adminUrl: undefined,
    providers: [],
    store: 'memory',
    path: '/a.yaml',
    isTerminal: true,
  };
  const text = greeting({ serving, ...rest });
  expect(text).toContain('redact, cap (monitor)');
  expect(text).not.toMatch(/Dashboard|keys create/);
});

it.each([
  ['--port', 'http'],
  ['--port', '70000'],
  ['--admin-port', '-1'],
])('refuses %s %s', async (option, value) => {
  const { code, stderr } = await runCli(['serve', `${option}=${value}`]);
  expect([code, stderr]).toEqual([2, expect.stringContaining(`${option} must be a number from 0 to 65535`)]);
});

it.each(['0', '-1', '129', '2.5', 'all', ''])('refuses --workers %j', async (value) => {
  const { code, stderr } = await runCli(['serve', `--workers=${value}`]);
  expect([code, stderr]).toEqual([2, expect.stringContaining('--workers must be a number from 1 to 128, or auto')]);
});

it('--check says what is wrong, or that nothing is', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'postern-check-'));
  try {
    const missing = await runCli(['serve', '--check', '--config', join(folder, 'none.yaml')]);
    expect([missing.code, missing.stderr]).toEqual([2, expect.stringContaining('none.yaml does not exist')]);
  } finally {
    await rm(folder, { recursive: true });
  }
});

it('ends in order at the first signal and at once at the second, and reads again one after another', async () => {
  const listeners = new Map<string, () => void>();
  const exits: number[] = [];
  const target = {
    on(name: string, act: () => void) {
      listeners.set(name, act);
      return target;
    },
    off(name: string) {
      listeners.delete(name);
      return target;
    },
    exit: (code: number) => exits.push(code),
  };
  const signals = listenToSignals(target as never);
  let [running, most, times] = [0, 0, 0];
  signals.onHangup(async () => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setImmediate(resolve));
    running--;
    times++;
  });
  for (let i = 0; i < 3; i++) listeners.get('SIGHUP')!();
  await expect.poll(() => times).toBe(3);
  expect(most).toBe(1);
  listeners.get('SIGTERM')!();
  await signals.ended;
  expect(exits).toEqual([]);
  listeners.get('SIGINT')!();
  expect(exits).toEqual([1]);
  signals.stop();
  expect(listeners.size).toBe(0);
});
