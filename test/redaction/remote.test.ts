import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { Analyzer } from '../../src/redaction/analyzers.ts';
import { type PresidioOptions, presidioAnalyzer } from '../../src/redaction/presidio.ts';
import { createRedactor } from '../../src/redaction/redactor.ts';
import { EMAIL } from './fixtures.ts';

type Answer = (body: { text: string; language: string; entities?: string[] }, response: ServerResponse) => void;

const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function bodyOf(request: IncomingMessage): Promise<Parameters<Answer>[0]> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return JSON.parse(text) as Parameters<Answer>[0];
}

/** A server that speaks like Presidio's analyzer, with the given answers. */
async function presidio(answer: Answer, options: Partial<PresidioOptions> = {}) {
  const paths: string[] = [];
  const server = createServer((request, response) => {
    paths.push(`${request.method} ${request.url}`);
    void bodyOf(request).then((body) => answer(body, response));
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return { paths, analyzer: presidioAnalyzer({ url, ...options }) };
}

/** Finds "Grace Hopper" in code points, as Python counts. */
const findsGrace: Answer = ({ text }, response) => {
  const start = [...text.slice(0, text.indexOf('Grace'))].length;
  const found = text.includes('Grace') ? [{ entity_type: 'PERSON', start, end: start + 12, score: 0.9 }] : [];
  response.end(JSON.stringify(found));
};

describe('Presidio', () => {
  it('finds what the built-in detectors do not know, beside them', async () => {
    const { analyzer, paths } = await presidio(findsGrace);
    const redactor = createRedactor({ analyzers: [analyzer] });

    expect(await redactor.redactAsync(`Grace Hopper <${EMAIL}>`)).toBe('<PERSON_1> <<EMAIL_ADDRESS_1>>');
    expect(paths).toEqual(['POST /analyze']);
    expect(redactor.isAsync).toBe(true);
  });

  it('counts code points, and its places are turned into those of JavaScript', async () => {
    const { analyzer } = await presidio(findsGrace);

    expect(await createRedactor({ analyzers: [analyzer] }).redactAsync('😀😀 Grace Hopper!')).toBe('😀😀 <PERSON_1>!');
  });

  it('is told language, entities and threshold', async () => {
    const asked: unknown[] = [];
    const { analyzer } = await presidio(
      (body, response) => {
        asked.push(body);
        response.end('[]');
      },
      { language: 'de', entities: ['PERSON'], scoreThreshold: 0.4 },
    );
    await createRedactor({ analyzers: [analyzer] }).detectAsync('Hallo');

    expect(asked).toEqual([{ text: 'Hallo', language: 'de', entities: ['PERSON'], score_threshold: 0.4 }]);
  });

  const broken: [string, Answer][] = [
    ['an error', (_, response) => response.writeHead(500).end('{"error":"some text"}')],
    ['no JSON', (_, response) => response.end('<html>')],
    ['something else', (_, response) => response.end('{"results":[]}')],
    [
      'a place outside of the text',
      (_, response) => response.end('[{"entity_type":"PERSON","start":0,"end":999,"score":1}]'),
    ],
    ['a name that is no entity', (_, response) => response.end('[{"entity_type":"a b","start":0,"end":1,"score":1}]')],
    [
      'half an answer',
      (_, response) => response.writeHead(200, { 'content-length': 99 }).end('[') && response.destroy(),
    ],
    ['a redirect', (_, response) => response.writeHead(307, { location: 'http://127.0.0.1:9/' }).end()],
    ['nothing in time', () => {}],
  ];

  it.each(broken)('that answers with %s refuses the text, which is not quoted', async (_, answer) => {
    const { analyzer } = await presidio(answer, { deadlineMs: 150 });
    const error: unknown = await createRedactor({ analyzers: [analyzer] })
      .detectAsync('Grace Hopper')
      .catch((caught: unknown) => caught);

    expect(error).toMatchObject({ code: 'detector_unavailable', status: 503, retryable: false });
    expect(String((error as Error).message)).not.toContain('Grace');
  });

  it.each(broken)('that answers with %s is done without when it may fail', async (_, answer) => {
    const { analyzer } = await presidio(answer, { deadlineMs: 150, failure: 'open' });
    const redactor = createRedactor({ analyzers: [analyzer] });

    const { matches, failures } = await redactor.scanAll([{ text: `Grace Hopper ${EMAIL}` }]);

    expect(matches[0]!.map(({ type }) => type)).toEqual(['EMAIL_ADDRESS']);
    expect(failures).toMatchObject([{ analyzer: 'presidio', failure: 'open' }]);
  });
});

describe('an asynchronous detector', () => {
  const analyzer = (analyze: Analyzer['analyze'], rest: Partial<Analyzer> = {}): Analyzer => ({
    name: 'own',
    analyze,
    ...rest,
  });

  it('is told to stop when its time is over', async () => {
    let stopped = false;
    const slow = analyzer((_, signal) => new Promise(() => signal.addEventListener('abort', () => (stopped = true))), {
      deadlineMs: 20,
      failure: 'open',
    });

    const { failures } = await createRedactor({ analyzers: [slow] }).scanAll([{ text: 'some text' }]);

    expect([failures[0]!.reason, stopped]).toEqual(['late', true]);
  });

  it('is asked again only for texts that it has not seen', async () => {
    const asked: string[] = [];
    const own = analyzer(async (text) => {
      asked.push(text);
      return [{ start: 0, end: 4, type: 'PERSON' }];
    });
    const redactor = createRedactor({ analyzers: [own] });
    const history = ['Ada. '.repeat(80), 'Hello Bob', 'Yes.'];
    await redactor.scanAll(history.map((text) => ({ text })));
    await redactor.scanAll([...history, 'new text'].map((text) => ({ text })));

    expect(asked).toEqual([...history, 'new text']);
  });

  it('serves no text that is not asked for asynchronously', () => {
    const own = analyzer(() => Promise.reject(new Error('not to be asked')));

    expect(createRedactor({ analyzers: [own] }).redact(`Ada ${EMAIL}`)).toBe('Ada <EMAIL_ADDRESS_1>');
  });

  it.each([
    [{ url: 'localhost' }, 'presidioAnalyzer: url'],
    [{}, 'presidioAnalyzer: url'],
    [undefined, 'presidioAnalyzer: options'],
    [{ url: 'http://' }, 'presidioAnalyzer: url'],
    [{ url: 'http://a', deadlineMs: 0 }, 'presidioAnalyzer: deadlineMs'],
    [{ url: 'http://a', failure: 'ajar' }, 'presidioAnalyzer: failure'],
    [{ url: 'http://a', language: 'English' }, 'presidioAnalyzer: language'],
    [{ url: 'http://a', entities: 'PERSON' }, 'presidioAnalyzer: entities'],
    [{ url: 'http://a', scoreThreshold: 80 }, 'presidioAnalyzer: scoreThreshold'],
    [{ url: 'http://a', headers: { authorization: 1 } }, 'presidioAnalyzer: headers'],
    [{ url: 'http://a', fetch: 'fetch' }, 'presidioAnalyzer: fetch'],
  ])('has options that are checked: %j', (options, param) => {
    expect(() => presidioAnalyzer(options as PresidioOptions)).toThrow(expect.objectContaining({ param }));
  });
});
