import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { problemsOf, unreached } from './a11y.ts';
import { SKIPPED } from './browser.ts';
import { emptyData } from './fake-data.ts';
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

describe.skipIf(SKIPPED !== undefined)('looks', () => {
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
