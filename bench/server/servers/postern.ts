/** The server as it was built (`dist/`), without policies or with what a team would set. */
import { createHmac } from 'node:crypto';
import { GUARDS_KEY } from '../requests.ts';

const [provider, kind, clientKey] = process.argv.slice(2);
const BUILD = new URL('../../../dist/', import.meta.url);
const { createGateway, createPrometheus, redact, spendCap } = (await import(
  new URL('index.js', BUILD).href
)) as typeof import('../../../src/index.ts');
const { createGatewayServer } = (await import(
  new URL('server.js', BUILD).href
)) as typeof import('../../../src/server/index.ts');

const LIMIT_USD = 1_000_000;
const PEPPER = 'postern-bench-pepper';
const hashOf = (key: string): string => createHmac('sha256', PEPPER).update(key).digest('hex');
const baseURL = `http://127.0.0.1:${provider}/v1`;
process.env.BENCH_PROVIDER_KEY = GUARDS_KEY;

const guarded = kind === 'guarded';
const gateway = createGateway({
  providers: [{ name: 'openai', baseURL, streamUsage: true }],
  ...(guarded && {
    metrics: createPrometheus().meter,
    policies: [
      redact(),
      spendCap({ name: 'per user', limitUsd: LIMIT_USD, window: 'daily', per: 'user' }),
      spendCap({ name: 'all', limitUsd: LIMIT_USD, window: 'monthly' }),
    ],
  }),
});
const keys = new Map([[hashOf(clientKey!), { user: 'ada', workspace: 'bench' }]]);
const server = createGatewayServer({
  gateway,
  providers: { openai: guarded ? { baseURL, apiKey: 'env:BENCH_PROVIDER_KEY' } : { baseURL } },
  ...(guarded && { authenticate: ({ key = '' }) => keys.get(hashOf(key)) }),
});
for (const end of ['disconnect', 'SIGTERM'] as const) process.on(end, () => process.exit());
const { port } = await server.listen({ port: 0 });
process.send!({ port });
