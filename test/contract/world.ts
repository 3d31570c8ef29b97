/** A gateway, a server over it and a provider that both know, for expectations that hold at every door. */
import { type FakeProvider, startFakeProvider } from '../../examples/support/fake-provider.ts';
import {
  type CallEvent,
  createGateway,
  type Gateway,
  type GatewayEvent,
  type GatewayOptions,
} from '../../src/index.ts';
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
  const { origin, baseURL } = provider;
  const gateway = createGateway({
    providers: [
      { name: 'openai', baseURL, streamUsage: true, maxTokensField: 'max_completion_tokens' },
      { name: 'anthropic', family: 'anthropic', baseURL: `${origin}/anthropic` },
      { name: 'gcp.gemini', route: 'gemini', family: 'google', baseURL: `${origin}/google` },
      { name: 'aws.bedrock', route: 'bedrock', family: 'aws', baseURL: `${origin}/bedrock` },
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
    providers: {
      openai: { baseURL },
      anthropic: { baseURL: `${origin}/anthropic` },
      gemini: { baseURL: `${origin}/google` },
    },
    customProviders: {
      'acme/Fake-8B': { baseURL, model: 'gpt-4o-mini', provider: 'openai', streamUsage: true },
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

/** One way into the gateway, by a real client. */
export interface DoorKind {
  readonly name: string;
  /** Asks as an app would and returns the whole text of the answer. */
  ask(world: World, question: Question): Promise<string>;
  readonly bill: Bill;
  /** The client is outside of the gateway's process. */
  readonly remote?: true;
  /** What this door cannot do, by the README's own table. */
  readonly limits?: {
    readonly streamedAnswers?: true;
    /** The client hands on no details of an error in a stream. */
    readonly streamedDetails?: true;
  };
}

/** What a call is, and comes to: 20 tokens in, 4 of them out of the cache, and 10 out. */
export interface Bill {
  readonly provider: string;
  readonly model: string;
  readonly nanoUsd: number;
}

/** November 2026, a million tokens: $0.15 in, $0.075 out of the cache, $0.60 out. */
export const GPT_4O_MINI: Bill = { provider: 'openai', model: 'gpt-4o-mini', nanoUsd: 8_700 };
/** $4, $0.20, $20. */
export const CLAUDE_OPUS: Bill = { provider: 'anthropic', model: 'claude-opus-5-5', nanoUsd: 264_800 };

/** $0.30, $0.03, $2.50. */
export const GEMINI_FLASH: Bill = { provider: 'gcp.gemini', model: 'gemini-2.5-flash', nanoUsd: 29_920 };

export const asUser = <T>({ gateway }: World, user: string | undefined, fn: () => Promise<T>): Promise<T> =>
  gateway.withContext({ user }, fn);

/** What a client is made with at a door. */
export interface ClientOptions {
  readonly baseURL: string;
  readonly fetch?: Gateway['fetch'];
  readonly user?: string | undefined;
}

/** In the process: the client's own base URL and the gateway's fetch. */
export function inProcess(
  base: (world: World) => string,
  ask: (client: ClientOptions, question: Question) => Promise<string>,
): DoorKind['ask'] {
  return (world, question) =>
    asUser(world, question.user, () => ask({ baseURL: base(world), fetch: world.gateway.fetch }, question));
}

/** Over the server: its base URL, and who calls in a header. */
export function throughServer(
  path: string,
  ask: (client: ClientOptions, question: Question) => Promise<string>,
  model: (question: Question) => string,
): DoorKind['ask'] {
  return (world, question) =>
    ask({ baseURL: world.serverURL + path, user: question.user }, { ...question, model: model(question) });
}
