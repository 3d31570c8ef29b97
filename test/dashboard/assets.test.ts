import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type BuiltDashboard, buildDashboard } from '../../scripts/build-dashboard.ts';
import { dashboardAssets } from '../../src/admin/dashboard-assets.ts';
import { ensureBuilt, ROOT } from '../built-package.ts';

/** Raw bytes of script and stylesheet; raise it with a reason. */
const MAX_BYTES = 165_000;

let folder: string;
let built: BuiltDashboard;
const url = (): URL => pathToFileURL(`${folder}/built/`);
const text = (path: string): string => Buffer.from(dashboardAssets(url()).get(path)!.body).toString();

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'postern-assets-'));
  built = await buildDashboard(join(folder, 'built'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('the page names its script, style and icon by their hashes, and they may be kept for ever', () => {
  const assets = dashboardAssets(url());
  const named = [...text('/').matchAll(/(?:href|src)="(assets\/[^"]+)"/g)].map(([, path]) => `/${path}`);

  expect(named).toHaveLength(3);
  for (const path of named) expect(assets.get(path)?.immutable, path).toBe(true);
  expect(assets.get('/')).toMatchObject({ type: 'text/html; charset=utf-8', immutable: false });
  expect([...assets.keys()].sort()).toEqual(['/', '/assets/licenses.txt', ...named].sort());
});

test('the page has nothing inline, and names nothing of another origin', () => {
  const page = text('/');
  const style = text([...dashboardAssets(url()).keys()].find((path) => path.endsWith('.css'))!);

  expect(page).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\son\w+=|\sstyle=/);
  expect(page + style).not.toMatch(/https?:|@import|url\(/);
});

test('the licences of what is compiled in are there', () => {
  const licences = text('/assets/licenses.txt');

  for (const name of ['preact', 'uplot']) {
    const licence = readFileSync(join(ROOT, 'node_modules', name, 'LICENSE'), 'utf8').trim();
    expect(licences).toContain(licence);
  }
});

test(`script and stylesheet are at most ${MAX_BYTES} bytes, and the same in each build`, async () => {
  const again = await buildDashboard(join(folder, 'again'));
  const sizes = Object.entries(built.files).filter(([path]) => /\.(?:js|css)$/.test(path));

  expect(sizes.reduce((sum, [, bytes]) => sum + bytes, 0)).toBeLessThan(MAX_BYTES);
  expect(again).toEqual(built);
});

test('where it was not built, the page says how to build it', () => {
  const assets = dashboardAssets(pathToFileURL(`${folder}/nothing/`));

  expect([...assets.keys()]).toEqual(['/']);
  expect(Buffer.from(assets.get('/')!.body).toString()).toContain('node scripts/build-dashboard.ts');
});

test('the build of the package leaves it where both kinds of the package look for it', () => {
  ensureBuilt();

  expect(readFileSync(join(ROOT, 'dist', 'dashboard', 'index.html'), 'utf8')).toBe(text('/'));
});
