/** An OpenAI-compatible host of your own: named in the path, its model pinned, its price told, its key never the client's. */
import OpenAI from 'openai';
import { createGateway, redact, spendCap } from 'postern';
import { createGatewayServer } from 'postern/server';
import { startFakeProvider } from './support/fake-provider.ts';
import { EMAIL } from './support/invented.ts';

const host = await startFakeProvider();
process.env.IN_HOUSE_KEY = 'key-of-the-host';
const gateway = createGateway({
  policies: [redact(), spendCap({ limitUsd: 100, window: 'monthly' })],
  prices: { 'llama-in-house': { input: '0.20', output: '0.60' } },
});
const server = createGatewayServer({
  gateway,
  customProviders: {
    'R&D cluster': { baseURL: host.baseURL, model: 'llama-in-house', apiKey: 'env:IN_HOUSE_KEY', streamUsage: true },
  },
});
const { url } = await server.listen({ port: 0 });

const baseURL = `${url}/providers/${encodeURIComponent('R&D cluster')}/v1`;
const client = new OpenAI({ baseURL, apiKey: 'key-of-the-client' });
const answer = await client.chat.completions.create({
  model: 'whatever-the-client-says',
  messages: [{ role: 'user', content: `Write to ${EMAIL}.` }],
});

const [request] = host.requests;
console.log(`The host was asked for ${request?.json?.model} with ${request?.headers.authorization}.`);
console.log(`It saw: ${request?.json?.messages?.[0]?.content}`);
console.log(`The client got: ${answer.choices[0]?.message.content}`);
const { rows } = await gateway.spend.rollup({ by: ['provider', 'model'], window: 'monthly' });
console.log('Spent:', rows);
await server.close();
await host.close();
