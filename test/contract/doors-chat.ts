/** Doors of OpenAI's chat completions. */
import { ChatOpenAI } from '@langchain/openai';
import OpenAI7 from 'openai';
import OpenAI6 from 'openai-6';
import type { Gateway } from '../../src/index.ts';
import { GatewayCallbackHandler } from '../../src/langchain/index.ts';
import {
  asUser,
  type ClientOptions,
  type DoorKind,
  GPT_4O_MINI,
  inProcess,
  PROVIDER_KEY,
  type Question,
  throughServer,
  USER_HEADER,
  type World,
} from './world.ts';

type OpenAIClass = typeof OpenAI7;

/** One request, then whole or in pieces, by an OpenAI client of either major version. */
const openai =
  (Client: OpenAIClass) =>
  async ({ user, ...options }: ClientOptions, question: Question): Promise<string> => {
    const { text, model = 'gpt-4o-mini', stream = false, maxTokens = 50 } = question;
    const client = new Client({ apiKey: PROVIDER_KEY, ...options, defaultHeaders: { [USER_HEADER]: user ?? null } });
    const messages = [{ role: 'user' as const, content: text }];
    const params = { model, messages, max_completion_tokens: maxTokens };
    if (!stream) return (await client.chat.completions.create(params)).choices[0]!.message.content ?? '';
    let shown = '';
    for await (const chunk of await client.chat.completions.create({ ...params, stream: true }))
      shown += chunk.choices[0]!.delta.content ?? '';
    return shown;
  };

async function askLangChain(model: ChatOpenAI, { text, stream }: Question): Promise<string> {
  if (!stream) return (await model.invoke(text)).text;
  let shown = '';
  for await (const chunk of await model.stream(text)) shown += chunk.text;
  return shown;
}

function chatOpenAI(
  baseURL: string,
  question: Question,
  fields: Partial<ConstructorParameters<typeof ChatOpenAI>[0] & object>,
  fetch?: Gateway['fetch'],
): ChatOpenAI {
  const { model = 'gpt-4o-mini', maxTokens = 50, maxRetries } = question;
  return new ChatOpenAI({
    apiKey: PROVIDER_KEY,
    model,
    maxTokens,
    ...(maxRetries === undefined ? {} : { maxRetries }),
    ...fields,
    configuration: { baseURL, ...(fetch ? { fetch } : {}) },
  });
}

const base = ({ provider }: World): string => provider.baseURL;
const bill = GPT_4O_MINI;
const own = ({ model = 'gpt-4o-mini' }: Question): string => model;

export const CHAT_DOORS: readonly DoorKind[] = [
  { name: 'gateway.fetch under openai 7', bill, ask: inProcess(base, openai(OpenAI7)) },
  {
    name: 'gateway.fetch under openai 6',
    bill,
    ask: inProcess(base, openai(OpenAI6 as unknown as OpenAIClass)),
  },
  { name: 'server at /openai/v1', bill, remote: true, ask: throughServer('/openai/v1', openai(OpenAI7), own) },
  {
    name: 'server at /v1',
    bill,
    remote: true,
    ask: throughServer('/v1', openai(OpenAI7), (question) => `openai/${own(question)}`),
  },
  {
    name: 'server at /providers/{name}/v1',
    bill,
    remote: true,
    ask: throughServer('/providers/acme%2FFake-8B/v1', openai(OpenAI7), own),
  },
  {
    name: 'gateway.fetch under ChatOpenAI',
    bill,
    ask: (world, question) =>
      asUser(world, question.user, () =>
        askLangChain(chatOpenAI(world.provider.baseURL, question, {}, world.gateway.fetch), question),
      ),
  },
  {
    name: 'GatewayCallbackHandler in enforce mode',
    bill,
    limits: { streamedAnswers: true },
    ask: (world, question) => {
      const handler = new GatewayCallbackHandler(world.gateway, { mode: 'enforce' });
      return asUser(world, question.user, () =>
        askLangChain(chatOpenAI(world.provider.baseURL, question, { callbacks: [handler] }), question),
      );
    },
  },
];
