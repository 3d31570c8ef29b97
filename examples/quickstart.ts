/** One prompt through three doors, to a provider and a trace receiver on this machine; then a call that would pass the cap. */
import { ChatOpenAI } from '@langchain/openai';
import OpenAI from 'openai';
import { createGateway, gatewayErrorOf, redact, spendCap } from 'postern';
import { setupTracing } from 'postern/otel';
import { createGatewayServer } from 'postern/server';
import { GITHUB_TOKEN, SSN } from './support/invented.ts';
import { openStage } from './support/stage.ts';

const prompt = `My SSN is ${SSN} and my token is ${GITHUB_TOKEN}.`;
const stage = await openStage(prompt, [SSN, GITHUB_TOKEN]);
const tracing = await setupTracing({ target: stage.target });
const gateway = createGateway({
  policies: [redact(), spendCap({ name: 'per user', limitUsd: 0.01, window: 'daily', per: 'user' })],
});

const [model, apiKey, messages] = ['gpt-4o', 'sk-not-needed', [{ role: 'user' as const, content: prompt }]];
const client = { baseURL: stage.baseURL, fetch: gateway.fetch };
const openai = new OpenAI({ ...client, apiKey });
const langchain = new ChatOpenAI({ model, apiKey, maxTokens: 50, configuration: client });
const providers = { openai: { baseURL: stage.baseURL } };
const server = createGatewayServer({ gateway, providers, authenticate: () => ({ user: 'ada' }) });
const { url } = await server.listen({ port: 0 });

await gateway.withContext({ user: 'ada' }, async () => {
  const completion = await openai.chat.completions.create({ model, messages, max_tokens: 50 });
  stage.note('OpenAI client', completion.choices[0]?.message.content);
  stage.note('LangChain model', (await langchain.invoke(prompt)).text);
  const body = JSON.stringify({ model: `openai/${model}`, messages, max_tokens: 50 });
  const response = await fetch(`${url}/v1/chat/completions`, { method: 'POST', body });
  stage.note('HTTP client', ((await response.json()) as typeof completion).choices[0]?.message.content);
  const dear = openai.chat.completions.create({ model, messages, max_tokens: 4_000 });
  await dear.catch((error) => stage.refused(gatewayErrorOf(error)));
});

await tracing.shutdown();
stage.show(await gateway.spend.rollup({ by: ['user', 'model'], window: 'daily' }));
await Promise.all([server.close(), stage.close()]);
