/** Who gets in, by which name, from which page; and what every answer carries. */
import { describe, expect, it } from 'vitest';
import { tokenHash } from '../../src/admin/access.ts';
import { ADMIN_TOKEN, openAdmin, VIEWER_TOKEN } from './support/open-admin.ts';

describe('tokens', () => {
  it.each([`bearer ${ADMIN_TOKEN}`, `BEARER   ${ADMIN_TOKEN}`])(
    'are taken however the scheme is written',
    async (authorization) => {
      const { ask } = await openAdmin();
      expect((await ask('GET', '/v1/whoami', { token: null, headers: { authorization } })).status).toBe(200);
    },
  );

  it.each([
    ['of another scheme', `Basic ${btoa(`admin:${ADMIN_TOKEN}`)}`],
    ['without a scheme', ADMIN_TOKEN],
    ['twice', `Bearer ${ADMIN_TOKEN}, Bearer ${ADMIN_TOKEN}`],
    ['empty', 'Bearer '],
    ['by its hash', `Bearer ${tokenHash(ADMIN_TOKEN)}`],
    ['in other letters', `Bearer ${ADMIN_TOKEN.toUpperCase()}`],
  ])('are refused %s', async (_, authorization) => {
    const { ask } = await openAdmin();
    expect((await ask('GET', '/v1/whoami', { token: null, headers: { authorization } })).status).toBe(401);
  });

  it('are not looked for in queries, cookies or x-api-key', async () => {
    const { ask } = await openAdmin();
    const headers = { cookie: `token=${ADMIN_TOKEN}`, 'x-api-key': ADMIN_TOKEN };
    expect((await ask('GET', `/v1/health?token=${ADMIN_TOKEN}`, { token: null, headers })).status).toBe(401);
  });

  it('say who asks', async () => {
    const { ask } = await openAdmin();
    expect(await (await ask('GET', '/v1/whoami')).json()).toEqual({ name: 'ops', role: 'admin' });
    const viewer = await ask('GET', '/v1/whoami', { token: VIEWER_TOKEN });
    expect(await viewer.json()).toEqual({ name: 'wall', role: 'viewer' });
  });

  it('that are wrong too often close the address for a while, and are told to the log', async () => {
    const opened = await openAdmin();
    const guess = (address: string) => opened.ask('GET', '/v1/whoami', { token: `wrong-${Math.random()}`, address });
    for (let i = 0; i < 20; i++) expect((await guess('10.0.0.1')).status).toBe(401);
    const closed = await opened.ask('GET', '/v1/whoami', { address: '10.0.0.1' });
    expect(closed.status).toBe(429);
    expect(closed.headers.get('retry-after')).toBe('60');
    expect((await opened.ask('GET', '/v1/whoami', { address: '10.0.0.2' })).status).toBe(200);
    opened.clock.now += 60_000;
    expect((await opened.ask('GET', '/v1/whoami', { address: '10.0.0.1' })).status).toBe(200);
    const told = opened.log.filter(({ event }) => event === 'admin_refused');
    expect(told).toHaveLength(21);
    expect(told[0]).toMatchObject({ code: 'unauthorized', address: '10.0.0.1', method: 'GET' });
  });

  it('that are missing count for nothing', async () => {
    const { ask } = await openAdmin();
    for (let i = 0; i < 30; i++) expect((await ask('GET', '/v1/whoami', { token: null })).status).toBe(401);
    expect((await ask('GET', '/v1/whoami')).status).toBe(200);
  });

  it('that are wrong are remembered of so many addresses alone', async () => {
    const { ask } = await openAdmin();
    const guess = (address: string) => ask('GET', '/v1/whoami', { token: 'wrong', address });
    for (let i = 0; i < 20; i++) await guess('10.0.0.1');
    for (let i = 0; i < 1_000; i++) await guess(`10.1.${i >> 8}.${i & 255}`);
    expect((await ask('GET', '/v1/whoami', { address: '10.0.0.1' })).status).toBe(200);
  });
});

describe('the host', () => {
  it.each([
    ['localhost', true],
    ['LOCALHOST:4101', true],
    ['127.0.0.1:4101', true],
    ['[::1]:4101', true],
    ['admin.example', true],
    ['admin.example:443', true],
    ['evil.example', false],
    ['admin.example.evil.example', false],
    ['localhost.evil.example', false],
    ['10.0.0.5:4101', false],
    ['2130706433', false],
  ])('%s is answered: %s', async (host, isKnown) => {
    const { ask } = await openAdmin();
    for (const path of ['/v1/whoami', '/', '/openapi.json', '/nothing']) {
      const { status } = await ask('GET', path, { headers: { host } });
      expect(status === 403).toBe(!isKnown);
    }
  });

  it('may be an address of the listener, however it is written', async () => {
    const { ask } = await openAdmin({ hosts: ['fd00::1', '10.0.0.5'] });
    const statusOf = async (host: string) => (await ask('GET', '/v1/whoami', { headers: { host } })).status;
    expect(await statusOf('[fd00::1]:4101')).toBe(200);
    expect(await statusOf('10.0.0.5:4101')).toBe(200);
    expect(await statusOf('10.0.0.6:4101')).toBe(403);
  });

  it.each(['0.0.0.0', '::'])('may be any address, and no other name, where the listener is at %s', async (all) => {
    const { ask } = await openAdmin({ hosts: [all] });
    expect((await ask('GET', '/v1/whoami', { headers: { host: '10.0.0.5:4101' } })).status).toBe(200);
    expect((await ask('GET', '/v1/whoami', { headers: { host: '[fd00::1]:4101' } })).status).toBe(200);
    expect((await ask('GET', '/v1/whoami', { headers: { host: 'rebound.example' } })).status).toBe(403);
  });

  it('does not matter to probes, which read nothing', async () => {
    const { ask } = await openAdmin();
    for (const path of ['/health', '/ready'])
      expect((await ask('GET', path, { token: null, headers: { host: '10.2.3.4:4101' } })).status).toBe(200);
  });
});

describe('the origin', () => {
  it.each([
    ['http://localhost:4101', 200],
    ['https://localhost:4101', 200],
    ['http://localhost:9999', 403],
    ['http://evil.example', 403],
    ['null', 403],
    ['file://localhost:4101', 403],
    ['', 403],
  ])('%s gets %s', async (origin, status) => {
    const { ask, state } = await openAdmin();
    expect((await ask('GET', '/v1/whoami', { headers: { origin } })).status).toBe(status);
    const made = await ask('POST', '/v1/keys', { body: { name: 'k' }, headers: { origin } });
    expect(made.status).toBe(status === 200 ? 201 : 403);
    expect(state.head.seq).toBe(status === 200 ? 1 : 0);
  });

  it('behind a proxy may leave out a default port', async () => {
    const { ask } = await openAdmin();
    const headers = { host: 'admin.example', origin: 'https://admin.example' };
    expect((await ask('GET', '/v1/whoami', { headers })).status).toBe(200);
  });
});

describe('every answer', () => {
  const PATHS = ['/', '/health', '/openapi.json', '/v1/whoami', '/v1/nothing', '/metrics', '/assets/app-0123456789.js'];

  it.each(PATHS)('carries the headers of security: %s', async (path) => {
    const { ask } = await openAdmin({ assets: ASSETS });
    const { headers } = await ask('GET', path);
    expect(Object.fromEntries(headers)).toMatchObject({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
    });
    expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    expect(headers.get('set-cookie')).toBe(null);
    expect([...headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
  });

  it('is the page with a policy that runs its own scripts alone, and files that may be kept for ever', async () => {
    const { ask } = await openAdmin({ assets: ASSETS });
    const page = await ask('GET', '/', { token: null });
    expect(await page.text()).toBe('<!doctype html>');
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page.headers.get('content-security-policy')).toMatch(/^default-src 'self'; /);
    expect(page.headers.get('content-security-policy')).not.toMatch(/unsafe|http|\*/);
    expect(page.headers.get('cache-control')).toBe('no-cache');
    const script = await ask('GET', '/assets/app-0123456789.js', { token: null });
    expect(script.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect((await ask('GET', '/assets/../v1/keys', { token: null })).status).toBe(401);
    expect((await ask('GET', '/assets/%2e%2e/%2e%2e/etc/passwd', { token: null })).status).toBe(404);
    expect((await ask('GET', '/assets/constructor', { token: null })).status).toBe(404);
  });

  it('to what is not there says nothing of it', async () => {
    const { ask } = await openAdmin();
    for (const path of ['/v1/secret-path', '/V1/keys', '/v1/keys/', '//v1/keys', '/v1/keys%2f', '/v1', '/__proto__']) {
      const response = await ask('GET', path, { token: null });
      expect(response.status).toBe(404);
      expect(await response.json()).toEqual({ error: { code: 'not_found', message: 'There is nothing here.' } });
    }
  });

  it('to another method names those there are', async () => {
    const { ask } = await openAdmin();
    const response = await ask('PUT', '/v1/keys');
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('GET, POST, HEAD, OPTIONS');
    expect((await ask('TRACE_', '/v1/keys')).status).toBe(405);
    const options = await ask('OPTIONS', '/v1/keys/x', { headers: { 'access-control-request-method': 'DELETE' } });
    expect(options.status).toBe(204);
    expect(options.headers.get('allow')).toBe('GET, PATCH, DELETE, HEAD, OPTIONS');
  });

  it('to a HEAD is that to the GET without a body', async () => {
    const { ask } = await openAdmin();
    const response = await ask('HEAD', '/v1/keys');
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch('application/json');
    expect(response.body).toBe(null);
    expect((await ask('HEAD', '/v1/keys', { token: null })).status).toBe(401);
  });

  it('to what breaks tells nothing but the id under which the log has it', async () => {
    const opened = await openAdmin({
      health: () => Promise.reject(new TypeError('connect postgres://user:hunter2@db.internal')),
    });
    const response = await opened.ask('GET', '/v1/health');
    expect(response.status).toBe(500);
    const text = await response.text();
    expect(text).toContain('"internal"');
    expect(text).not.toContain('hunter2');
    expect(opened.log).toEqual([
      {
        ...{ event: 'admin_failed', method: 'GET', code: 'internal', error: 'TypeError' },
        request_id: response.headers.get('x-postern-request-id'),
      },
    ]);
  });
});

describe('readiness', () => {
  it('is 503 with what failed', async () => {
    const checks = { ledger: 'failed', state: 'ok' } as const;
    const { ask } = await openAdmin({ ready: async () => ({ status: 'failed', checks }) });
    const response = await ask('GET', '/ready', { token: null });
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({ status: 'failed', checks });
    expect((await ask('GET', '/health', { token: null })).status).toBe(200);
  });
});

const ASSETS = new Map([
  ['/', { type: 'text/html; charset=utf-8', body: '<!doctype html>', immutable: false }],
  ['/assets/app-0123456789.js', { type: 'text/javascript; charset=utf-8', body: 'export {}', immutable: true }],
]);
