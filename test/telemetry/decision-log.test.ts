import { createHmac } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { createGateway, type DecisionLogOptions, type DecisionRecord, decisionLog, redact } from '../../src/index.ts';
import { CANARY, createBench, endpoint, makeExchange, policyEvent } from './calls.ts';

const SECRET = `whsec_${Buffer.from('invented secret of 32 bytes here').toString('base64')}`;
const bench = createBench();
const cleanUps: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  await bench.cleanUp();
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
});

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'postern-decisions-'));
  cleanUps.push(() => rmSync(path, { recursive: true }));
  return path;
}

const linesOf = (path: string): DecisionRecord[] =>
  readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as DecisionRecord);

interface Posted {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Answers by turns; the last answer again and again. `0` never answers. */
async function webhook(...statuses: number[]): Promise<{ url: string; posted: Posted[] }> {
  const posted: Posted[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request as AsyncIterable<Buffer>) body += chunk.toString();
    posted.push({ headers: request.headers, body });
    const status = statuses[Math.min(posted.length, statuses.length) - 1] ?? 200;
    if (status !== 0) response.writeHead(status, { location: '/elsewhere' }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanUps.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(() => resolve()));
  });
  return { url: `http://127.0.0.1:${(server.address() as { port: number }).port}/hook`, posted };
}

test('a gateway writes its decisions with the ids of the span, a link, and nothing raw', async () => {
  const receiver = await bench.receive();
  const tracing = await bench.trace({ target: { url: endpoint(receiver) } });
  const path = join(folder(), 'decisions.jsonl');
  const hook = await webhook(200);
  const seen: DecisionRecord[] = [];
  const log = decisionLog({
    file: path,
    webhook: { url: hook.url, secret: SECRET },
    onDecision: (record) => seen.push(record),
    calls: true,
    link: 'https://smith.example/p/{projectName}?trace={traceId}&span={spanId}',
    projectName: 'my app',
  });
  const answer = { choices: [{ message: { content: CANARY } }] };
  const gateway = createGateway({
    policies: [redact()],
    observers: [log],
    fetch: async () => Response.json(answer),
  });
  const body = JSON.stringify({ model: 'gpt-4o', messages: [{ role: 'user', content: `Write to ${CANARY}` }] });

  const url = 'https://api.openai.com/v1/chat/completions';
  await (await gateway.withContext({ user: 'ada' }, () => gateway.fetch(url, { method: 'POST', body }))).text();
  await gateway.close();
  await tracing.forceFlush();

  const span = receiver.spans.find(({ name }) => name === 'chat gpt-4o');
  const records = linesOf(path);
  expect(records.map(({ type }) => type)).toEqual(expect.arrayContaining(['policy', 'call']));
  expect(records[0]).toMatchObject({
    policy: 'redact',
    decision: 'modify',
    findings: [{ kind: 'EMAIL_ADDRESS', scope: 'message', count: 1 }],
    identity: { user: 'ada' },
    traceId: span?.traceId,
    spanId: span?.spanId,
    link: `https://smith.example/p/my%20app?trace=${span?.traceId}&span=${span?.spanId}`,
  });
  expect(records.at(-1)).toMatchObject({ type: 'call', outcome: 'completed', policies: ['redact'] });
  expect(JSON.parse(JSON.stringify(seen))).toEqual(records);
  expect(hook.posted.flatMap((post) => (JSON.parse(post.body) as { data: unknown[] }).data)).toEqual(records);
  expect(readFileSync(path, 'utf8') + hook.posted.map((post) => post.body).join()).not.toContain('lovelace');
});

test('details and messages of a policy of the app stay out', async () => {
  const path = join(folder(), 'decisions.jsonl');
  const log = decisionLog({ file: path });

  const details = { limit_usd: 5, said: CANARY, nested: { said: CANARY } };
  log.event?.(
    makeExchange(),
    policyEvent({ message: `Said ${CANARY}`, details, findings: [{ kind: 'X', scope: 'message', start: 3, end: 9 }] }),
  );
  await log.close();

  const [record] = linesOf(path);
  expect(record?.details).toEqual({ limit_usd: 5 });
  expect(record?.findings).toEqual([{ kind: 'X', scope: 'message' }]);
  expect(readFileSync(path, 'utf8')).not.toContain(CANARY);
});

test('a POST is signed as Standard Webhooks says', async () => {
  const hook = await webhook(200);
  const log = decisionLog({ webhook: { url: hook.url, secret: SECRET, headers: { 'x-tenant': 'a' } } });

  log.event?.(makeExchange(), policyEvent());
  log.event?.(makeExchange(), policyEvent());
  await log.flush();

  expect(hook.posted).toHaveLength(1);
  const { headers, body } = hook.posted[0]!;
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
  const code = createHmac('sha256', Buffer.from(SECRET.slice(6), 'base64'))
    .update(signed)
    .digest('base64');
  expect(headers['webhook-signature']).toBe(`v1,${code}`);
  expect(headers['x-tenant']).toBe('a');
  expect(log.stats.webhook).toEqual({ written: 2, dropped: 0, failed: 0 });
});

test('what fails for a while is sent again under the same id', async () => {
  const hook = await webhook(500, 429, 200);
  const log = decisionLog({ webhook: { url: hook.url, secret: SECRET, retryDelayMs: 1 } });

  log.event?.(makeExchange(), policyEvent());
  await log.flush();

  expect(hook.posted).toHaveLength(3);
  expect(new Set(hook.posted.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
  expect(log.stats.webhook).toEqual({ written: 1, dropped: 0, failed: 0 });
});

test.each([
  ['always fails', [503], 2, 2],
  ['refuses', [400], 2, 1],
  ['redirects', [307], 2, 1],
  ['never answers', [0], 2, 2],
])('a webhook that %s costs its lines, which are counted', async (_, statuses, maxAttempts, attempts) => {
  const hook = await webhook(...statuses);
  const log = decisionLog({ webhook: { url: hook.url, secret: SECRET, retryDelayMs: 1, timeoutMs: 100, maxAttempts } });

  log.event?.(makeExchange(), policyEvent());
  await log.flush();

  expect(hook.posted).toHaveLength(attempts);
  expect(log.stats.webhook).toEqual({ written: 0, dropped: 0, failed: 1 });
});

test('a refused port and a full queue are counted, and no call waits', async () => {
  const log = decisionLog({
    webhook: { url: 'http://127.0.0.1:1/hook', secret: SECRET, retryDelayMs: 1, maxAttempts: 2 },
    maxQueued: 2,
  });

  for (let i = 0; i < 5; i++) log.event?.(makeExchange(), policyEvent());
  await log.flush();

  expect(log.stats.webhook).toEqual({ written: 0, dropped: 3, failed: 2 });
});

test.each(['/dev/full', '/nowhere/decisions.jsonl'])('%s costs lines and never throws', async (file) => {
  const log = decisionLog({ file });

  log.event?.(makeExchange(), policyEvent());
  await log.close();

  expect(log.stats.file).toEqual({ written: 0, dropped: 0, failed: 1 });
});

test('a file is renamed when it would grow too large, and the oldest goes', async () => {
  const place = folder();
  const log = decisionLog({ file: { path: join(place, 'log'), maxBytes: 400, keep: 2 } });

  for (let i = 0; i < 6; i++) {
    log.event?.(makeExchange({ id: `exchange-${i}` }), policyEvent());
    await log.flush();
  }

  expect(readdirSync(place).sort()).toEqual(['log', 'log.1', 'log.2']);
  expect(linesOf(join(place, 'log')).at(-1)?.exchangeId).toBe('exchange-5');
});

test('without a span there are no ids of one, and no link that needs them', () => {
  const seen: DecisionRecord[] = [];
  const log = decisionLog({ onDecision: (record) => seen.push(record), link: 'https://x.example/{traceId}' });

  log.event?.(makeExchange(), policyEvent());

  expect(seen[0]).toMatchObject({ callId: 'call-1', link: undefined });
  expect(seen[0]).not.toHaveProperty('traceId');
});

test('gateway.close() waits for a slow webhook no longer than it is told', async () => {
  const hook = await webhook(0);
  const log = decisionLog({ webhook: { url: hook.url, secret: SECRET, timeoutMs: 60_000 } });
  const gateway = createGateway({ observers: [log] });
  log.event?.(makeExchange(), policyEvent());

  const before = Date.now();
  await gateway.close({ timeoutMs: 50 });

  expect(Date.now() - before).toBeLessThan(5_000);
});

test.each<[DecisionLogOptions, string]>([
  [{}, 'a file, a webhook or onDecision'],
  [{ file: '' }, 'file.path'],
  [{ file: { path: 'x', maxBytes: -1 } }, 'file.maxBytes'],
  [{ webhook: { url: 'nowhere', secret: SECRET } }, 'webhook.url'],
  [{ webhook: { url: 'https://x.example', secret: 'short' } }, 'webhook.secret'],
  [{ webhook: { url: 'https://x.example', secret: SECRET, maxAttempts: 0 } }, 'webhook.maxAttempts'],
  [{ file: 'x', maxQueued: 0 }, 'maxQueued'],
  [{ file: 'x', link: 'https://x.example/{trace}' }, 'link'],
  [{ file: 'x', link: 'https://x.example/{projectName}' }, 'projectName'],
])('%j names what is wrong', (options, named) => {
  expect(() => decisionLog(options)).toThrow(named);
});
