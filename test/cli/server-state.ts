/** The state of a server in an SQLite file of a test, as commands open it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { OpenConfigured } from '../../src/cli/configured.ts';
import { Secret } from '../../src/core/secret.ts';
import { createKeys } from '../../src/state/keys.ts';
import { openState } from '../../src/state/server-state.ts';
import { sqliteState } from '../../src/stores/state/sqlite.ts';

export interface TestServer {
  readonly path: string;
  readonly open: OpenConfigured;
  /** The `configPath`s that it was opened with. */
  readonly configPaths: (string | undefined)[];
  dispose(): void;
}

export function testServer(pepper = 'an invented pepper of more than thirty-two bytes'): TestServer {
  const folder = mkdtempSync(join(tmpdir(), 'postern-cli-state-'));
  const path = join(folder, 'postern.db');
  const configPaths: (string | undefined)[] = [];
  const open: OpenConfigured = async ({ configPath }) => {
    configPaths.push(configPath);
    const state = await openState(sqliteState({ path }), { pollMs: 0 });
    return { state, keys: createKeys(state, { pepper: new Secret(pepper) }), close: () => state.close() };
  };
  return { path, open, configPaths, dispose: () => rmSync(folder, { recursive: true, force: true }) };
}
