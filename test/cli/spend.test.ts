import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { sqliteLedger } from '../../src/stores/sqlite.ts';
import { ROOT } from '../built-package.ts';
import { runCli } from './run-cli.ts';

const folder = mkdtempSync(join(tmpdir(), 'postern-spend-'));
afterAll(() => rmSync(folder, { recursive: true }));

const file = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

/** A ledger in which ada used and holds, and somebody chose a name that would paint the terminal. */
const ledger = file(
  'ledger.mjs',
  `import { memoryLedger } from ${JSON.stringify(pathToFileURL(join(ROOT, 'src/stores/memory.ts')).href)};
const at = Date.parse('2026-11-21T12:00:00Z');
const ledger = memoryLedger({ now: () => at });
const book = (user, nanoUsd, settle, held = nanoUsd) => {
  const line = { account: 'per user|user=' + user + '|2026-11-21', limit: 5e9, amount: held, enforce: true };
  ledger.reserve({ id: user + nanoUsd, lines: [line], expiresAt: at + 60000 });
  const dimensions = { provider: 'openai', model: 'gpt-4o', inputTokens: 1000, outputTokens: 50, at, user };
  if (settle) ledger.settle(user + nanoUsd, nanoUsd, dimensions);
};
book('ada', 3200000000, true);
book('ada', 900000000, false);
book('\\u001b[31mred', 1200, true);
export default () => ledger;
`,
);
const caps = file('caps.json', JSON.stringify([{ name: 'per user', limitUsd: 5, window: 'daily', per: 'user' }]));
const AT = ['--at', '2026-11-21T13:00:00Z'];

describe('postern spend', () => {
  it('prints a table, and a bar for each account with the part used, held and left', async () => {
    const { code, stdout, stderr } = await runCli(['spend', ...AT, '--by', 'user,model', '--caps', caps, ledger]);

    expect([code, stderr]).toEqual([0, '']);
    expect(stdout.split('\n')).toEqual([
      'Spend, daily 2026-11-21, by user, model',
      '',
      '  user      model         cost  calls  input tokens  output tokens',
      '  ada       gpt-4o       $3.20      1         1,000             50',
      '  ?[31mred  gpt-4o  $0.0000012      1         1,000             50',
      '  total                  $3.20      2         2,000            100',
      '',
      'per user: $5.00 in 2026-11-21, resets 2026-11-22T00:00:00.000Z',
      '  ada       [###############++++.....]  $3.20 used, $0.90 held, $0.90 left',
      '  ?[31mred  [#.......................]  $0.0000012 used, $0.00 held, $5.00 left',
      '',
    ]);
  });

  it('writes CSV and JSON, and shows JSON that it wrote', async () => {
    const csv = await runCli(['spend', ...AT, '--format', 'csv', '--since', '2026-11-20', '--by', 'model', ledger]);
    expect(csv.stdout).toBe(
      'window,model,costUsd,costNanoUsd,calls,inputTokens,outputTokens\r\n2026-11-21,gpt-4o,3.2000012,3200001200,2,2000,100\r\n',
    );
    const json = await runCli(['spend', ...AT, '--format', 'json', ledger]);
    const shown = await runCli(['spend', '-'], { stdin: json.stdout });
    expect(shown.stdout).toBe((await runCli(['spend', ...AT, ledger])).stdout);
    expect((await runCli(['spend', file('saved.json', json.stdout)])).stdout).toBe(shown.stdout);
  });

  it('reads the file of a SQLite ledger', async () => {
    const path = join(folder, 'spend.db');
    const store = sqliteLedger({ path });
    const at = Date.parse('2026-11-21T12:00:00Z');
    const dimensions = { provider: 'openai', model: 'gpt-4o', inputTokens: 1_000, outputTokens: 50, at, user: 'ada' };
    await store.settle('a', 3_200_000_000, dimensions);
    await store.close();
    const { code, stdout, stderr } = await runCli(['spend', ...AT, path]);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('  ada   $3.20      1         1,000             50\n');
  });

  it('says when nothing was spent', async () => {
    const { stdout } = await runCli(['spend', '--at', '2020-01-01', '--window', 'monthly', ledger]);
    expect(stdout).toBe('Spend, monthly 2020-01, by user\n\n  Nothing was spent.\n');
  });

  it('asks a running server, with the token of the environment', async () => {
    const asked: unknown[] = [];
    const json = (await runCli(['spend', ...AT, '--format', 'json', ledger])).stdout;
    const server = createServer((request, response) => {
      asked.push(request.url, request.headers.authorization);
      response.end(json);
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/rollup`;
    try {
      const { code, stdout } = await runCli(['spend', ...AT, '--by', 'user', url], {
        env: { POSTERN_ADMIN_TOKEN: 'invented' },
      });
      expect([code, stdout]).toEqual([0, (await runCli(['spend', ...AT, ledger])).stdout]);
      expect(asked).toEqual([
        `/rollup?by=user&window=daily&at=${Date.parse('2026-11-21T13:00:00Z')}`,
        'Bearer invented',
      ]);
    } finally {
      server.close();
    }
  });

  it.each([
    [[], 'name one source'],
    [['--format', 'xml', ledger], '--format must be one of'],
    [['--at', 'noon', ledger], '--at must be a time'],
    [['--window', 'yearly', ledger], 'rollup: window must be one of'],
    [['--by', 'shoe', ledger], 'rollup: by must be made of'],
    [[join(folder, 'missing.db')], 'does not exist'],
    [[file('text.db', 'Not a database, but long enough to look like one.'.repeat(99))], 'file is not a database'],
    [[folder], 'is a folder'],
    [[file('no.json', '{}')], 'holds no rollup'],
    [[file('broken.json', '{')], 'is no JSON'],
    [[file('empty.mjs', 'export default 7;')], 'exports no ledger store'],
    [['--caps', file('caps-no.json', '{}'), ledger], 'holds no list of caps'],
    [['--caps', caps, file('saved2.json', '{"by":[],"rows":[]}')], '--caps needs a ledger'],
    [['http://127.0.0.1:9/rollup'], 'cannot be reached'],
  ])('ends with 2 and says why: %#', async (args, reason) => {
    const { code, stdout, stderr } = await runCli(['spend', ...args]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(reason);
  });

  it('draws blocks on a terminal', async () => {
    const { spendTable } = await import('../../src/cli/spend-table.ts');
    const rollup = { by: [], window: 'lifetime', label: 'lifetime', start: 0, end: undefined, rows: [] } as const;
    const account = {
      cap: 'all',
      subject: 'all',
      window: 'lifetime',
      resetsAt: undefined,
      limit: 10,
      used: 10,
      held: 0,
      left: 0,
    };
    const look = { blocks: true, width: 80 };
    expect(spendTable(rollup, [account], look)).toContain(`[${'█'.repeat(24)}]`);
    expect(spendTable(rollup, [{ ...account, used: 0, held: 3, left: 7 }], look)).toContain(
      `[${'▒'.repeat(7)}${'░'.repeat(17)}]`,
    );
    expect(spendTable(rollup, [{ ...account, used: 8, held: 2, left: 0 }], look)).toContain(
      `[${'█'.repeat(19)}${'▒'.repeat(5)}]`,
    );
  });
});
