/** Installs the peers that `peers.json` pins, each in a folder of its own under `peers/`, which git ignores. */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PEERS } from './candidate.ts';

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
}

const MANIFESTS = JSON.parse(readFileSync(join(import.meta.dirname, 'peers.json'), 'utf8')) as Readonly<
  Record<string, Manifest>
>;
const INSTALL = ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'];
const INSTALL_TIMEOUT_MS = 180_000;

/** `name version` of the package that gives a peer its name. */
export function versionOf(peer: string): string {
  const [name, version] = Object.entries(MANIFESTS[peer]!.dependencies)[0]!;
  return `${name} ${version}`;
}

/** Installs a peer unless it is there as pinned. @throws Error with npm's own words. */
export async function ensureInstalled(peer: string): Promise<void> {
  const folder = join(PEERS, peer);
  const manifest = `${JSON.stringify({ private: true, ...MANIFESTS[peer]! })}\n`;
  const path = join(folder, 'package.json');
  const isPinned = existsSync(path) && readFileSync(path, 'utf8') === manifest;
  if (isPinned && existsSync(join(folder, 'node_modules'))) return;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(path, manifest);
  await npm(folder).catch((error: Error & { stderr?: string }) => {
    // Half an installation must not pass for a whole one next time.
    rmSync(folder, { recursive: true, force: true });
    throw new Error(firstLines(error.stderr) ?? error.message);
  });
}

/** The first says only a code, the second what happened. */
function firstLines(stderr = ''): string | undefined {
  const lines = stderr
    .trim()
    .split('\n')
    .map((line) => line.replace(/^npm (?:error|ERR!) /, '').trim());
  return lines[0] === '' ? undefined : lines.slice(0, 2).join(': ');
}

/** Under `npm run`, npm says where it is. */
function npm(cwd: string): Promise<unknown> {
  const script = process.env.npm_execpath;
  const [command, args] = script ? [process.execPath, [script, ...INSTALL]] : ['npm', INSTALL];
  return promisify(execFile)(command, args, { cwd, timeout: INSTALL_TIMEOUT_MS });
}
