/** The doors of a gateway behind one face, so that the same expectations run over each, with the real client packages. */
import { ChatOpenAI } from '@langchain/openai';
import OpenAI7 from 'openai';
import OpenAI6 from 'openai-6';
import { type FakeProvider, startFakeProvider } from '../../examples/support/fake-provider.ts';
import {
  type CallEvent,
  createGateway,
  type Gateway,
  type GatewayEvent,
  type GatewayOptions,
} from '../../src/index.ts';
import { GatewayCallbackHandler } from '../../src/langchain/index.ts';
import { createGatewayServer, type GatewayServer } from '../../src/server/index.ts';

export const PROVIDER_KEY = 'sk-fake-provider-key';
export const USER_HEADER = 'x-test-user';

export interface World {
  readonly provider: FakeProvider;
  readonly gateway: Gateway;
  readonly server: GatewayServer;
  readonly serverURL: string;
  readonly events: GatewayEvent[];
  readonly calls: CallEvent[];
  stop(): Promise<void>;
}

export async function startWorld(options: GatewayOptions = {}): Promise<World> {
  const provider = await startFakeProvider();
  const gateway = createGateway({
    providers: [
      { name: 'openai', baseURL: provider.baseURL, streamUsage: true, maxTokensField: 'max_completion_tokens' },
    ],
    ...options,
  });
  const events: GatewayEvent[] = [];
  const calls: CallEvent[] = [];
  gateway.on('policy', (event) => events.push(event));
  gateway.on('unguarded', (event) => events.push(event));
  gateway.on('call', (event) => calls.push(event));
  const server = createGatewayServer({
    gateway,
    providers: { openai: { baseURL: provider.baseURL } },
    customProviders: {
      'acme/Fake-8B': { baseURL: provider.baseURL, model: 'gpt-4o-mini', provider: 'openai', streamUsage: true },
    },
    authenticate: ({ headers }) => ({ user: headers.get(USER_HEADER) ?? undefined }),
  });
  const { url: serverURL } = await server.listen({ port: 0 });
  const stop = async (): Promise<void> => {
    await server.close();
    await provider.close();
  };
  return { provider, gateway, server, serverURL, events, calls, stop };
}

export interface Question {
  readonly text: string;
  readonly model?: string;
  readonly user?: string;
  readonly stream?: boolean;
  readonly maxTokens?: number;
  /** LangChain tries a 5xx seven times, with growing waits and whatever `x-should-retry` says. */
  readonly maxRetries?: number;
}

export interface DoorKind {
  readonly name: string;
  /** Asks as an app would and returns the whole text of the answer. */
  ask(world: World, question: Question): Promise<string>;
  /** The client is outside of the gateway's process. */
  readonly remote?: true;
  /** What this door cannot do, by the README's own table. */
  readonly limits?: { readonly streamedAnswers: true };
}

type OpenAIClass = typeof OpenAI7;

/** One request, then whole or in pieces, by an OpenAI client of either major version. */
async function askOpenAI(
  Client: OpenAIClass,
  options: { baseURL: string; fetch?: Gateway['fetch']; user?: string | undefined },
  question: Question,
): Promise<string> {
  const { text, model = 'gpt-4o-mini', stream = false, maxTokens = 50 } = question;
  const client = new Client({
    apiKey: PROVIDER_KEY,
    ...options,
    defaultHeaders: { [USER_HEADER]: options.user ?? null },
  });
  const messages = [{ role: 'user' as const, content: text }];
  if (!stream) {
    const answer = await client.chat.completions.create({ model, messages, max_completion_tokens: maxTokens });
    return answer.choices[0]!.message.content ?? '';
  }
  let shown = '';
  const chunks = await client.chat.completions.create({
    model,
    messages,
    max_completion_tokens: maxTokens,
    stream: true,
  });
  for await (const chunk of chunks) shown += chunk.choices[0]!.delta.content ?? '';
  return shown;
}

const inProcess = (Client: OpenAIClass) => (world: World, question: Question) =>
  asUser(world, question.user, () =>
    askOpenAI(Client, { baseURL: world.provider.baseURL, fetch: world.gateway.fetch }, question),
  );

const throughServer =
  (path: string, modelPrefix = '') =>
  (world: World, question: Question) =>
    askOpenAI(
      OpenAI7,
      { baseURL: world.serverURL + path, user: question.user },
      { ...question, model: modelPrefix + (question.model ?? 'gpt-4o-mini') },
    );

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

const asUser = <T>({ gateway }: World, user: string | undefined, fn: () => Promise<T>): Promise<T> =>
  gateway.withContext({ user }, fn);

export const DOORS: readonly DoorKind[] = [
  { name: 'gateway.fetch under openai 7', ask: inProcess(OpenAI7) },
  { name: 'gateway.fetch under openai 6', ask: inProcess(OpenAI6 as unknown as OpenAIClass) },
  { name: 'server at /openai/v1', remote: true, ask: throughServer('/openai/v1') },
  { name: 'server at /v1', remote: true, ask: throughServer('/v1', 'openai/') },
  { name: 'server at /providers/{name}/v1', remote: true, ask: throughServer('/providers/acme%2FFake-8B/v1') },
  {
    name: 'gateway.fetch under ChatOpenAI',
    ask: (world, question) =>
      asUser(world, question.user, () =>
        askLangChain(chatOpenAI(world.provider.baseURL, question, {}, world.gateway.fetch), question),
      ),
  },
  {
    name: 'GatewayCallbackHandler in enforce mode',
    limits: { streamedAnswers: true },
    ask: (world, question) => {
      const handler = new GatewayCallbackHandler(world.gateway, { mode: 'enforce' });
      return asUser(world, question.user, () =>
        askLangChain(chatOpenAI(world.provider.baseURL, question, { callbacks: [handler] }), question),
      );
    },
  },
];
