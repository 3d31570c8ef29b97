import { describe, expect, it, vi } from 'vitest';
import type { Exchange } from '../../src/core/exchange.ts';
import type { ExtendResult, LedgerStore } from '../../src/core/ledger.ts';
import type { CallMeter } from '../../src/core/meter.ts';
import type { Hold, Policy } from '../../src/core/policy.ts';
import { Spending, type SpendingOptions, type SpendLine } from '../../src/core/spending.ts';
import { memoryLedger } from '../../src/stores/memory.ts';
import { exchangeWith } from '../spend/exchange.ts';

const cost = (nanoUsd: number): NonNullable<ReturnType<CallMeter['cost']>> => ({
  ...{ nanoUsd, inputNanoUsd: nanoUsd, outputNanoUsd: 0, assumed: false, estimated: false, priceVersion: 'test' },
});

/** One nano-USD a token; a text has as many tokens as characters. */
function meterWith(expected: { input: number; output: number; typical?: number }): CallMeter {
  return {
    defaultMaxOutputTokens: 1_000,
    estimateTokens: (text) => text.length,
    usage: () => undefined,
    fold: () => undefined,
    bound: ({ inputTokenBound, maxOutputTokens = 1_000 }) => cost(inputTokenBound + maxOutputTokens),
    cost: ({ usage }) => usage && cost(usage.inputTokens + usage.outputTokens),
    expected: () => ({ scannedTokens: 0, inputTokens: expected.input, outputTokens: expected.output }),
    estimate: () => ({
      ...{ scannedTokens: 0, inputTokens: expected.input, outputTokens: expected.output },
      cost: cost(expected.input + expected.output),
    }),
    held: (_, inputTokens, outputTokens) => cost(inputTokens + outputTokens),
    passed: (_, countedTokens) => ({ likely: countedTokens, safe: countedTokens }),
    typicalOutputTokens: () => expected.typical ?? 0,
    untold: () => undefined,
    learn: () => {},
  };
}

interface Bench {
  readonly exchange: Exchange;
  readonly ledger: ReturnType<typeof memoryLedger>;
  readonly spending: Spending;
  readonly told: string[];
  readonly books: () => { posted: number; held: number };
  now: number;
}

interface BenchOptions {
  readonly limit?: number;
  readonly amount?: Hold['amount'];
  readonly policy?: Partial<Policy>;
  readonly facts?: Partial<Exchange>;
  readonly store?: (ledger: LedgerStore) => Partial<LedgerStore>;
  readonly options?: Partial<SpendingOptions>;
  readonly typical?: number;
}

const INPUT = 100;
const OUTPUT = 100;

async function bench({
  limit = 10_000,
  amount = 'estimate',
  policy,
  facts,
  store,
  options,
  typical,
}: BenchOptions = {}): Promise<Bench> {
  const told: string[] = [];
  const exchange = exchangeWith({ stream: true, maxOutputTokens: undefined, inputTokenBound: 500, ...facts });
  const world = { now: 0 };
  const ledger = memoryLedger({ now: () => world.now });
  const over: LedgerStore = {
    reserve: (reservation) => ledger.reserve(reservation),
    extend: (...args) => ledger.extend(...args),
    settle: (...args) => ledger.settle(...args),
    release: (id) => ledger.release(id),
    read: (accounts) => ledger.read(accounts),
    query: (query) => ledger.query(query),
    ...store?.(ledger),
  };
  const meter = meterWith({ input: INPUT, output: OUTPUT, ...(typical === undefined ? {} : { typical }) });
  const spending = new Spending(
    exchange,
    { ledger: over, meter, now: () => world.now, holdTtlMs: 1_000, ...options },
    {
      refused: (_line, { code }, target) => told.push(`refused ${code} ${target}`),
      failed: (_policy, closed, target) => told.push(`failed ${closed ? 'closed' : 'open'} ${target}`),
      clamped: (_line, tokens) => told.push(`clamped ${tokens}`),
    },
  );
  const hold: Hold = { account: 'all', limit, amount, scope: 'all', subject: 'all', window: 'daily' };
  const line: SpendLine = { policy: { name: 'cap', decide: () => undefined, ...policy }, enforced: true, hold };
  const refusal = await spending.reserve([line]);
  if (refusal) throw refusal;
  return Object.assign(world, { exchange, ledger, spending, told, books: () => ledger.read(['all'])[0]! });
}

const tokens = (count: number): string => 'x'.repeat(count);
/** What another call holds. */
const held = (ledger: LedgerStore, amount: number): unknown =>
  ledger.reserve({ id: 'other', lines: [{ account: 'all', limit: 1e9, amount, enforce: true }], expiresAt: 1e9 });

describe('the hold of a streamed answer', () => {
  it('stands for the estimate at first, and grows by asking when it runs low, without letting the answer wait', async () => {
    const { spending, books } = await bench();
    expect(books().held).toBe(INPUT + OUTPUT);
    spending.count(tokens(10));
    expect(spending.pace()).toBeUndefined();
    expect(books().held).toBe(INPUT + OUTPUT);
    for (let piece = 0; piece < 6; piece++) {
      spending.count(tokens(10));
      expect(spending.pace()).toBeUndefined();
    }
    expect(books().held).toBeGreaterThan(INPUT + OUTPUT);
  });

  it('is asked for by total, once at a time, while the ledger thinks', async () => {
    const asked: number[] = [];
    let answer = (_: ExtendResult): void => {};
    const extend = (_id: string, total: number): Promise<ExtendResult> => {
      asked.push(total);
      return new Promise((resolve) => (answer = resolve));
    };
    const { spending } = await bench({ store: () => ({ extend }) });
    for (let piece = 0; piece < 7; piece++) spending.count(tokens(10));
    expect(spending.pace()).toBeUndefined();
    spending.count(tokens(10));
    const waiting = spending.pace();
    expect(waiting).toBeInstanceOf(Promise);
    expect(asked).toHaveLength(1);
    answer({ ok: true, over: [], state: 'open', accounts: [] });
    expect(await waiting).toBeUndefined();
    expect(asked).toHaveLength(1);
  });

  it('lets the answer wait when it is used up, and asks again though it was refused before', async () => {
    const { spending, ledger, told } = await bench({ limit: 330 });
    held(ledger, 100);
    for (let piece = 0; piece < 6; piece++) {
      spending.count(tokens(10));
      expect(spending.pace()).toBeUndefined();
    }
    spending.count(tokens(12));
    expect(spending.pace()).toBeUndefined();
    ledger.release('other');
    spending.count(tokens(12));
    expect(await spending.pace()).toBeUndefined();
    expect(told).toEqual([]);
  });

  it.each([
    ['money held by others', 429, 'spend_held_in_flight', (ledger: LedgerStore) => held(ledger, 1_000)],
    [
      'spent money',
      402,
      'spend_cap_reached',
      (ledger: LedgerStore) => {
        held(ledger, 0);
        const facts = { provider: 'p', model: 'm', inputTokens: 1, outputTokens: 1, at: 0 };
        return ledger.settle('other', 1_000, facts);
      },
    ],
  ])('ends the answer when %s stands in the way, and settles within what was held', async (_, status, code, spend) => {
    const { spending, ledger, told, books } = await bench({ limit: 1_210 });
    spend(ledger);
    let refusal: unknown;
    let passed = 0;
    while (!refusal && passed < 500) {
      spending.count(tokens(10));
      passed += 10;
      refusal = await spending.pace();
    }
    expect(refusal).toMatchObject({ status, code, details: { policy: 'cap', limit_usd: 0.00000121 } });
    spending.cut(refusal as never);
    expect(told).toEqual([`refused ${code} output`]);
    const before = books().posted;
    await spending.settle({ outcome: 'blocked', free: false, full: false });
    expect(books().posted - before).toBeGreaterThan(passed);
    expect(books().posted - before).toBeLessThanOrEqual(INPUT + OUTPUT);
  });

  it.each([
    ['closed', 'ledger_unavailable', 'failed closed output'],
    ['open', undefined, 'failed open output'],
  ] as const)('when the ledger does not answer, a cap that fails %s', async (failure, code, told) => {
    const extend = (): never => {
      throw new Error('down');
    };
    const b = await bench({ store: () => ({ extend }), policy: { failure } });
    let refusal: unknown;
    for (let piece = 0; piece < 30 && !refusal; piece++) {
      b.spending.count(tokens(10));
      refusal = await b.spending.pace();
    }
    expect((refusal as { code?: string } | undefined)?.code).toBe(code);
    expect(new Set(b.told)).toEqual(new Set([told]));
  });

  it('that is being asked for while the call ends is nobody’s failure', async () => {
    let answer = (_: ExtendResult): void => {};
    const extend = (): Promise<ExtendResult> => new Promise((resolve) => (answer = resolve));
    const { spending, told, books } = await bench({ store: () => ({ extend }) });
    for (let piece = 0; piece < 7; piece++) spending.count(tokens(10));
    expect(spending.pace()).toBeUndefined();
    await spending.settle({ outcome: 'completed', free: false, full: false });
    answer({ ok: false, over: [], state: 'ended', accounts: [] });
    await new Promise((resolve) => setImmediate(resolve));
    expect(told).toEqual([]);
    expect(books()).toMatchObject({ posted: 70, held: 0 });
  });

  it('is renewed when half of its time has passed, though it need not grow', async () => {
    const b = await bench({ amount: 'bound' });
    expect(b.books().held).toBe(1_500);
    for (b.now = 0; b.now < 5_000; b.now += 400) {
      b.spending.count(tokens(500));
      expect(b.spending.pace()).toBeUndefined();
    }
    expect(b.books()).toMatchObject({ posted: 0, held: 1_500 });
  });

  it('does not grow where nobody streams, or the door only looks on', async () => {
    for (const facts of [{ stream: false }, { watchedOnly: true }]) {
      const { spending, books } = await bench({ facts });
      spending.count(tokens(500));
      expect(spending.pace()).toBeUndefined();
      expect(books().held).toBe(INPUT + OUTPUT);
    }
  });

  it('that expired while the client slept ends the answer: what it takes can no longer be held', async () => {
    const b = await bench();
    b.now = 2_000;
    b.spending.count(tokens(95));
    expect(await b.spending.pace()).toMatchObject({ code: 'ledger_unavailable' });
  });
});

describe('what an answer that was broken off costs', () => {
  const settled = async (
    options: BenchOptions,
    how: { full?: boolean; text?: number; usage?: Exchange['usage'] },
  ): Promise<unknown> => {
    const { spending, exchange, books } = await bench(options);
    if (how.text) spending.count(tokens(how.text));
    exchange.usage = how.usage;
    await spending.settle({ outcome: 'aborted', free: false, full: how.full ?? false });
    return [books().posted, exchange.usage?.source];
  };

  it('is what passed and a little more, for the provider was ahead of the reader', async () => {
    expect(await settled({}, { text: 40 })).toEqual([46, 'estimated']);
  });

  it('is at most its limit', async () => {
    expect(await settled({ facts: { maxOutputTokens: 42 } }, { text: 40 })).toEqual([42, 'estimated']);
  });

  it('is what was held, where the provider goes on to the end', async () => {
    expect(await settled({}, { text: 40, full: true })).toEqual([OUTPUT, 'estimated']);
    expect(await settled({ amount: 'bound', facts: { maxOutputTokens: 700 } }, { full: true })).toEqual([
      700,
      'estimated',
    ]);
  });

  it('of a whole answer, of which nothing was seen, is what answers mostly take', async () => {
    expect(await settled({ facts: { stream: false }, typical: 80 }, {})).toEqual([80, 'estimated']);
  });

  it('takes the input from usage that came before the end, and the output from what passed', async () => {
    const usage = { inputTokens: 300, outputTokens: 1, source: 'provider' as const };
    expect(await settled({}, { text: 40, usage })).toEqual([346, 'estimated']);
  });
});

it('a call that goes on against an allowance is told of', async () => {
  const { told } = await bench({ store: () => ({ reserve: () => ({ ok: true, over: [], unverified: true }) }) });
  expect(told).toEqual(['failed open input']);
});

describe('settling', () => {
  const refusing = (times: number, done = false) => {
    let left = times;
    return (ledger: LedgerStore): Partial<LedgerStore> => ({
      settle: (...args) => {
        if (done) void ledger.settle(...args);
        if (left-- > 0) throw new Error('lost');
        return ledger.settle(...args);
      },
    });
  };
  const completed = { outcome: 'completed', free: false, full: false } as const;

  it.each([false, true])('is said again at once when the answer is lost (booked before: %s)', async (done) => {
    const { spending, books } = await bench({ store: refusing(1, done) });
    spending.count(tokens(10));
    expect(await spending.settle(completed)).toBe(true);
    expect(books()).toMatchObject({ posted: 10, held: 0 });
  });

  it('is handed on when the ledger does not take it, and books once when it does', async () => {
    const retry = vi.fn<NonNullable<SpendingOptions['retry']>>();
    const { spending, books } = await bench({ store: refusing(2), options: { retry } });
    spending.count(tokens(10));
    expect(await spending.settle(completed)).toBe(false);
    expect(books()).toMatchObject({ posted: 0, held: INPUT + OUTPUT });
    const say = retry.mock.calls[0]![0];
    await say();
    await say();
    expect(books()).toMatchObject({ posted: 10, held: 0 });
  });
});
