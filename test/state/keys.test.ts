import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Secret } from '../../src/core/secret.ts';
import type { StateStore } from '../../src/core/state.ts';
import { createKeys, type Keys, MAX_KEYS } from '../../src/state/keys.ts';
import { pepperFile } from '../../src/state/pepper.ts';
import { openState, type ServerState } from '../../src/state/server-state.ts';
import { memoryState } from '../../src/stores/state/memory.ts';

const PEPPER = new Secret('an invented pepper of more than thirty-two bytes');
const ADA = { kind: 'admin_token', name: 'ada' } as const;
const START = Date.UTC(2026, 10, 26, 12);
const MINUTE = 60_000;

let now: number;
let store: StateStore;
let state: ServerState;
let keys: Keys;

beforeEach(async () => {
  now = START;
  store = memoryState();
  state = await openState(store, { pollMs: 0, now: () => now });
  keys = createKeys(state, { pepper: PEPPER, now: () => now });
});
afterEach(() => state.close());

const allRows = async () => JSON.stringify(await store.audit(1, 1_000));
const allDocuments = async () => JSON.stringify((await store.load()).documents);

describe('a key', () => {
  it('is told once, and then says whose call it is', async () => {
    const body = { name: 'CI', organization: 'acme', workspace: 'rd', user: 'ada', tags: { team: 'ml' } };

    const { key, secret } = await keys.create(body, ADA, 'req-1');

    expect(secret).toMatch(/^ptn_[0-9A-Za-z]{12}_[0-9A-Za-z]{43}$/);
    expect(key).toEqual({
      ...body,
      id: secret.slice(4, 16),
      status: 'active',
      disabled: false,
      hint: secret.slice(0, 10),
      created_at: new Date(START).toISOString(),
      created_by: 'ada',
    });
    expect(keys.authenticate(secret)).toEqual({
      keyId: key.id,
      context: { organization: 'acme', workspace: 'rd', user: 'ada', tags: { team: 'ml' }, apiKey: key.id },
    });
  });

  it('of a service has no user', async () => {
    const { key, secret } = await keys.create({ name: 'batch' }, ADA);

    expect(keys.authenticate(secret)).toEqual({ keyId: key.id, context: { apiKey: key.id } });
  });

  it('stands nowhere, and neither does a hash of it in the audit log', async () => {
    const { key, secret } = await keys.create({ name: 'CI' }, ADA);
    const next = await keys.rotate(key.id, { graceSeconds: 60 }, ADA);
    await keys.update(key.id, { name: 'CI 2', disabled: true }, ADA);

    const [rows, documents] = [await allRows(), await allDocuments()];
    for (const text of [rows, documents, JSON.stringify(keys.list())])
      for (const each of [secret, next.secret]) expect(text).not.toContain(each.slice(17));
    for (const { value } of (await store.load()).documents)
      for (const hash of [value.hash, value.previous_hash]) expect(rows).not.toContain(hash);
    expect(JSON.stringify(keys.list())).not.toContain('hash');
    expect(documents).not.toContain(PEPPER.reveal());
  });

  it('is not known by its stored hash, with another letter, or in another form', async () => {
    const { key, secret } = await keys.create({ name: 'CI' }, ADA);
    const { hash } = state.document('key', key.id)!.value as { hash: string };
    const other = secret.endsWith('A') ? 'B' : 'A';

    for (const presented of [
      hash,
      `ptn_${key.id}_${hash}`,
      `ptn_${key.id}_${hash.slice(0, 43)}`,
      `${secret.slice(0, -1)}${other}`,
      `${secret} `,
      `${secret}\n`,
      secret.toUpperCase(),
      secret.slice(4),
      `ptn_${'0'.repeat(12)}_${secret.slice(17)}`,
      `ptn___proto______${secret.slice(17)}`,
      '',
      'ptn__',
      'x'.repeat(100_000),
    ])
      expect(keys.authenticate(presented), presented.slice(0, 80)).toEqual({ refused: 'unknown' });
  });

  it('is refused while it is disabled, once it has expired, and when it is gone', async () => {
    const expires_at = new Date(START + MINUTE).toISOString();
    const { key, secret } = await keys.create({ name: 'CI', expires_at }, ADA);

    await keys.update(key.id, { disabled: true }, ADA);
    expect(keys.authenticate(secret)).toEqual({ refused: 'disabled' });
    expect(keys.get(key.id)?.status).toBe('disabled');
    await keys.update(key.id, { disabled: false }, ADA);
    expect(keys.authenticate(secret)).toMatchObject({ keyId: key.id });
    now += MINUTE;
    expect(keys.authenticate(secret)).toEqual({ refused: 'expired' });
    expect(keys.get(key.id)?.status).toBe('expired');
    await keys.update(key.id, { expires_at: null }, ADA);
    expect(keys.authenticate(secret)).toMatchObject({ keyId: key.id });
    await keys.delete(key.id, ADA);
    expect(keys.authenticate(secret)).toEqual({ refused: 'unknown' });
    expect(keys.get(key.id)).toBeUndefined();
  });

  it('says why it is refused to nobody who does not have it', async () => {
    const { key, secret } = await keys.create({ name: 'CI' }, ADA);
    await keys.update(key.id, { disabled: true }, ADA);

    expect(keys.authenticate(`ptn_${key.id}_${'a'.repeat(43)}`)).toEqual({ refused: 'unknown' });
    expect(keys.authenticate(secret)).toEqual({ refused: 'disabled' });
  });

  it('is taken beside its successor for as long as the rotation says', async () => {
    const { key, secret } = await keys.create({ name: 'CI' }, ADA);

    const second = await keys.rotate(key.id, { graceSeconds: 60 }, ADA);

    expect(second.key).toMatchObject({ id: key.id, previous_until: new Date(START + MINUTE).toISOString() });
    for (const each of [secret, second.secret]) expect(keys.authenticate(each)).toMatchObject({ keyId: key.id });
    now += MINUTE;
    expect(keys.authenticate(secret)).toEqual({ refused: 'unknown' });
    expect(keys.authenticate(second.secret)).toMatchObject({ keyId: key.id });
    expect(keys.get(key.id)).not.toHaveProperty('previous_until');

    const third = await keys.rotate(key.id, {}, ADA);
    expect(keys.authenticate(second.secret)).toEqual({ refused: 'unknown' });
    expect(keys.authenticate(third.secret)).toMatchObject({ keyId: key.id });
  });

  it('says when it was last used on this server', async () => {
    const { key, secret } = await keys.create({ name: 'CI' }, ADA);
    expect(keys.get(key.id)).not.toHaveProperty('last_used_at');

    now += 5_000;
    keys.authenticate(secret);

    expect(keys.get(key.id)?.last_used_at).toBe(new Date(START + 5_000).toISOString());
  });

  it('is known to another server with the same pepper, and counted as foreign by one with another', async () => {
    const { key, secret } = await keys.create({ name: 'CI' }, ADA);
    const second = await openState(store, { pollMs: 0 });

    const same = createKeys(second, { pepper: new Secret(PEPPER.reveal()), now: () => now });
    const other = createKeys(second, {
      pepper: new Secret('another invented pepper, long enough as well'),
      now: () => now,
    });

    expect(same.authenticate(secret)).toMatchObject({ keyId: key.id });
    expect(same.otherPepper).toBe(0);
    expect(other.authenticate(secret)).toEqual({ refused: 'unknown' });
    expect(other.otherPepper).toBe(1);
    await second.close();
  });
});

describe('changes of keys', () => {
  it('are rows that say who, what and which fields', async () => {
    const { key } = await keys.create({ name: 'CI', user: 'ada' }, ADA, 'req-1');
    now += 1_000;
    await keys.update(key.id, { name: 'CI 2', user: null }, { kind: 'cli', name: 'root' }, 'req-2');
    await keys.rotate(key.id, {}, ADA, 'req-3');
    await keys.delete(key.id, ADA, 'req-4');

    const rows = await state.audit(1, 10);

    const resource = (name: string) => ({ type: 'gateway_key', id: key.id, name });
    expect(rows).toMatchObject([
      { seq: 1, actor: ADA, operation: 'create_gateway_key', resource: resource('CI'), requestId: 'req-1' },
      {
        seq: 2,
        actor: { kind: 'cli', name: 'root' },
        operation: 'update_gateway_key',
        resource: resource('CI 2'),
        changes: { name: { from: 'CI', to: 'CI 2' }, user: { from: 'ada' } },
      },
      {
        seq: 3,
        operation: 'rotate_gateway_key',
        changes: { rotated_at: { to: new Date(START + 1_000).toISOString() } },
      },
      { seq: 4, operation: 'delete_gateway_key', changes: { name: { from: 'CI 2' } } },
    ]);
    expect(rows[1]?.changes).toEqual({ name: { from: 'CI', to: 'CI 2' }, user: { from: 'ada' } });
  });

  it('that change nothing are none', async () => {
    const { key } = await keys.create({ name: 'CI' }, ADA);

    expect(await keys.update(key.id, { name: 'CI' }, ADA)).toEqual(key);

    expect((await store.head()).seq).toBe(1);
  });

  it('of a key that is not there are refused', async () => {
    for (const act of [
      () => keys.update('nokey', { name: 'x' }, ADA),
      () => keys.rotate('nokey', {}, ADA),
      () => keys.delete('nokey', ADA),
    ])
      await expect(act()).rejects.toMatchObject({ code: 'not_found', param: 'id' });
    expect((await store.head()).seq).toBe(0);
  });

  it('with a term that makes no sense are refused', async () => {
    const { key } = await keys.create({ name: 'CI' }, ADA);

    await expect(keys.rotate(key.id, { graceSeconds: -1 }, ADA)).rejects.toMatchObject({ param: 'grace_seconds' });
    await expect(keys.rotate(key.id, { graceSeconds: 31 * 86_400 }, ADA)).rejects.toMatchObject({
      code: 'invalid_request',
    });
    await expect(keys.create({ name: 'late', expires_at: new Date(START).toISOString() }, ADA)).rejects.toMatchObject({
      code: 'invalid_request',
      param: 'expires_at',
    });
  });

  it('are refused past the most keys that there may be', async () => {
    await state.change(() => ({
      entry: { actor: ADA, operation: 'import', resource: { type: 'gateway_key', id: '*' }, changes: {} },
      writes: Array.from({ length: MAX_KEYS }, (_, place) => ({
        kind: 'key' as const,
        id: `k${place}`,
        value: { name: 'x', tags: {}, disabled: false, created_at: '' },
      })),
      result: undefined,
    }));

    await expect(keys.create({ name: 'one more' }, ADA)).rejects.toThrow('10000 keys');
  });
});

describe('the pepper', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'postern-pepper-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('is made once, for its owner alone', () => {
    const path = join(folder, 'pepper');

    const [first, second] = [pepperFile(path), pepperFile(path)];

    expect(first.reveal()).toMatch(/^[0-9a-f]{64}$/);
    expect(second.reveal()).toBe(first.reveal());
    expect(readFileSync(path, 'utf8')).toBe(`${first.reveal()}\n`);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('is one for all processes that make it at once', async () => {
    const path = join(folder, 'pepper');
    const source = `import { pepperFile } from ${JSON.stringify(new URL('../../src/state/pepper.ts', import.meta.url).href)};
      process.stdout.write(pepperFile(${JSON.stringify(path)}).reveal());`;
    const read = promisify(execFile);

    const peppers = await Promise.all(
      [1, 2, 3, 4].map(() => read(process.execPath, ['--input-type=module', '-e', source])),
    );

    expect(new Set(peppers.map(({ stdout }) => stdout))).toEqual(new Set([pepperFile(path).reveal()]));
  });

  it('is refused when it is short, and is in no message', () => {
    const path = join(folder, 'pepper');
    writeFileSync(path, 'too short\n');

    expect(() => pepperFile(path)).toThrow('at least 32 bytes');
    expect(() => pepperFile(path)).not.toThrow('too short');
    expect(() => pepperFile('/nowhere/at/all/pepper')).toThrow('ENOENT');
    expect(() => createKeys(state, { pepper: new Secret('short') })).toThrow('createKeys: pepper');
  });
});
