/** Peers of other makers, each in a folder of its own that git ignores: `--peers` installs what `peers.json` pins. */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
}

const MANIFESTS = JSON.parse(readFileSync(join(import.meta.dirname, 'peers.json'), 'utf8')) as Readonly<
  Record<string, Manifest>
>;
const FOLDER = process.env.POSTERN_BENCH_PEERS ?? join(import.meta.dirname, 'peers');
const INSTALL = ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'];
const INSTALL_TIMEOUT_MS = 300_000;

/** `name version` of the package that gives a peer its name. */
export function versionOf(peer: string): string {
  const [name, version] = Object.entries(MANIFESTS[peer]!.dependencies)[0]!;
  return `${name} ${version}`;
}

export const fileOf = (peer: string, path: string): string => join(FOLDER, peer, 'node_modules', path);
export const isThere = (peer: string): boolean => existsSync(join(FOLDER, peer, 'node_modules'));
/** Loads from where the peer is installed. */
export const requireOf = (peer: string): NodeJS.Require => createRequire(join(FOLDER, peer, 'package.json'));
/** Why it is not measured. */
export const missing = (peer: string): string | undefined =>
  isThere(peer) ? undefined : 'not installed; `npm run bench -- --peers` installs the peers';

/** What is there already stays. Says which could not be installed, with npm's own words. */
export async function installPeers(): Promise<string[]> {
  const failures: string[] = [];
  for (const peer of Object.keys(MANIFESTS).filter((name) => !isThere(name)))
    await install(peer).catch((error: Error & { stderr?: string }) => {
      // Half an installation must not pass for a whole one next time.
      rmSync(join(FOLDER, peer), { recursive: true, force: true });
      failures.push(`${peer}: ${(error.stderr || error.message).trim().slice(0, 300)}`);
    });
  return failures;
}

async function install(peer: string): Promise<void> {
  const folder = join(FOLDER, peer);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify({ private: true, ...MANIFESTS[peer]! })}\n`);
  // Under `npm run`, npm says where it is.
  const script = process.env.npm_execpath;
  const [command, args] = script ? [process.execPath, [script, ...INSTALL]] : ['npm', INSTALL];
  await promisify(execFile)(command, args, { cwd: folder, timeout: INSTALL_TIMEOUT_MS });
}
