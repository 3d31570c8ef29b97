import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { problemsOf, unreached } from './a11y.ts';
import { SKIPPED } from './browser.ts';
import { VIEWER_TOKEN } from './fake-admin.ts';
import { emptyData, fakeData } from './fake-data.ts';
import { dashboardWorld, visit, type World } from './world.ts';

const PAGES = [
  '',
  'events',
  'policies',
  'policies/pol_user',
  'policies/pol_rd/edit',
  'policies/new/spend_cap',
  'policies/new/rate_limit',
  'policies/new/guard',
  'keys',
  'keys/new',
  'audit',
  'health',
];
const LOOKS = [
  { width: 360, height: 740, theme: 'light' },
  { width: 360, height: 740, theme: 'dark' },
  { width: 1280, height: 800, theme: 'light' },
  { width: 1280, height: 800, theme: 'dark' },
  { width: 2560, height: 1440, theme: 'light' },
  { width: 2560, height: 1440, theme: 'dark' },
] as const;

if (SKIPPED) console.warn(`The looks of the dashboard are not tested: ${SKIPPED}`);

describe.skipIf(SKIPPED !== undefined)('looks', { timeout: 60_000 }, () => {
  let world: World;
  beforeAll(async () => {
    world = await dashboardWorld();
    mkdirSync(world.shots, { recursive: true });
  }, 60_000);
  afterEach(() => world.tidy());
  afterAll(() => world?.close());

  test.each(LOOKS)(
    'every page at $width x $height, $theme, fits, can be read and complains of nothing',
    async (look) => {
      const admin = await world.serve();
      const tab = await world.open(admin, look);
      const found: Record<string, readonly string[]> = {};
      for (const path of PAGES) {
        await visit(tab, path);
        const name = `${path.replaceAll('/', '-') || 'overview'}-${look.width}-${look.theme}`;
        await tab.page.screenshot({ path: join(world.shots, `${name}.png`) });
        const problems = await problemsOf(tab.page);
        const isWide = await tab.page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
        found[path] = [...problems, ...(isWide ? ['scrolls sideways'] : [])];
      }

      expect(found).toEqual(Object.fromEntries(PAGES.map((path) => [path, []])));
      expect(tab.complaints).toEqual([]);
    },
    60_000,
  );

  test.each(['', 'policies', 'policies/new/spend_cap', 'keys', 'audit', 'health'])(
    'the keyboard reaches everything on "%s"',
    async (path) => {
      const data = emptyData(Date.now());
      const admin = await world.serve(path === 'audit' || path === '' ? undefined : { ...data });
      const { page } = await world.open(admin, { path });

      expect(await unreached(page)).toEqual([]);
    },
  );

  test.each(['light', 'dark'] as const)(
    "dialogs, a new key, the sign-in and a viewer's page can be read, %s",
    async (theme) => {
      const admin = await world.serve();
      const small = { width: 360, height: 740, theme };
      const { page } = await world.open(admin, { ...small, path: 'policies' });
      const found: (readonly string[])[] = [];
      const look = async (): Promise<void> => {
        await page.screenshot({ path: join(world.shots, `state-${found.length}-${theme}.png`) });
        const isWide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
        found.push([...(await problemsOf(page)), ...(isWide ? ['scrolls sideways'] : [])]);
      };

      await page.getByRole('button', { name: 'Switch R&D workspaces to enforce' }).click();
      await page.getByText(/Over the last/).waitFor();
      await look();
      await page.getByRole('button', { name: 'Cancel' }).click();
      await page.getByRole('button', { name: 'New temporary limit' }).click();
      await look();
      await visit({ page }, 'keys');
      await page.getByRole('button', { name: 'Rotate nightly reports' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Rotate' }).click();
      await page.getByRole('button', { name: 'I have stored it' }).waitFor();
      await look();
      await visit({ page }, 'events');
      await page.locator('.event summary').first().click();
      await look();
      await page.getByRole('button', { name: 'Sign out' }).click();
      await page.getByLabel('Admin token').waitFor();
      await look();
      const viewer = await world.open(admin, { ...small, path: 'policies/pol_user', token: VIEWER_TOKEN });
      found.push(await problemsOf(viewer.page));

      expect(found).toEqual([[], [], [], [], [], []]);
    },
  );

  test('names of one long word, and names made of markup, stay in their place', async () => {
    const data = fakeData(Date.now());
    const long = 'W'.repeat(128);
    const markup = '<img src=x onerror="document.title=1"><b id="mine">';
    for (const policy of data.policies)
      Object.assign(policy, { name: policy.id === 'pol_user' ? long : markup, description: long });
    for (const account of data.accounts)
      Object.assign(account, { policy: long, subject: account.scope === 'all' ? 'all' : markup });
    for (const key of data.keys) Object.assign(key, { name: long, user: long, tags: { team: markup } });
    for (const event of data.events)
      Object.assign(event, {
        policy: long,
        user: markup,
        model: long,
        message: markup + long,
        trace_url: 'javascript:alert(1)',
      });
    for (const row of data.audit) Object.assign(row, { changes: { name: { from: markup, to: long } } });
    const admin = await world.serve(data);
    const { page, complaints } = await world.open(admin, { width: 360, height: 740 });
    const wide: string[] = [];
    for (const path of ['', 'events', 'policies', 'policies/pol_user', 'policies/pol_user/edit', 'keys', 'audit']) {
      await visit({ page }, path);
      await page.screenshot({ path: join(world.shots, `long-${path.replaceAll('/', '-')}.png`), fullPage: true });
      if (await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)) wide.push(path);
      expect(await page.locator('#mine, img, a[href^="javascript"]').count()).toBe(0);
    }

    expect(wide).toEqual([]);
    expect(complaints).toEqual([]);
  });

  test('the page of a server with nothing says what to do next', async () => {
    const admin = await world.serve(emptyData(Date.now()));
    const { page } = await world.open(admin);
    const next: Record<string, string> = {
      '': 'Create a spend cap',
      events: 'create a key',
      policies: 'Create a spend cap',
      keys: 'create one',
      audit: 'create a key',
    };
    for (const [path, link] of Object.entries(next)) {
      await visit({ page }, path);

      expect(await page.getByRole('link', { name: link }).first().getAttribute('href')).toMatch(
        /^#\/(?:policies|keys)/,
      );
    }
  });

  test('the theme goes by the system until one is chosen, and the choice stays', async () => {
    const admin = await world.serve();
    const { page } = await world.open(admin, { theme: 'dark' });
    const ground = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);

    const dark = await ground();
    await page.getByRole('button', { name: /^Colours: System/ }).click();
    const light = await ground();
    await page.reload();

    expect(light).not.toBe(dark);
    expect(await ground()).toBe(light);
    await page.getByRole('button', { name: /^Colours: Light/ }).click();
    expect(await ground()).toBe(dark);
  });
});
