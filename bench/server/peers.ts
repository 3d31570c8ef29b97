/** The peer, in a folder of its own that git ignores: `--peers` installs it. */
import { execFile } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const VERSION = '1.15.2';
export const PORTKEY = `@portkey-ai/gateway ${VERSION}`;
const FOLDER = join(import.meta.dirname, 'peers', 'portkey');
const INSTALL = ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'];
const INSTALL_TIMEOUT_MS = 180_000;

export const portkeyProgram = (): string =>
  join(FOLDER, 'node_modules', '@portkey-ai', 'gateway', 'build', 'start-server.js');

/** @throws Error with npm's own words */
export async function installPeers(): Promise<void> {
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
  const manifest = { private: true, dependencies: { '@portkey-ai/gateway': VERSION } };
  writeFileSync(join(FOLDER, 'package.json'), `${JSON.stringify(manifest)}\n`);
  const script = process.env.npm_execpath;
  const [command, args] = script ? [process.execPath, [script, ...INSTALL]] : ['npm', INSTALL];
  await promisify(execFile)(command, args, { cwd: FOLDER, timeout: INSTALL_TIMEOUT_MS });
}
