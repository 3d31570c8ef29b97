import { describe, expect, it, vi } from 'vitest';
import { fanOut, type GatewayEvent, type Observer } from '../../src/core/events.ts';
import type { Exchange } from '../../src/core/exchange.ts';
import type { LedgerStore, Reservation } from '../../src/core/ledger.ts';
import { type Call, type CallMeter, type Opened, openCall, type PipelineOptions } from '../../src/core/pipeline.ts';
import type { Decision, Hold, Policy, PolicyContext } from '../../src/core/policy.ts';
import { type AnswerFilter, filterWhole, type TextFilter, type TextSlot } from '../../src/core/text.ts';
import { GatewayError } from '../../src/errors.ts';
import { memoryLedger } from '../../src/stores/memory.ts';

const NOW = 1_000;
const SECRET = 'ada@example.com';

function slotOf(message: string): TextSlot {
  let text = message;
  return {
    scope: 'message',
    encoding: 'text',
    kind: 'string',
    path: ['messages', 0, 'content'],
    read: () => text,
    write: (edited) => {
      text = edited;
    },
  };
}

function exchangeOf(changes: Partial<Exchange> = {}): Exchange {
  return {
    id: 'attempt-1',
    callId: 'call-1',
    identity: { user: 'ada' },
    provider: 'openai',
    dialect: 'openai.chat',
    operation: 'chat',
    model: 'small',
    stream: false,
    maxOutputTokens: 10,
    choices: 1,
    inputTokenBound: 10,
    parameters: {},
    readable: { texts: true, cost: true },
    texts: [slotOf('one')],
    startedAt: NOW,
    ...changes,
  };
}

/** One nano-USD for each token. */
const meter: CallMeter = {
  defaultMaxOutputTokens: 100,
  bound: ({ maxOutputTokens = 0, inputTokenBound }) => costOf(maxOutputTokens + inputTokenBound),
  cost: ({ usage }) => usage && costOf(usage.inputTokens + usage.outputTokens),
  usage: (_, usage) => {
    const { input, output } = (usage ?? {}) as { input?: number; output?: number };
    return input === undefined ? undefined : { inputTokens: input, outputTokens: output ?? 0, source: 'provider' };
  },
  fold: (_, __, event) => event,
  estimateTokens: (text) => text.length,
  expected: ({ inputTokenBound: inputTokens, maxOutputTokens: outputTokens = 0 }) => ({
    ...{ scannedTokens: 0, inputTokens, outputTokens },
  }),
  estimate: (exchange) => {
    const { inputTokenBound: inputTokens, maxOutputTokens: outputTokens = 0 } = exchange;
    return { scannedTokens: 0, inputTokens, outputTokens, cost: costOf(inputTokens + outputTokens) };
  },
  held: (_, inputTokens, outputTokens) => costOf(inputTokens + outputTokens),
  passed: (_, countedTokens) => ({ likely: countedTokens, safe: countedTokens }),
  typicalOutputTokens: () => 0,
  untold: () => undefined,
  learn: () => {},
};

const costOf = (nanoUsd: number): NonNullable<ReturnType<CallMeter['cost']>> => ({
  nanoUsd,
  inputNanoUsd: nanoUsd,
  outputNanoUsd: 0,
  assumed: false,
  estimated: false,
  priceVersion: 'test',
});

interface Bench {
  readonly events: GatewayEvent[];
  readonly ledger: ReturnType<typeof memoryLedger>;
  open(policies: readonly Policy[], changes?: Partial<Exchange>, options?: Partial<PipelineOptions>): Promise<Opened>;
  pass(policies: readonly Policy[], changes?: Partial<Exchange>, options?: Partial<PipelineOptions>): Promise<Call>;
}

function bench(observers: readonly Observer[] = []): Bench {
  const events: GatewayEvent[] = [];
  const ledger = memoryLedger({ now: () => NOW });
  const observer = fanOut([{ event: (_, event) => void events.push(event) }, ...observers]);
  const base = { ledger, meter, observer, now: () => NOW, holdTtlMs: 5_000, unguarded: 'refuse' as const };
  const open: Bench['open'] = (policies, changes, options) =>
    openCall(exchangeOf(changes), { ...base, policies, ...options });
  return {
    events,
    ledger,
    open,
    async pass(...args) {
      const opened = await open(...args);
      if (opened.refusal) throw opened.refusal;
      return opened.call;
    },
  };
}

type Decide = (exchange: Exchange, context: PolicyContext) => Decision | undefined | Promise<Decision | undefined>;
const policy = (name: string, decide: Decide, changes: Partial<Policy> = {}): Policy => ({ name, decide, ...changes });
const throwing = (failure: 'open' | 'closed' | undefined, changes: Partial<Policy> = {}): Policy =>
  policy(
    'broken',
    () => {
      throw new Error(`broken by ${SECRET}`);
    },
    { failure, ...changes },
  );

const holdOf = (changes: Partial<Hold> = {}): Hold => ({
  account: 'all',
  limit: 100,
  amount: 10,
  scope: 'all',
  subject: 'all',
  window: 'daily',
  ...changes,
});
const cap = (name: string, hold: Partial<Hold>, changes: Partial<Policy> = {}): Policy =>
  policy(name, () => ({ holds: [holdOf({ account: name, ...hold })] }), changes);
const refusing = (changes: Partial<Policy> = {}): Policy =>
  policy('bouncer', () => ({ block: new GatewayError('unknown_model', 'Not this model.') }), changes);
const filtering = (name: string, filter: () => AnswerFilter, changes: Partial<Policy> = {}): Policy =>
  policy(name, () => ({ filter }), changes);
const suffix = (end: string) => (): TextFilter => ({ push: (piece) => piece, end: () => end });

const monitor = { mode: 'monitor' } as const;
const OUTPUT = { scope: 'output', kind: 'string', encoding: 'text', path: [] } as const;
const account = ({ ledger }: Bench, name: string): unknown => ledger.read([name])[0];
const summaries = ({ events }: Bench): unknown[] =>
  events.map((event) =>
    event.type === 'policy' ? [event.policy, event.action, event.decision, event.code] : event.type,
  );

describe('policies', () => {
  it('are asked in order, and see the texts and settings of those before them', async () => {
    const seen: string[] = [];
    const edit = (name: string): Policy =>
      policy(name, ({ texts: [slot], model }) => {
        seen.push(`${name}: ${slot!.read()} ${model}`);
        return { edits: [{ slot: slot!, text: `${slot!.read()}+${name}` }, { set: { model: name } }] };
      });
    const call = await bench().pass([edit('a'), edit('b'), edit('c')]);
    expect(seen).toEqual(['a: one small', 'b: one+a a', 'c: one+a+b b']);
    expect(call.exchange.texts[0]!.read()).toBe('one+a+b+c');
    expect(call.settings).toEqual({ model: 'c' });
    expect(call.exchange.policies).toEqual(['a', 'b', 'c']);
  });

  it('are waited for, and those that have nothing to say are not named', async () => {
    const slow = policy('slow', async () => {
      await Promise.resolve();
      return { findings: [] };
    });
    const call = await bench().pass([policy('silent', () => undefined), slow]);
    expect(call.exchange.policies).toEqual(['slow']);
  });

  it('learn what the call can cost at most, computed once, and anew when it is edited', async () => {
    const bound = vi.fn(meter.bound);
    const seen: (number | undefined)[] = [];
    const ask = policy('ask', (_, context) => {
      seen.push(context.bound()?.nanoUsd);
      return undefined;
    });
    const limit = policy('limit', () => ({ edits: [{ set: { maxOutputTokens: 5 } }] }));
    await bench().pass([ask, ask, limit, ask], {}, { meter: { ...meter, bound } });
    expect(seen).toEqual([20, 20, 15]);
    expect(bound).toHaveBeenCalledTimes(2);
  });

  it('that refuse end the call, and those behind are not asked', async () => {
    const later = vi.fn(() => undefined);
    const b = bench();
    const { refusal, call } = await b.open([refusing(), policy('later', later)]);
    expect(refusal?.code).toBe('unknown_model');
    expect(later).not.toHaveBeenCalled();
    expect(call.exchange.outcome).toBe('blocked');
    expect(call.summary()).toMatchObject({ outcome: 'blocked', reason: 'unknown_model', policies: ['bouncer'] });
    expect(summaries(b)).toEqual([['bouncer', 'block', 'deny', 'unknown_model']]);
  });

  it('tell of findings grouped by kind, scope and action, without offsets', async () => {
    const b = bench();
    const finding = { kind: 'EMAIL_ADDRESS', scope: 'message', start: 3, end: 9 } as const;
    const call = await b.pass([
      policy('finder', () => ({ findings: [finding, finding, { ...finding, scope: 'system' }] })),
    ]);
    expect(b.events).toMatchObject([
      {
        action: 'redact',
        decision: 'modify',
        target: 'input',
        findings: [
          { kind: 'EMAIL_ADDRESS', scope: 'message', action: 'detected', count: 2 },
          { kind: 'EMAIL_ADDRESS', scope: 'system', action: 'detected', count: 1 },
        ],
      },
    ]);
    expect(JSON.stringify(b.events)).not.toMatch(/start|end/);
    expect(call.summary().redactions).toEqual({ EMAIL_ADDRESS: 3 });
  });

  it('may warn without consequence', async () => {
    const b = bench();
    await b.pass([policy('careful', () => ({ warnings: [{ code: 'odd', message: 'Odd.' }] }))]);
    expect(summaries(b)).toEqual([['careful', 'warn', 'warn', 'odd']]);
  });
});

describe('monitor mode', () => {
  it('tells what would have been done, and changes nothing', async () => {
    const b = bench();
    const edit = policy(
      'edit',
      ({ texts: [slot] }) => ({
        findings: [{ kind: 'EMAIL_ADDRESS', scope: 'message' }],
        edits: [{ slot: slot!, text: 'changed' }, { set: { model: 'other' } }],
      }),
      monitor,
    );
    const call = await b.pass([edit, refusing(monitor), cap('full', { limit: 0 }, monitor)]);
    expect(call.exchange.texts[0]!.read()).toBe('one');
    expect(call.exchange.model).toBe('small');
    expect(call.settings).toEqual({});
    expect(call.summary().redactions).toEqual({});
    expect(summaries(b)).toEqual([
      ['edit', 'redact', 'audit', undefined],
      ['edit', 'set', 'audit', undefined],
      ['bouncer', 'block', 'audit', 'unknown_model'],
      ['full', 'block', 'audit', 'spend_cap_reached'],
    ]);
  });

  it('shows the answer as it came, JSON to the letter, and reports what the filter found', async () => {
    const b = bench();
    const finder = policy(
      'finder',
      () => ({
        filter: (_, report) => ({
          push: () => '',
          end: () => {
            report({ kind: 'EMAIL_ADDRESS', scope: 'output' });
            return 'changed';
          },
        }),
      }),
      monitor,
    );
    const call = await b.pass([finder]);
    expect(filterWhole(call.filter(OUTPUT), 'text')).toBe('text');
    const json = '{"a":"\\u0041\\/", "b": 1234567890 }';
    expect(filterWhole(call.filter({ ...OUTPUT, encoding: 'json' }), json)).toBe(json);
    await call.end('completed');
    expect(summaries(b)).toEqual([['finder', 'redact', 'audit', undefined]]);
  });

  it('never refuses, not even by failing', async () => {
    const b = bench();
    await b.pass([throwing('closed', monitor)]);
    expect(summaries(b)).toEqual([['broken', 'fail', 'warn', 'policy_failed']]);
  });
});

describe('a policy that throws', () => {
  it.each([undefined, 'closed'] as const)(
    'refuses the call when it fails closed (%s), with nothing of why in the message',
    async (failure) => {
      const { refusal } = await bench().open([throwing(failure)]);
      expect(refusal).toMatchObject({ code: 'policy_failed', status: 500, details: { policy: 'broken' } });
      expect(refusal?.message).not.toContain(SECRET);
    },
  );

  it('is passed over when it fails open, with an event that has nothing of why', async () => {
    const b = bench();
    const call = await b.pass([throwing('open'), policy('next', () => ({}))]);
    expect(call.exchange.policies).toEqual(['next']);
    expect(summaries(b)).toEqual([['broken', 'fail', 'warn', 'policy_failed']]);
    expect(JSON.stringify(b.events)).not.toContain(SECRET);
  });

  it('gives back what others hold when it refuses', async () => {
    const b = bench();
    await b.open([cap('before', {}), throwing('closed')]);
    expect(account(b, 'before')).toMatchObject({ posted: 0, held: 0 });
  });
});

describe('filters of the answer', () => {
  it('run in reverse order, each on what the one before shows', async () => {
    const call = await bench().pass([filtering('a', suffix('a')), filtering('b', suffix('b'))]);
    expect(filterWhole(call.filter(OUTPUT), 'text ')).toBe('text ba');
  });

  it('are none when no policy has one', async () => {
    const call = await bench().pass([policy('a', () => ({}))]);
    expect(call.filtering).toBe(false);
    expect(filterWhole(call.filter(OUTPUT), 'text')).toBe('text');
  });

  it('that fail open pass on what they kept, and are not asked again', async () => {
    const b = bench();
    const push = vi.fn();
    const keeper = (): TextFilter => {
      let held = '';
      return {
        push(piece) {
          push();
          held += piece;
          if (piece === 'three') throw new Error('broken');
          return '';
        },
        end: () => held,
        held: () => held,
      };
    };
    const call = await b.pass([filtering('keeper', keeper, { failure: 'open' })]);
    const filter = call.filter(OUTPUT);
    const shown = ['one ', 'two ', 'three', ' four'].map((piece) => filter.push(piece));
    expect([...shown, filter.end()]).toEqual(['', '', 'one two three', ' four', '']);
    expect(push).toHaveBeenCalledTimes(3);
    expect(summaries(b)).toEqual([['keeper', 'fail', 'warn', 'policy_failed']]);
  });

  it('that fail closed throw the refusal', async () => {
    const fail = (): never => {
      throw new Error(SECRET);
    };
    const call = await bench().pass([filtering('broken', () => ({ push: fail, end: fail }))]);
    expect(() => call.filter(OUTPUT).push('x')).toThrow(expect.objectContaining({ code: 'policy_failed' }));
    expect(() => call.filter(OUTPUT).end()).toThrow(expect.objectContaining({ code: 'policy_failed' }));
  });

  it('may take their time at the end, and those behind them wait', async () => {
    const late = (end: string) => (): AnswerFilter => ({ push: (piece) => piece, end: async () => end });
    const call = await bench().pass([
      filtering('a', suffix('a')),
      filtering('b', late('b')),
      filtering('c', late('c')),
    ]);
    expect(await filterWhole(call.filter(OUTPUT), 'text ')).toBe('text cba');
    expect(await filterWhole(call.filter({ ...OUTPUT, encoding: 'json' }), '{"k": ["x", 1234567890]}')).toBe(
      '{"kcba": ["xcba", "1234567890cba"]}',
    );
  });

  it('that fail late fail as their policy says', async () => {
    const b = bench();
    const failing = (): AnswerFilter => ({
      push: () => '',
      end: () => Promise.reject(new Error(SECRET)),
      held: () => 'kept',
    });
    const closed = await b.pass([filtering('closed', failing)]);
    const open = await b.pass([filtering('open', failing, { failure: 'open' })]);
    const monitored = await b.pass([filtering('monitored', failing, monitor)]);

    await expect(closed.filter(OUTPUT).end()).rejects.toMatchObject({ code: 'policy_failed' });
    expect(await open.filter(OUTPUT).end()).toBe('kept');
    expect(filterWhole(monitored.filter(OUTPUT), 'text')).toBe('text');
    await monitored.end('completed');
    expect(summaries(b)).toEqual([
      ['closed', 'fail', 'deny', 'policy_failed'],
      ['open', 'fail', 'warn', 'policy_failed'],
      ['monitored', 'fail', 'warn', 'policy_failed'],
    ]);
  });

  it('that are monitored report what they find late before the call has ended', async () => {
    const b = bench();
    const finder = policy(
      'finder',
      () => ({
        filter: (_, report) => ({
          push: () => '',
          async end() {
            await Promise.resolve();
            report({ kind: 'PERSON', scope: 'output' });
            return 'changed';
          },
        }),
      }),
      monitor,
    );
    const call = await b.pass([finder]);
    expect(filterWhole(call.filter(OUTPUT), 'text')).toBe('text');
    await call.end('completed');
    expect(summaries(b)).toEqual([['finder', 'redact', 'audit', undefined]]);
  });

  it('may refuse the answer, whatever their policy does when it fails', async () => {
    const b = bench();
    const refusal = new GatewayError('detector_unavailable', 'Nobody looked.');
    const refuse = (): AnswerFilter => ({ push: () => '', end: () => Promise.reject(refusal) });
    const call = await b.pass([filtering('strict', refuse, { failure: 'open' })]);
    const watched = await b.pass([filtering('watching', refuse, monitor)]);

    await expect(call.filter(OUTPUT).end()).rejects.toBe(refusal);
    expect(filterWhole(watched.filter(OUTPUT), 'text')).toBe('text');
    await watched.end('completed');
    expect(summaries(b)).toEqual([
      ['strict', 'block', 'deny', 'detector_unavailable'],
      ['watching', 'block', 'audit', 'detector_unavailable'],
    ]);
  });

  it('know whether the answer is streamed, and may warn', async () => {
    const b = bench();
    const seen: boolean[] = [];
    const teller = policy('teller', () => ({
      filter: (_text, _report, { streamed, warn }) => {
        seen.push(streamed);
        warn({ code: 'odd', message: 'Something is odd.' });
        return suffix('')();
      },
    }));
    const call = await b.pass([teller]);
    call.filter(OUTPUT);
    call.filter(OUTPUT, true);
    filterWhole(call.filter({ ...OUTPUT, encoding: 'json' }, true), '["x"]');

    expect(seen).toEqual([false, true, true]);
    expect(summaries(b)[0]).toEqual(['teller', 'warn', 'warn', 'odd']);
  });

  it('get each string of JSON under its key', async () => {
    const paths: unknown[] = [];
    const watch = policy('watch', () => ({
      filter: ({ path, kind }) => {
        paths.push([kind, path]);
        return suffix('!')();
      },
    }));
    const call = await bench().pass([watch]);
    const shown = filterWhole(call.filter({ ...OUTPUT, path: ['arguments'], encoding: 'json' }), '{"ssn":"x"}');
    expect(shown).toBe('{"ssn!":"x!"}');
    expect(paths).toEqual([
      ['key', ['arguments']],
      ['string', ['arguments', 'ssn']],
    ]);
  });
});

describe('the end of a call', () => {
  it('comes once, whoever says it first and however often', async () => {
    const b = bench();
    const ended = vi.fn();
    const settle = vi.spyOn(b.ledger, 'settle');
    const call = await b.pass([cap('cap', {}), policy('p', () => ({ end: ended }))]);
    call.learnUsage({ input: 3, output: 4 });
    await Promise.all([call.end('completed'), call.end('aborted'), call.end('failed', { error: new Error('late') })]);
    await call.end('blocked', { free: true });
    expect(ended).toHaveBeenCalledTimes(1);
    expect(settle).toHaveBeenCalledTimes(1);
    expect(call.exchange.outcome).toBe('completed');
    expect(call.summary()).toMatchObject({ outcome: 'completed', costNanoUsd: 7 });
    expect(account(b, 'cap')).toMatchObject({ posted: 7, held: 0 });
  });

  it('is waited for by all who say it', async () => {
    const b = bench();
    let release = (): void => {};
    const slow = policy('slow', () => ({ end: () => new Promise<void>((resolve) => (release = resolve)) }));
    const call = await b.pass([slow]);
    const done: string[] = [];
    const ends = ['completed', 'failed'].map((outcome) =>
      call.end(outcome as 'completed').then(() => done.push(outcome)),
    );
    await new Promise((resolve) => setImmediate(resolve));
    expect(done).toEqual([]);
    release();
    await Promise.all(ends);
    expect(done).toEqual(['completed', 'failed']);
  });

  it('runs the ends of policies in reverse order, whatever the outcome and though one throws', async () => {
    for (const outcome of ['completed', 'failed', 'aborted'] as const) {
      const b = bench();
      const order: string[] = [];
      const ending = (name: string): Policy =>
        policy(name, () => ({
          end: ({ outcome: how }) => {
            order.push(`${name} ${how}`);
            if (name === 'b') throw new Error(SECRET);
          },
        }));
      const call = await b.pass([ending('a'), ending('b'), ending('c')]);
      await call.end(outcome);
      expect(order).toEqual([`c ${outcome}`, `b ${outcome}`, `a ${outcome}`]);
      expect(summaries(b)).toEqual([['b', 'fail', 'warn', 'policy_failed']]);
    }
  });

  it('runs the ends of those that were asked before a refusal', async () => {
    const ended = vi.fn();
    await bench().open([policy('a', () => ({ end: ended })), refusing()]);
    expect(ended).toHaveBeenCalledTimes(1);
  });

  it('prices the last usage that can be read, and nothing the provider said of none', async () => {
    const call = await bench().pass([]);
    call.learnUsage({ input: 1 });
    call.learnUsage({ input: 5, output: 5 });
    call.learnUsage({ unreadable: true });
    call.learnUsage(null);
    call.learnUsage(undefined);
    await call.end('completed');
    expect(call.exchange.cost?.nanoUsd).toBe(10);
  });

  it('estimates what was streamed when no usage was told', async () => {
    const call = await bench().pass([]);
    call.count('four');
    call.count('six666');
    await call.end('aborted');
    expect(call.exchange.usage).toEqual({ inputTokens: 3, outputTokens: 10, source: 'estimated' });
  });

  it('that is free gives the whole hold back', async () => {
    const b = bench();
    const call = await b.pass([cap('cap', {})]);
    expect(account(b, 'cap')).toMatchObject({ held: 10 });
    await call.end('failed', { free: true });
    expect(account(b, 'cap')).toMatchObject({ posted: 0, held: 0 });
    expect(call.exchange.cost).toBeUndefined();
  });

  it('is told to observers once, after it was settled', async () => {
    const costs: unknown[] = [];
    const b = bench([{ end: ({ cost, outcome }, error) => void costs.push([cost?.nanoUsd, outcome, error]) }]);
    const call = await b.pass([]);
    call.learnUsage({ input: 1, output: 1 });
    const error = new Error('network');
    await call.end('failed', { error });
    await call.end('failed', { error });
    expect(costs).toEqual([[2, 'failed', error]]);
  });
});

describe('money', () => {
  it('is held on all accounts or on none', async () => {
    const b = bench();
    const { refusal } = await b.open([cap('wide', { limit: 100 }), cap('narrow', { limit: 9 }), cap('other', {})]);
    expect(refusal).toMatchObject({ code: 'spend_cap_reached', status: 402, details: { policy: 'narrow' } });
    for (const name of ['wide', 'narrow', 'other']) expect(account(b, name)).toMatchObject({ posted: 0, held: 0 });
  });

  it('is held in one step, by the attempt, until the hold expires', async () => {
    const reservations: Reservation[] = [];
    const b = bench();
    const reserve: LedgerStore['reserve'] = (reservation) => {
      reservations.push(reservation);
      return b.ledger.reserve(reservation);
    };
    const monitored = cap('watched', {}, { mode: 'monitor' });
    await b.pass([cap('a', {}), monitored], {}, { ledger: { ...spread(b.ledger), reserve } });
    expect(reservations).toMatchObject([
      {
        id: 'attempt-1',
        expiresAt: NOW + 5_000,
        lines: [
          { account: 'a', amount: 10, enforce: true },
          { account: 'watched', amount: 10, enforce: false },
        ],
      },
    ]);
  });

  it('that is only held by calls in flight refuses with 429 and a wait; spent money refuses with 402', async () => {
    const b = bench();
    const capped = [cap('cap', { limit: 15 })];
    const first = await b.pass(capped);
    const waiting = await b.open(capped, { id: 'attempt-2' });
    expect(waiting.refusal).toMatchObject({ code: 'spend_held_in_flight', status: 429, retryAfterMs: 1_000 });
    first.learnUsage({ input: 10, output: 0 });
    await first.end('completed');
    const reached = await b.open(capped, { id: 'attempt-3' });
    expect(reached.refusal).toMatchObject({ code: 'spend_cap_reached', status: 402, retryAfterMs: undefined });
  });

  it('that is spent is the better answer when another cap only waits', async () => {
    const b = bench();
    await b.pass([cap('waiting', { limit: 15 })]);
    const { refusal } = await b.open([cap('waiting', { limit: 15 }), cap('spent', { limit: 0 })], { id: 'attempt-2' });
    expect(refusal).toMatchObject({ code: 'spend_cap_reached', details: { policy: 'spent' } });
  });

  it('is not held for a call that a policy refused', async () => {
    const b = bench();
    const reserve = vi.spyOn(b.ledger, 'reserve');
    await b.open([cap('cap', {}), refusing()]);
    expect(reserve).not.toHaveBeenCalled();
  });
});

describe('a ledger that throws', () => {
  const failing = (method: 'reserve' | 'settle' | 'release', b: Bench): { ledger: LedgerStore } => ({
    ledger: {
      ...spread(b.ledger),
      [method]: () => {
        throw new Error(`connection of ${SECRET} lost`);
      },
    },
  });

  it('refuses the call with 503 when a cap fails closed', async () => {
    const b = bench();
    const { refusal } = await b.open([cap('cap', {})], {}, failing('reserve', b));
    expect(refusal).toMatchObject({ code: 'ledger_unavailable', status: 503, details: { policy: 'cap' } });
    expect(refusal?.message).not.toContain(SECRET);
    expect(summaries(b)).toEqual([['cap', 'fail', 'deny', 'ledger_unavailable']]);
  });

  it.each([
    ['fails open', { failure: 'open' }],
    ['monitors', { mode: 'monitor' }],
  ] as const)('lets the call go on when the cap %s', async (_, changes) => {
    const b = bench();
    const call = await b.pass([cap('cap', {}, changes)], {}, failing('reserve', b));
    expect(summaries(b)).toEqual([['cap', 'fail', 'warn', 'ledger_unavailable']]);
    await call.end('completed');
    expect(call.exchange.outcome).toBe('completed');
  });

  it('refuses when one of several caps fails closed', async () => {
    const b = bench();
    const caps = [cap('open', {}, { failure: 'open' }), cap('closed', {})];
    const { refusal } = await b.open(caps, {}, failing('reserve', b));
    expect(refusal?.details).toEqual({ policy: 'closed' });
  });

  it('at the end does not disturb the caller: the hold stays until it expires, and an event says so', async () => {
    for (const [method, free] of [
      ['settle', false],
      ['release', true],
    ] as const) {
      const b = bench();
      const call = await b.pass([cap('cap', {})], {}, failing(method, b));
      await call.end('completed', { free });
      expect(call.exchange.outcome).toBe('completed');
      expect(account(b, 'cap')).toMatchObject({ held: 10 });
      expect(summaries(b)).toEqual([['cap', 'fail', 'warn', 'ledger_unavailable']]);
    }
  });
});

describe('a request that cannot be read', () => {
  const guards = [filtering('redact', suffix('')), cap('cap', {})];

  it.each([
    [{ texts: false, cost: false }, ['redact', 'cap']],
    [{ texts: false, cost: true }, ['redact']],
    [{ texts: true, cost: false }, ['cap']],
  ] as const)('(%j) is refused when a policy would have guarded it', async (readable, policies) => {
    const b = bench();
    const { refusal } = await b.open(guards, { readable, texts: [] });
    expect(refusal).toMatchObject({ code: 'unguarded_request', status: 422, details: { policies } });
    expect(account(b, 'cap')).toMatchObject({ held: 0 });
  });

  it('goes on with an event when the app says so', async () => {
    const b = bench();
    await b.pass(guards, { readable: { texts: false, cost: false }, texts: [] }, { unguarded: 'pass' });
    expect(b.events).toMatchObject([{ type: 'unguarded', policies: ['redact', 'cap'], callId: 'call-1' }]);
  });

  it('goes on without a word when nobody would have guarded it, or only watched', async () => {
    const b = bench();
    await b.pass([policy('other', () => ({}))], { readable: { texts: false, cost: false }, texts: [] });
    const watching = [filtering('redact', suffix(''), { mode: 'monitor' }), cap('cap', {}, { mode: 'monitor' })];
    await b.pass(watching, { readable: { texts: false, cost: false }, texts: [] });
    expect(b.events).toEqual([]);
  });

  it('of which the facts are known is held for like any other', async () => {
    const b = bench();
    await b.pass([cap('cap', {})], { readable: { texts: false, cost: true }, texts: [] });
    expect(account(b, 'cap')).toMatchObject({ held: 10 });
  });
});

describe('an observer that throws', () => {
  it('is counted and disturbs neither the call nor other observers', async () => {
    const fail = (): never => {
      throw new Error('observer');
    };
    const ended = vi.fn();
    const observer = fanOut([{ start: fail, event: fail, end: fail }, { end: ended }]);
    const call = await bench().pass(
      [policy('p', () => ({ warnings: [{ code: 'c', message: 'm' }] }))],
      {},
      { observer },
    );
    await call.end('completed');
    expect(observer.failures).toBe(3);
    expect(ended).toHaveBeenCalledTimes(1);
    expect(call.exchange.outcome).toBe('completed');
  });
});

/** The ledger's methods as an object that can be changed. */
const spread = (ledger: LedgerStore): LedgerStore => ({
  reserve: (reservation) => ledger.reserve(reservation),
  extend: (id, total, expiresAt, lease) => ledger.extend(id, total, expiresAt, lease),
  settle: (...args) => ledger.settle(...args),
  release: (id) => ledger.release(id),
  read: (accounts) => ledger.read(accounts),
  query: (query) => ledger.query(query),
});
