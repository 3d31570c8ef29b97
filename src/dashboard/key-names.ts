/** Names of keys: accounts and rollups know them by their ids. */
import { useMemo } from 'preact/hooks';
import type { KeyResource } from '../resources/key.ts';
import { useLive } from './live.ts';

/** @param asked whether any is needed */
export function useKeyNames(asked: boolean): (id: string) => string {
  const { data } = useLive<{ keys: readonly KeyResource[] }>(asked ? 'v1/keys' : undefined, 60_000);
  return useMemo(() => {
    const names = new Map(data?.keys.map(({ id, name }) => [id, name]));
    return (id) => names.get(id) ?? id;
  }, [data]);
}
