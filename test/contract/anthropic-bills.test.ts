/** What Anthropic's answers come to, whole and streamed: caches by their lifetime, searches, place, speed, work beside the totals. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type CallEvent, createGateway, type Fetch, redact, spendCap } from '../../src/index.ts';

const URL_OF_MESSAGES = 'https://api.anthropic.com/v1/messages';
const recording = (name: string): string =>
  readFileSync(new URL(`../http/fixtures/anthropic/${name}.sse`, import.meta.url), 'utf8');

const stream =
  (text: string): Fetch =>
  async () =>
    new Response(text, { headers: { 'content-type': 'text/event-stream' } });
const whole =
  (usage: object, model: string): Fetch =>
  async () =>
    Response.json({
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model,
      content: [],
      stop_reason: 'end_turn',
      usage,
    });

async function billed(fetch: Fetch, more: object = {}): Promise<CallEvent> {
  const gateway = createGateway({
    fetch,
    policies: [redact(), spendCap({ name: 'cap', limitUsd: 100, window: 'lifetime' })],
    now: () => Date.parse('2026-11-26T00:00:00Z'),
  });
  const calls: CallEvent[] = [];
  gateway.on('call', (call) => calls.push(call));
  const request = { model: 'claude-sonnet-4-5', max_tokens: 1_000, messages: [{ role: 'user', content: 'Hello' }] };
  const response = await gateway.fetch(URL_OF_MESSAGES, {
    method: 'POST',
    body: JSON.stringify({ ...request, ...more }),
  });
  await response.text();
  await gateway.close();
  expect(calls).toHaveLength(1);
  return calls[0]!;
}

/** In millionths of a dollar: tokens times their price for a million. */
const usd = (millionths: number): number => Math.round(millionths * 1_000);

describe('a stream', () => {
  // claude-sonnet-4-5: $3 in, $15 out, $0.30 out of the cache, $3.75 into it for five minutes and $6 for an hour; 1.1 times that in the US.
  it.each([
    ['text', usd(9 * 3 + 12 * 15)],
    ['cache-usage', usd(1.1 * (100 * 3 + 20_000 * 0.3 + 1_000 * 3.75 + 2_000 * 6 + 500 * 15) + 2 * 10_000)],
    ['server-tools', usd(10_682 * 3 + 510 * 15 + 10_000)],
    ['compaction', usd(9 * 3 + 12 * 15 + 1_000 * 3 + 100 * 15)],
    ['missing-message-stop', usd(9 * 3 + 12 * 15)],
  ])('"%s" comes to %d nano-USD', async (name, nanoUsd) => {
    const { cost, usage, outcome } = await billed(stream(recording(name)), { stream: true });
    expect([cost?.nanoUsd, usage?.source, outcome]).toEqual([nanoUsd, 'provider', 'completed']);
    expect(cost).toMatchObject({ estimated: false, assumed: false });
  });

  it('that fails is charged for what passed', async () => {
    const { cost, usage, outcome } = await billed(stream(recording('error')), { stream: true });
    expect([usage?.source, usage?.inputTokens, outcome]).toEqual(['estimated', 9, 'failed']);
    expect(cost!.nanoUsd).toBeGreaterThan(usd(9 * 3 + 15));
  });
});

describe('a whole answer', () => {
  it.each([
    // claude-opus-4-6: $5 in, $25 out; six times that when it is fast.
    ['claude-opus-4-6', { input_tokens: 100, output_tokens: 10, speed: 'fast' }, usd(6 * (100 * 5 + 10 * 25))],
    ['claude-opus-4-6', { input_tokens: 100, output_tokens: 10, speed: 'standard' }, usd(100 * 5 + 10 * 25)],
    ['claude-opus-4-6', { input_tokens: 100, output_tokens: 10, inference_geo: 'us' }, usd(1.1 * (100 * 5 + 10 * 25))],
    ['claude-opus-4-6', { input_tokens: 100, output_tokens: 10, inference_geo: 'not_available' }, usd(100 * 5 + 250)],
    ['claude-opus-4-6', { input_tokens: 100, output_tokens: 10, service_tier: 'batch' }, usd((100 * 5 + 250) / 2)],
    [
      'claude-sonnet-4-5',
      {
        input_tokens: 1,
        output_tokens: 0,
        cache_creation_input_tokens: 400,
        cache_creation: { ephemeral_1h_input_tokens: 400 },
      },
      usd(3 + 400 * 6),
    ],
    ['claude-sonnet-4-5', { input_tokens: 1, output_tokens: 0, cache_creation_input_tokens: 400 }, usd(3 + 400 * 3.75)],
  ])('of %s with %j comes to %d nano-USD', async (model, usage, nanoUsd) => {
    const { cost } = await billed(whole(usage, model), { model });
    expect(cost?.nanoUsd).toBe(nanoUsd);
  });
});

describe('what is held', () => {
  /** Of a call with 1,000 tokens out at most, as its refusal tells. */
  async function requested(more: object): Promise<number> {
    const gateway = createGateway({
      fetch: whole({ input_tokens: 1, output_tokens: 1 }, 'claude-opus-4-6'),
      policies: [spendCap({ name: 'cap', limitUsd: 0, window: 'lifetime', reserve: 'strict' })],
    });
    const body = { model: 'claude-opus-4-6', max_tokens: 1_000, messages: [{ role: 'user', content: 'Hello' }] };
    const response = await gateway.fetch(URL_OF_MESSAGES, {
      method: 'POST',
      body: JSON.stringify({ ...body, ...more }),
    });
    const { error } = (await response.json()) as { error: { details: { requested_usd: number } } };
    await gateway.close();
    return error.details.requested_usd;
  }

  it('covers the speed that is asked for, and the longest answer that any model tried may give', async () => {
    const usual = await requested({});
    expect(await requested({ speed: 'fast' })).toBeGreaterThan(5 * usual);
    expect(await requested({ fallbacks: [{ model: 'claude-sonnet-5', max_tokens: 3_000 }] })).toBeGreaterThan(
      2.5 * usual,
    );
  });
});
