import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { SKIPPED } from './browser.ts';
import { ADMIN_TOKEN, VIEWER_TOKEN } from './fake-admin.ts';
import { emptyData, eventAt, fakeData } from './fake-data.ts';
import { dashboardWorld, visit, type World } from './world.ts';

if (SKIPPED) console.warn(`The dashboard is not tested: ${SKIPPED}`);

describe.skipIf(SKIPPED !== undefined)('dashboard', { timeout: 60_000 }, () => {
  let world: World;
  beforeAll(async () => {
    world = await dashboardWorld();
  }, 60_000);
  afterEach(() => world.tidy());
  afterAll(() => world?.close());

  describe('signing in', () => {
    test('a link with a token signs in, and the token leaves the address and the history', async () => {
      const admin = await world.serve();
      const { page, complaints } = await world.open(admin);

      expect(page.url()).not.toContain(ADMIN_TOKEN);
      expect(await page.title()).toBe('Overview · Postern');
      await page.goBack();
      expect(page.url()).not.toContain(ADMIN_TOKEN);
      expect(complaints).toEqual([]);
    });

    test('a token that is not known is refused with a reason, and one that is signs in for this tab', async () => {
      const admin = await world.serve();
      const { page, context } = await world.open(admin);
      await page.getByRole('button', { name: 'Sign out' }).click();
      const field = page.getByLabel('Admin token');

      await field.fill('adm_wrong');
      await page.getByRole('button', { name: 'Sign in' }).click();
      expect(await page.getByRole('alert').innerText()).toContain('This token is not known.');
      await field.fill(ADMIN_TOKEN);
      await field.press('Enter');
      await page.getByRole('heading', { name: 'Overview' }).waitFor();
      await page.reload();
      await page.getByRole('heading', { name: 'Overview' }).waitFor();

      const other = await context.newPage();
      await other.goto(admin.url);
      await other.getByLabel('Admin token').waitFor();
    });

    test('a page that is opened while the server is down keeps its token, and signs in once it is up', async () => {
      const admin = await world.serve();
      const { page } = await world.open(admin);
      // The page itself comes from the server too: here the browser has it already, and only the API is gone.
      await page.route('**/v1/**', (route) => route.abort());
      await page.reload();
      await page.getByText('The server does not answer. Trying again every few seconds.').waitFor();
      await page.unroute('**/v1/**');
      await page.getByRole('heading', { name: 'Overview' }).waitFor();
    });

    test('a token that is taken back leads to the sign-in, which says so', async () => {
      const admin = await world.serve();
      const { page } = await world.open(admin);

      admin.revoke(ADMIN_TOKEN);
      await visit({ page }, 'keys').catch(() => {});

      await page.getByLabel('Admin token').waitFor();
      expect(await page.getByRole('alert').innerText()).toContain('You were signed out: This token is not known.');
      expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
    });

    test('a viewer sees everything, and is told why nothing can be changed', async () => {
      const admin = await world.serve();
      const { page, complaints } = await world.open(admin, { token: VIEWER_TOKEN, path: 'keys' });
      const buttons = ['New key', 'Rotate nightly reports', 'Disable nightly reports', 'Delete nightly reports'];

      for (const name of buttons) {
        const button = page.getByRole('button', { name });
        expect(await button.getAttribute('aria-disabled')).toBe('true');
        await button.click({ force: true });
        await button.focus();
        const reason = await button.getAttribute('aria-describedby');
        expect(await page.evaluate((id) => document.getElementById(id)?.textContent, reason!)).toContain('viewer');
      }
      await visit({ page }, 'keys/new');
      await page.getByLabel('Name', { exact: true }).fill('x');
      await page.getByRole('button', { name: 'Create the key' }).click({ force: true });
      await visit({ page }, 'policies');
      expect(
        await page.getByRole('button', { name: 'Switch R&D workspaces to enforce' }).getAttribute('aria-disabled'),
      ).toBe('true');

      expect(admin.changes).toEqual([]);
      expect(complaints).toEqual([]);
    });
  });

  describe('overview', () => {
    test('accounts are the fullest first, with what is spent, held and left, and change in place', async () => {
      const admin = await world.serve();
      const { page } = await world.open(admin);
      const rows = page.locator('.accounts tbody tr');

      expect(await rows.first().innerText()).toMatch(
        /ada[\s\S]*103%[\s\S]*reached[\s\S]*\$9\.96[\s\S]*\$0\.31[\s\S]*\$0\.00[\s\S]*\$10\.00/,
      );
      await rows.first().evaluate((row) => {
        row.dataset.mark = 'mine';
      });
      Object.assign(admin.data.accounts.find(({ subject }) => subject === 'ada')!, {
        spent_usd: '10.020000001',
        held_usd: '0',
      });
      await page.getByText('$10.02').waitFor();
      expect(await rows.first().getAttribute('data-mark')).toBe('mine');
      expect(await page.locator('td[title="$10.020000001"]').count()).toBe(1);

      await rows.getByText('nightly reports').waitFor();

      await page.getByLabel('Subject').fill('mei');
      expect(await rows.count()).toBe(1);
      await page.getByLabel('Subject').fill('');
      await page.getByLabel('Policy', { exact: true }).selectOption('pol_org');
      expect(await rows.first().innerText()).toContain('$5,000.00');
      expect(await rows.count()).toBe(1);
    });

    test('thousands of accounts are shown as far as anybody reads, and found by the filter', async () => {
      const data = fakeData(Date.now());
      const one = data.accounts.find(({ subject }) => subject === 'tomás')!;
      data.accounts = Array.from({ length: 3_000 }, (_, index) => ({ ...one, subject: `user-${index}` }));
      const admin = await world.serve(data);
      const { page } = await world.open(admin);
      const rows = page.locator('.accounts tbody tr');

      expect(await rows.count()).toBe(25);
      await page.getByRole('button', { name: 'Show 500 of 3,000' }).click();
      await page.getByText('The fullest 500 of 3,000.').waitFor();
      expect(await rows.count()).toBe(500);
      await page.getByLabel('Subject').fill('user-2999');
      expect(await rows.count()).toBe(1);
    });

    test('cost can be asked for by another dimension and window, and read as a table', async () => {
      const admin = await world.serve();
      const { page } = await world.open(admin);
      await page.getByLabel('By', { exact: true }).selectOption('model');
      await page.getByLabel('Per', { exact: true }).selectOption('monthly');
      await page.locator('.legend').getByText('openai/gpt-4o', { exact: true }).waitFor();
      const drawn = await page.locator('.legend li').first().innerText();
      const pixels = await page.locator('.plot canvas').evaluate((canvas: HTMLCanvasElement) => {
        const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
        return new Set(new Uint32Array(data.buffer)).size;
      });
      await page.getByRole('button', { name: 'Table' }).click();
      const table = page.getByRole('region', { name: 'Cost by model, as a table' });

      expect(pixels).toBeGreaterThan(10);
      expect(await table.getByRole('row').count()).toBe(13);
      expect(await table.getByRole('columnheader').allInnerTexts()).toEqual([
        'Time',
        'All',
        'openai/gpt-4o',
        'anthropic/claude-sonnet-4-5',
        'openai/gpt-4o-mini',
        'cluster/llama-in-house',
      ]);
      const cells = await table
        .getByRole('row')
        .evaluateAll((rows) => rows.slice(1).map((row) => row.children[2]!.textContent));
      const total = cells.reduce((sum, text) => sum + Number(text!.replace(/[$,]/g, '')), 0);
      expect(drawn).toContain(
        total.toLocaleString('en-GB', { minimumFractionDigits: 2, maximumFractionDigits: 2 }).slice(0, -1),
      );
    });

    test('nothing is asked for while nobody looks, and all of it once somebody does', async () => {
      const admin = await world.serve();
      const { page } = await world.open(admin);
      const asked: string[] = [];
      const hide = (hidden: boolean) =>
        page.evaluate((value) => {
          Object.defineProperty(document, 'hidden', { value, configurable: true });
          document.dispatchEvent(new Event('visibilitychange'));
        }, hidden);

      await hide(true);
      await page.waitForTimeout(500);
      page.on('request', (request) => asked.push(new URL(request.url()).pathname));
      await page.waitForTimeout(4_000);
      expect(asked).toEqual([]);
      await hide(false);
      await page.waitForTimeout(1_000);
      expect(asked).toEqual(expect.arrayContaining(['/v1/accounts', '/v1/rollups', '/v1/health']));
    });

    test('while the server is down the figures stay, marked as old, and go on when it is back', async () => {
      const admin = await world.serve();
      const { page } = await world.open(admin);

      await admin.down();
      await page
        .getByText(/The server does not answer\. These figures are of/)
        .first()
        .waitFor();
      expect(await page.locator('.accounts tbody tr').count()).toBe(9);
      Object.assign(admin.data.accounts.find(({ policy_id }) => policy_id === 'pol_org')!, { spent_usd: '4321.5' });
      await admin.up();
      await page.getByText('$4,321.50').waitFor();
      await page
        .getByText(/These figures are of/)
        .first()
        .waitFor({ state: 'detached' });
    });
  });

  describe('events', () => {
    test('an event arrives, leads to its trace, and waits while the page is paused', async () => {
      const admin = await world.serve();
      const { page, complaints } = await world.open(admin, { path: 'events' });
      const events = page.locator('.event');
      await page.getByText('Live', { exact: true }).waitFor();

      admin.push(eventAt(66, Date.now()));
      const first = events.first();
      await first.getByRole('link', { name: 'Trace of event 66' }).waitFor();
      expect(await first.getByRole('link').getAttribute('href')).toBe('http://traces.invalid/t/66');
      await first.locator('summary').press('Enter');
      expect(await first.locator('.facts').innerText()).toContain('spend_cap_reached');

      await page.getByRole('button', { name: 'Pause' }).click();
      admin.push(eventAt(67, Date.now()));
      await page.getByText('Paused, 1 new event').waitFor();
      expect(await page.getByRole('link', { name: 'Trace of event 67' }).count()).toBe(0);
      await page.getByRole('button', { name: 'Resume' }).click();
      await page.getByRole('link', { name: 'Trace of event 67' }).waitFor();
      expect(complaints).toEqual([]);
    });

    test('filters narrow what is there and what arrives, and stand in the address', async () => {
      const admin = await world.serve();
      const { page } = await world.open(admin, { path: 'events' });
      await page.getByText('Live', { exact: true }).waitFor();
      await page.getByLabel('Decision', { exact: true }).selectOption('deny');
      await page.waitForFunction(() => document.querySelectorAll('.event').length === 10);

      admin.push(eventAt(67, Date.now()));
      admin.push(eventAt(72, Date.now()));
      await page.getByRole('link', { name: 'Trace of event 72' }).waitFor();

      expect(await page.locator('.event').count()).toBe(11);
      expect(page.url()).toContain('decision=deny');
      await page.reload();
      await page.waitForFunction(() => document.querySelectorAll('.event').length === 11);
    });

    test('a stream that breaks goes on where it was, with what came meanwhile', async () => {
      const admin = await world.serve();
      const { page } = await world.open(admin, { path: 'events' });
      await page.getByText('Live', { exact: true }).waitFor();
      admin.push(eventAt(61, Date.now()));
      await page.getByRole('link', { name: 'Trace of event 61' }).waitFor();

      await admin.down();
      admin.data.events.unshift(eventAt(62, Date.now()));
      await page.getByText('Connection lost, trying again').waitFor();
      await admin.up();

      await page.getByRole('link', { name: 'Trace of event 62' }).waitFor();
      expect(await page.getByRole('link', { name: 'Trace of event 61' }).count()).toBe(1);
      expect(admin.streams()).toBe(1);
    });

    test('a server that was started anew counts from the beginning, and nothing is missed', async () => {
      const admin = await world.serve();
      const { page } = await world.open(admin, { path: 'events' });
      await page.getByText('Live', { exact: true }).waitFor();

      await admin.down();
      admin.data.events = [{ ...eventAt(1, Date.now()), exchange_id: 'ex_new' }];
      await admin.up();

      await page.waitForFunction(() => document.querySelectorAll('[aria-label="Trace of event 1"]').length === 2);
    });
  });

  describe('policies', () => {
    test('the mode is switched after a look at what that would have meant', async () => {
      const admin = await world.serve();
      const { page } = await world.open(admin, { path: 'policies' });
      const button = page.getByRole('button', { name: 'Switch R&D workspaces to enforce' });

      await button.click();
      const dialog = page.getByRole('dialog', { name: 'Enforce "R&D workspaces"?' });
      await dialog
        .getByText(/1,840 calls, 612 of them meant for this policy.*it would have refused 17 calls/)
        .waitFor();
      await dialog.getByRole('button', { name: 'Cancel' }).click();
      expect(admin.changes).toEqual([]);
      expect(await button.evaluate((element) => element === document.activeElement)).toBe(true);
      await button.click();
      await dialog.getByRole('button', { name: 'Enforce' }).click();
      await page.getByRole('button', { name: 'Switch R&D workspaces to monitor' }).waitFor();

      expect(admin.changes).toEqual(['PATCH /v1/platform/gateway-policies/pol_rd']);
      expect(admin.data.policies.find(({ id }) => id === 'pol_rd')?.mode).toBe('enforce');
    });

    test('a policy of the configuration can be switched, and the switch taken back, but not edited', async () => {
      const admin = await world.serve();
      const { page } = await world.open(admin, { path: 'policies/pol_guard' });

      for (const name of ['Edit', 'Delete']) {
        const button = page.getByRole('button', { name, exact: true });
        expect(await button.getAttribute('title')).toContain('configuration file');
      }
      await page.getByRole('button', { name: 'Take back the switch of personal data' }).click();
      await page.getByRole('button', { name: 'Take back', exact: true }).click();
      await page.getByRole('button', { name: 'Take back the switch of personal data' }).waitFor({ state: 'detached' });
      expect(admin.changes).toEqual(['PATCH /v1/platform/gateway-policies/pol_guard']);
    });

    test('a spend cap is made, edited, and deleted', async () => {
      const admin = await world.serve(emptyData(Date.now()));
      const { page } = await world.open(admin, { path: 'policies' });
      await page.getByRole('link', { name: 'Create a spend cap' }).click();
      await page.getByLabel('Name', { exact: true }).fill('per user');
      await page.getByLabel('Limit in USD').fill('five');
      await page.getByLabel('Counts').selectOption('user_id');
      await page.getByLabel('Warn at, in percent').fill('50, 80');
      await page.getByRole('button', { name: 'Add a condition' }).click();
      await page.getByLabel('Value of condition 1').fill('rd-eu');
      await page.getByRole('button', { name: 'Create' }).click();

      const limit = page.getByLabel('Limit in USD');
      await page.getByRole('alert').waitFor();
      expect(await limit.getAttribute('aria-invalid')).toBe('true');
      expect(await limit.evaluate((field) => field === document.activeElement)).toBe(true);
      await limit.fill('5.50');
      await page.getByRole('button', { name: 'Create' }).click();
      await page.getByRole('heading', { level: 1, name: 'per user' }).waitFor();
      const { policy_type, subject_matchers, config, mode } = admin.data.policies[0]!;
      expect({ policy_type, subject_matchers, config, mode }).toEqual({
        policy_type: 'default_spend_cap',
        subject_matchers: [
          { key: 'user_id', value: '' },
          { key: 'workspace_id', value: 'rd-eu' },
        ],
        config: {
          version: 1,
          window: 'daily',
          limit_usd: '5.50',
          reserve: 'estimate',
          clamp: false,
          thresholds: [0.5, 0.8],
        },
        mode: 'monitor',
      });

      await page.getByRole('button', { name: 'Edit' }).click();
      await page.getByLabel('Limit in USD').fill('7');
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByText('$7.00 daily').waitFor();
      expect(admin.data.policies[0]!.config).toEqual({ ...config, limit_usd: '7' });

      await page.getByRole('button', { name: 'Delete' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
      await page.getByText('No policies yet').waitFor();
      expect(admin.data.policies).toEqual([]);
    });

    test('rate limits and guards are made', async () => {
      const admin = await world.serve(emptyData(Date.now()));
      const { page } = await world.open(admin, { path: 'policies/new/rate_limit' });
      await page.getByLabel('Name', { exact: true }).fill('bursts');
      await page.getByLabel('Amount of limit 1').fill('60');
      await page.getByRole('button', { name: 'Add a limit' }).click();
      await page.getByLabel('Amount of limit 2').fill('100000');
      await page.getByRole('button', { name: 'Create' }).click();
      await page.getByRole('heading', { level: 1, name: 'bursts' }).waitFor();

      await visit({ page }, 'policies/new/guard');
      await page.getByLabel('Name', { exact: true }).fill('secrets');
      await page.getByLabel('Personal data').uncheck();
      await page.getByLabel('Entities as well').fill('EMAIL_ADDRESS, IBAN');
      await page.getByLabel('Mode').selectOption('enforce');
      await page.getByRole('button', { name: 'Create' }).click();
      await page.getByRole('heading', { level: 1, name: 'secrets' }).waitFor();

      expect(admin.data.policies.map(({ policy_type, config, mode }) => ({ policy_type, config, mode }))).toEqual([
        {
          policy_type: 'rate_limit',
          mode: 'monitor',
          config: {
            version: 1,
            limits: [
              { metric: 'requests', window: 'minute', value: 60 },
              { metric: 'tokens', window: 'hour', value: 100_000 },
            ],
          },
        },
        {
          policy_type: 'guard',
          mode: 'enforce',
          config: {
            version: 1,
            detect: { pii: false, secrets: true },
            restore: true,
            entities: ['EMAIL_ADDRESS', 'IBAN'],
          },
        },
      ]);
    });

    test('a temporary limit is set and ended', async () => {
      const admin = await world.serve({ ...fakeData(Date.now()), overrides: [] });
      const { page } = await world.open(admin, { path: 'policies/pol_user' });
      await page.getByRole('button', { name: 'New temporary limit' }).click();
      await page.getByLabel('Whose id is').fill('ada');
      await page.getByLabel('Limit in USD').fill('40');
      await page.getByLabel('Until').fill('2031-01-02T03:04');
      await page.getByLabel('Reason').fill('Launch');
      await page.getByRole('button', { name: 'Set the limit' }).click();
      await page.getByRole('rowheader', { name: 'user ada' }).waitFor();

      expect(admin.data.overrides[0]).toMatchObject({
        policy_id: 'pol_user',
        subject_matchers: [{ key: 'user_id', value: 'ada' }],
        limit_usd: '40',
        until: '2031-01-02T02:04:00.000Z',
        reason: 'Launch',
      });
      await page.getByRole('button', { name: 'End the limit for user ada' }).click();
      await page.getByRole('button', { name: 'End it' }).click();
      await page.getByText('None. A temporary limit').waitFor();
      expect(admin.data.overrides).toEqual([]);
    });
  });

  describe('keys', () => {
    test('a new key is shown once, with the lines that clients need', async () => {
      const admin = await world.serve(emptyData(Date.now()));
      const { page, context, complaints } = await world.open(admin, { path: 'keys' });
      await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: admin.url });
      await page.getByRole('link', { name: 'create one' }).click();
      await page.getByLabel('Name', { exact: true }).fill('laptop');
      await page.getByLabel('User').fill('ada');
      await page.getByRole('button', { name: 'Add a tag' }).click();
      await page.getByLabel('Name of tag 1').fill('team');
      await page.getByLabel('Value of tag 1').fill('core');
      await page.getByRole('button', { name: 'Create the key' }).click();
      const panel = page.getByRole('region', { name: 'The key of "laptop"' });
      await panel.waitFor();

      const text = await panel.innerText();
      expect(text).toContain('OPENAI_BASE_URL=http://127.0.0.1:4100/openai/v1');
      expect(text).toContain('ANTHROPIC_BASE_URL=http://127.0.0.1:4100/anthropic');
      await panel.getByLabel('Address of the gateway').fill('https://llm.example/');
      expect(await panel.innerText()).toContain('OPENAI_BASE_URL=https://llm.example/openai/v1');
      await panel.getByRole('button', { name: 'Copy the key' }).click();
      await panel.getByText('Copied').waitFor();
      expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('gwk_n3w0_invented-secret-of-the-new-key');
      expect(admin.data.keys[0]).toMatchObject({ name: 'laptop', user: 'ada', tags: { team: 'core' } });

      await panel.getByRole('button', { name: 'I have stored it' }).click();
      expect(await page.content()).not.toContain('invented-secret');
      expect(await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]))).not.toContain(
        'invented-secret',
      );
      expect(complaints).toEqual([]);
    });

    test('where there is no clipboard, the key is marked for the keyboard to copy', async () => {
      const admin = await world.serve();
      const { page } = await world.open(admin, { path: 'keys' });
      await page.evaluate(() => Object.defineProperty(navigator, 'clipboard', { value: undefined }));
      await page.getByRole('button', { name: 'Rotate nightly reports' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Rotate' }).click();
      await page.getByRole('button', { name: 'Copy the key' }).click();
      await page.getByText('Press Ctrl+C').waitFor();

      expect(await page.evaluate(() => String(getSelection()))).toBe('gwk_r0t8_invented-secret-of-the-rotated-key');
    });

    test('a key is rotated with a grace, disabled, enabled and deleted', async () => {
      const admin = await world.serve();
      const { page } = await world.open(admin, { path: 'keys' });
      await page.getByRole('button', { name: 'Rotate nightly reports' }).click();
      await page.getByLabel('The secret of now').selectOption('3600');
      await page.getByRole('dialog').getByRole('button', { name: 'Rotate' }).click();
      await page.getByText('gwk_r0t8_invented-secret-of-the-rotated-key', { exact: true }).waitFor();
      const until = Date.parse(admin.data.keys.find(({ id }) => id === 'key_2')!.previous_until!);
      expect(Math.abs(until - Date.now() - 3_600_000)).toBeLessThan(60_000);

      await page.getByRole('button', { name: 'Disable nightly reports' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Disable' }).click();
      await page.getByRole('button', { name: 'Enable nightly reports' }).click();
      await page.getByRole('button', { name: 'Disable nightly reports' }).waitFor();
      await page.getByRole('button', { name: 'Delete nightly reports' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
      await page.getByRole('rowheader', { name: 'nightly reports' }).waitFor({ state: 'detached' });
      expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('H1');

      expect(admin.changes).toEqual([
        'POST /v1/keys/key_2/rotate',
        'PATCH /v1/keys/key_2',
        'PATCH /v1/keys/key_2',
        'DELETE /v1/keys/key_2',
      ]);
    });
  });

  describe('audit', () => {
    test('verifying names the first broken row and leads to it', async () => {
      const admin = await world.serve();
      const { page } = await world.open(admin, { path: 'audit' });
      await page.getByRole('button', { name: 'Verify the log' }).click();
      await page.getByText('The chain holds over 130 rows.').waitFor();

      admin.data.broken = { seq: 97, reason: 'its hash is not that of its content' };
      await page.getByRole('button', { name: 'Verify the log' }).click();
      await page.getByText('its hash is not that of its content').waitFor();
      await page.getByRole('link', { name: 'row 97' }).click();

      expect(await page.evaluate(() => document.activeElement?.id)).toBe('row-97');
    });

    test('older rows follow, and the export is a file', async () => {
      const admin = await world.serve();
      const { page } = await world.open(admin, { path: 'audit' });
      const rows = page.locator('.audit tbody tr');
      expect(await rows.count()).toBe(50);
      await page.getByRole('button', { name: 'Show older' }).click();
      await page.waitForFunction(() => document.querySelectorAll('.audit tbody tr').length === 100);
      await page.getByRole('button', { name: 'Show older' }).click();
      await page.waitForFunction(() => document.querySelectorAll('.audit tbody tr').length === 130);
      expect(await page.getByRole('button', { name: 'Show older' }).count()).toBe(0);

      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('button', { name: /^Export/ }).click(),
      ]);
      const lines = readFileSync(await download.path(), 'utf8')
        .trim()
        .split('\n');
      expect(download.suggestedFilename()).toMatch(/^postern-audit-\d{4}-\d{2}-\d{2}\.jsonl$/);
      expect(lines.map((line) => (JSON.parse(line) as { metadata: { sequence: number } }).metadata.sequence)).toEqual(
        Array.from({ length: 130 }, (_, index) => index + 1),
      );
    });
  });

  test('health says what is wrong, and which keys of providers are missing', async () => {
    const admin = await world.serve();
    const { page } = await world.open(admin, { path: 'health' });

    expect(await page.getByRole('row', { name: /Exporter/ }).innerText()).toMatch(/Warning[\s\S]*last batch refused/);
    expect(await page.getByRole('row', { name: /mistral/ }).innerText()).toContain('Key not found');
    admin.data.health.status = 'failed';
    admin.data.health.checks.ledger = { status: 'failed', detail: 'disk is full' };
    await page.getByText('disk is full').waitFor();
  });

  test('navigation moves the focus to the heading and names the page', async () => {
    const admin = await world.serve();
    const { page } = await world.open(admin);

    await page.getByRole('link', { name: 'Keys', exact: true }).click();
    await page.getByRole('heading', { level: 1, name: 'Keys' }).waitFor();

    expect(await page.title()).toBe('Keys · Postern');
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('H1');
    expect(await page.locator('nav [aria-current="page"]').innerText()).toBe('Keys');
    await page.goBack();
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
    await page.getByRole('button', { name: 'Skip to the page' }).press('Enter');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('main');
  });
});
