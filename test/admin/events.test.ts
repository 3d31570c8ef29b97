/** What happens at a server, as it is kept and as it is streamed. */
import { describe, expect, it } from 'vitest';
import { EventFeed } from '../../src/admin/event-feed.ts';
import { EventStreams } from '../../src/admin/event-stream.ts';
import type { GatewayEvent, PolicyEvent } from '../../src/core/events.ts';
import type { Exchange } from '../../src/core/exchange.ts';
import type { EventResource } from '../../src/resources/operation.ts';
import type { PolicyBody } from '../../src/resources/policy.ts';
import { call, NOW, type Opened, openAdmin } from './support/open-admin.ts';

const ZERO: PolicyBody = {
  name: 'zero',
  policy_type: 'default_spend_cap',
  subject_matchers: [{ key: 'user_id', value: '' }],
  config: { window: 'daily', limit_usd: 0 },
};
const GUARD: PolicyBody = { name: 'guard', policy_type: 'guard', config: { detect: { pii: true } } };
const configured = (body: PolicyBody) => [{ id: `${body.name}-id`, body }];

const eventsOf = async ({ ask }: Opened, query = '') =>
  (await (await ask('GET', `/v1/events${query}`)).json()) as { events: EventResource[]; latest: number };

describe('the feed', () => {
  it('tells of refusals and calls with who, what and by which policy, the newest first', async () => {
    const opened = await openAdmin({ configured: configured(ZERO) });
    await call(opened.gateway, { user: 'ada', workspace: 'rd' });
    const { events, latest } = await eventsOf(opened);
    expect(events.map(({ type }) => type)).toEqual(['call', 'policy']);
    expect(events[1]).toMatchObject({
      ...{ type: 'policy', policy: 'zero', policy_id: 'zero-id', mode: 'enforce', action: 'block', decision: 'deny' },
      ...{ code: 'spend_cap_reached', user: 'ada', workspace: 'rd', provider: 'openai', model: 'gpt-4o' },
      at: '2026-11-26T10:30:00.000Z',
    });
    expect(events[0]).toMatchObject({ outcome: 'blocked', duration_ms: 0 });
    expect(events[0]!.id).toBe(latest);
    expect(events[0]!.exchange_id).toBe(events[1]!.exchange_id);
  });

  it('tells what a call cost', async () => {
    const opened = await openAdmin();
    await (await call(opened.gateway)).text();
    const { events } = await eventsOf(opened);
    expect(events).toMatchObject([
      { type: 'call', outcome: 'completed', cost_usd: '0.0125', input_tokens: 1000, output_tokens: 1000 },
    ]);
  });

  it('gives what was asked for', async () => {
    const opened = await openAdmin({ configured: [...configured(ZERO), ...configured({ ...GUARD, mode: 'monitor' })] });
    await call(opened.gateway, { user: 'ada' });
    const { events, latest } = await eventsOf(opened);
    expect((await eventsOf(opened, '?type=call')).events).toEqual([events[0]]);
    expect((await eventsOf(opened, '?policy=zero&decision=deny')).events).toEqual([events[1]]);
    expect((await eventsOf(opened, '?policy=guard')).events).toEqual([]);
    expect((await eventsOf(opened, '?limit=1')).events).toEqual([events[0]]);
    expect((await eventsOf(opened, `?after=${latest - 1}`)).events).toEqual([events[0]]);
    expect((await eventsOf(opened, `?after=${latest}`)).events).toEqual([]);
    for (const query of ['?after=x', '?limit=0', '?limit=5000', '?type=secret', '?decision=maybe'])
      expect((await opened.ask('GET', `/v1/events${query}`)).status).toBe(400);
  });

  it('keeps so many, and its ids go on rising when it is made anew', () => {
    const feed = bareFeed({ size: 3 });
    for (let i = 0; i < 5; i++) feed.end(exchange(`e${i}`));
    expect(feed.list().map(({ exchange_id }) => exchange_id)).toEqual(['e4', 'e3', 'e2']);
    const later = bareFeed({ now: () => NOW + 1_000 });
    later.end(exchange('e5'));
    expect(later.list({ after: feed.latest })).toHaveLength(1);
  });

  it('links to the trace where there is one', () => {
    const feed = bareFeed({ link: 'https://traces.example/{projectName}/{traceId}', projectName: 'my app' });
    feed.end({ ...exchange('a'), trace: { traceId: 'abc', spanId: 'def' } });
    feed.end(exchange('b'));
    expect(feed.list().map(({ trace_url }) => trace_url)).toEqual([undefined, 'https://traces.example/my%20app/abc']);
    expect(() => bareFeed({ link: 'https://traces.example/{secret}' })).toThrow(/eventFeed: link/);
  });

  it('passes messages through the redaction of the gateway, and leaves out what it refuses', () => {
    const feed = bareFeed({
      redactText: (text) => {
        if (text.includes('blocked')) throw new Error('content_blocked');
        return text.replace('ada@example.com', '<EMAIL_ADDRESS>');
      },
    });
    feed.event(exchange('a'), policyEvent({ message: 'said ada@example.com' }));
    feed.event(exchange('b'), policyEvent({ message: 'blocked' }));
    expect(feed.list().map(({ message }) => message)).toEqual([undefined, 'said <EMAIL_ADDRESS>']);
  });

  it('says of a cap its names and sums as they are, and of a price no model that a client made up', () => {
    const feed = bareFeed({ redactText: (text) => text.replaceAll(/\S+@\S+/g, '<EMAIL_ADDRESS>') });
    feed.event(exchange('a'), policyEvent({ code: 'spend_cap_reached', message: 'reached for user ada@example.com' }));
    feed.event(exchange('b'), policyEvent({ code: 'price_assumed', message: 'Model bob@example.com has no price' }));
    expect(feed.list().map(({ message }) => message)).toEqual([
      'Model <EMAIL_ADDRESS> has no price',
      'reached for user ada@example.com',
    ]);
  });

  it('keeps of a name that a client made up no more than its beginning, and nothing that is to be redacted', () => {
    const feed = bareFeed({ redactText: (text) => text.replace('ada@example.com', '<EMAIL_ADDRESS>') });
    const long = 'x'.repeat(1_000_000);
    feed.end({ ...exchange('a'), model: `ada@example.com/${long}`, identity: { user: long, session: long } });
    const [event] = feed.list();
    expect(event!.model).toMatch(/^<EMAIL_ADDRESS>\/x+$/);
    expect(JSON.stringify(event).length).toBeLessThan(1_500);
  });

  it('tells of requests that nobody could read', () => {
    const feed = bareFeed();
    const event: GatewayEvent = {
      ...{ type: 'unguarded', callId: 'c', exchangeId: 'a', reason: 'body_not_readable', policies: ['p'], at: NOW },
    };
    feed.event(exchange('a'), event);
    expect(feed.list()).toMatchObject([{ type: 'unguarded', code: 'body_not_readable' }]);
  });
});

describe('the effect of a policy', () => {
  const effectOf = async ({ ask }: Opened, id: string) =>
    (await ask('GET', `/v1/platform/gateway-policies/${id}/effect`)).json();

  it('says in monitor mode whom it would have blocked', async () => {
    const opened = await openAdmin({ configured: configured({ ...ZERO, mode: 'monitor' }) });
    await call(opened.gateway, { user: 'ada' });
    await call(opened.gateway, { user: 'ada' });
    await call(opened.gateway, { user: 'bob' });
    expect(await effectOf(opened, 'zero-id')).toEqual({
      ...{ policy_id: 'zero-id', since: '2026-11-26T10:30:00.000Z', calls: 3, matched: 3 },
      ...{ blocked: 0, would_block: 3, redacted: 0, would_redact: 0, warned: 0, entities: {} },
      subjects: [
        { subject: 'ada', count: 2 },
        { subject: 'bob', count: 1 },
      ],
    });
  });

  it('says what a guard took out', async () => {
    const opened = await openAdmin({ configured: configured(GUARD) });
    const ask = () =>
      opened.gateway.fetch('https://api.openai.com/v1/chat/completions', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'gpt-4o', messages: [{ role: 'user', content: 'I am ada@example.com' }] }),
      });
    await (await ask()).text();
    await opened.ask('PATCH', '/v1/platform/gateway-policies/guard-id', { body: { mode: 'monitor' } });
    await (await ask()).text();
    expect(await effectOf(opened, 'guard-id')).toMatchObject({
      ...{ calls: 2, matched: 2, redacted: 1, would_redact: 1, blocked: 0, entities: { EMAIL_ADDRESS: 2 } },
    });
  });

  it('of no policy is not found', async () => {
    const opened = await openAdmin();
    expect((await opened.ask('GET', '/v1/platform/gateway-policies/nobody/effect')).status).toBe(404);
  });
});

describe('the stream', () => {
  it('sends what was missed, then each event as it happens', async () => {
    const opened = await openAdmin();
    await (await call(opened.gateway)).text();
    await (await call(opened.gateway)).text();
    const [second, first] = opened.feed.list();
    const response = await opened.ask('GET', '/v1/events/stream', { headers: { 'last-event-id': String(first!.id) } });
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    const reader = new EventReader(response);
    expect(await reader.event()).toEqual(second);
    await (await call(opened.gateway, { user: 'ada' })).text();
    expect(await reader.event()).toMatchObject({ user: 'ada', type: 'call' });
    opened.admin.close();
    expect(await reader.rest()).toBe('');
  });

  it('refuses an id that is none', async () => {
    const opened = await openAdmin();
    const response = await opened.ask('GET', '/v1/events/stream', { headers: { 'last-event-id': '1; x' } });
    expect(response.status).toBe(400);
  });

  it('lets a slow reader go, and holds nobody up', async () => {
    const feed = bareFeed();
    const streams = new EventStreams(feed, { maxQueuedBytes: 2_000 });
    const response = streams.open();
    for (let i = 0; i < 100; i++) feed.end(exchange(`e${i}`));
    expect(streams.size).toBe(0);
    const text = await response.text();
    expect(text.length).toBeLessThan(3_000);
    expect(text).toMatch(/: dropped\n\n$/);
  });

  it('says that it is alive, and stops when the reader goes', async () => {
    const streams = new EventStreams(bareFeed(), { heartbeatMs: 5 });
    const response = streams.open();
    const reader = response.body!.getReader();
    let text = '';
    while (!text.includes(': alive')) text += new TextDecoder().decode((await reader.read()).value);
    expect(streams.size).toBe(1);
    await reader.cancel();
    expect(streams.size).toBe(0);
  });

  it('stops when the connection is gone', () => {
    const streams = new EventStreams(bareFeed());
    const connection = new AbortController();
    streams.open(connection.signal);
    connection.abort();
    expect(streams.size).toBe(0);
  });

  it('has so many readers, and takes one more when one goes', async () => {
    const opened = await openAdmin({ streams: { maxReaders: 2 } });
    const open = () => opened.ask('GET', '/v1/events/stream');
    const [first] = [await open(), await open()];
    expect((await open()).status).toBe(429);
    await first.body!.cancel();
    expect((await open()).status).toBe(200);
    opened.admin.close();
  });

  it('asked for by HEAD keeps no reader', async () => {
    const opened = await openAdmin({ streams: { maxReaders: 1 } });
    for (let i = 0; i < 3; i++) {
      const response = await opened.ask('HEAD', '/v1/events/stream');
      expect(response.status).toBe(200);
      expect(response.body).toBe(null);
    }
  });

  it('ends when tokens are replaced', async () => {
    const opened = await openAdmin();
    const response = await opened.ask('GET', '/v1/events/stream');
    opened.admin.setTokens([]);
    expect(await response.text()).toBe('retry: 2000\n\n');
    expect((await opened.ask('GET', '/v1/whoami')).status).toBe(401);
  });
});

function bareFeed(options: Partial<ConstructorParameters<typeof EventFeed>[0]> = {}): EventFeed {
  return new EventFeed({ redactText: (text) => text, policyId: () => undefined, now: () => NOW, ...options });
}

function exchange(id: string): Exchange {
  return { id, callId: `c-${id}`, identity: {}, provider: 'openai', model: 'gpt-4o', startedAt: NOW } as Exchange;
}

function policyEvent(more: Partial<PolicyEvent>): PolicyEvent {
  return {
    ...{ type: 'policy', callId: 'c', exchangeId: 'e', policy: 'p', mode: 'enforce', action: 'block' },
    ...{ decision: 'deny', target: 'input', at: NOW },
    ...more,
  } as PolicyEvent;
}

class EventReader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  #text = '';

  constructor(response: Response) {
    this.#reader = response.body!.getReader();
  }

  async event(): Promise<unknown> {
    for (;;) {
      const found = /^id: (\d+)\ndata: (.*)\n\n/m.exec(this.#text);
      if (found) {
        this.#text = this.#text.slice(found.index + found[0].length);
        return JSON.parse(found[2]!);
      }
      const { value, done } = await this.#reader.read();
      if (done) throw new Error('the stream ended');
      this.#text += new TextDecoder().decode(value);
    }
  }

  async rest(): Promise<string> {
    for (;;) {
      const { value, done } = await this.#reader.read();
      if (done) return this.#text;
      this.#text += new TextDecoder().decode(value);
    }
  }
}
