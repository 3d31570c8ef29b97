/** Accounts, rollups and prices. */
import { describe, expect, it } from 'vitest';
import { memoryState } from '../../src/stores/state/memory.ts';
import { call, type Opened, openAdmin } from './support/open-admin.ts';

const json = async (response: Response) => (await response.json()) as Record<string, never>;
const spend = async ({ gateway }: Opened, user: string, workspace = 'rd') => {
  await (await call(gateway, { user, workspace })).text();
};

describe('accounts', () => {
  it('tell of each cap what is spent, held and left, and when it starts anew', async () => {
    const opened = await openAdmin({
      configured: [
        { id: 'all', body: { name: 'all', policy_type: 'spend_cap', config: { window: 'monthly', limit_usd: 100 } } },
        {
          id: 'each',
          body: {
            name: 'each',
            policy_type: 'default_spend_cap',
            mode: 'monitor',
            subject_matchers: [{ key: 'user_id', value: '' }],
            config: { window: { rolling: '24h' }, limit_usd: '0.02' },
          },
        },
      ],
    });
    await spend(opened, 'ada');
    await spend(opened, 'ada');
    await spend(opened, 'bob');
    const { at, accounts } = await json(await opened.ask('GET', '/v1/accounts'));
    expect(at).toBe('2026-11-26T10:30:00.000Z');
    expect(accounts).toMatchObject([
      {
        ...{ policy_id: 'all', policy: 'all', mode: 'enforce', scope: 'all', subject: 'all', window: 'monthly' },
        ...{ window_label: '2026-11', resets_at: '2026-12-01T00:00:00.000Z' },
        ...{ limit_usd: '100', spent_usd: '0.0375', held_usd: '0', left_usd: '99.9625' },
      },
      {
        ...{ policy_id: 'each', mode: 'monitor', scope: 'user', subject: 'ada', window: 'rolling 24h' },
        ...{ limit_usd: '0.02', spent_usd: '0.025', left_usd: '0' },
      },
      { subject: 'bob', spent_usd: '0.0125', left_usd: '0.0075' },
    ]);
  });

  it('of a cap that is off are not told of', async () => {
    const body = { name: 'x', policy_type: 'spend_cap', enabled: false, config: { window: 'daily', limit_usd: 1 } };
    const opened = await openAdmin({ configured: [{ id: 'x', body: body as never }] });
    expect((await json(await opened.ask('GET', '/v1/accounts'))).accounts).toEqual([]);
  });
});

describe('rollups', () => {
  it('sum what was spent by the dimensions asked for', async () => {
    const opened = await openAdmin();
    await spend(opened, 'ada', 'rd');
    await spend(opened, 'ada', 'rd');
    await spend(opened, 'bob', 'ops');
    const rollup = await json(await opened.ask('GET', '/v1/rollups?by=workspace,api_key&window=daily'));
    expect(rollup).toMatchObject({ by: ['workspace', 'api_key'], window: 'daily', label: '2026-11-26' });
    expect(rollup).toMatchObject({ start: '2026-11-26T00:00:00.000Z', end: '2026-11-27T00:00:00.000Z' });
    expect(rollup.rows).toEqual([
      {
        group: { workspace: 'rd', api_key: null },
        cost_usd: '0.025',
        calls: 2,
        input_tokens: 2000,
        output_tokens: 2000,
      },
      {
        group: { workspace: 'ops', api_key: null },
        cost_usd: '0.0125',
        calls: 1,
        input_tokens: 1000,
        output_tokens: 1000,
      },
    ]);
  });

  it('of several windows name each, in the zone asked for', async () => {
    const opened = await openAdmin();
    await spend(opened, 'ada');
    opened.clock.now += 24 * 3_600_000;
    await spend(opened, 'ada');
    const query = 'window=daily&from=2026-11-26T00:00:00Z&at=2026-11-27T10:00:00%2B01:00&time_zone=Europe/Berlin';
    const rollup = await json(await opened.ask('GET', `/v1/rollups?${query}`));
    expect(rollup).toMatchObject({ label: '2026-11-27', start: '2026-11-25T23:00:00.000Z' });
    expect(rollup.rows).toMatchObject([
      { group: {}, window: '2026-11-26', calls: 1 },
      { group: {}, window: '2026-11-27', calls: 1 },
    ]);
  });

  it.each([
    ['by', 'by=password'],
    ['by', 'by=a,b,c,d,e,f,g,h,i'],
    ['window', 'window=yearly'],
    ['from', 'from=yesterday'],
    ['from', 'window=hourly&from=2020-01-01T00:00:00Z'],
    ['time_zone', 'time_zone=Mars/Base'],
    ['at', 'at=1&at=2'],
    ['nothing', 'nothing=1'],
    ['__proto__', '__proto__=1'],
  ])('are refused with the parameter %s: %s', async (param, query) => {
    const opened = await openAdmin();
    const response = await opened.ask('GET', `/v1/rollups?${query}`);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { code: 'invalid_request', param } });
  });
});

describe('a price', () => {
  const costOf = async (opened: Opened): Promise<string | undefined> => {
    await spend(opened, 'ada');
    return opened.feed.list({ type: 'call' })[0]!.cost_usd;
  };

  it('that was set here counts for the next call, until it is taken out', async () => {
    const opened = await openAdmin();
    expect(await costOf(opened)).toBe('0.0125');
    const response = await opened.ask('PUT', '/v1/prices', {
      body: { model: 'OpenAI/gpt-4o', input: '1', output: '2', cache_read: '0.5' },
    });
    expect(await json(response)).toEqual({
      ...{ model: 'openai/gpt-4o', input: '1', output: '2', cache_read: '0.5', source: 'api' },
    });
    expect(await costOf(opened)).toBe('0.003');
    expect((await json(await opened.ask('GET', '/v1/prices'))).overrides).toMatchObject([{ model: 'openai/gpt-4o' }]);
    expect((await opened.ask('DELETE', '/v1/prices?model=openai/gpt-4o')).status).toBe(204);
    expect(await costOf(opened)).toBe('0.0125');
    expect((await opened.ask('DELETE', '/v1/prices?model=openai/gpt-4o')).status).toBe(404);
    expect((await opened.state.audit(1, 10)).map(({ operation }) => operation)).toEqual([
      'create_gateway_price',
      'delete_gateway_price',
    ]);
  });

  it('without one for output is never free', async () => {
    const opened = await openAdmin();
    await opened.ask('PUT', '/v1/prices', { body: { model: 'gpt-4o', input: '4' } });
    expect(await costOf(opened)).toBe('0.008');
  });

  it('holds at another server too, and stays after a change of the configuration', async () => {
    const store = memoryState();
    const [one, two] = [await openAdmin({ store }), await openAdmin({ store })];
    await one.ask('PUT', '/v1/prices', { body: { model: 'gpt-4o', input: '1', output: '1' } });
    await two.state.refresh();
    expect(await costOf(two)).toBe('0.002');
    two.prices.setConfigured({ 'openai/other': { input: '9', output: '9' } });
    expect(await costOf(two)).toBe('0.002');
    const { overrides } = await json(await two.ask('GET', '/v1/prices'));
    expect(overrides).toMatchObject([
      { model: 'openai/other', source: 'config' },
      { model: 'gpt-4o', source: 'api' },
    ]);
  });

  it('of the configuration is shown and not changed here', async () => {
    const opened = await openAdmin({
      configuredPrices: { 'gpt-4o': { input: '10', output: '20', cacheRead: '1' }, 'openai/local': 'free' },
    });
    const { overrides, version, stale } = await json(await opened.ask('GET', '/v1/prices'));
    expect(overrides).toEqual([
      { model: 'gpt-4o', input: '10', output: '20', cache_read: '1', source: 'config' },
      { model: 'openai/local', input: '0', output: '0', source: 'config' },
    ]);
    expect([typeof version, typeof stale]).toEqual(['string', 'boolean']);
    expect((await opened.ask('PUT', '/v1/prices', { body: { model: 'GPT-4o', input: '1' } })).status).toBe(409);
    expect((await opened.ask('DELETE', '/v1/prices?model=gpt-4o')).status).toBe(409);
    expect(await costOf(opened)).toBe('0.03');
  });

  it.each([
    ['input', { model: 'x', input: 'cheap' }],
    ['input', { model: 'x', input: '0.0000001' }],
    ['cache_read', { model: 'x', input: '1', cache_read: '99999999999' }],
    ['output', { model: 'x', input: '1', output: 2 }],
    ['model', { model: '', input: '1' }],
  ])('is refused with the field %s', async (param, body) => {
    const opened = await openAdmin();
    const response = await opened.ask('PUT', '/v1/prices', { body });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { param } });
    expect(opened.state.head.seq).toBe(0);
  });
});
