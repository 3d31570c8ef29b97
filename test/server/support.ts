/** A server with virtual keys before the fake provider, for tests of what it takes and hands on. */
import { afterEach, beforeEach } from 'vitest';
import { type FakeProvider, startFakeProvider } from '../../examples/support/fake-provider.ts';
import { createGateway } from '../../src/index.ts';
import {
  createGatewayServer,
  type GatewayServer,
  type GatewayServerOptions,
  type KeyBook,
} from '../../src/server/index.ts';

export const KEY = 'ptn_Ab12Cd34_canary-of-the-virtual-key-0000000000';
export const DISABLED = 'ptn_Ef56Gh78_canary-of-a-disabled-key-000000000';
export const EXPIRED = 'ptn_Ij90Kl12_canary-of-an-expired-key-0000000000';
/** The provider's key that the server holds, and the variable that it is in. */
export const HELD = 'sk-canary-held-by-the-server';
export const KEY_NAME = 'POSTERN_TEST_HELD_KEY';

export const keys: KeyBook = {
  authenticate: (key) => {
    if (key === DISABLED) return { refused: 'disabled' };
    if (key === EXPIRED) return { refused: 'expired' };
    return key === KEY
      ? { keyId: 'key-1', context: { user: 'ada', workspace: 'rd', tags: { team: 'blue' } } }
      : { refused: 'unknown' };
  },
};

export interface World {
  readonly provider: FakeProvider;
  readonly server: GatewayServer;
  readonly url: string;
  readonly port: number;
  start(options?: Partial<GatewayServerOptions>): Promise<void>;
  create(options?: Partial<GatewayServerOptions>): GatewayServer;
  post(path: string, body?: object, headers?: Record<string, string>): Promise<Response>;
  sent(): FakeProvider['requests'][number];
}

export const CHAT = { model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Hello' }] };

/** Built anew for each test of the file. */
export function serverWorld(): World {
  let provider: FakeProvider;
  let server: GatewayServer | undefined;
  let at = { url: '', port: 0 };

  beforeEach(async () => {
    process.env[KEY_NAME] = HELD;
    provider = await startFakeProvider();
  });
  afterEach(async () => {
    delete process.env[KEY_NAME];
    await server?.close({ timeoutMs: 0 });
    server = undefined;
    await provider.close();
  });

  function create(options: Partial<GatewayServerOptions> = {}): GatewayServer {
    const { origin, baseURL } = provider;
    server = createGatewayServer({
      gateway: createGateway(),
      keys: options.authenticate ? undefined : keys,
      providers: {
        openai: { baseURL, apiKey: `env:${KEY_NAME}`, streamUsage: true },
        anthropic: { baseURL: `${origin}/anthropic` },
        gemini: { baseURL: `${origin}/google` },
      },
      ...options,
    });
    return server;
  }

  return {
    create,
    get provider() {
      return provider;
    },
    get server() {
      return server!;
    },
    get url() {
      return at.url;
    },
    get port() {
      return at.port;
    },
    async start(options) {
      at = await create(options).listen({ port: 0 });
    },
    post: (path, body = CHAT, headers = { authorization: `Bearer ${KEY}` }) =>
      fetch(at.url + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      }),
    sent: () => provider.requests.at(-1)!,
  };
}

/** A promise, and what fulfils it. */
export function gate(): { readonly opened: Promise<void>; open(): void } {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}
