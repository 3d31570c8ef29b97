/**
 * Builds the dashboard: `src/dashboard` into a page, a script, a stylesheet and an icon that need nothing from anywhere else. Run by the
 * package's build (`tsup.config.ts`), by tests, and by `node scripts/build-dashboard.ts [folder]`.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SOURCE = join(ROOT, 'src', 'dashboard');
/** What is compiled in, each with the file of its licence. */
const COMPILED_IN = ['preact', 'uplot'];

export interface BuiltDashboard {
  /** Paths below the folder, with their sizes in bytes. */
  readonly files: Readonly<Record<string, number>>;
}

/** Empties `outDir` and writes the dashboard there. */
export async function buildDashboard(outDir: string): Promise<BuiltDashboard> {
  const result = await build({
    absWorkingDir: ROOT,
    entryPoints: { app: join(SOURCE, 'main.tsx'), style: join(SOURCE, 'style.css') },
    outdir: outDir,
    write: false,
    bundle: true,
    minify: true,
    format: 'esm',
    target: ['es2022', 'chrome111', 'firefox113', 'safari16.4'],
    jsx: 'automatic',
    jsxImportSource: 'preact',
    legalComments: 'none',
    charset: 'utf8',
    logLevel: 'warning',
  });
  const assets = new Map<string, Uint8Array>();
  const add = (name: string, ending: string, body: Uint8Array): string => {
    const path = `assets/${name}-${hashOf(body)}.${ending}`;
    assets.set(path, body);
    return path;
  };
  const output = (ending: string): Uint8Array =>
    result.outputFiles.find(({ path }) => path.endsWith(`.${ending}`))!.contents;
  const paths: Readonly<Record<string, string>> = {
    script: add('app', 'js', output('js')),
    style: add('style', 'css', output('css')),
    icon: add('icon', 'svg', readFileSync(join(SOURCE, 'icon.svg'))),
  };
  const page = readFileSync(join(SOURCE, 'index.html'), 'utf8').replace(
    /\{\{(\w+)\}\}/g,
    (_, name: string) => paths[name]!,
  );
  assets.set('index.html', Buffer.from(page));
  assets.set('assets/licenses.txt', Buffer.from(licences()));
  return written(outDir, assets);
}

function written(outDir: string, assets: ReadonlyMap<string, Uint8Array>): BuiltDashboard {
  rmSync(outDir, { recursive: true, force: true });
  mkdirSync(join(outDir, 'assets'), { recursive: true });
  for (const [path, body] of assets) writeFileSync(join(outDir, path), body);
  return { files: Object.fromEntries([...assets].map(([path, body]) => [path, body.length])) };
}

function hashOf(body: Uint8Array): string {
  return createHash('sha256').update(body).digest('hex').slice(0, 10);
}

function licences(): string {
  const parts = COMPILED_IN.map((name) => {
    const folder = join(ROOT, 'node_modules', name);
    const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string };
    return `${name} ${version}\n\n${readFileSync(join(folder, 'LICENSE'), 'utf8').trim()}\n`;
  });
  return `The script of this page contains the following.\n\n${parts.join('\n---\n\n')}`;
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const { files } = await buildDashboard(resolve(process.argv[2] ?? join(ROOT, 'dist', 'dashboard')));
  for (const [path, bytes] of Object.entries(files)) console.log(`${String(bytes).padStart(8)}  ${path}`);
}
