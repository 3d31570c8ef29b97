import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { ensureBuilt, ROOT } from '../built-package.ts';

beforeAll(ensureBuilt, 60_000);

/** What the pages say that a command prints: `$ printf ...`, and the lines up to the next `$`. */
function sessions(page: string): { command: string; output: string }[] {
  const blocks = [...readFileSync(join(ROOT, page), 'utf8').matchAll(/^```\n(\$ [\s\S]*?)^```/gm)];
  return blocks
    .flatMap(([, block]) => block!.split(/^\$ /m).slice(1))
    .filter((session) => session.startsWith('printf '))
    .map((session) => {
      const [command = '', ...output] = session.split('\n');
      return { command, output: output.join('\n') };
    });
}

test.each(['README.md', 'docs/redaction.md'])('the commands in %s print what it says', (page) => {
  const told = sessions(page);
  expect(told.length).toBeGreaterThanOrEqual(2);
  for (const { command, output } of told) {
    const run = `(${command.replace('npx postern', `"${process.execPath}" "${join(ROOT, 'dist', 'cli.js')}"`)}) 2>&1`;
    expect(execFileSync('sh', ['-c', run], { encoding: 'utf8' }), command).toBe(output);
  }
});
