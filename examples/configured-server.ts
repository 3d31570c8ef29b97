/** A gateway server from a configuration, in code: what `postern serve` runs, with a key made for a client. */
import OpenAI from 'openai';
import { defineConfig, openServer } from 'postern/server';
import { startFakeProvider } from './support/fake-provider.ts';

const provider = await startFakeProvider();
process.env.FAKE_PROVIDER_KEY = 'sk-of-the-fake-provider';

const config = defineConfig({
  server: { port: 0, access_log: false },
  admin: { port: 0 },
  store: { kind: 'memory' },
  providers: { openai: { base_url: provider.baseURL, api_key: 'env:FAKE_PROVIDER_KEY', allow_private: true } },
  policies: [
    { name: 'guard', policy_type: 'guard', config: { detect: { pii: true } } },
    {
      name: 'each user',
      policy_type: 'default_spend_cap',
      subject_matchers: [{ key: 'user_id', value: '' }],
      config: { window: 'daily', limit_usd: '0.0003' },
    },
  ],
});
const serving = await openServer(config);
const { url, adminUrl } = await serving.listen();
const { secret } = await serving.keys.create({ name: 'ada', user: 'ada' }, { kind: 'cli', name: 'example' });

const openai = new OpenAI({ baseURL: `${url}/openai/v1`, apiKey: secret });
const ask = (content: string) =>
  openai.chat.completions.create({ model: 'gpt-4o', max_tokens: 20, messages: [{ role: 'user', content }] });
await ask('My SSN is 521-44-9876.');
console.log('sent    ', provider.requests.at(-1)?.prompt);
const refused = await ask('Again').catch((error: unknown) => error as InstanceType<typeof OpenAI.APIError>);
if (refused instanceof OpenAI.APIError) console.log('refused ', refused.status, refused.code);
console.log('admin   ', adminUrl !== undefined, 'audit rows', serving.state.head.seq);

await serving.close();
await provider.close();
