import { afterEach, describe, expect, it } from 'vitest';
import { gatewayErrorOf, isGatewayError, memoryLedger, redact, spendCap } from '../../src/index.ts';
import { DOORS, PROVIDER_KEY, startWorld, type World } from './doors.ts';

const SSN = '521-44-9876';
const EMAIL = 'ada.lovelace@example.com';
const TOKEN = 'ghp_1q2W3e4R5t6Y7u8I9o0PaSdFgHjKlZxCvBn5';
const PROMPT = `My SSN is ${SSN}, mail ${EMAIL}, token ${TOKEN}.`;
const RAW = [SSN, EMAIL, TOKEN];

let world: World;
afterEach(() => world.stop());

/** The fake model repeats the words of the prompt, so that placeholders come back in the answer. */
const repeatPrompt = (): void => {
  world.provider.reply = ({ prompt }) => `You said: ${JSON.stringify(prompt)} Noted.`;
};

describe.each(DOORS)('$name', ({ ask, limits, bill }) => {
  it.each([{ stream: false }, { stream: true }])(
    'sends placeholders and gives the caller the values back (stream: $stream)',
    async ({ stream }) => {
      world = await startWorld({ policies: [redact()] });
      repeatPrompt();

      const answer = await ask(world, { text: PROMPT, stream });

      const sent = world.provider.requests.at(-1)!.body;
      expect(sent).toContain('<US_SSN_1>');
      expect(sent).toContain('<EMAIL_ADDRESS_1>');
      expect(sent).toContain('<GITHUB_TOKEN_1>');
      for (const raw of RAW) expect(sent).not.toContain(raw);
      if (stream && limits?.streamedAnswers) expect(answer).toContain('<US_SSN_1>');
      else for (const raw of RAW) expect(answer).toContain(raw);
      expect(world.gateway.stats.open).toBe(0);
    },
  );

  it.each([{ stream: false }, { stream: true }])(
    'redacts what the model itself made up (stream: $stream)',
    async ({ stream }) => {
      world = await startWorld({ policies: [redact()] });
      world.provider.reply = 'Write to grace.hopper@example.org about it.';

      const answer = await ask(world, { text: 'Whom shall I ask?', stream });

      if (!(stream && limits?.streamedAnswers)) expect(answer).toBe('Write to <EMAIL_ADDRESS_1> about it.');
    },
  );

  it('changes nothing in monitor mode, and tells what it would have done', async () => {
    world = await startWorld({ policies: [redact({ mode: 'monitor' })] });
    repeatPrompt();

    await ask(world, { text: PROMPT });

    expect(world.provider.requests.at(-1)!.body).toContain(SSN);
    const [event] = world.events;
    expect(event).toMatchObject({
      policy: 'redact',
      mode: 'monitor',
      action: 'redact',
      decision: 'audit',
      target: 'input',
    });
    expect(JSON.stringify(world.events)).not.toContain(SSN);
  });

  it.each([{ stream: false }, { stream: true }])(
    'refuses the call that would pass the cap with one 402 that the caller can read (stream: $stream)',
    async ({ stream }) => {
      world = await startWorld({
        policies: [spendCap({ name: 'tiny', limitUsd: '0.000001', window: 'daily', per: 'user' })],
      });

      const error: unknown = await ask(world, { text: 'Hello', user: 'ada', stream }).catch(
        (raised: unknown) => raised,
      );

      expect(world.provider.requests).toHaveLength(0);
      expect(isGatewayError(error, 'spend_cap_reached')).toBe(true);
      expect(gatewayErrorOf(error)).toMatchObject({ status: 402, message: expect.stringContaining('tiny') });
      expect(gatewayErrorOf(error)?.details).toMatchObject({
        policy: 'tiny',
        scope: 'user',
        subject: 'ada',
        window: 'daily',
        limit_usd: 0.000001,
        spent_usd: 0,
        held_usd: 0,
      });
      expect(world.calls.map(({ outcome }) => outcome)).toEqual(['blocked']);
      expect(world.gateway.stats.open).toBe(0);
    },
  );

  it('books what a call cost, by user and model', async () => {
    const store = memoryLedger();
    world = await startWorld({
      store,
      policies: [spendCap({ name: 'per user', limitUsd: 1, window: 'daily', per: 'user' })],
    });

    await ask(world, { text: 'Hello', user: 'ada' });
    await ask(world, { text: 'Hello', user: 'ada', stream: true });

    const { rows } = await world.gateway.spend.rollup({ by: ['user', 'model'], window: 'daily' });
    expect(rows).toEqual([
      {
        user: 'ada',
        model: bill.model,
        costUsd: expect.any(String),
        costNanoUsd: 2 * bill.nanoUsd,
        calls: 2,
        inputTokens: 40,
        outputTokens: 20,
      },
    ]);
    const label = new Date().toISOString().slice(0, 10);
    expect(await store.read([`per user|user=ada|${label}`])).toEqual([
      { account: `per user|user=ada|${label}`, posted: 2 * bill.nanoUsd, held: 0 },
    ]);
  });

  it('never lets the provider key into an event, and sends it on', async () => {
    world = await startWorld({ policies: [redact(), spendCap({ name: 'cap', limitUsd: 1, window: 'daily' })] });

    await ask(world, { text: PROMPT });

    expect(JSON.stringify([world.events, world.calls])).not.toContain(PROVIDER_KEY);
    for (const raw of RAW) expect(JSON.stringify([world.events, world.calls])).not.toContain(raw);
  });
});
