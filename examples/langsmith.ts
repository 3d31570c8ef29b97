/** Traces to LangSmith: one span a call, with tokens, cost and what the policies did, never with content. */
import OpenAI from 'openai';
import { createGateway, redact } from 'postern';
import { langsmith, setupTracing } from 'postern/otel';
import { SSN } from './support/invented.ts';
import { startOtlpReceiver } from './support/otlp-receiver.ts';
import { openProvider } from './support/provider.ts';

const receiver = await startOtlpReceiver();
const hasKey = Boolean(process.env.LANGSMITH_API_KEY);
console.log(
  hasKey ? 'LANGSMITH_API_KEY is set: traces go to LangSmith.' : 'LANGSMITH_API_KEY is not set: traces stay here.',
);
const local = langsmith({ url: receiver.origin, apiKey: 'not-needed', project: 'examples' });
const tracing = await setupTracing({ serviceName: 'postern-example', target: hasKey ? langsmith() : local });

const provider = await openProvider();
const gateway = createGateway({ policies: [redact()] });
const openai = new OpenAI({ baseURL: provider.baseURL, apiKey: provider.apiKey, fetch: gateway.fetch });
await gateway.withContext({ user: 'ada', session: 'thread-1', tags: { feature: 'forms' } }, () =>
  openai.chat.completions.create({
    model: 'gpt-4o-mini',
    messages: [{ role: 'user', content: `Repeat this line: my SSN is ${SSN}.` }],
    max_tokens: 50,
  }),
);

const { ok, failures } = await tracing.shutdown();
console.log(ok ? 'All spans arrived.' : failures);
for (const { name, attributes } of receiver.spans)
  console.log(name, Object.fromEntries(Object.entries(attributes).filter(([key]) => key.startsWith('langsmith.'))));
await provider.close();
await receiver.close();
