/** The built dashboard before a fake admin API, and a browser to look at it with. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { buildDashboard } from '../../scripts/build-dashboard.ts';
import { type DashboardAsset, dashboardAssets } from '../../src/admin/dashboard-assets.ts';
import { type Look, launch, openTab, type Tab } from './browser.ts';
import { ADMIN_TOKEN, type FakeAdmin, fakeAdmin } from './fake-admin.ts';
import { type FakeData, fakeData } from './fake-data.ts';

export interface World {
  readonly assets: ReadonlyMap<string, DashboardAsset>;
  /** A server of its own for each test. */
  serve(data?: FakeData): Promise<FakeAdmin>;
  /** Signed in at a page. */
  open(admin: { readonly url: string }, options?: Partial<Look> & { path?: string; token?: string }): Promise<Tab>;
  /** Where screenshots go: `POSTERN_SCREENSHOTS`, or a temporary folder. */
  readonly shots: string;
  /** Of one test. */
  tidy(): Promise<void>;
  close(): Promise<void>;
}

export async function dashboardWorld(): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'postern-dashboard-'));
  await buildDashboard(join(folder, 'built'));
  const assets: ReadonlyMap<string, DashboardAsset> = dashboardAssets(pathToFileURL(join(folder, 'built/')));
  const browser: Browser = await launch();
  const open: { close(): Promise<void> }[] = [];
  return {
    assets,
    shots: process.env.POSTERN_SCREENSHOTS ?? join(folder, 'shots'),
    async serve(data = fakeData(Date.now())) {
      const admin = await fakeAdmin(assets, data);
      open.push(admin);
      return admin;
    },
    async open(admin, { width = 1280, height = 800, theme = 'light', path = '', token = ADMIN_TOKEN } = {}) {
      const tab = await openTab(browser, admin.url, { width, height, theme });
      open.unshift(tab.context);
      await tab.page.goto(`${admin.url}/#token=${token}`);
      await tab.page.getByRole('navigation', { name: 'Pages' }).waitFor();
      await visit(tab, path);
      return tab;
    },
    async tidy() {
      for (const one of open.splice(0)) await one.close();
    },
    async close() {
      await browser.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Goes to a page by its link's fragment. */
export async function visit({ page }: Pick<Tab, 'page'>, path: string): Promise<void> {
  await page.evaluate((hash) => {
    location.hash = hash;
  }, `#/${path}`);
  await settled({ page });
}

/** Everything that was asked for is there. */
export async function settled({ page }: Pick<Tab, 'page'>): Promise<void> {
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
  await page.waitForFunction(() => !/(?:Loading|Asking|^) …/m.test(document.body.innerText));
}
