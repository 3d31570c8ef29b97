/** Names of keys: accounts, rollups and events know them by their ids. */
import { createContext } from 'preact';
import { useContext, useMemo } from 'preact/hooks';
import type { KeyResource } from '../resources/key.ts';
import { useLive } from './live.ts';

export type KeyNames = (id: string) => string;

export const KeyNamesContext = createContext<KeyNames>((id) => id);

/** Of all keys; asked for in one place. */
export function useAllKeyNames(): KeyNames {
  const { data } = useLive<{ keys: readonly KeyResource[] }>('v1/keys', 60_000);
  return useMemo(() => {
    const names = new Map(data?.keys.map(({ id, name }) => [id, name]));
    return (id) => names.get(id) ?? id;
  }, [data]);
}

/** The id itself of a key that is gone, or new. */
export function useKeyNames(): KeyNames {
  return useContext(KeyNamesContext);
}
