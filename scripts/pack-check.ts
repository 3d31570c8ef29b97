/**
 * Checks what would be published: packs it, reads it with publint and attw, installs the tarball into empty folders (once
 * alone, once with its optional peers) and runs `test/package/` there on every Node it finds, so on the oldest that is
 * supported and on the one that develops it. `POSTERN_COMPAT_NODES` adds paths of more.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

interface Compat {
  readonly path: string;
  readonly version: string;
}

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const BIN = join(ROOT, 'node_modules', '.bin');
const MANIFEST = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
};
/** Under `npm run`, npm says where it is; the Node it runs on may be older than the one that runs this file. */
const {
  npm_execpath: npmScript,
  npm_node_execpath: npmNode = process.execPath,
  POSTERN_COMPAT_NODES = '',
} = process.env;

/** The last major that Node 20 can load. */
const OLD_SQLITE = 'better-sqlite3@12.11.1';

const counts = { passed: 0, failed: 0 };

function report(title: string, problem: string | undefined): boolean {
  counts[problem === undefined ? 'passed' : 'failed']++;
  console.log(`${problem === undefined ? 'ok    ' : 'FAILED'}  ${title}`);
  if (problem !== undefined) console.log(problem);
  return problem === undefined;
}

interface Run {
  readonly cwd: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly input?: string;
  /** All that it must print on standard output. */
  readonly prints?: string;
}

/** Runs a program as one check; its output is shown when it fails. */
function check(title: string, command: string, args: readonly string[], { prints, ...run }: Run): boolean {
  const { status, stdout, stderr, error } = spawnSync(command, args, { ...run, encoding: 'utf8', timeout: 180_000 });
  const isRight = status === 0 && (prints === undefined || stdout === prints);
  return report(title, isRight ? undefined : `${error ?? ''}${stdout ?? ''}${stderr ?? ''}`);
}

function npm(title: string, args: readonly string[], run: Run): boolean {
  return npmScript ? check(title, npmNode, [npmScript, ...args], run) : check(title, 'npm', args, run);
}

/** Different versions among the Node that runs this, npm's, those on the PATH and those asked for. */
function findNodes(): Compat[] {
  const onPath = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'node'));
  const paths = [process.execPath, npmNode, ...POSTERN_COMPAT_NODES.split(delimiter), ...onPath];
  const nodes = new Map<string, Compat>();
  for (const path of paths.filter((path) => path !== '' && existsSync(path))) {
    const version = execFileSync(path, ['--version'], { encoding: 'utf8' }).trim();
    if (!nodes.has(version)) nodes.set(version, { path, version });
  }
  return [...nodes.values()];
}

function pack(folder: string): string | undefined {
  npm('npm pack', ['pack', '--pack-destination', folder], { cwd: ROOT });
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz'));
  return tarball && join(folder, tarball);
}

function checkInstalled(
  folder: string,
  kind: 'bare' | 'peers',
  packages: readonly string[],
  nodes: readonly Compat[],
): void {
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  const install = ['install', '--no-audit', '--no-fund', '--prefer-offline', '--ignore-scripts', ...packages];
  if (!npm(`npm install, ${kind}`, install, { cwd: folder })) return;
  const dashboard = join(folder, 'node_modules', 'postern', 'dist', 'dashboard', 'index.html');
  report(`dashboard, ${kind}`, existsSync(dashboard) ? undefined : `There is no ${dashboard}.`);
  cpSync(join(ROOT, 'test', 'package'), folder, { recursive: true });
  for (const { path, version } of nodes) {
    for (const program of ['import.mjs', 'require.cjs', 'mixed.mjs'])
      check(`${program}, ${kind}, Node ${version}`, path, [program, kind], { cwd: folder });
    if (kind === 'bare') checkCommand(folder, path, version);
  }
  if (kind === 'peers') checkTypes(folder);
}

/** `npx postern redact` as a user runs it: npx finds the command in `node_modules/.bin`, and its first line finds Node. */
function checkCommand(cwd: string, path: string, version: string): void {
  const env = { ...process.env, PATH: `${dirname(path)}${delimiter}${process.env.PATH ?? ''}` };
  const run = { cwd, env, input: 'My SSN is 521-44-9876.\n', prints: 'My SSN is <US_SSN_1>.\n' };
  npm(`npx postern redact, Node ${version}`, ['exec', '--no', '--', 'postern', 'redact'], run);
  const postern = join(cwd, 'node_modules', '.bin', 'postern');
  check(`postern redact, Node ${version}`, postern, ['redact'], run);
  const report = { by: [], window: 'lifetime', label: 'lifetime', start: 0, rows: [] };
  const shown = { cwd, env, input: JSON.stringify(report), prints: 'Spend, lifetime\n\n  Nothing was spent.\n' };
  check(`postern spend, Node ${version}`, postern, ['spend', '-'], shown);
  const configured = { cwd, env, prints: 'The defaults: nothing is wrong.\n' };
  check(`postern serve --check, Node ${version}`, postern, ['serve', '--check'], configured);
  // Its store is a file, and Node 20 has no SQLite of its own.
  if (!version.startsWith('v20.'))
    check(`postern serve --workers, Node ${version}`, path, ['workers.mjs'], { cwd, env });
}

/**
 * The SQLite ledger on Node 20, which has no SQLite of its own. The driver that it can load is compiled for the Node that
 * npm runs on, which takes a minute: only in CI, or when `POSTERN_COMPAT_SQLITE` is set.
 */
function checkOldSqlite(folder: string, tarball: string, nodes: readonly Compat[]): void {
  const node = nodes.find(({ path, version }) => path === npmNode && version.startsWith('v20.'));
  if (!node || (process.env.CI !== 'true' && !process.env.POSTERN_COMPAT_SQLITE)) {
    console.log('Not checked here: better-sqlite3 12 on Node 20 (npm on Node 20 and POSTERN_COMPAT_SQLITE=1 do).');
    return;
  }
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  const install = ['install', '--no-audit', '--no-fund', '--prefer-offline', tarball, OLD_SQLITE];
  if (!npm('npm install, sqlite', install, { cwd: folder })) return;
  cpSync(join(ROOT, 'test', 'package'), folder, { recursive: true });
  for (const program of ['sqlite.mjs', 'sqlite.cjs'])
    check(`${program}, Node ${node.version}`, node.path, [program], { cwd: folder });
}

/** Declarations are read too (no skipLibCheck): a broken one of ours would otherwise turn into `any`. Those of peers are theirs. */
function checkTypes(folder: string): void {
  cpSync(join(folder, 'types.mts'), join(folder, 'types.cts'));
  const types = ['--typeRoots', join(ROOT, 'node_modules', '@types'), '--types', 'node'];
  const options = ['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--target', 'es2022', '--lib', 'es2023,dom'];
  for (const file of ['types.mts', 'types.cts']) {
    const args = [join(BIN, 'tsc'), ...options, ...types, '--module', 'node16', '--pretty', 'false', file];
    const { status, stdout } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
    const ours = stdout.split('\n').filter((line) => /^(?:types\.|node_modules\/postern\/|error )/.test(line));
    report(`tsc ${file}`, status !== null && ours.length === 0 ? undefined : ours.join('\n'));
  }
}

function main(): void {
  const folder = mkdtempSync(join(tmpdir(), 'postern-pack-'));
  try {
    const nodes = findNodes();
    console.log(`Nodes: ${nodes.map(({ version }) => version).join(', ')}`);
    if (!nodes.some(({ version }) => version.startsWith('v20.')))
      console.log(
        'No Node 20 was found: the oldest supported version is not checked here (POSTERN_COMPAT_NODES adds one).',
      );
    const tarball = pack(folder);
    if (tarball === undefined) return;
    check('publint', process.execPath, [join(BIN, 'publint'), 'run', tarball, '--strict'], { cwd: ROOT });
    check('attw', process.execPath, [join(BIN, 'attw'), tarball, '--profile', 'strict'], { cwd: ROOT });
    checkInstalled(join(folder, 'bare'), 'bare', [tarball], nodes);
    const peers = Object.keys(MANIFEST.peerDependencies).map((name) => `${name}@${MANIFEST.devDependencies[name]}`);
    checkInstalled(join(folder, 'peers'), 'peers', [tarball, ...peers], nodes);
    checkOldSqlite(join(folder, 'sqlite'), tarball, nodes);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

main();
console.log(`pack-check: ${counts.passed} passed, ${counts.failed} failed`);
process.exitCode = counts.failed > 0 ? 1 : 0;
