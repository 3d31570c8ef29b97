import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { auditCommand } from '../../src/cli/audit.ts';
import type { AuditRecord } from '../../src/core/state.ts';
import { type Ended, runCommand } from './run-cli.ts';
import { type TestServer, testServer } from './server-state.ts';

const OPS = { kind: 'admin_token', name: 'ops' } as const;
const ROWS = 9;

let server: TestServer;
let head: { seq: number; hash: string };

beforeEach(async () => {
  server = testServer();
  const { keys, state, close } = await server.open({ configPath: undefined, env: {} });
  for (let place = 0; place < ROWS; place++) await keys.create({ name: `key ${place}` }, OPS, `req-${place}`);
  head = state.head;
  await close();
});
afterEach(() => server.dispose());

const run = (...args: string[]): Promise<Ended> => runCommand(auditCommand(server.open), args);
const edit = (sql: string): void => {
  const database = new DatabaseSync(server.path);
  database.exec(sql);
  database.close();
};
const exported = async (name: string, change: (lines: string[]) => string[], ...args: string[]): Promise<string> => {
  const { stdout } = await run('export', ...args);
  const path = join(server.path, '..', name);
  writeFileSync(path, `${change(stdout.trimEnd().split('\n')).join('\n')}\n`);
  return path;
};

it('proves the chain of the store, and prints its head', async () => {
  const whole = await run('verify');
  const again = await run('verify', '--head', `${head.seq}:${head.hash}`, '--json');

  expect(whole).toEqual({ code: 0, stdout: `The chain is whole: 9 rows, head 9:${head.hash}\n`, stderr: '' });
  expect(JSON.parse(again.stdout)).toEqual({ ok: true, rows: 9, head });
});

it.each<[string, string, number]>([
  ['edited', "UPDATE state_audit SET record = replace(record, 'ops', 'eve') WHERE seq = 4", 4],
  ['taken out', 'DELETE FROM state_audit WHERE seq = 4', 4],
  ['cut off', 'DELETE FROM state_audit WHERE seq > 7', 8],
  [
    'moved',
    'UPDATE state_audit SET seq = CASE seq WHEN 4 THEN -1 ELSE 4 END WHERE seq IN (4); UPDATE state_audit SET seq = 10 WHERE seq = -1',
    4,
  ],
  ['not JSON any more', "UPDATE state_audit SET record = 'gone' WHERE seq = 4", 4],
])('names the first row that was %s', async (_how, sql, seq) => {
  edit(sql);

  const { code, stdout } = await run('verify');

  expect(code).toBe(1);
  expect(stdout).toMatch(
    new RegExp(`^The chain is broken at row ${seq}: .*\\nBefore it: ${seq - 1} rows, head ${seq - 1}:`),
  );
});

it('shows a log that was cut off with its head to whoever noted one', async () => {
  const { stdout } = await run('export', '--raw');
  const { hash } = JSON.parse(stdout.split('\n')[6]!) as AuditRecord;
  edit(`DELETE FROM state_audit WHERE seq > 7; UPDATE state_head SET seq = 7, hash = '${hash}'`);

  expect(await run('verify')).toMatchObject({ code: 0 });
  expect(await run('verify', '--head', `9:${head.hash}`)).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('broken at row 8: the log ends before row 9') as string,
  });
});

it.each([['--raw'], []])('an export (%s) proves its chain without the store', async (...args) => {
  const path = await exported('log.jsonl', (lines) => lines, ...args);
  const noted = `${head.seq}:${head.hash}`;

  expect(await run('verify', '--file', path, '--head', noted)).toMatchObject({ code: 0, stderr: '' });
  for (const [name, change] of [
    ['edited', (lines: string[]) => lines.with(3, lines[3]!.replaceAll('key 3', 'key 4'))],
    ['taken out', (lines: string[]) => lines.toSpliced(3, 1)],
    ['moved', (lines: string[]) => lines.toSpliced(3, 2, lines[4]!, lines[3]!)],
    ['cut', (lines: string[]) => lines.with(3, lines[3]!.slice(0, 40))],
  ] as const) {
    const changed = await exported(`${name}.jsonl`, change as (lines: string[]) => string[], ...args);
    expect(await run('verify', '--file', changed), name).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('broken at row 4') as string,
    });
  }
  const short = await exported('short.jsonl', (lines) => lines.slice(0, 5), ...args);
  expect(await run('verify', '--file', short)).toMatchObject({ code: 0 });
  expect(await run('verify', '--file', short, '--head', noted)).toMatchObject({ code: 1 });
  expect(server.configPaths.length).toBeGreaterThan(0);
});

it('sees an event that says something else than its row, and names its line', async () => {
  const path = await exported('edited.jsonl', (lines) =>
    lines.with(3, lines[3]!.replace('"activity_name":"Create"', '"activity_name":"Delete"')),
  );

  const { code, stdout } = await run('verify', '--file', path);

  expect(code).toBe(1);
  expect(stdout).toContain('broken at row 4 (line 4): what stands in its event is not what its row says');
});

it('exports OCSF events, oldest first, and reads them from standard input', async () => {
  const { stdout } = await run('export');
  const events = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

  expect(events).toHaveLength(ROWS);
  expect(events[0]).toMatchObject({
    class_uid: 6003,
    api: { operation: 'create_gateway_key' },
    metadata: { sequence: 1 },
  });
  expect(await runCommand(auditCommand(server.open), ['verify', '--file', '-'], { stdin: stdout })).toMatchObject({
    code: 0,
  });
});

it.each<[string[], string]>([
  [[], 'name verify or export'],
  [['prove'], 'name verify or export'],
  [['verify', 'x'], 'name verify or export'],
  [['verify', '--head', '9'], '--head must be <seq>:<hash>'],
  [['verify', '--raw'], '--raw is an option of export'],
  [['export', '--file', 'x'], 'export takes --raw and --config'],
  [['verify', '--file', 'x', '--config', 'y'], 'not both'],
  [['verify', '--file', '/nowhere.jsonl'], 'does not exist'],
])('%j is refused: %s', async (args, message) => {
  const { code, stdout, stderr } = await run(...args);

  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toContain(message);
});
