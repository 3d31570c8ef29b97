/** Opens what a server keeps: the ledger of money, the state with its audit log, and the pepper of its keys. */
import { closeSync, openSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { LedgerStore } from '../core/ledger.ts';
import { Secret } from '../core/secret.ts';
import type { StateStore } from '../core/state.ts';
import { GatewayError } from '../errors.ts';
import { readSecret, type SecretRef, whyMissing } from '../server/secret.ts';
import { pepperFile } from '../state/pepper.ts';
import { memoryLedger } from '../stores/memory.ts';
import { postgresLedger, postgresState } from '../stores/postgres.ts';
import { redisLedger, redisState } from '../stores/redis.ts';
import type { SharedLedger } from '../stores/shared-ledger.ts';
import { sqliteLedger, sqliteState } from '../stores/sqlite.ts';
import { memoryState } from '../stores/state/memory.ts';
import type { LoadedConfig } from './load-config.ts';

export interface Stores {
  readonly ledger: LedgerStore;
  readonly state: StateStore;
  /** Lets go of both, and of the connection that was opened for them. */
  close(): Promise<void>;
}

type StoreConfig = LoadedConfig['config']['store'];

/** @throws GatewayError `invalid_option` that names the field */
export async function openStores({ config, folder }: LoadedConfig): Promise<Stores> {
  const { store } = config;
  switch (store.kind) {
    case 'memory':
      return joined(memoryLedger(), memoryState(), async () => {});
    case 'sqlite': {
      const path = resolve(folder, store.path);
      forOwnerAlone(path);
      return joined(sqliteLedger({ path }), sqliteState({ path }), async () => {});
    }
    case 'redis':
      return openRedis(store);
    case 'postgres':
      return openPostgres(store);
  }
}

/** Keys' hashes, policies and who spent what: nobody else on the machine is to read them. A file that is there keeps its mode. */
function forOwnerAlone(path: string): void {
  try {
    closeSync(openSync(path, 'ax', 0o600));
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    throw new GatewayError('invalid_option', `store.path: ${path} cannot be written (${code}).`, {
      param: 'store.path',
    });
  }
}

async function openRedis({ url, tag }: Extract<StoreConfig, { kind: 'redis' }>): Promise<Stores> {
  const { createClient } = await driver('redis', () => import('redis'));
  // Its own queue would keep calls waiting for a server that is gone; the ledger has deadlines of its own.
  const client = createClient({ url: (await secretOr('store.url', url)).reveal(), disableOfflineQueue: true });
  // Without a listener a lost connection ends the process; what it means for calls, the ledger says.
  client.on('error', () => {});
  await connected('store.url', () => client.connect());
  return joined(redisLedger({ client, tag }), redisState({ client, tag }), async () => void (await client.close()));
}

async function openPostgres({ url, schema }: Extract<StoreConfig, { kind: 'postgres' }>): Promise<Stores> {
  const { default: pg } = await driver('pg', () => import('pg'));
  const client = new pg.Pool({ connectionString: (await secretOr('store.url', url)).reveal(), max: 10 });
  client.on('error', () => {});
  await connected('store.url', () => client.query('SELECT 1'));
  return joined(postgresLedger({ client, schema }), postgresState({ client, schema }), () => client.end());
}

function joined(ledger: LedgerStore | SharedLedger, state: StateStore, disconnect: () => Promise<void>): Stores {
  return {
    ledger,
    state,
    async close() {
      await ledger.close?.();
      await state.close?.();
      await disconnect();
    },
  };
}

/** With it keys are hashed. Of a store in a file it stands in a file beside it; machines that share a store must be told the same one. */
export async function openPepper({ config, folder }: LoadedConfig): Promise<Secret> {
  const { keys, store } = config;
  if (keys.pepper !== undefined) return secretAt('keys.pepper', keys.pepper as SecretRef);
  if (store.kind === 'sqlite') return pepperFile(join(dirname(resolve(folder, store.path)), '.postern-pepper'));
  if (store.kind === 'memory') return new Secret(crypto.randomUUID() + crypto.randomUUID());
  throw new GatewayError(
    'invalid_option',
    `keys.pepper must be set with a store that several machines share: a reference, 'env:NAME' or 'file:/path', to at least 32 random characters.`,
    { param: 'keys.pepper' },
  );
}

/** @throws GatewayError `invalid_option` that names the field and the reference, never what stands there */
export async function secretAt(option: string, ref: SecretRef): Promise<Secret> {
  const value = await readSecret(ref);
  if (value !== undefined) return new Secret(value);
  throw new GatewayError('invalid_option', `${option}: ${whyMissing(ref)}.`, { param: option });
}

/** A URL as it stands, or a reference to one, where it has a password. */
async function secretOr(option: string, given: string): Promise<Secret> {
  if (/^(?:env|file):/.test(given)) return secretAt(option, given as SecretRef);
  const url = URL.canParse(given) ? new URL(given) : undefined;
  if (url && !url.password) return new Secret(given);
  const why = url ? "a reference, 'env:NAME' or 'file:/path', since it has a password" : 'a URL, or a reference to one';
  throw new GatewayError('invalid_option', `${option} must be ${why}.`, { param: option });
}

async function driver<T>(name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    throw new GatewayError('not_supported', `This store needs the package "${name}": npm install ${name}`, { cause });
  }
}

/** A server that cannot reach its store at the start is set up wrongly; later on the ledger says what becomes of calls. */
async function connected(option: string, connect: () => Promise<unknown>): Promise<void> {
  try {
    await connect();
  } catch (cause) {
    const { code } = cause as { code?: unknown };
    throw new GatewayError(
      'ledger_unavailable',
      `${option}: the store cannot be reached${typeof code === 'string' ? ` (${code})` : ''}.`,
      { param: option },
    );
  }
}
