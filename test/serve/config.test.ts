/** Configuration files: how they are found and read, and that an error names the file, the path in it and what came. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkConfig } from '../../src/serve/check-config.ts';
import type { ServeConfig } from '../../src/serve/config.ts';
import { loadConfig, readConfig } from '../../src/serve/load-config.ts';

const SECRET = 'sk-proj-invented0123456789invented0123456789';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'postern-config-'));
});
afterEach(() => rm(folder, { recursive: true }));

const write = (name: string, text: string): Promise<void> => writeFile(join(folder, name), text);
const GUARD = { name: 'guard', policy_type: 'guard', config: { detect: { pii: true } } } as const;

describe('a file', () => {
  const yaml =
    'server: { port: 4200 }\npolicies:\n  - { name: guard, policy_type: guard, config: { detect: { pii: true } } }\n';
  const object = `{ "server": { "port": 4200 }, "policies": [${JSON.stringify(GUARD)}] }`;
  it.each([
    ['postern.config.yaml', yaml],
    ['postern.config.yml', yaml],
    ['postern.config.json', object],
    ['postern.config.mjs', `export default ${object}`],
    ['postern.config.js', `export default ${object}`],
    ['postern.config.ts', `const port: number = 4200;\nexport default { ...${object}, server: { port } }`],
  ])('%s is found and read', async (name, text) => {
    await write(name, text);
    const { config, policies, path } = await loadConfig(undefined, folder);
    expect(config).toMatchObject({ server: { host: '127.0.0.1', port: 4200 }, store: { kind: 'sqlite' } });
    expect(policies).toEqual([{ id: 'config:guard', body: GUARD }]);
    expect(path).toBe(join(folder, name));
  });

  it('is read anew each time', async () => {
    await write('postern.config.mjs', 'export default { server: { port: 1 } }');
    expect((await loadConfig(undefined, folder)).config.server.port).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 2));
    await write('postern.config.mjs', 'export default { server: { port: 2 } }');
    expect((await loadConfig(undefined, folder)).config.server.port).toBe(2);
  });

  it('need not be there: personal data and secrets are guarded then', async () => {
    const { config, policies, path } = await loadConfig(undefined, folder);
    expect(path).toBeUndefined();
    expect(config).toMatchObject({ server: { auth: 'keys' }, admin: { host: '127.0.0.1', port: 4101 } });
    expect(policies.map(({ body }) => body)).toMatchObject([
      { policy_type: 'guard', config: { detect: { pii: true, secrets: true } } },
    ]);
  });

  it('names a file of policies that LangSmith exported', async () => {
    const exported = {
      policies: [
        {
          id: '4b1c0f0e-1111-4222-8333-444455556666',
          name: 'R&D Spend Cap',
          policy_type: 'spend_cap',
          action: 'block',
          subject_matchers: [{ key: 'workspace_id', value: 'rd' }],
          config: { window: 'monthly', limit_usd: 2000 },
          current_spend_usd: 12.5,
          created_at: '2026-10-01T00:00:00Z',
        },
      ],
    };
    await write('policies.json', JSON.stringify(exported));
    await write('postern.config.yaml', 'policies: policies.json\n');
    const { policies } = await loadConfig(undefined, folder);
    expect(policies).toMatchObject([{ id: 'config:R&D Spend Cap', body: { config: { limit_usd: 2000 } } }]);
  });

  it.each([
    ['none.yaml', undefined, /none\.yaml does not exist/],
    ['none.mjs', undefined, /none\.mjs does not exist/],
    ['config.toml', 'a = 1', /must end in \.ts, \.js, \.json or \.yaml/],
    ['broken.yaml', `key: "${SECRET}\n`, /broken\.yaml cannot be parsed/],
    ['twice.yaml', 'server: {}\nserver: {}\n', /twice\.yaml cannot be parsed/],
    ['broken.json', `{ "key": "${SECRET}" `, /broken\.json cannot be parsed/],
    ['empty.mjs', 'throw new Error("no such thing")', /empty\.mjs cannot be loaded: no such thing/],
  ])('%s that cannot be read is named', async (name, text, message) => {
    if (text !== undefined) await write(name, text);
    const error = await loadConfig(name, folder).catch((thrown: unknown) => thrown as Error);
    expect(error).toMatchObject({ code: 'invalid_option', message: expect.stringMatching(message) });
    expect((error as Error).message).not.toContain(SECRET);
  });
});

describe('what is wrong is named by its path', () => {
  const cap = { name: 'cap', policy_type: 'spend_cap', config: { window: 'daily', limit_usd: 5 } };
  it.each<[path: string, config: unknown]>([
    ['server.port', { server: { port: 70_000 } }],
    ['server.prot', { server: { prot: 4100 } }],
    ['server.auth', { server: { auth: 'none' } }],
    ['server.limits.max_headers', { server: { limits: { max_headers: 0 } } }],
    ['admin.tokens[0].token', { admin: { tokens: [{ name: 'ops', role: 'admin', token: SECRET }] } }],
    ['admin.tokens[0].role', { admin: { tokens: [{ name: 'ops', role: 'root', token: 'env:X' }] } }],
    ['store.path', { store: { kind: 'sqlite', path: 7 } }],
    ['store.kind', { store: { kind: 'mongo' } }],
    ['keys.pepper', { keys: { pepper: SECRET } }],
    ['providers.openai.api_key', { providers: { openai: { api_key: SECRET } } }],
    ['providers.openai.base_url', { providers: { openai: { base_url: 'not a url' } } }],
    ['custom_providers.llama.model', { custom_providers: { llama: { base_url: 'https://llm.example/v1' } } }],
    ['policies[0].config.window', { policies: [{ ...cap, config: { window: 'quarterly', limit_usd: 5 } }] }],
    ['policies[0].config.limit_usd', { policies: [{ ...cap, config: { window: 'daily', limit_usd: -5 } }] }],
    ['policies[0].policy_type', { policies: [{ ...cap, policy_type: 'quota' }] }],
    ['policies[1].name', { policies: [cap, cap] }],
    ['telemetry.url', { telemetry: { url: 'x' } }],
    ['policies', { policies: 7 }],
    ['colour', { colour: 'red' }],
  ])('%s', async (path, config) => {
    const error = await readConfig(config, '/srv/postern.config.yaml', '/srv').catch(
      (thrown: unknown) => thrown as Error,
    );
    expect(error).toMatchObject({ code: 'invalid_option', param: path });
    expect((error as Error).message).toContain(`/srv/postern.config.yaml: ${path}`);
    expect((error as Error).message).not.toContain(SECRET);
  });

  it('all of it at once', async () => {
    const config = { server: { port: -1 }, store: { kind: 'mongo' }, colour: 1 };
    const error = (await readConfig(config, undefined, '/srv').catch((thrown: unknown) => thrown)) as Error;
    for (const path of ['server.port', 'store.kind', 'colour']) expect(error.message).toContain(path);
  });

  it('names of the prototype are nobody’s', async () => {
    const config = JSON.parse(
      '{ "custom_providers": { "__proto__": { "base_url": "https://x.example" } } }',
    ) as unknown;
    const { config: read } = await readConfig(config, undefined, '/srv').catch(() => ({ config: {} as never }));
    expect(({} as { base_url?: string }).base_url).toBeUndefined();
    expect(Object.keys(read.custom_providers ?? {})).toEqual([]);
  });
});

describe('--check looks further than the schema', () => {
  const check = async (config: ServeConfig, env: NodeJS.ProcessEnv = {}) =>
    checkConfig(await readConfig(config, undefined, folder), env);

  it('finds what a policy cannot be made of', async () => {
    const policies = [
      { name: 'cap', policy_type: 'spend_cap', config: { window: 'daily', limit_usd: 5, time_zone: 'Mars/Base' } },
    ];
    await expect(check({ policies } as ServeConfig)).rejects.toMatchObject({
      code: 'invalid_option',
      message: expect.stringMatching(/"cap".*config\.time_zone.*Mars\/Base/),
    });
  });

  it.each([
    ['http://llm.example/v1', /https/],
    ['https://127.0.0.1/v1', /public internet/],
    ['https://169.254.169.254/latest', /public internet/],
    ['https://user:secret@llm.example/v1', /without user/],
    ['https://[::ffff:10.0.0.1]/v1', /public internet/],
  ])('refuses the base URL %s', async (base_url, message) => {
    const error = (await check({ providers: { openai: { base_url } } }).catch((thrown: unknown) => thrown)) as Error;
    expect(error.message).toMatch(message);
    expect(error.message).toContain('providers.openai.base_url');
    expect(error.message).not.toContain('secret');
  });

  it('takes those of this network that are said to be so, and local models', async () => {
    const base_url = 'http://10.0.0.7:8000/v1';
    await check({ providers: { vllm: { base_url, allow_private: true }, ollama: {} } });
  });

  it('an unknown provider is named with those that are known', async () => {
    await expect(check({ providers: { opnai: {} } })).rejects.toMatchObject({
      message: expect.stringMatching(/providers\.opnai.*openai/),
    });
  });

  it.each([
    ['server.base_path', { server: { base_path: 'gateway' } }],
    ['server.hosts', { server: { hosts: ['https://gateway.example'] } }],
    ['server.customer_headers[0]', { server: { customer_headers: ['X-Customer'] } }],
    [
      'custom_providers["llama"].operations',
      { custom_providers: { llama: { base_url: 'https://llm.example/v1', model: 'm', operations: ['../x'] } } },
    ],
  ])('%s is told in the spelling of the file', async (param, config) => {
    await expect(check(config)).rejects.toMatchObject({ code: 'invalid_option', param });
  });

  it('warns of keys that are not there, and finds those of the environment by itself', async () => {
    process.env.POSTERN_TEST_FOUND = 'sk-invented';
    try {
      const providers = {
        openai: { api_key: 'env:POSTERN_TEST_FOUND' },
        groq: { api_key: 'env:POSTERN_TEST_MISSING' },
      };
      expect(await check({ providers })).toMatchObject({
        providers: ['openai'],
        warnings: ['No key for provider "groq": the environment variable POSTERN_TEST_MISSING is not set.'],
      });
    } finally {
      delete process.env.POSTERN_TEST_FOUND;
    }
  });

  it('warns of an admin API that others can reach without a named token', async () => {
    const { warnings } = await check({ admin: { host: '0.0.0.0' } });
    expect(warnings.join()).toMatch(/admin\.tokens/);
  });
});
