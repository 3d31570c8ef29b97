/** An OpenAI client behind the gateway: `fetch` is the one option that changes. The answer is streamed. */
import OpenAI from 'openai';
import { createGateway, redact, spendCap } from 'postern';
import { EMAIL, GITHUB_TOKEN } from './support/invented.ts';
import { openProvider } from './support/provider.ts';

const provider = await openProvider();
const gateway = createGateway({
  policies: [redact({ entities: ['pii', 'secrets'] }), spendCap({ limitUsd: 0.05, window: 'daily', per: 'user' })],
});
gateway.on('call', ({ outcome, usage, cost }) => console.log('\nThe gateway says:', { outcome, usage, cost }));

const openai = new OpenAI({ baseURL: provider.baseURL, apiKey: provider.apiKey, fetch: gateway.fetch });
await gateway.withContext({ user: 'ada' }, async () => {
  const stream = await openai.chat.completions.create({
    model: 'gpt-4o-mini',
    messages: [{ role: 'user', content: `Repeat this line: mail ${EMAIL}, token ${GITHUB_TOKEN}.` }],
    max_tokens: 100,
    stream: true,
  });
  for await (const chunk of stream) process.stdout.write(chunk.choices[0]?.delta.content ?? '');
});

console.log(`The provider saw: ${provider.prompt()}`);
await gateway.close();
await provider.close();
