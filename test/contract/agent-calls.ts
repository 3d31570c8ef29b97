/** An agent of `langchain` with one tool before a fake provider: the model asks for the tool once, then answers. */
import { tool } from '@langchain/core/tools';
import { ChatOpenAI } from '@langchain/openai';
import { createAgent } from 'langchain';
import { z } from 'zod';
import { GatewayCallbackHandler, type GatewayMiddlewareOptions, gatewayMiddleware } from '../../src/langchain/index.ts';
import { PROVIDER_KEY, type World } from './doors.ts';

/** In the caller's prompt, in what the tool answers, and in what the model makes up. */
export const EMAIL = 'ada.lovelace@example.com';
export const SSN = '521-44-9876';
export const MADE_UP = 'grace.hopper@example.org';

const USAGE = { prompt_tokens: 20, completion_tokens: 10, total_tokens: 30 };

/** Asks for the tool with the address as it saw it, unless the tool has answered. */
export function askForTool(world: World): void {
  world.provider.intercept = (request, response) => {
    const messages = request.json?.messages ?? [];
    const answered = messages.some(({ role }) => role === 'tool');
    const [seen] = /<EMAIL_ADDRESS_1>|ada\.lovelace@example\.com/.exec(request.body) ?? ['nobody'];
    const call = {
      id: 'call_1',
      type: 'function',
      function: { name: 'look_up', arguments: JSON.stringify({ who: seen }) },
    };
    const message = answered
      ? { role: 'assistant', content: `Found, ask ${MADE_UP} too.` }
      : { role: 'assistant', content: null, tool_calls: [call] };
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify({
        id: `chatcmpl-${world.provider.requests.length}`,
        object: 'chat.completion',
        created: 1,
        model: 'gpt-4o-mini',
        choices: [{ index: 0, finish_reason: answered ? 'stop' : 'tool_calls', message }],
        usage: USAGE,
      }),
    );
    return true;
  };
}

export interface TestAgent {
  readonly agent: ReturnType<typeof createAgent>;
  /** What the tool was given. */
  readonly asked: string[];
}

export function makeAgent(world: World, options: GatewayMiddlewareOptions = {}, viaFetch = true): TestAgent {
  const asked: string[] = [];
  const lookUp = tool(
    async ({ who }) => {
      asked.push(who);
      return `${who} has SSN ${SSN}`;
    },
    { name: 'look_up', description: 'Looks somebody up.', schema: z.object({ who: z.string() }) },
  );
  const model = new ChatOpenAI({
    apiKey: PROVIDER_KEY,
    model: 'gpt-4o-mini',
    maxTokens: 50,
    maxRetries: 0,
    callbacks: viaFetch ? [new GatewayCallbackHandler(world.gateway)] : [],
    configuration: { baseURL: world.provider.baseURL, ...(viaFetch ? { fetch: world.gateway.fetch } : {}) },
  });
  askForTool(world);
  const agent = createAgent({ model, tools: [lookUp], middleware: [gatewayMiddleware(world.gateway, options)] });
  return { agent: agent as unknown as TestAgent['agent'], asked };
}

export const prompt = { messages: [{ role: 'user' as const, content: `Look up ${EMAIL}.` }] };
