/**
 * A fault at every step of a call's life, over fetch and server: wherever the ledger, the provider, the reader or a policy fails,
 * the call ends once, nothing stays held, and money is settled or released once.
 */
import { afterEach, describe, expect, it } from 'vitest';
import {
  createGateway,
  type Gateway,
  type LedgerStore,
  memoryLedger,
  type Policy,
  redact,
  spendCap,
} from '../../src/index.ts';
import { createGatewayServer, type GatewayServer } from '../../src/server/index.ts';

const NANO_LIMIT = 1_000_000_000;
const PIECES = 12;
const PIECE = 'some words that are told '.repeat(40);

/** Counts what a call waits for; the step that is to fail fails in one of several ways. */
class Steps {
  count = 0;
  readonly #failing: number;
  readonly #how: (step: () => unknown) => unknown;
  hit: string | undefined;

  constructor(failing: number, how: (step: () => unknown) => unknown) {
    this.#failing = failing;
    this.#how = how;
  }

  run<Value>(name: string, step: () => Value): Value {
    if (++this.count !== this.#failing) return step();
    this.hit = name;
    return this.#how(step) as Value;
  }
}

const fail = (): never => {
  throw new Error('fault');
};
const KINDS: Record<string, (step: () => unknown) => unknown> = {
  'fails before it is done': fail,
  'fails after it is done: the answer is lost': (step) => {
    step();
    return fail();
  },
};

interface Books {
  readonly store: LedgerStore;
  readonly read: () => { posted: number; held: number };
  readonly ends: string[];
}

function faultyStore(steps: Steps): Books {
  const ledger = memoryLedger();
  const ends: string[] = [];
  const store: LedgerStore = {
    reserve: async (reservation) => steps.run('reserve', () => ledger.reserve(reservation)),
    extend: async (...args) => steps.run('extend', () => ledger.extend(...args)),
    settle: async (id, ...rest) =>
      steps.run('settle', () => {
        ends.push(`settle ${id}`);
        ledger.settle(id, ...rest);
      }),
    release: async (id) =>
      steps.run('release', () => {
        ends.push(`release ${id}`);
        ledger.release(id);
      }),
    read: async (accounts) => steps.run('read', () => ledger.read(accounts)),
    query: (query) => ledger.query(query),
  };
  return { store, ends, read: () => ledger.read(['cap|all=all|lifetime'])[0]! };
}

function faultyFetch(steps: Steps, stream: boolean): typeof fetch {
  const encoder = new TextEncoder();
  const event = (value: unknown): Uint8Array => encoder.encode(`data: ${JSON.stringify(value)}\n\n`);
  return async () =>
    steps.run('upstream', () => {
      const usage = { prompt_tokens: 20, completion_tokens: 3_000 };
      const base = { id: 'c', model: 'gpt-4o-mini' };
      if (!stream) {
        const message = { role: 'assistant', content: PIECE };
        return Response.json({ ...base, choices: [{ index: 0, finish_reason: 'stop', message }], usage });
      }
      let at = 0;
      const body = new ReadableStream<Uint8Array>(
        {
          pull: (controller) =>
            steps.run('reader', () => {
              at++;
              const choice = at === PIECES ? { delta: {}, finish_reason: 'stop' } : { delta: { content: PIECE } };
              if (at <= PIECES) controller.enqueue(event({ ...base, choices: [{ index: 0, ...choice }] }));
              else if (at === PIECES + 1) controller.enqueue(event({ ...base, choices: [], usage }));
              else {
                controller.enqueue(encoder.encode('data: [DONE]\n\n'));
                controller.close();
              }
            }),
        },
        { highWaterMark: 0 },
      );
      return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
    });
}

const faultyPolicy = (steps: Steps): Policy => ({
  name: 'asked',
  decide: async () =>
    steps.run('policy', () => ({
      filter: () => ({ push: (piece: string) => steps.run('filter', () => piece), end: () => '' }),
      end: () => void steps.run('end', () => undefined),
    })),
});

interface World {
  readonly gateway: Gateway;
  readonly books: Books;
  readonly outcomes: string[];
}

function build(steps: Steps, stream: boolean, failure: 'open' | 'closed'): World {
  const books = faultyStore(steps);
  const gateway = createGateway({
    store: books.store,
    fetch: faultyFetch(steps, stream),
    policies: [
      spendCap({ name: 'cap', limitUsd: 1, window: 'lifetime', thresholds: [0.5], clamp: true, failure }),
      faultyPolicy(steps),
      redact(),
    ],
  });
  const outcomes: string[] = [];
  gateway.on('call', ({ outcome }) => outcomes.push(outcome));
  return { gateway, books, outcomes };
}

let server: GatewayServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function ask(door: 'fetch' | 'server', { gateway }: World, stream: boolean, signal?: AbortSignal): Promise<void> {
  const body = JSON.stringify({ model: 'gpt-4o-mini', stream, messages: [{ role: 'user', content: 'Hello' }] });
  const init = { method: 'POST', body, ...(signal ? { signal } : {}) };
  const headers = { 'content-type': 'application/json' };
  let url = 'https://api.openai.com/v1/chat/completions';
  if (door === 'server') {
    server ??= createGatewayServer({ gateway });
    url = `${(await server.listen({ port: 0 })).url}/openai/v1/chat/completions`;
  }
  try {
    const response = await (door === 'fetch' ? gateway.fetch(url, init) : fetch(url, { ...init, headers }));
    await response.text();
  } catch {
    // How it fails is told elsewhere; here only what is left behind matters.
  }
  while (gateway.stats.open > 0) await new Promise((resolve) => setImmediate(resolve));
}

function expectClean({ books, outcomes }: World, what: string): void {
  const { posted, held } = books.read();
  expect(held, what).toBe(0);
  expect(posted, what).toBeLessThanOrEqual(NANO_LIMIT);
  expect(outcomes, what).toHaveLength(1);
  // Said twice where the first answer was lost, but of one kind, and booked once.
  expect(new Set(books.ends.map((end) => end.split(' ')[0])).size, what).toBeLessThanOrEqual(1);
}

describe.each(['fetch', 'server'] as const)('over %s', (door) => {
  describe.each([true, false])('stream: %s', (stream) => {
    it.each(Object.keys(KINDS))('whatever %s', async (kind) => {
      for (const failure of ['closed', 'open'] as const) {
        const seen = new Set<string>();
        for (let failing = 1; ; failing++) {
          const steps = new Steps(failing, KINDS[kind]!);
          const world = build(steps, stream, failure);
          await ask(door, world, stream);
          await server?.close();
          server = undefined;
          if (steps.hit === undefined) break;
          seen.add(steps.hit);
          expectClean(world, `${failure}: step ${failing}, ${steps.hit}, ${kind}`);
        }
        const always = ['policy', 'read', 'reserve', 'upstream', 'filter', 'settle', 'end'];
        expect([...seen].sort()).toEqual([...always, ...(stream ? ['extend', 'reader'] : [])].sort());
      }
    });
  });
});

describe('a client that goes away', () => {
  it.each([true, false])('at every step (stream: %s)', async (stream) => {
    for (let leaving = 1; ; leaving++) {
      const abort = new AbortController();
      const steps = new Steps(leaving, (step) => {
        abort.abort();
        return step();
      });
      const world = build(steps, stream, 'closed');
      await ask('fetch', world, stream, abort.signal);
      if (steps.hit === undefined) break;
      expectClean(world, `step ${leaving}, ${steps.hit}`);
    }
  });

  it('while the provider, which heeds no signal, says nothing', async () => {
    const abort = new AbortController();
    const gateway = createGateway({
      fetch: () => {
        setImmediate(() => abort.abort());
        return new Promise(() => {});
      },
      policies: [spendCap({ name: 'cap', limitUsd: 1, window: 'lifetime' })],
    });
    const outcomes: string[] = [];
    gateway.on('call', ({ outcome }) => outcomes.push(outcome));
    const body = JSON.stringify({ model: 'gpt-4o-mini', messages: [] });
    const url = 'https://api.openai.com/v1/chat/completions';
    await expect(gateway.fetch(url, { method: 'POST', body, signal: abort.signal })).rejects.toThrow(/abort/i);
    while (gateway.stats.open > 0) await new Promise((resolve) => setImmediate(resolve));
    expect(outcomes).toEqual(['aborted']);
  });
});
