import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createGateway, type GatewayEvent, type GatewayOptions, redact, scoped, spendCap } from '../../src/index.ts';
import { type Change, changed, changes } from '../json/changes.ts';
import { CARD, EMAIL, GITHUB, PHONE, SSN } from '../redaction/fixtures.ts';

const ANSWER =
  '{"choices":[{"index":0,"message":{"role":"assistant","content":"<EMAIL_ADDRESS_1>, <PHONE_NUMBER_1>"}}]}';
const EMPTY_ANSWER = { headers: { 'content-type': 'application/json' } };

/** Bodies are remembered from 4,096 characters on. */
const FILLER = 'plain words and nothing else, '.repeat(150);

const contents = fc
  .array(
    fc.constantFrom(
      EMAIL,
      PHONE,
      CARD,
      SSN,
      GITHUB,
      '<EMAIL_ADDRESS_1>',
      'the "order"',
      '219099999',
      '\n',
      '\u200b',
      'a\\b',
    ),
    { maxLength: 4 },
  )
  .map((words) => words.join(' '));
const message: fc.Arbitrary<object> = fc.oneof(
  contents.map((content) => ({ role: 'user', content })),
  contents.map((text) => ({
    content: [
      { type: 'text', text },
      { type: 'image_url', image_url: { url: text } },
    ],
    role: 'user',
  })),
  fc.tuple(contents, fc.constantFrom('password', 'order_id', 'ssn', 'note')).map(([value, key]) => ({
    role: 'assistant',
    content: null,
    tool_calls: [
      { id: 'call_1', type: 'function', function: { name: 'f', arguments: JSON.stringify({ [key]: value }) } },
    ],
  })),
  contents.map((content) => ({ role: 'tool', tool_call_id: 'call_1', content: JSON.stringify({ result: [content] }) })),
);

/** What a client sends next: the history with turns taken out or put in, or its text changed by letters. */
type Next = { readonly at: number; readonly removed: number; readonly added: readonly object[] } | Change;
const nexts: fc.Arbitrary<Next> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ at: fc.nat(8), removed: fc.nat(2), added: fc.array(message, { maxLength: 3 }) }),
  },
  { weight: 2, arbitrary: changes },
);

const bodyOf = (messages: readonly object[]): string =>
  JSON.stringify({
    model: 'gpt-4o-mini',
    messages: [{ role: 'system', content: FILLER }, ...messages],
    tools: [{ type: 'function', function: { name: 'f', description: EMAIL } }],
  });

type Policies = NonNullable<GatewayOptions['policies']>;

function gatewayWith(policies: Policies) {
  const sent: string[] = [];
  const told: unknown[] = [];
  const gateway = createGateway({
    policies,
    providers: [{ name: 'openai', baseURL: 'http://127.0.0.1:9/v1', streamUsage: true }],
    fetch: async (_, init) => {
      sent.push(typeof init?.body === 'string' ? init.body : Buffer.from(init?.body as Uint8Array).toString());
      return new Response(ANSWER, EMPTY_ANSWER);
    },
  });
  gateway.on(
    'policy',
    ({ at: _, exchangeId: __, callId: ___, ...event }: GatewayEvent & { exchangeId: string; callId: string }) =>
      told.push(event),
  );
  /** Everything that somebody sees of a call. */
  const ask = async (body: string | Uint8Array<ArrayBuffer>, user: string) => {
    const init = { method: 'POST', body, headers: { 'content-type': 'application/json' } };
    const answer = await gateway.withContext({ user }, () =>
      gateway.fetch('http://127.0.0.1:9/v1/chat/completions', init),
    );
    const shown = await answer.text();
    return { status: answer.status, shown, sent: sent.splice(0), told: told.splice(0) };
  };
  return ask;
}

describe('a request whose history is known', () => {
  it('is sent, told of and answered as one that is read for the first time, whatever the client changed and whoever sent it', async () => {
    const remembering = gatewayWith([redact()]);
    const forgetful = gatewayWith([redact({ memo: false })]);

    await fc.assert(
      fc.asyncProperty(
        fc.array(message, { maxLength: 6 }),
        fc.array(fc.tuple(nexts, fc.constantFrom('ada', 'bob')), { maxLength: 6 }),
        async (first, later) => {
          let messages = first;
          for (const [next, user] of [[undefined, 'ada'] as const, ...later]) {
            if (next && 'added' in next) messages = messages.toSpliced(next.at, next.removed, ...next.added);
            let body = bodyOf(messages);
            if (next && 'kind' in next)
              body = changed(body, { ...next, at: FILLER.length + (next.at % (body.length - FILLER.length)) });
            // UTF-8 has no half of a pair.
            body = user === 'ada' ? body : Buffer.from(body).toString();
            const known = await remembering(user === 'ada' ? body : new TextEncoder().encode(body), user);
            expect(known).toEqual(await forgetful(body, user));
          }
        },
      ),
      { numRuns: 100 },
    );
  });

  it('gets what each policy would find, where two differ and one is for another caller', async () => {
    const policies = (memo: false | undefined): Policies => [
      scoped(redact({ name: 'ada', entities: ['EMAIL_ADDRESS'], memo }), { user: 'ada' }),
      redact({ name: 'all', entities: ['PHONE_NUMBER'], memo }),
      spendCap({ name: 'cap', limitUsd: 1, window: 'daily' }),
    ];
    const [remembering, forgetful] = [gatewayWith(policies(undefined)), gatewayWith(policies(false))];
    const turns = [EMAIL, PHONE, `${EMAIL} ${PHONE}`].map((content) => ({ role: 'user', content }));

    for (const user of ['ada', 'ada', 'bob', 'bob', 'ada']) {
      const body = bodyOf(turns);
      const [known, unknown] = [await remembering(body, user), await forgetful(body, user)];
      expect(known).toEqual(unknown);
      expect(known.sent[0]!.includes(EMAIL)).toBe(user === 'bob');
      expect(known.sent[0]).not.toContain(PHONE);
    }
  });

  it('is sent as it was when it was asked for, whatever is written into its bytes meanwhile', async () => {
    const ask = gatewayWith([redact()]);
    const body = new TextEncoder().encode(bodyOf([{ role: 'user', content: EMAIL }]));

    const asked = ask(body, 'ada');
    body.fill(32);

    expect((await asked).sent[0]).toContain('<EMAIL_ADDRESS_1>');
  });
});
