/** The built package, for tests of what users run: examples import `postern` by its name, which is `dist`. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));
const INPUTS = ['src', 'tsup.config.ts', 'package.json'];

/** Builds `dist` without types when it is missing or older than what it is made from. */
export function ensureBuilt(): void {
  const output = join(ROOT, 'dist', 'index.js');
  if (existsSync(output) && statSync(output).mtimeMs >= Math.max(...INPUTS.map((path) => newest(join(ROOT, path)))))
    return;
  const tsup = join(ROOT, 'node_modules', 'tsup', 'dist', 'cli-default.js');
  execFileSync(process.execPath, [tsup, '--no-dts', '--silent'], { cwd: ROOT, stdio: 'inherit' });
}

/** When a file, or the newest below a folder, was changed. */
function newest(path: string): number {
  const stats = statSync(path);
  if (!stats.isDirectory()) return stats.mtimeMs;
  return Math.max(...readdirSync(path).map((name) => newest(join(path, name))));
}
