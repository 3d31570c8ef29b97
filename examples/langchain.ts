/** A LangChain model behind the gateway: `fetch` enforces, the handler writes what a call cost into the message. */
import { ChatOpenAI } from '@langchain/openai';
import { createGateway, gatewayErrorOf, redact, spendCap } from 'postern';
import { GatewayCallbackHandler } from 'postern/langchain';
import { SSN } from './support/invented.ts';
import { openProvider } from './support/provider.ts';

const provider = await openProvider();
const gateway = createGateway({ policies: [redact(), spendCap({ limitUsd: '0.001', window: 'daily' })] });
const fields = {
  model: 'gpt-4o-mini',
  apiKey: provider.apiKey,
  configuration: { baseURL: provider.baseURL, fetch: gateway.fetch },
  callbacks: [new GatewayCallbackHandler(gateway)],
};

const answer = await new ChatOpenAI({ ...fields, maxTokens: 100 }).invoke(`Repeat this line: my SSN is ${SSN}.`);
console.log(answer.text);
console.log(`The provider saw: ${provider.prompt()}`);
console.log('response_metadata.gateway:', answer.response_metadata.gateway);

try {
  await new ChatOpenAI({ ...fields, maxTokens: 10_000 }).invoke('Write a book.');
} catch (error) {
  const { status, code, details } = gatewayErrorOf(error) ?? {};
  console.log('Refused:', status, code, details);
}
await provider.close();
