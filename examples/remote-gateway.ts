/** Everything through a remote gateway, here LiteLLM’s: the clients keep their API, and the rules hold before anything leaves. */
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { createGateway, redact } from 'postern';
import { startFakeProvider } from './support/fake-provider.ts';
import { SSN } from './support/invented.ts';

const remote = await startFakeProvider(); // in its place: http://localhost:4000, the proxy of yours
const gateway = createGateway({
  policies: [redact()],
  upstream: { gateway: 'litellm', baseURL: remote.origin, apiKey: 'sk-of-the-gateway' },
});
const messages = [{ role: 'user' as const, content: `My SSN is ${SSN}.` }];

const openai = new OpenAI({ apiKey: 'unused', fetch: gateway.fetch });
await openai.chat.completions.create({ model: 'gpt-4o-mini', messages });
const anthropic = new Anthropic({ apiKey: 'unused', fetch: gateway.fetch });
await anthropic.messages.create({ model: 'claude-haiku-4-5', max_tokens: 100, messages });

for (const { method, url, headers, prompt } of remote.requests) {
  console.log(`${method} ${url}`);
  console.log(`  key:    ${headers.authorization}${headers['x-api-key'] ? `, ${headers['x-api-key']}` : ''}`);
  console.log(`  prompt: ${prompt}`);
}
await gateway.close();
await remote.close();
