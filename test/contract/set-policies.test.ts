/** Replacing a gateway's policies while it works: what a call began with it ends with, and nothing passes in between. */
import fc from 'fast-check';
import OpenAI from 'openai';
import { afterEach, describe, expect, it } from 'vitest';
import { createGateway, memoryLedger, type Policy, redact, spendCap } from '../../src/index.ts';
import { startWorld, type World } from './world.ts';

const EMAIL = 'ada.lovelace@example.com';
const NOW = Date.parse('2026-11-21T12:00:00Z');
/** gpt-4o-mini, and what the fake provider says of each answer. */
const CALL_NANO_USD = 8_700;

let world: World | undefined;
let store = memoryLedger({ now: () => NOW });
afterEach(async () => {
  await world?.stop();
  world = undefined;
});

async function start(policies: readonly Policy[]): Promise<World> {
  store = memoryLedger({ now: () => NOW });
  world = await startWorld({ store, now: () => NOW, policies });
  return world;
}

const cap = (name: string): Policy => spendCap({ name, limitUsd: 100, window: 'daily' });
const books = (name: string) => store.read([`${name}|all=all|2026-11-21`])[0]!;

function client({ provider, gateway }: World): OpenAI {
  return new OpenAI({ apiKey: 'key', baseURL: provider.baseURL, fetch: gateway.fetch, maxRetries: 0 });
}

async function ask(openai: OpenAI, content: string, stream: boolean, onPiece = (): void => {}): Promise<string> {
  const body = { model: 'gpt-4o-mini', messages: [{ role: 'user' as const, content }] };
  if (!stream) return (await openai.chat.completions.create(body)).choices[0]!.message.content ?? '';
  let text = '';
  for await (const chunk of await openai.chat.completions.create({ ...body, stream: true })) {
    text += chunk.choices[0]?.delta.content ?? '';
    onPiece();
  }
  return text;
}

describe('gateway.setPolicies', () => {
  it('counts for the next call, and is told by gateway.policies', async () => {
    const { gateway, provider } = await start([]);
    const guard = redact();
    expect(gateway.policies).toEqual([]);
    gateway.setPolicies([guard]);
    expect(gateway.policies).toEqual([guard]);
    await ask(client(world!), `Write to ${EMAIL}`, false);
    expect(provider.requests[0]!.body).not.toContain(EMAIL);
    expect(Object.isFrozen(gateway.policies)).toBe(true);
  });

  it('lets a stream go on under the policies that it began with, to its booking', async () => {
    const { gateway, provider } = await start([redact(), cap('old')]);
    provider.reply = ({ prompt }) => `I shall ${prompt} now, as you said`;
    let pieces = 0;
    const text = await ask(client(world!), `write to ${EMAIL}`, true, () => {
      if (pieces++ === 0) gateway.setPolicies([cap('new')]);
    });
    expect(text).toContain(`write to ${EMAIL} now`);
    expect(provider.requests[0]!.body).not.toContain(EMAIL);
    await gateway.close();
    expect(books('old')).toMatchObject({ posted: CALL_NANO_USD, held: 0 });
    expect(books('new')).toMatchObject({ posted: 0, held: 0 });
  });

  it('redacts texts for traces by the policies that are there', () => {
    const gateway = createGateway({ policies: [redact({ entities: ['EMAIL_ADDRESS'] })] });
    const { redactText } = gateway;
    gateway.setPolicies([redact({ entities: ['US_SSN'] })]);
    expect(redactText(`${EMAIL} 521-44-9876`)).toBe(`${EMAIL} <US_SSN_1>`);
    gateway.setPolicies([]);
    expect(redactText(`${EMAIL} 521-44-9876`)).toBe('<EMAIL_ADDRESS_1> <US_SSN_1>');
  });

  it.each([
    ['no list', {}, 'policies must be an array of policies'],
    ['no policy', [{ name: 'x' }], 'policies[0] must be a policy'],
    ['two of one name', [cap('a'), cap('a')], 'policies[1].name must be unique'],
  ])('refuses %s and changes nothing', (_, policies, message) => {
    const gateway = createGateway({ policies: [cap('kept')] });
    expect(() => gateway.setPolicies(policies as Policy[])).toThrow(message);
    expect(gateway.policies.map(({ name }) => name)).toEqual(['kept']);
  });

  it('refuses asynchronous detectors where content is captured', () => {
    const gateway = createGateway({ captureContent: true });
    const late: Policy = { ...redact(), redactsLate: true };
    expect(() => gateway.setPolicies([late])).toThrow('captureContent must be left off beside');
    expect(gateway.policies).toEqual([]);
  });

  it('does not follow a list that its owner changes afterwards', () => {
    const list = [cap('a')];
    const gateway = createGateway({ policies: list });
    list.push(cap('b'));
    expect(gateway.policies.map(({ name }) => name)).toEqual(['a']);
  });
});

it('under load, with streams and calls that are aborted: every call is guarded by one whole set, and no hold is left', async () => {
  const plan = fc.array(fc.record({ stream: fc.boolean(), aborted: fc.boolean(), set: fc.nat(2) }), {
    minLength: 20,
    maxLength: 40,
  });
  await fc.assert(
    fc.asyncProperty(plan, async (calls) => {
      const sets = [0, 1, 2].map((n) => [redact({ name: `guard ${n}` }), cap(`cap ${n}`)]);
      const { gateway, provider, calls: told, stop } = await start(sets[0]!);
      provider.reply = ({ prompt }) => `I shall ${prompt} now, as you said`;
      const openai = client(world!);
      const asked = calls.map(async ({ stream, aborted, set }, place) => {
        for (let turn = 0; turn < place % 7; turn++) await new Promise((resolve) => setImmediate(resolve));
        gateway.setPolicies(sets[set]!);
        const text = await ask(openai, `write to ${EMAIL}`, stream, () => {
          gateway.setPolicies(sets[(set + 1) % 3]!);
          if (aborted) throw new Error('The reader has gone.');
        }).catch(() => undefined);
        if (text !== undefined) expect(text).toContain(`write to ${EMAIL} now`);
      });
      await Promise.all(asked);
      await gateway.close();
      expect(provider.requests.filter(({ body }) => body.includes(EMAIL))).toEqual([]);
      expect(told).toHaveLength(calls.length);
      for (const { policies } of told) expect(sets.map((set) => set.map(({ name }) => name))).toContainEqual(policies);
      const accounts = [0, 1, 2].map((n) => books(`cap ${n}`));
      expect(accounts.map(({ held }) => held)).toEqual([0, 0, 0]);
      const costs = (n: number): number =>
        told.reduce((sum, { policies, cost }) => sum + (policies[1] === `cap ${n}` ? (cost?.nanoUsd ?? 0) : 0), 0);
      expect(accounts.map(({ posted }) => posted)).toEqual([costs(0), costs(1), costs(2)]);
      await stop();
    }),
    { numRuns: 8 },
  );
}, 60_000);
