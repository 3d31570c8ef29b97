import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Listener, listenFetch } from '../../src/server/fetch-listener.ts';
import { ADMIN_TOKEN, call, type Given, type Opened, openAdmin, VIEWER_TOKEN } from '../admin/support/open-admin.ts';
import { problemsOf } from './a11y.ts';
import { SKIPPED } from './browser.ts';
import { dashboardWorld, visit, type World } from './world.ts';

describe.skipIf(SKIPPED !== undefined)('dashboard over the admin API itself', { timeout: 60_000 }, () => {
  let world: World;
  const listeners: Listener[] = [];
  beforeAll(async () => {
    world = await dashboardWorld();
  }, 60_000);
  afterEach(async () => {
    await world.tidy();
    for (const listener of listeners.splice(0)) {
      listener.cut();
      await listener.stop();
    }
  });
  afterAll(() => world?.close());

  async function serve(given: Given = {}): Promise<Opened & { url: string }> {
    const opened = await openAdmin({ assets: world.assets, hosts: ['127.0.0.1'], ...given });
    opened.clock.now = Date.now();
    const listener = await listenFetch((request, info) => opened.admin.fetch(request, info), {
      port: 0,
      host: '127.0.0.1',
    });
    listeners.push(listener);
    return { ...opened, url: `http://127.0.0.1:${listener.port}` };
  }

  test('from nothing to a cap that refuses, with its events, accounts and audit rows', async () => {
    const admin = await serve();
    const { page, complaints } = await world.open(admin, { token: ADMIN_TOKEN });
    await page.getByText('Nothing was refused since this server started.').waitFor();

    await visit({ page }, 'keys/new');
    await page.getByLabel('Name', { exact: true }).fill('laptop');
    await page.getByLabel('User').fill('ada');
    await page.getByRole('button', { name: 'Create the key' }).click();
    await page.getByRole('region', { name: 'The key of "laptop"' }).waitFor();
    expect(admin.keys.list().map(({ name, user }) => ({ name, user }))).toEqual([{ name: 'laptop', user: 'ada' }]);

    await visit({ page }, 'policies/new/spend_cap');
    await page.getByLabel('Name', { exact: true }).fill('per user');
    await page.getByLabel('Limit in USD').fill('0.02');
    await page.getByLabel('Counts').selectOption('user_id');
    await page.getByRole('button', { name: 'Create' }).click();
    await page.getByRole('heading', { level: 1, name: 'per user' }).waitFor();

    await visit({ page }, 'events');
    await page.getByText('Live', { exact: true }).waitFor();
    for (let i = 0; i < 3; i++) expect((await call(admin.gateway, { user: 'ada' })).status).toBe(200);
    await page.locator('.event').filter({ hasText: 'Would refuse' }).first().waitFor();
    expect(await page.getByRole('link', { name: /^Trace of event/ }).count()).toBeGreaterThanOrEqual(0);

    await visit({ page }, 'policies');
    await page.getByRole('button', { name: 'Switch per user to enforce' }).click();
    await page.getByText(/it would have\s+refused 1 call/).waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Enforce' }).click();
    await page.getByRole('button', { name: 'Switch per user to monitor' }).waitFor();
    expect((await call(admin.gateway, { user: 'ada' })).status).toBe(402);

    await visit({ page }, '');
    await page.getByRole('row', { name: /ada/ }).getByText('reached').waitFor();
    await page.locator('.event').filter({ hasText: 'Refused' }).first().waitFor();
    expect(await page.locator('.legend').innerText()).toContain('unattributed');

    await visit({ page }, 'audit');
    expect(await page.locator('.audit tbody tr').count()).toBe(3);
    await page.getByRole('button', { name: 'Verify the log' }).click();
    await page.getByText('The chain holds over 3 rows.').waitFor();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: /^Export/ }).click(),
    ]);
    expect(
      readFileSync(await download.path(), 'utf8')
        .trim()
        .split('\n'),
    ).toHaveLength(3);
    expect(await problemsOf(page)).toEqual([]);
    expect(complaints).toEqual([]);
  });

  test.each([
    ['rate_limit', async (page: import('playwright-core').Page) => page.getByLabel('Amount of limit 1').fill('5')],
    [
      'guard',
      async (page: import('playwright-core').Page) => page.getByLabel('Entities as well').fill('EMAIL_ADDRESS'),
    ],
  ] as const)('a %s is made, edited and deleted', async (kind, fill) => {
    const admin = await serve();
    const { page, complaints } = await world.open(admin, { token: ADMIN_TOKEN, path: `policies/new/${kind}` });
    await page.getByLabel('Name', { exact: true }).fill('mine');
    await page.getByRole('button', { name: 'Add a condition' }).click();
    await page.getByLabel('Value of condition 1').fill('rd-eu');
    await fill(page);
    await page.getByRole('button', { name: 'Create' }).click();
    await page.getByRole('heading', { level: 1, name: 'mine' }).waitFor();

    await page.getByRole('button', { name: 'Edit' }).click();
    await page.getByLabel('Description').fill('of the team');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('of the team').waitFor();
    await page.getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await page.getByText('No policies yet').waitFor();
    expect(admin.policies.list()).toEqual([]);
    expect(complaints).toEqual([]);
  });

  test('what is wrong is said at its field, and a name that is taken is not taken over', async () => {
    const admin = await serve();
    const { page } = await world.open(admin, { token: ADMIN_TOKEN, path: 'policies/new/spend_cap' });
    await page.getByLabel('Name', { exact: true }).fill('mine');
    await page.getByLabel('Limit in USD').fill('1.x');
    await page.getByRole('button', { name: 'Create' }).click();
    await page.getByRole('alert').waitFor();
    const limit = page.getByLabel('Limit in USD');
    expect(await limit.getAttribute('aria-invalid')).toBe('true');

    await limit.fill('1');
    await page.getByRole('button', { name: 'Create' }).click();
    await page.getByRole('heading', { level: 1, name: 'mine' }).waitFor();
    await visit({ page }, 'policies/new/spend_cap');
    await page.getByLabel('Name', { exact: true }).fill('mine');
    await page.getByLabel('Limit in USD').fill('9');
    await page.getByRole('button', { name: 'Create' }).click();
    await page.getByText('Another policy has this name').first().waitFor();
    expect(admin.policies.list().map(({ body }) => body.config)).toMatchObject([{ limit_usd: '1' }]);
  });

  test('a viewer looks, a key is rotated and deleted by an admin, and every page asks without a complaint', async () => {
    const admin = await serve();
    await admin.ask('POST', '/v1/keys', { body: { name: 'laptop', user: 'ada' } });
    const viewer = await world.open(admin, { token: VIEWER_TOKEN });
    for (const path of ['events', 'policies', 'keys', 'audit', 'health']) await visit(viewer, path);
    expect(viewer.complaints).toEqual([]);

    const { page, complaints } = await world.open(admin, { token: ADMIN_TOKEN, path: 'keys' });
    await page.getByRole('button', { name: 'Rotate laptop' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Rotate' }).click();
    await page.getByRole('button', { name: 'I have stored it' }).click();
    await page.getByText('old one until').waitFor();
    await page.getByRole('button', { name: 'Delete laptop' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await page.getByText('No keys yet').waitFor();
    expect(complaints).toEqual([]);
  });
});
