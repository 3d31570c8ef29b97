/** The state and the keys of a configured server, for commands at a shell: without a gateway, a listener or a trace. */
import { GatewayError } from '../errors.ts';
import { createKeys, type Keys } from '../state/keys.ts';
import { openState, type ServerState } from '../state/server-state.ts';
import { loadConfig } from './load-config.ts';
import { openPepper, openStores } from './stores.ts';

export interface OpenedConfigured {
  readonly state: ServerState;
  readonly keys: Keys;
  close(): Promise<void>;
}

/** @throws GatewayError that names the field of the configuration, or says which store does not answer */
export async function openConfigured({
  configPath,
}: {
  readonly configPath?: string | undefined;
} = {}): Promise<OpenedConfigured> {
  const loaded = await loadConfig(configPath);
  if (loaded.config.store.kind === 'memory')
    throw new GatewayError(
      'invalid_option',
      'store.kind is "memory": what a server keeps there no other process can see. Use its admin API.',
      { param: 'store.kind' },
    );
  const pepper = await openPepper(loaded);
  const stores = await openStores(loaded);
  try {
    const state = await openState(stores.state, { pollMs: 0 });
    const close = async (): Promise<void> => {
      await state.close();
      await stores.close();
    };
    return { state, keys: createKeys(state, { pepper }), close };
  } catch (cause) {
    await stores.close();
    throw cause;
  }
}
