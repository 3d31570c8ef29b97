/** Three vendors’ own clients and APIs behind one gateway, under one cap. A fake provider on this machine speaks all three. */
import Anthropic from '@anthropic-ai/sdk';
import { GoogleGenAI } from '@google/genai';
import OpenAI from 'openai';
import { createGateway, redact, spendCap } from 'postern';
import { startFakeProvider } from './support/fake-provider.ts';
import { EMAIL } from './support/invented.ts';
import { promptOf, repeat } from './support/provider.ts';

const provider = await startFakeProvider();
provider.reply = repeat;
const cap = spendCap({ limitUsd: 0.05, window: 'daily', per: 'user' });
const gateway = createGateway({ policies: [redact(), cap] });
const { fetch } = gateway;
const apiKey = 'not-needed';
const prompt = `Write to ${EMAIL}.`;

const openai = new OpenAI({ apiKey, fetch, baseURL: provider.baseURL });
const anthropic = new Anthropic({ apiKey, fetch, baseURL: provider.origin });
const google = new GoogleGenAI({ apiKey, httpOptions: { fetch, baseUrl: provider.origin } });
const messages = [{ role: 'user' as const, content: prompt }];

const texts = await gateway.withContext({ user: 'ada' }, async () => [
  (await openai.responses.create({ model: 'gpt-4o-mini', input: prompt })).output_text,
  (await anthropic.messages.create({ model: 'claude-haiku-4-5', max_tokens: 100, messages })).content[0],
  (await google.models.generateContent({ model: 'gemini-2.5-flash', contents: prompt })).text,
]);

for (const [i, text] of texts.entries()) {
  console.log(`The provider saw: ${promptOf(provider.requests[i])} (${provider.requests[i]?.url})`);
  console.log('The caller got:  ', text);
}
const { rows } = await gateway.spend.rollup({ by: ['user', 'model'], window: 'daily' });
for (const { user, model, calls, costUsd } of rows) console.log(`${user} asked ${model}: ${calls} call, $${costUsd}`);
await gateway.close();
await provider.close();
