/** The gateway as a server, for clients in any language: it holds the provider's key, and each client has a key of its own. */
import { createGateway, redact, spendCap } from 'postern';
import { createGatewayServer } from 'postern/server';
import { SSN } from './support/invented.ts';
import { openProvider } from './support/provider.ts';

const provider = await openProvider();
process.env.OPENAI_API_KEY = provider.apiKey;
const gateway = createGateway({ policies: [redact(), spendCap({ limitUsd: 0.01, window: 'daily', per: 'apiKey' })] });
const clients = new Map([['Bearer key-of-team-a', { apiKey: 'team-a', workspace: 'rd' }]]);
const server = createGatewayServer({
  gateway,
  providers: { openai: { baseURL: provider.baseURL, apiKey: 'env:OPENAI_API_KEY' } },
  authenticate: ({ headers }) => clients.get(headers.get('authorization') ?? ''),
});
const { url } = await server.listen({ port: 0 });

async function chat(key: string, max_tokens: number): Promise<void> {
  const messages = [{ role: 'user', content: `Repeat this line: my SSN is ${SSN}.` }];
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'openai/gpt-4o-mini', max_tokens, messages }),
  });
  console.log(response.status, await response.text());
}

await chat('key-of-team-a', 50);
await chat('key-of-nobody', 50);
await chat('key-of-team-a', 50_000);
console.log(`The provider saw: ${provider.prompt()}`);
await server.close();
await provider.close();
