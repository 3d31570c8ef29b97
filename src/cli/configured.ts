/** What commands that look after a server's state need of `postern serve`: its store and keys, as its configuration has them. */
import { userInfo } from 'node:os';
import type { Actor } from '../core/state.ts';
import type { Keys } from '../state/keys.ts';
import type { ServerState } from '../state/server-state.ts';
import type { Terminal } from './command.ts';

export interface Configured {
  readonly state: ServerState;
  readonly keys: Keys;
  close(): Promise<void>;
}

/** Without a path: the configuration that `postern serve` would find. */
export type OpenConfigured = (options: {
  readonly configPath: string | undefined;
  readonly env: Terminal['env'];
}) => Promise<Configured>;

/** Opens the state for as long as `act` takes. */
export async function withConfigured<Answer>(
  open: OpenConfigured,
  configPath: string | undefined,
  { env }: Terminal,
  act: (configured: Configured) => Promise<Answer>,
): Promise<Answer> {
  const configured = await open({ configPath, env });
  try {
    return await act(configured);
  } finally {
    await configured.close();
  }
}

/** Whoever sits at the shell, by the name of the account. */
export function shellActor(): Actor {
  return { kind: 'cli', name: accountName() };
}

/** In a container the account may have no name. */
function accountName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid-${process.getuid?.() ?? 'unknown'}`;
  }
}
