/** Detectors that take their time, over every door: a service on this machine that knows names. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { gatewayErrorOf, redact } from '../../src/index.ts';
import { presidioAnalyzer } from '../../src/redaction/index.ts';
import { DOORS, startWorld, type World } from './doors.ts';

const NAME = 'Grace Hopper';
const EMAIL = 'ada.lovelace@example.com';

let world: World;
let service: Server;
/** What was asked; `undefined` makes the service fail. */
let asked: string[] | undefined;

beforeEach(async () => {
  asked = [];
  service = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const { text } = JSON.parse(body) as { text: string };
    asked?.push(text);
    const start = text.indexOf(NAME);
    const found = start < 0 ? [] : [{ entity_type: 'PERSON', start, end: start + NAME.length, score: 0.9 }];
    response.writeHead(asked ? 200 : 500).end(JSON.stringify(found));
  });
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  await world.stop();
  service.closeAllConnections();
  await new Promise((resolve) => service.close(resolve));
});

const analyzer = (failure?: 'open' | 'closed') =>
  presidioAnalyzer({ url: `http://127.0.0.1:${(service.address() as AddressInfo).port}`, failure });

describe.each(DOORS)('$name', ({ ask, limits }) => {
  it.each([{ stream: false }, { stream: true }])(
    'is served in request and answer (stream: $stream)',
    async ({ stream }) => {
      world = await startWorld({ policies: [redact({ analyzers: [analyzer()], stream: 'buffer' })] });
      world.provider.reply = ({ prompt }) => `${JSON.stringify(prompt)} met ${NAME} today.`;

      const answer = await ask(world, { text: `I am ${NAME}, ${EMAIL}.`, stream });

      expect(world.provider.requests.at(-1)!.body).toContain('I am <PERSON_1>, <EMAIL_ADDRESS_1>.');
      if (stream && limits?.streamedAnswers) return;
      expect(answer).toBe(`"I am ${NAME}, ${EMAIL}." met <PERSON_2> today.`);
      expect(world.gateway.stats.open).toBe(0);
    },
  );

  it.each([{ stream: false }, { stream: true }])(
    'is refused an answer that nobody could look at (stream: $stream)',
    async ({ stream }) => {
      world = await startWorld({ policies: [redact({ analyzers: [analyzer()], stream: 'buffer' })] });
      world.provider.reply = () => {
        asked = undefined;
        return `I met ${NAME}.`;
      };

      const error: unknown = await ask(world, { text: 'Whom did you meet?', stream, maxRetries: 0 }).catch(
        (raised: unknown) => raised,
      );

      if (stream && limits?.streamedAnswers) return;
      // The client may raise what it reads before the call behind it has ended.
      await vi.waitFor(() => expect(world.gateway.stats.open).toBe(0));
      const refusal = gatewayErrorOf(error);
      expect(refusal?.code).toBe('detector_unavailable');
      if (!(stream && limits?.streamedDetails)) expect(refusal?.details).toMatchObject({ detector: 'presidio' });
      expect(String((error as Error).message)).not.toContain(NAME);
      expect(
        world.events.map(({ type, ...event }) => ('action' in event ? [event.action, event.target] : type)),
      ).toEqual([['block', 'output']]);
      expect(world.calls.map(({ outcome }) => outcome)).toEqual(['failed']);
    },
  );

  it('goes on without it, with an event, where it fails open', async () => {
    world = await startWorld({ policies: [redact({ analyzers: [analyzer('open')] })] });
    world.provider.reply = () => {
      asked = undefined;
      return `I met ${NAME}, ${EMAIL}.`;
    };

    const answer = await ask(world, { text: 'Whom did you meet?' });

    expect(answer).toBe(`I met ${NAME}, <EMAIL_ADDRESS_1>.`);
    expect(world.events).toContainEqual(
      expect.objectContaining({ action: 'warn', target: 'output', code: 'detector_unavailable' }),
    );
  });
});
