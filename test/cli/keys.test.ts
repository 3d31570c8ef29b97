import { userInfo } from 'node:os';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { keysCommand } from '../../src/cli/keys.ts';
import { Secret } from '../../src/core/secret.ts';
import type { IssuedKey, KeyResource } from '../../src/resources/key.ts';
import { createKeys } from '../../src/state/keys.ts';
import { type Ended, runCommand } from './run-cli.ts';
import { type TestServer, testServer } from './server-state.ts';

let server: TestServer;
beforeEach(() => {
  server = testServer();
});
afterEach(() => server.dispose());

const run = (...args: string[]): Promise<Ended> => runCommand(keysCommand(server.open), args);
const create = async (...args: string[]): Promise<string> => (await run('create', ...args)).stdout.trim();
const idOf = (secret: string): string => secret.slice(4, 16);
const authenticate = async (secret: string): Promise<unknown> => {
  const { keys, close } = await server.open({ configPath: undefined, env: {} });
  const answer = keys.authenticate(secret);
  await close();
  return answer;
};

it('makes a key, prints it alone on standard output, and says the rest on standard error', async () => {
  const { code, stdout, stderr } = await run(
    'create',
    '--name',
    'ci',
    '--workspace',
    'rd',
    '--user',
    'ada',
    '--tag',
    'team=ml',
    '--tag',
    'env=a=b',
  );

  expect(code).toBe(0);
  expect(stdout).toMatch(/^ptn_[0-9A-Za-z]{12}_[0-9A-Za-z]{43}\n$/);
  const id = idOf(stdout);
  expect(stderr).toBe(`Key ${id} (ci) was made. Keep it now: it cannot be shown again.\n`);
  expect(await authenticate(stdout.trim())).toEqual({
    keyId: id,
    context: { workspace: 'rd', user: 'ada', tags: { team: 'ml', env: 'a=b' }, apiKey: id },
  });
});

it('lists keys without what they are kept as, and lets no name steer the terminal', async () => {
  expect(await run('list')).toMatchObject({
    code: 0,
    stdout: '',
    stderr: expect.stringContaining('no keys') as string,
  });
  const secret = await create('--name', 'a\u001b[31mred', '--user', 'ada', '--expires', '2027-01-31');

  const { stdout } = await run('list');

  expect(stdout.split('\n').map((line) => line.trim().split(/ {2,}/))).toEqual([
    ['id', 'name', 'status', 'organization', 'workspace', 'user', 'created', 'expires'],
    [idOf(secret), 'a?[31mred', 'active', '-', '-', 'ada', new Date().toISOString().slice(0, 10), '2027-01-31T00:00'],
    [''],
  ]);
  expect(stdout).not.toContain(secret.slice(17));
});

it('gives JSON to programs', async () => {
  const { key, secret } = JSON.parse(
    (await run('create', '--name', 'ci', '--expires', '30d', '--json')).stdout,
  ) as IssuedKey;
  const listed = JSON.parse((await run('list', '--json')).stdout) as { keys: KeyResource[] };
  const disabled = JSON.parse((await run('disable', key.id, '--json')).stdout) as KeyResource;

  expect(idOf(secret)).toBe(key.id);
  expect(Date.parse(key.expires_at!) - Date.parse(key.created_at)).toBeCloseTo(30 * 86_400_000, -4);
  expect(listed.keys).toEqual([key]);
  expect(disabled).toMatchObject({ id: key.id, status: 'disabled', disabled: true });
});

it('rotates with and without a time in which both are taken', async () => {
  const first = await create('--name', 'ci');
  const id = idOf(first);

  const { stdout, stderr } = await run('rotate', id, '--grace', '24h');
  const second = stdout.trim();
  expect(idOf(second)).toBe(id);
  expect(stderr).toMatch(/was rotated\. .* The one before is taken until \d{4}-/);
  for (const each of [first, second]) expect(await authenticate(each)).toMatchObject({ keyId: id });

  const third = (await run('rotate', id)).stdout.trim();
  expect(await authenticate(second)).toEqual({ refused: 'unknown' });
  expect(await authenticate(third)).toMatchObject({ keyId: id });
});

it('disables, enables and deletes, and the audit log says who did', async () => {
  const secret = await create('--name', 'ci');
  const id = idOf(secret);

  expect((await run('disable', id)).stderr).toBe(`Key ${id} (ci) was disabled.\n`);
  expect(await authenticate(secret)).toEqual({ refused: 'disabled' });
  expect((await run('enable', id)).code).toBe(0);
  expect(await authenticate(secret)).toMatchObject({ keyId: id });
  expect((await run('delete', id)).stderr).toBe(`Key ${id} (ci) was deleted.\n`);
  expect(await authenticate(secret)).toEqual({ refused: 'unknown' });

  const { state, close } = await server.open({ configPath: undefined, env: {} });
  const rows = await state.audit(1, 10);
  await close();
  expect(rows.map(({ operation }) => operation)).toEqual([
    'create_gateway_key',
    'update_gateway_key',
    'update_gateway_key',
    'delete_gateway_key',
  ]);
  expect(rows.map(({ actor }) => actor)).toEqual(rows.map(() => ({ kind: 'cli', name: userInfo().username })));
});

it('opens the store of the configuration that it is given', async () => {
  await run('list', '--config', 'other.yaml');

  expect(server.configPaths).toEqual(['other.yaml']);
});

it('says when keys were made with another pepper', async () => {
  await create('--name', 'ci');
  const open = server.open;
  const other = keysCommand(async (options) => {
    const { state, close } = await open(options);
    return {
      state,
      keys: createKeys(state, { pepper: new Secret('another invented pepper, long enough too') }),
      close,
    };
  });

  const { code, stderr } = await runCommand(other, ['list', '--json']);

  expect(code).toBe(0);
  expect(stderr).toContain('1 of these keys were made with another pepper');
});

it.each<[string[], string]>([
  [[], 'name one action of create, list, rotate, disable, enable, delete'],
  [['constructor'], 'name one action'],
  [['create'], 'create needs --name'],
  [['create', '--name', ''], '--name: '],
  [['create', '--name', 'x'.repeat(200)], '--name: '],
  [['create', '--name', 'x', '--user', ''], '--user: '],
  [['create', '--name', 'x', '--tag', 'Team=x'], '--tag Team: '],
  [['create', '--name', 'x', '--tag', 'team'], '--tag must be <name>=<value>'],
  [['create', '--name', 'x', '--expires', 'soon'], '--expires must be a time'],
  [['create', '--name', 'x', '--expires', '12'], '--expires must be a time'],
  [['create', '--name', 'x', '--expires', '2020-01-01'], 'expires_at must be an instant that is still to come'],
  [['create', 'x', '--name', 'x'], 'create takes no id'],
  [['create', '--name', 'x', '--grace', '1h'], 'create takes no --grace'],
  [['list', '--user', 'ada'], 'list takes no --user'],
  [['rotate'], 'rotate takes the id of one key'],
  [['rotate', 'a', 'b'], 'rotate takes the id of one key'],
  [['rotate', 'abc', '--grace', 'long'], '--grace must be a time'],
  [['rotate', 'abc', '--grace', '31d'], 'grace_seconds must be'],
  [['disable', 'nokey'], 'There is no key nokey.'],
  [['delete', 'nokey'], 'There is no key nokey.'],
])('%j is refused: %s', async (args, message) => {
  const { code, stdout, stderr } = await run(...args);

  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toContain(message);
});
