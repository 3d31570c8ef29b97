/** `postern serve` as a team would run it: its configuration, its keys, its SQLite file; built (`dist/`). */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Started } from './candidates.ts';
import { freePort } from './free-port.ts';
import { NODE_FLAGS, start } from './processes.ts';
import { GUARDS_KEY } from './requests.ts';

const PROGRAM = join(import.meta.dirname, '..', '..', 'dist', 'cli.js');
const ADMIN_TOKEN = 'bench-admin-token';
const TRIES = 100;

const configuration = (provider: number, port: number, adminPort: number, folder: string): object => ({
  // nginx writes none here either.
  server: { port, access_log: false },
  admin: { port: adminPort, tokens: [{ name: 'bench', role: 'admin', token: 'env:BENCH_ADMIN_TOKEN' }] },
  store: { kind: 'sqlite', path: join(folder, 'postern.db') },
  providers: {
    openai: {
      base_url: `http://127.0.0.1:${provider}/v1`,
      api_key: 'env:BENCH_PROVIDER_KEY',
      allow_private: true,
      stream_usage: true,
    },
  },
  policies: [
    { name: 'guard', policy_type: 'guard', config: { detect: { pii: true, secrets: true } } },
    {
      name: 'per user',
      policy_type: 'default_spend_cap',
      subject_matchers: [{ key: 'user_id', value: '' }],
      config: { window: 'daily', limit_usd: 1_000_000 },
    },
    { name: 'all', policy_type: 'spend_cap', config: { window: 'monthly', limit_usd: 1_000_000 } },
  ],
  telemetry: { target: 'off' },
});

export interface Serving extends Started {
  readonly keys: readonly string[];
}

export const startServe = (provider: number): Promise<Started> => startServeWithKeys(provider, 1);

/** With so many virtual keys, of as many callers. */
export async function startServeWithKeys(provider: number, count: number): Promise<Serving> {
  const folder = mkdtempSync(join(tmpdir(), 'postern-bench-serve-'));
  const [port, adminPort] = [await freePort(), await freePort()];
  const path = join(folder, 'postern.config.json');
  writeFileSync(path, JSON.stringify(configuration(provider, port, adminPort, folder)));
  const env = { BENCH_ADMIN_TOKEN: ADMIN_TOKEN, BENCH_PROVIDER_KEY: GUARDS_KEY };
  const child = start(1, process.execPath, [...NODE_FLAGS, PROGRAM, 'serve', '--config', path], { env });
  child.stdout?.resume();
  // Its log is of the admin API's calls too.
  child.stderr?.on('data', (lines: Buffer) => {
    if (lines.includes('"level":"error"')) process.stderr.write(lines);
  });
  const keys: string[] = [];
  while (keys.length < count) keys.push(await madeKey(`http://127.0.0.1:${adminPort}/v1/keys`, keys.length));
  return {
    url: `http://127.0.0.1:${port}/openai/v1/chat/completions`,
    headers: { authorization: `Bearer ${keys[0]}` },
    process: child,
    keys,
  };
}

/** As soon as the server answers. */
async function madeKey(url: string, nth: number): Promise<string> {
  const headers = { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json' };
  const body = JSON.stringify({ name: `bench ${nth}`, user: `ada ${nth}`, workspace: 'bench' });
  let last: unknown;
  for (let tries = 0; tries < TRIES; tries++) {
    const response = await fetch(url, { method: 'POST', headers, body }).catch((error: Error) => {
      last = error;
    });
    if (response?.ok) return ((await response.json()) as { secret: string }).secret;
    if (response) last = `${response.status} ${await response.text()}`;
    await sleep(100);
  }
  throw new Error(`postern serve made no key: ${last}`);
}
