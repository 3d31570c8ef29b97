/** The built dashboard, read once from beside the built code. Knows what its files are called and nothing of what they do. */
import { readdirSync, readFileSync } from 'node:fs';

export interface DashboardAsset {
  readonly type: string;
  readonly body: Uint8Array<ArrayBuffer>;
  /** Its name holds a hash of its content, so that it may be kept for ever. */
  readonly immutable: boolean;
}

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
  txt: 'text/plain; charset=utf-8',
};
const HASHED = /-[0-9a-f]{10}\.\w+$/;

/**
 * By path: `/`, `/assets/...`. Where the dashboard was not built (the source runs as it is), `/` is a page that says how to build it.
 *
 * @param dir folder that `buildDashboard` wrote; default: the one beside the built code
 */
export function dashboardAssets(dir: URL = builtFolder()): ReadonlyMap<string, DashboardAsset> {
  const page = read(new URL('index.html', dir));
  if (page === undefined) return new Map([['/', asset('index.html', Buffer.from(MISSING))]]);
  const names = readdirSync(new URL('assets/', dir)).filter((name) => endingOf(name) in TYPES);
  return new Map([
    ['/', asset('index.html', page)],
    ...names.map((name) => [`/assets/${name}`, asset(name, readFileSync(new URL(`assets/${name}`, dir)))] as const),
  ]);
}

const MISSING = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Postern</title>
<h1>The dashboard is not built</h1>
<p>This server runs from its source. Build the dashboard with <code>node scripts/build-dashboard.ts</code> and start the server again.
The admin API is there all the same: <a href="openapi.json">its description</a>.</p>
</html>
`;

/** Below the folder of the package's built code, of which this is a part; from the source, where the build leaves it. */
function builtFolder(): URL {
  const isSource = import.meta.url.endsWith('.ts');
  return new URL(isSource ? '../../dist/dashboard/' : './dashboard/', import.meta.url);
}

function asset(name: string, body: Buffer<ArrayBuffer>): DashboardAsset {
  return { type: TYPES[endingOf(name)]!, body: new Uint8Array(body), immutable: HASHED.test(name) };
}

function endingOf(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}

function read(path: URL): Buffer<ArrayBuffer> | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
