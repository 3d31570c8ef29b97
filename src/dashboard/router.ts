/** Pages by the fragment of the address: `#/policies/pol_1?tab=x`. Links are links, so a new tab and the way back work. */
import { useEffect, useState } from 'preact/hooks';

export interface Place {
  /** `['policies', 'pol_1']`; empty for the first page. */
  readonly path: readonly string[];
  readonly query: URLSearchParams;
}

function placeNow(): Place {
  const [path = '', search = ''] = location.hash.replace(/^#\/?/, '').split('?');
  return { path: path.split('/').filter(Boolean).map(decoded), query: new URLSearchParams(search) };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export function usePlace(): Place {
  const [place, setPlace] = useState(placeNow);
  useEffect(() => {
    const onChange = (): void => setPlace(placeNow());
    addEventListener('hashchange', onChange);
    return () => removeEventListener('hashchange', onChange);
  }, []);
  return place;
}

/** `hrefOf('policies', id)` is `#/policies/<id>`. */
export function hrefOf(...path: readonly string[]): string {
  return `#/${path.map(encodeURIComponent).join('/')}`;
}

export function go(...path: readonly string[]): void {
  location.hash = hrefOf(...path);
}

/** Keeps filters in the address without a step in the history; the page does not move. */
export function keepQuery(path: readonly string[], fields: Readonly<Record<string, string>>): void {
  const set = Object.entries(fields).filter(([, value]) => value !== '');
  const search = set.length === 0 ? '' : `?${new URLSearchParams(set)}`;
  history.replaceState(null, '', `${hrefOf(...path)}${search}`);
}
