/** A cap that lowers a limit, ends a stream in time, tells how far it is used and then refuses: calls on a tenth of a cent. */
import OpenAI from 'openai';
import { createGateway, gatewayErrorOf, spendCap } from 'postern';
import { startFakeProvider } from './support/fake-provider.ts';

const provider = await startFakeProvider();
const cap = { limitUsd: '0.001', window: { rolling: '24h' }, per: 'user' } as const;
const gateway = createGateway({
  providers: [{ name: 'openai', baseURL: provider.baseURL }],
  policies: [spendCap({ name: 'per user', ...cap, thresholds: [0.5], clamp: true })],
  priceFactors: [{ match: { user: 'ada' }, factor: '0.9' }],
});
gateway.on('policy', ({ code, details }) => console.log(`  ${code}`, details?.threshold ?? ''));
gateway.on('call', ({ outcome, cost }) => console.log(`  ${outcome}, $${(cost?.nanoUsd ?? 0) / 1e9}`));

const openai = new OpenAI({ apiKey: 'none', baseURL: provider.baseURL, fetch: gateway.fetch });
const request = { model: 'gpt-4o-mini', messages: [{ role: 'user' as const, content: 'Tell me everything.' }] };

await gateway.withContext({ user: 'ada' }, async () => {
  await openai.chat.completions.create({ ...request, max_tokens: 16_000 });
  console.log(`Asked for 16000 tokens, sent ${JSON.parse(provider.requests[0]!.body).max_tokens}.`);

  provider.reply = 'and so on '.repeat(2_000);
  const stream = await openai.chat.completions.create({ ...request, stream: true });
  try {
    for await (const _ of stream);
  } catch (error) {
    console.log(`The stream ended: ${gatewayErrorOf(error)?.code}.`);
  }
  const refusal = await openai.chat.completions.create(request).catch(gatewayErrorOf);
  console.log('The next call:', refusal && 'status' in refusal ? `${refusal.status} ${refusal.code}` : 'answered');
});
await gateway.close();
await provider.close();
