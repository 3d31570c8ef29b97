import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LedgerStore } from '../../src/core/ledger.ts';
import { createGateway } from '../../src/gateway/gateway.ts';
import { spendCap } from '../../src/policies/spend-cap.ts';
import { accountName, accountParts } from '../../src/spend/accounts.ts';
import type { SpendCapOptions } from '../../src/spend/cap.ts';
import { spendReport } from '../../src/spend/spend-report.ts';
import { memoryLedger } from '../../src/stores/memory.ts';

const HOUR = 3_600_000;
const NOON = Date.parse('2026-11-21T12:00:00Z');
const perUser: SpendCapOptions = { name: 'per user', limitUsd: '5', window: 'daily', per: 'user' };

function book(ledger: LedgerStore, user: string | undefined, nanoUsd: number, { held = false } = {}): void {
  const id = `${user} ${nanoUsd}`;
  const account = accountName({
    cap: 'per user',
    scope: 'user',
    subject: user ?? 'unattributed',
    window: '2026-11-21',
  });
  ledger.reserve({ id, lines: [{ account, limit: 5e9, amount: nanoUsd, enforce: true }], expiresAt: NOON + 1 });
  const dimensions = { provider: 'openai', model: 'gpt-4o', inputTokens: 1, outputTokens: 1, at: NOON, user };
  if (!held) ledger.settle(id, nanoUsd, dimensions);
}

describe('how accounts stand', () => {
  it('tells what is used, held and left, the fullest first', async () => {
    const ledger = memoryLedger({ now: () => NOON });
    book(ledger, 'ada', 1e9);
    book(ledger, 'grace|hopper', 4e9);
    book(ledger, 'grace|hopper', 5e8, { held: true });
    book(ledger, undefined, 1e8);

    const { accounts } = await spendReport({ ledger, caps: [perUser], at: NOON });

    expect(accounts.map(({ subject, used, held, left }) => [subject, used, held, left])).toEqual([
      ['grace|hopper', 4e9, 5e8, 5e8],
      ['ada', 1e9, 0, 4e9],
      ['unattributed', 1e8, 0, 4.9e9],
    ]);
    expect(accounts[0]).toMatchObject({ cap: 'per user', limit: 5e9, resetsAt: Date.parse('2026-11-22') });
  });

  it('shows a cap for all as it is, and never less than nothing left', async () => {
    const ledger = memoryLedger({ now: () => NOON });
    const account = accountName({ cap: 'spend cap: monthly', scope: 'all', subject: 'all', window: '2026-11' });
    ledger.reserve({ id: 'a', lines: [{ account, limit: 1, amount: 9e9, enforce: false }], expiresAt: NOON + 1 });
    const caps: SpendCapOptions[] = [
      { limitUsd: 1, window: 'monthly' },
      { limitUsd: 1, window: 'lifetime', name: 'unused' },
    ];
    const { accounts } = await spendReport({ ledger, caps, at: NOON });
    expect(accounts.map(({ cap, held, left }) => [cap, held, left])).toEqual([
      ['spend cap: monthly', 9e9, 0],
      ['unused', 0, 1e9],
    ]);
  });

  it('adds up what counts of a rolling window, and takes the limit that an override gives', async () => {
    let now = NOON;
    const ledger = memoryLedger({ now: () => now });
    const cap: SpendCapOptions = {
      ...{ name: 'agents', limitUsd: 5, window: { rolling: '24h' }, per: 'user' },
      overrides: [{ match: { user: 'ada' }, limitUsd: 8, until: NOON + 30 * HOUR, reason: 'launch' }],
    };
    const gateway = createGateway({
      ...{ policies: [spendCap(cap)], store: ledger, now: () => now },
      fetch: async () => Response.json({ model: 'gpt-4o', usage: { prompt_tokens: 100, completion_tokens: 10 } }),
    });
    const spend = (user: string): Promise<unknown> =>
      gateway.withContext({ user }, async () => {
        const body = JSON.stringify({ model: 'gpt-4o', messages: [{ role: 'user', content: 'hi' }] });
        const answer = await gateway.fetch('https://api.openai.com/v1/chat/completions', { method: 'POST', body });
        return answer.text();
      });
    await spend('ada');
    now += 10 * HOUR;
    await spend('ada');
    await spend('grace');
    const [ada, grace] = (await spendReport({ ledger, caps: [cap], at: now })).accounts;
    const once = grace!.used;
    expect(once).toBeGreaterThan(0);
    expect(ada).toMatchObject({
      subject: 'ada',
      window: 'rolling 24h',
      limit: 8e9,
      used: 2 * once,
      resetsAt: undefined,
    });
    expect(grace).toMatchObject({ subject: 'grace', limit: 5e9, held: 0, left: 5e9 - once });
    now += 16 * HOUR;
    const later = (await spendReport({ ledger, caps: [cap], at: now })).accounts;
    expect(later.map(({ subject, used }) => [subject, used])).toEqual([
      ['grace', once],
      ['ada', once],
    ]);
  });

  it.each([
    [{ ...perUser, window: 'yearly' }, 'caps[0]: window'],
    [{ ...perUser, limitUsd: 'much' }, 'caps[0]: limitUsd'],
    [{ ...perUser, timeZone: 'Mars/Olympus' }, 'caps[0]: timeZone'],
    [undefined, 'caps[0]'],
  ])('names what is wrong with a cap: %j', async (cap, param) => {
    const caps = [cap as SpendCapOptions];
    await expect(spendReport({ ledger: memoryLedger(), caps })).rejects.toMatchObject({
      code: 'invalid_option',
      param,
    });
  });
});

it("an account's name is taken apart into what it was made of, whatever that is", () => {
  const part = fc.string({ unit: 'grapheme' });
  fc.assert(
    fc.property(part, part, part, part, (cap, scope, subject, window) => {
      const parts = { cap, scope, subject, window };
      expect(accountParts(accountName(parts))).toEqual(parts);
    }),
  );
  expect(accountParts('something else')).toBeUndefined();
});
