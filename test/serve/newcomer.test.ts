/**
 * A newcomer's first hour, with the real things: `postern serve` as a process, a key by the command, clients by their own variables, a cap
 * that is reached, and the dashboard in a browser, which shows the refusal, the spend and the audit rows.
 */
import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FakeProvider, startFakeProvider } from '../../examples/support/fake-provider.ts';
import { buildDashboard } from '../../scripts/build-dashboard.ts';
import { isGatewayError } from '../../src/index.ts';
import { launch, openTab, SKIPPED } from '../dashboard/browser.ts';
import { eventually, Folder, type Served } from './support.ts';

const ADMIN_TOKEN = 'adm-invented-0123456789abcdef';
const PROVIDER_KEY = 'sk-invented-provider-key-0123456789';
const SSN = '521-44-9876';
const VARIABLES = [
  'OPENAI_BASE_URL',
  'OPENAI_API_KEY',
  'ANTHROPIC_BASE_URL',
  'ANTHROPIC_AUTH_TOKEN',
  'ANTHROPIC_API_KEY',
];

let provider: FakeProvider;
let folder: Folder;
let served: Served;
let key: string;
const before = Object.fromEntries(VARIABLES.map((name) => [name, process.env[name]]));

const config = (limit: string): string => `
providers:
  openai: { base_url: '${provider.baseURL}', api_key: 'env:TEST_PROVIDER_KEY', allow_private: true, stream_usage: true }
  anthropic: { base_url: '${provider.origin}', api_key: 'env:TEST_PROVIDER_KEY', allow_private: true }
admin:
  tokens: [{ name: ops, role: admin, token: 'env:TEST_ADMIN_TOKEN' }]
policies:
  - { name: personal data, policy_type: guard, config: { detect: { pii: true, secrets: true } } }
  - name: each user
    policy_type: default_spend_cap
    subject_matchers: [{ key: user_id, value: '' }]
    config: { window: monthly, limit_usd: '${limit}' }
`;

beforeAll(async () => {
  await buildDashboard(fileURLToPath(new URL('../../dist/dashboard', import.meta.url)));
  provider = await startFakeProvider();
  provider.reply = ({ prompt }) => `You said: ${prompt}`;
  folder = await Folder.make({ TEST_PROVIDER_KEY: PROVIDER_KEY, TEST_ADMIN_TOKEN: ADMIN_TOKEN });
  await folder.write('postern.config.yaml', config('0.01'));
  served = await folder.serve();
}, 60_000);
afterAll(async () => {
  for (const [name, value] of Object.entries(before)) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
  await folder.remove();
  await provider.close();
});

const admin = async (path: string, body?: unknown, method = body === undefined ? 'GET' : 'POST'): Promise<Response> =>
  fetch(served.adminUrl + path, {
    method,
    headers: {
      authorization: `Bearer ${ADMIN_TOKEN}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
const ask = (text: string, stream = false): Promise<Response> =>
  fetch(`${served.url}/openai/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'gpt-4o', max_tokens: 50, stream, messages: [{ role: 'user', content: text }] }),
  });

describe('a newcomer', () => {
  it('checks the configuration before anything starts', async () => {
    expect(await folder.run('serve', '--check')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('nothing is wrong'),
    });
    await folder.write('wrong.yaml', 'server: { prot: 1 }');
    const { code, stderr } = await folder.run('serve', '--check', '--config', 'wrong.yaml');
    expect([code, stderr]).toEqual([2, expect.stringMatching(/wrong\.yaml: server\.prot/)]);
  });

  it('makes a key, which the server knows a moment later', async () => {
    const made = await folder.run('keys', 'create', '--name', 'ada', '--user', 'ada', '--workspace', 'rd');
    key = made.stdout.trim();
    expect(key).toMatch(/^ptn_[0-9A-Za-z]{12}_[0-9A-Za-z]{43}$/);
    const { status } = await eventually(
      () => ask('Hello'),
      ({ status }) => status !== 401,
    );
    expect(status).toBe(200);
  });

  it('calls with curl, and the provider sees no social security number and no key of the gateway', async () => {
    const body = JSON.stringify({
      model: 'gpt-4o',
      max_tokens: 50,
      messages: [{ role: 'user', content: `My SSN is ${SSN}` }],
    });
    const args = [
      '-sS',
      `${served.url}/openai/v1/chat/completions`,
      '-H',
      `authorization: Bearer ${key}`,
      '-H',
      'content-type: application/json',
      '-d',
      body,
    ];
    const { stdout } = await promisify(execFile)('curl', args);
    expect(JSON.parse(stdout)).toMatchObject({ choices: [{ message: { content: `You said: My SSN is ${SSN}` } }] });
    const sent = JSON.stringify(provider.requests.at(-1));
    expect(sent).toContain('<US_SSN_1>');
    expect(sent).toContain(PROVIDER_KEY);
    expect(sent).not.toContain(SSN);
    expect(sent).not.toContain(key);
  });

  it('calls with clients that find everything in their own variables', async () => {
    Object.assign(process.env, {
      OPENAI_BASE_URL: `${served.url}/openai/v1`,
      OPENAI_API_KEY: key,
      ANTHROPIC_BASE_URL: `${served.url}/anthropic`,
      // As Claude Code is told of a gateway.
      ANTHROPIC_AUTH_TOKEN: key,
    });
    const openai = new OpenAI();
    const chat = await openai.chat.completions.create({
      model: 'gpt-4o',
      max_tokens: 50,
      messages: [{ role: 'user', content: `SSN ${SSN}` }],
    });
    expect(chat.choices[0]?.message.content).toContain(SSN);
    // As Codex calls: Responses, streamed.
    const events = await openai.responses.create({
      model: 'gpt-4o',
      max_output_tokens: 50,
      input: 'Hello',
      stream: true,
    });
    const types: string[] = [];
    for await (const { type } of events) types.push(type);
    expect(types.at(-1)).toBe('response.completed');
    const message = await new Anthropic().messages.create({
      model: 'claude-opus-5-5',
      max_tokens: 50,
      messages: [{ role: 'user', content: `SSN ${SSN}` }],
    });
    expect(JSON.stringify(message.content)).toContain(SSN);
    expect(JSON.stringify(provider.requests)).not.toContain(SSN);
    expect(JSON.stringify(provider.requests)).not.toContain(key);
  });

  it('is refused at the cap, by an error of the client that says why', async () => {
    const openai = new OpenAI({ maxRetries: 0 });
    const call = (): Promise<unknown> =>
      openai.chat.completions.create({
        model: 'gpt-4o',
        max_tokens: 200,
        messages: [{ role: 'user', content: 'More' }],
      });
    const error = await (async () => {
      for (let calls = 0; calls < 200; calls++) await call();
      return undefined;
    })().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ status: 402, code: 'spend_cap_reached' });
    expect(isGatewayError(error, 'spend_cap_reached')).toBe(true);
    expect((error as Error).message).toMatch(/"each user" reached for user "ada"/);
  });

  it.skipIf(SKIPPED !== undefined)(
    'sees it all in the dashboard, and switches the policy to monitor there',
    async () => {
      const browser = await launch();
      const shots = process.env.POSTERN_SCREENSHOTS ?? folder.path;
      try {
        const { page, complaints } = await openTab(browser, served.adminUrl, { width: 1280, height: 900 });
        await page.goto(`${served.adminUrl}/#token=${ADMIN_TOKEN}`);
        const main = page.getByRole('main');
        await main.getByText('each user').first().waitFor();
        await main.getByText('Refused').first().waitFor();
        const [account] = ((await (await admin('/v1/accounts')).json()) as { accounts: { spent_usd: string }[] })
          .accounts;
        expect(Number(account?.spent_usd)).toBeGreaterThan(0.005);
        expect(await main.innerText()).toMatch(/ada[\s\S]*\$0\.0\d/);
        await page.screenshot({ path: join(shots, 'serve-overview.png') });

        await page.goto(`${served.adminUrl}/#/policies`);
        await page.getByRole('button', { name: 'Switch each user to monitor' }).click();
        await page.getByRole('dialog').waitFor();
        await page.screenshot({ path: join(shots, 'serve-switch.png') });
        await page
          .getByRole('dialog')
          .getByRole('button', { name: /monitor/i })
          .click();
        await page.getByRole('button', { name: 'Switch each user to enforce' }).waitFor();
        expect((await ask('Past the cap')).status).toBe(200);

        await page.goto(`${served.adminUrl}/#/audit`);
        await main
          .getByText(/update policy/i)
          .first()
          .waitFor();
        await main
          .getByText(/create key/i)
          .first()
          .waitFor();
        await page.getByRole('button', { name: /verify/i }).click();
        await main
          .getByText(/2 rows/)
          .first()
          .waitFor();
        await page.screenshot({ path: join(shots, 'serve-audit.png') });
        expect(complaints).toEqual([]);
      } finally {
        await browser.close();
      }
    },
    60_000,
  );

  it('raises the limit in the file, and SIGHUP drops no call', async () => {
    const stream = await ask('A stream that goes on', true);
    await folder.write('postern.config.yaml', config('5'));
    served.process.kill('SIGHUP');
    expect(await served.event('configuration_read')).toMatchObject({ applied: ['policies'], needs_restart: [] });
    expect(await stream.text()).toContain('[DONE]');
    expect((await ask('Again')).status).toBe(200);
  });

  it('hears of a file that is wrong, and goes on with the one before', async () => {
    await folder.write('postern.config.yaml', 'server: { prot: 1 }');
    served.process.kill('SIGHUP');
    expect(await served.event('configuration_wrong')).toMatchObject({
      message: expect.stringContaining('server.prot'),
    });
    expect(await (await admin('/v1/health')).json()).toMatchObject({ checks: { config: { status: 'warning' } } });
    expect((await ask('Still here')).status).toBe(200);
    await folder.write('postern.config.yaml', config('5'));
  });

  it('ends it without cutting off a stream, and finds key, spend and audit log again', async () => {
    const stream = await ask('To the end', true);
    const ended = served.end();
    expect(await stream.text()).toContain('[DONE]');
    expect(await ended).toBe(0);
    const spent = Number(await spentByCommand());
    expect(spent).toBeGreaterThan(0.01);
    served = await folder.serve();
    expect((await ask('Back')).status).toBe(200);
    expect(await folder.run('audit', 'verify')).toMatchObject({ code: 0 });
  });

  it('finds no key, no token and nothing personal in what was kept or printed', async () => {
    await served.end();
    const files = await readdir(folder.path);
    const kept = await Promise.all(files.map((name) => readFile(join(folder.path, name), 'latin1')));
    for (const secret of [key, key.slice(17), PROVIDER_KEY, ADMIN_TOKEN, SSN]) {
      expect(served.printed()).not.toContain(secret);
      expect(files.filter((_, i) => kept[i]!.includes(secret))).toEqual([]);
    }
  });
});

async function spentByCommand(): Promise<string> {
  const { stdout } = await folder.run('spend', 'postern.db', '--by', 'user', '--window', 'monthly', '--format', 'json');
  const { rows } = JSON.parse(stdout) as { rows: { costUsd: string }[] };
  return rows[0]!.costUsd;
}
