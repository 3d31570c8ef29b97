/** Who is signed in at this tab: the token, its role, and the API with it. */
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { WhoamiResource } from '../resources/operation.ts';
import type { Api } from './api.ts';

const TOKEN = 'postern.token';

export interface Session {
  readonly api: Api;
  readonly who: WhoamiResource;
  /** Why this role may not change anything; `undefined` when it may. */
  readonly readOnly: string | undefined;
  signOut(): void;
}

export const SessionContext = createContext<Session | undefined>(undefined);

/** Of a page that is shown to somebody who signed in. */
export function useSession(): Session {
  return useContext(SessionContext)!;
}

export function readOnlyReason({ name, role }: WhoamiResource): string | undefined {
  return role === 'admin' ? undefined : `The token "${name}" is a viewer's: it may look, not change.`;
}

/** Kept for the tab, and gone with it. */
export const storedToken = {
  get: (): string | null => sessionStorage.getItem(TOKEN),
  set: (token: string): void => sessionStorage.setItem(TOKEN, token),
  clear: (): void => sessionStorage.removeItem(TOKEN),
};

/** The token of a link `#token=...`, which is taken out of the address and of the tab's history at once. */
export function takeTokenFromAddress(): string | undefined {
  const match = /^#token=([^&]+)/.exec(location.hash);
  if (!match) return undefined;
  history.replaceState(null, '', `${location.pathname}${location.search}`);
  try {
    return decodeURIComponent(match[1]!);
  } catch {
    return match[1];
  }
}
