/** URLs of a configuration reach the public internet alone: every spelling of an address, every answer of a resolver. */
import type { LookupFunction } from 'node:net';
import { describe, expect, it } from 'vitest';
import { createGateway } from '../../src/index.ts';
import { isPublicAddress } from '../../src/server/addresses.ts';
import { checkProviderURL, guardedFetch } from '../../src/server/index.ts';
import { CHAT, serverWorld } from './support.ts';

const world = serverWorld();
const port = (): string => new URL(world.provider.origin).port;

/** A resolver that gives these answers one after another, and the last one on and on. */
function resolver(...answers: readonly string[][]): LookupFunction & { asked: string[] } {
  const left = [...answers];
  const asked: string[] = [];
  const lookup: LookupFunction = (hostname, _options, callback) => {
    asked.push(hostname);
    const addresses = left.length > 1 ? left.shift()! : left[0]!;
    const found = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
    (callback as unknown as (error: null, all: typeof found) => void)(null, found);
  };
  return Object.assign(lookup, { asked });
}

const PRIVATE = [
  ...['127.0.0.1', '127.8.9.10', '10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', '0.0.0.0', '0.1.2.3'],
  ...['169.254.169.254', '169.254.170.2', '100.64.0.1', '100.100.100.200', '168.63.129.16', '192.0.0.192'],
  ...['192.0.2.1', '198.18.0.1', '198.51.100.1', '203.0.113.1', '224.0.0.1', '239.255.255.255', '240.0.0.1'],
  ...['255.255.255.255', '::', '::1', '::127.0.0.1', '::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:10.0.0.1'],
  ...['0:0:0:0:0:ffff:a9fe:a9fe', '64:ff9b::127.0.0.1', '64:ff9b::a9fe:a9fe', '64:ff9b::1', '64:ff9b:1::8.8.8.8'],
  ...['fc00::1', 'fd00:ec2::254', 'fd20:ce::254', 'fe80::1', 'fe80::1%eth0', 'fec0::1', 'ff02::1', '100::1'],
  ...[
    '2001:db8::1',
    '2002:7f00:1::',
    '2001:0:4136:e378:8000:63bf:3fff:fdd2',
    '3fff::1',
    '5f00::1',
    '::ffff:0:127.0.0.1',
  ],
  ...['', 'localhost', '1.2.3', '8.8.8.8.8', 'not an address'],
];
const PUBLIC = [
  '1.1.1.1',
  '8.8.8.8',
  '172.32.0.1',
  '100.128.0.1',
  '2606:4700::1111',
  '::ffff:8.8.8.8',
  '64:ff9b::8.8.8.8',
];

describe('addresses', () => {
  it.each(PRIVATE)('%s is not public', (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });
  it.each(PUBLIC)('%s is', (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });
});

describe('a literal address, however it is written, is refused before anything is sent', () => {
  it.each([
    ...[
      '127.0.0.1',
      '2130706433',
      '0x7f000001',
      '0x7f.1',
      '127.1',
      '0177.0.0.1',
      '017700000001',
      '127.0.0.1.',
      '0',
      '0.0.0.0',
    ],
    ...[
      '１２７.０.０.１',
      '127。0。0。1',
      '①②⑦.0.0.1',
      '%31%32%37.0.0.1',
      'evil@127.0.0.1',
      '[::1]',
      '[::]',
      '[::ffff:127.0.0.1]',
    ],
    ...[
      '[0:0:0:0:0:ffff:7f00:1]',
      '[64:ff9b::127.0.0.1]',
      '[fe80::1]',
      '[fd00:ec2::254]',
      '169.254.169.254',
      '2852039166',
      '0xA9FEA9FE',
    ],
    ...['10.1', '192.168.257', '100.100.100.200', '168.63.129.16'],
  ])('http://%s/', async (host) => {
    const lookup = resolver(['127.0.0.1']);
    const asked = guardedFetch({ lookup })(`http://${host}:${port()}/v1/models`.replace('.:', '.:'));
    await expect(asked).rejects.toMatchObject({ code: 'address_not_allowed' });
    expect(lookup.asked).toEqual([]);
    expect(world.provider.requests).toHaveLength(0);
  });
});

describe('a name', () => {
  it.each(PRIVATE.slice(0, -5).filter((address) => !address.includes('%')))(
    'that leads to %s is refused',
    async (address) => {
      const asked = guardedFetch({ lookup: resolver([address]) })(`http://models.example:${port()}/v1/models`);
      await expect(asked).rejects.toMatchObject({
        code: 'address_not_allowed',
        message: expect.stringContaining('"models.example"'),
      });
      await expect(asked).rejects.not.toMatchObject({ message: expect.stringContaining(address || 'models.example:') });
      expect(world.provider.requests).toHaveLength(0);
    },
  );

  it.each([[['8.8.8.8', '127.0.0.1']], [['127.0.0.1', '8.8.8.8']], [['2606:4700::1111', '::1']], [[]]])(
    'is refused when one of its addresses is: %j',
    async (addresses) => {
      const asked = guardedFetch({ lookup: resolver(addresses) })(`http://models.example:${port()}/`);
      await expect(asked).rejects.toMatchObject({ code: 'address_not_allowed' });
      expect(world.provider.requests).toHaveLength(0);
    },
  );

  it.each(['localhost', 'LOCALHOST', 'localhost.', 'app.localhost', 'localtest.me', 'ip6-localhost'])(
    'of this machine is refused: %s',
    async (name) => {
      const asked = guardedFetch({ lookup: resolver(['127.0.0.1']) })(`http://${name}:${port()}/v1/models`);
      await expect(asked).rejects.toMatchObject({ code: 'address_not_allowed' });
    },
  );

  it('that changes its mind is not asked twice (DNS rebinding)', async () => {
    // Looked at and then resolved again, it would be 127.0.0.1; it is refused by the answer that counts, or connected to by it.
    const lookup = resolver(['127.0.0.1'], ['8.8.8.8'], ['127.0.0.1']);
    const fetch = guardedFetch({ lookup });
    await expect(fetch(`http://rebind.example:${port()}/`)).rejects.toMatchObject({ code: 'address_not_allowed' });
    expect(lookup.asked).toEqual(['rebind.example']);
  });

  it('is connected to at the address that was looked at, with its own name as host', async () => {
    const lookup = resolver(['127.0.0.1'], ['8.8.8.8']);
    const fetch = guardedFetch({ allowPrivate: ['models.lan'], lookup });
    const response = await fetch(`http://models.lan:${port()}/v1/models`);
    expect(response.status).toBe(200);
    expect(lookup.asked).toEqual(['models.lan']);
    expect(world.sent().headers.host).toBe(`models.lan:${port()}`);
  });
});

describe('allowPrivate', () => {
  it.each([
    ['by name', ['127.0.0.1']],
    ['by name and port', undefined],
    ['for all', true as const],
    ['by a function', (host: string) => host.startsWith('127.')],
  ])('%s', async (_how, allowPrivate) => {
    const fetch = guardedFetch({ allowPrivate: allowPrivate ?? [`127.0.0.1:${port()}`] });
    expect((await fetch(`${world.provider.origin}/v1/models`)).status).toBe(200);
  });

  it.each([['others.lan'], ['127.0.0.1:1'], ['127.0.0']])('of another host does not count: %s', async (host) => {
    const fetch = guardedFetch({ allowPrivate: [host] });
    await expect(fetch(`${world.provider.origin}/v1/models`)).rejects.toMatchObject({ code: 'address_not_allowed' });
  });

  it.each(['169.254.169.254', '[::ffff:169.254.169.254]', '[fd00:ec2::254]', '168.63.129.16', '100.100.100.200'])(
    'never means where clouds keep credentials: %s',
    async (host) => {
      await expect(guardedFetch({ allowPrivate: true })(`http://${host}/`)).rejects.toMatchObject({
        code: 'address_not_allowed',
      });
      const named = guardedFetch({ allowPrivate: ['a.lan'], lookup: resolver([host.replace(/[[\]]/g, '')]) });
      await expect(named('http://a.lan/')).rejects.toMatchObject({ code: 'address_not_allowed' });
    },
  );

  it('of another kind is a bad option', () => {
    expect(() => guardedFetch({ allowPrivate: [7] as never })).toThrow(
      expect.objectContaining({ code: 'invalid_option', param: 'allowPrivate' }),
    );
  });
});

describe('through a gateway', () => {
  it('a host that is refused is a 502 without its address, and costs nothing', async () => {
    const calls: unknown[] = [];
    const gateway = createGateway({ fetch: guardedFetch() });
    gateway.on('call', ({ outcome, cost }) => calls.push([outcome, cost?.nanoUsd ?? 0]));
    await world.start({ gateway });
    const response = await world.post('/openai/v1/chat/completions');
    expect(response.status).toBe(502);
    expect(await response.json()).toMatchObject({ error: { code: 'address_not_allowed' } });
    expect(calls).toEqual([['failed', 0]]);
    expect(world.provider.requests).toHaveLength(0);
  });

  it.each([{ stream: false }, { stream: true }])('calls pass as through any fetch: %j', async (stream) => {
    await world.start({ gateway: createGateway({ fetch: guardedFetch({ allowPrivate: ['127.0.0.1'] }) }) });
    const response = await world.post('/openai/v1/chat/completions', { ...CHAT, ...stream });
    expect(await response.text()).toContain(stream.stream ? '[DONE]' : 'Hello from the fake provider.');
  });

  it('a redirect leads nowhere', async () => {
    await world.start({ gateway: createGateway({ fetch: guardedFetch({ allowPrivate: ['127.0.0.1'] }) }) });
    world.provider.intercept = (_request, response) => {
      response.writeHead(307, { location: 'http://169.254.169.254/latest/meta-data/' }).end();
      return true;
    };
    const response = await world.post('/openai/v1/chat/completions');
    expect(await response.json()).toMatchObject({ error: { code: 'provider_redirected' } });
    expect(world.provider.requests).toHaveLength(1);
  });
});

describe('checkProviderURL', () => {
  it.each([
    ...[
      'http://api.example/v1',
      'ftp://api.example',
      'file:///etc/passwd',
      'javascript:1',
      '//api.example',
      'api.example',
    ],
    ...[
      'https://user@api.example',
      'https://user:pass@api.example',
      'https://api.example/?a=1',
      'https://api.example/#x',
    ],
    ...['https://api.example/v1?', 'https://api.example/v1#', 'https://evil\\@api.example', 'https://api.example/a b'],
    ...['https://localhost', 'https://localhost./v1', 'https://a.localhost', 'https://127.0.0.1', 'https://2130706433'],
    ...[
      'https://0x7f.1',
      'https://0',
      'https://[::1]',
      'https://[::ffff:127.0.0.1]',
      'https://10.0.0.1',
      'https://169.254.169.254',
    ],
    ...['https://１２７.０.０.１', '', undefined, null, 7, {}],
  ])('refuses %s', (url) => {
    expect(() => checkProviderURL('base_url', url)).toThrow(
      expect.objectContaining({ code: 'invalid_option', param: 'base_url' }),
    );
  });

  it.each(['https://user:pass@10.0.0.1', 'http://10.0.0.1/?x', 'http://10.0.0.1/v1#', 'file:///etc/passwd'])(
    'refuses %s also where private hosts are allowed',
    (url) => {
      expect(() => checkProviderURL('base_url', url, true)).toThrow(expect.objectContaining({ param: 'base_url' }));
    },
  );

  it('takes the others', () => {
    expect(checkProviderURL('base_url', 'https://api.example/v1').href).toBe('https://api.example/v1');
    expect(checkProviderURL('base_url', 'http://localhost:11434/v1', true).host).toBe('localhost:11434');
  });
});
