/** Two limits for each user: requests a minute and tokens a day. What is too much is a 429 that says how long to wait. */
import OpenAI from 'openai';
import { createGateway, gatewayErrorOf, rateLimit } from 'postern';
import { startFakeProvider } from './support/fake-provider.ts';

const provider = await startFakeProvider();
const limits = [
  { metric: 'requests', window: 'minute', value: 2 },
  { metric: 'tokens', window: 'day', value: 100_000 },
] as const;
const gateway = createGateway({
  providers: [{ name: 'openai', baseURL: provider.baseURL }],
  policies: [rateLimit({ name: 'per user', limits, per: 'user' })],
  now: () => Date.parse('2026-11-21T12:00:30Z'),
});
// With its usual `maxRetries` the client would wait for the next minute by itself.
const openai = new OpenAI({ apiKey: 'none', baseURL: provider.baseURL, fetch: gateway.fetch, maxRetries: 0 });

async function ask(user: string): Promise<void> {
  const messages = [{ role: 'user' as const, content: 'Hello' }];
  try {
    await gateway.withContext({ user }, () => openai.chat.completions.create({ model: 'gpt-4o-mini', messages }));
    console.log(`${user}: answered`);
  } catch (error) {
    const { status, code, details } = gatewayErrorOf(error) ?? {};
    console.log(`${user}: ${status} ${code}, ${details?.used} of ${details?.limit}, until ${details?.resets_at}`);
  }
}

for (const user of ['ada', 'ada', 'bob', 'ada']) await ask(user);
await gateway.close();
await provider.close();
