import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createGateway } from '../../src/gateway/gateway.ts';
import { type PriceRefreshOptions, type PriceRefreshResult, refreshPrices } from '../../src/spend/price-refresh.ts';
import { createPriceBook } from '../../src/spend/prices.ts';

const AT = Date.parse('2026-11-21T12:00:00Z');
const folder = mkdtempSync(join(tmpdir(), 'postern-prices-'));
afterAll(() => rmSync(folder, { recursive: true }));

const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const rawKey = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32).toString('base64');
const pem = publicKey.export({ format: 'pem', type: 'spki' }).toString();

function bytesOf(input: string, asOf = '2026-11-20', version = 'acme 1'): Buffer {
  return Buffer.from(JSON.stringify({ version, asOf, prices: { 'openai/gpt-7': { input, output: '10' } } }));
}

async function refreshed(options: Partial<PriceRefreshOptions>, prices = createPriceBook()) {
  const result = await refreshPrices({ prices, now: () => AT, ...options }).refresh();
  return { result, price: prices.lookup('openai', 'gpt-7', AT)!, prices };
}

describe('prices are taken', () => {
  it('from a function', async () => {
    const { result, price } = await refreshed({ load: () => bytesOf('1') });
    expect(result).toEqual({ ok: true, version: 'acme 1', reason: undefined, moves: [] });
    expect(price).toMatchObject({ source: 'remote', rates: { input: 1_000_000 } });
  });

  it.each([
    ['raw', rawKey],
    ['PEM', pem],
  ])('from a file whose signature stands beside: %s key', async (name, ed25519PublicKey) => {
    const file = join(folder, `${name}.json`);
    writeFileSync(file, bytesOf('1'));
    writeFileSync(`${file}.sig`, sign(null, bytesOf('1'), privateKey).toString('base64'));
    expect((await refreshed({ file, ed25519PublicKey })).result.ok).toBe(true);
    writeFileSync(file, bytesOf('2'));
    expect((await refreshed({ file, ed25519PublicKey })).result).toMatchObject({
      ok: false,
      reason: 'Its signature does not match.',
    });
  });

  it('from a URL, without following it elsewhere', async () => {
    const asked: unknown[] = [];
    const fetch = async (url: unknown, init?: RequestInit): Promise<Response> => {
      asked.push([url, init?.redirect]);
      const bytes = bytesOf('1');
      return new Response(
        String(url).endsWith('.sig') ? new Uint8Array(sign(null, bytes, privateKey)) : new Uint8Array(bytes),
      );
    };
    const { result } = await refreshed({ url: 'https://prices.example/p.json', ed25519PublicKey: rawKey, fetch });
    expect(result.ok).toBe(true);
    expect(asked).toEqual([
      ['https://prices.example/p.json', 'error'],
      ['https://prices.example/p.json.sig', 'error'],
    ]);
  });

  it('by their digest', async () => {
    const sha256 = createHash('sha256').update(bytesOf('1')).digest('hex');
    expect((await refreshed({ load: () => bytesOf('1'), sha256 })).result.ok).toBe(true);
    const { result, price } = await refreshed({ load: () => bytesOf('2'), sha256 });
    expect(result).toMatchObject({ ok: false, reason: 'Its SHA-256 digest is another one.' });
    expect(price.source).toBe('ceiling');
  });
});

describe('what was good last stays', () => {
  const cases: readonly (readonly [string, Partial<PriceRefreshOptions>, RegExp])[] = [
    ['the source is gone', { load: () => Promise.reject(new Error('no route')) }, /no route/],
    [
      'the server fails',
      { url: 'https://prices.example/', sha256: '0'.repeat(64), fetch: async () => new Response('', { status: 503 }) },
      /503/,
    ],
    ['it is no JSON', { load: () => Buffer.from('<html>') }, /no JSON/],
    ['it is of another shape', { load: () => Buffer.from('{}') }, /three shapes/],
    ['it is larger than prices are', { load: () => new Uint8Array(17 * 1024 * 1024) }, /larger than/],
    [
      'it is older than what was read',
      { load: () => bytesOf('2', '2026-11-01') },
      /older than the prices of 2026-11-20/,
    ],
    ['it is too old', { load: () => bytesOf('2', '2026-10-01'), maxAgeDays: 30 }, /too old/],
    [
      'a signature is asked for and there is none',
      { load: () => bytesOf('2'), ed25519PublicKey: rawKey },
      /no signature/,
    ],
  ];

  it.each(cases)('when %s', async (_, options, reason) => {
    const prices = createPriceBook();
    let load: PriceRefreshOptions['load'] = () => bytesOf('1');
    const own = options.load
      ? refreshPrices({ prices, now: () => AT, ...options, load: () => load!() })
      : refreshPrices({ prices, now: () => AT, load: () => load!() });
    if (!options.ed25519PublicKey) await own.refresh();
    load = options.load;
    const result = await (options.load ? own : refreshPrices({ prices, now: () => AT, ...options })).refresh();
    expect(result).toMatchObject({ ok: false, reason: expect.stringMatching(reason) });
    if (!options.ed25519PublicKey) expect(prices.lookup('openai', 'gpt-7', AT)!.rates.input).toBe(1_000_000);
  });

  it('for the models whose price moved wildly, with model, old and new price', async () => {
    const { prices } = await refreshed({ load: () => bytesOf('1') });
    const told: PriceRefreshResult[] = [];
    const { result, price } = await refreshed(
      { load: () => bytesOf('100', '2026-11-21', 'acme 2'), onRefresh: (one) => told.push(one) },
      prices,
    );
    expect(result.reason).toContain('openai/gpt-7 input 1 -> 100 USD per million tokens');
    expect(result.moves).toEqual([{ provider: 'openai', model: 'gpt-7', rate: 'input', before: 1, after: 100 }]);
    expect(told).toEqual([result]);
    expect(price.rates.input).not.toBe(100_000_000);
  });
});

it('asks once for several who ask at the same time, and a listener that throws disturbs nobody', async () => {
  let asked = 0;
  const load = async () => {
    asked++;
    return bytesOf('1');
  };
  const onRefresh = () => {
    throw new Error('listener');
  };
  const refresh = refreshPrices({ prices: createPriceBook(), load, onRefresh, now: () => AT });
  const results = await Promise.all([refresh.refresh(), refresh.refresh()]);
  expect([asked, results[0], results[0]?.ok]).toEqual([1, results[1], true]);
});

it.each([
  [{}, 'refreshPrices'],
  [{ file: 'a', url: 'https://x.example' }, 'refreshPrices'],
  [{ url: 'http://prices.example', sha256: '0'.repeat(64) }, 'refreshPrices: url'],
  [{ url: 'https://prices.example' }, 'refreshPrices: url'],
  [{ file: 'a', sha256: 'abc' }, 'refreshPrices: sha256'],
  [{ file: 'a', everyMs: 5 }, 'refreshPrices: everyMs'],
])('options of a wrong form are refused by name: %j', (options, param) => {
  expect(() => refreshPrices({ prices: createPriceBook(), ...options })).toThrow(
    expect.objectContaining({ code: 'invalid_option', param }),
  );
});

it('a gateway prices its calls by the book that is refreshed', async () => {
  const prices = createPriceBook();
  const answer = { model: 'gpt-7', usage: { prompt_tokens: 1_000, completion_tokens: 100 } };
  const gateway = createGateway({ prices, now: () => AT, fetch: async () => Response.json(answer) });
  const costs: unknown[] = [];
  gateway.on('call', ({ cost }) => costs.push([cost?.nanoUsd, cost?.priceVersion]));
  const call = async (): Promise<void> => {
    const body = JSON.stringify({ model: 'gpt-7', messages: [{ role: 'user', content: 'hi' }] });
    const response = await gateway.fetch('https://api.openai.com/v1/chat/completions', { method: 'POST', body });
    await response.text();
  };
  await refreshed({ load: () => bytesOf('1') }, prices);
  await call();
  await refreshed({ load: () => bytesOf('2', '2026-11-21', 'acme 2') }, prices);
  await call();
  expect(costs).toEqual([
    [2_000_000, 'acme 1'],
    [3_000_000, 'acme 2'],
  ]);
  expect(() => createGateway({ prices, unknownModel: 'block' })).toThrow(/unknownModel must be left to the price book/);
});
