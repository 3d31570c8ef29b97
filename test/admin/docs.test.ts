import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { openAdmin } from './support/open-admin.ts';

const page = readFileSync(new URL('../../docs/admin-api.md', import.meta.url), 'utf8');

it('docs/admin-api.md has a row for every route with its role, and no other', async () => {
  const { admin } = await openAdmin();
  const rows = [...page.matchAll(/^\| `([A-Z]+ \/\S+)` \| (none|viewer|admin) \|/gm)].map(([, route, role]) => [
    route,
    role,
  ]);
  const routes = admin.routes.map(({ method, path, role }) => [
    `${method} ${path}`,
    role === 'anybody' ? 'none' : role,
  ]);
  expect(rows.sort()).toEqual(routes.sort());
});
