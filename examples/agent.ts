/** An agent behind the gateway: `fetch` enforces, the middleware says who calls and keeps a tool's answer clean. */
import { tool } from '@langchain/core/tools';
import { ChatOpenAI } from '@langchain/openai';
import { createAgent } from 'langchain';
import { createGateway, redact } from 'postern';
import { GatewayCallbackHandler, gatewayMiddleware } from 'postern/langchain';
import { z } from 'zod';
import { EMAIL, SSN } from './support/invented.ts';
import { askForTool } from './support/provider.ts';

const provider = await askForTool('look_up', 'who');
const gateway = createGateway({ policies: [redact()] });
gateway.on('run', ({ run, exchangeId }) => console.log(`Run ${run.id} made call ${exchangeId}.`));
gateway.on('call', ({ identity }) => console.log(`Called by ${identity.user} in ${identity.session}.`));

const lookUp = tool(
  ({ who }) => {
    console.log(`The tool was asked for ${who}.`);
    return `${who} has SSN ${SSN}.`;
  },
  { name: 'look_up', description: 'Looks somebody up.', schema: z.object({ who: z.string() }) },
);
const model = new ChatOpenAI({
  model: 'gpt-4o-mini',
  apiKey: provider.apiKey,
  configuration: { baseURL: provider.baseURL, fetch: gateway.fetch },
});
const agent = createAgent({ model, tools: [lookUp], middleware: [gatewayMiddleware(gateway, { tools: 'redact' })] });

const { messages } = await agent.invoke(
  { messages: [{ role: 'user', content: `Look up ${EMAIL}.` }] },
  { configurable: { thread_id: 'thread-1', user_id: 'u-17' }, callbacks: [new GatewayCallbackHandler(gateway)] },
);
for (const message of messages) console.log(`${message.type}: ${message.text}`);
console.log(`The provider saw: ${provider.prompt()}`);
await provider.close();
