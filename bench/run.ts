/**
 * `npm run bench`: everything that docs/performance.md shows, one part after the other, in 20 minutes with the peers. Options: `--quick` (a minute
 * and a half, writes nothing), `--publish` (writes the figures into docs/performance.md), `--only in-process,langchain,memory,growth,server`, `--peers`
 * (installs the peers first).
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { installPeers } from './peers.ts';

interface Part {
  readonly program: string;
  readonly args: readonly string[];
  /** A minute and a half in all. */
  readonly quick: readonly string[];
}

const QUICK_SERVER =
  '--seconds 1 --rounds 1 --warm-ups 1 --only direct,node-proxy,postern-guarded --scenarios small,stream';
const PARTS: Readonly<Record<string, Part>> = {
  'in-process': { program: 'in-process.ts', args: [], quick: ['--quick'] },
  langchain: { program: 'langchain.ts', args: [], quick: ['--quick'] },
  memory: { program: 'memory.ts', args: [], quick: ['--quick'] },
  growth: { program: 'growth/run.ts', args: [], quick: ['--quick', '--only', 'body-size,caps,streams'] },
  server: {
    program: 'server/run.ts',
    args: '--seconds 1 --rounds 3 --warm-ups 2 --held nginx,node-proxy,postern-guarded,postern-serve'.split(' '),
    quick: [...QUICK_SERVER.split(' '), '--dry'],
  },
};

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    publish: { type: 'boolean', default: false },
    peers: { type: 'boolean', default: false },
    only: { type: 'string', default: Object.keys(PARTS).join(',') },
  },
});

/** @throws Error that names the part */
function run(program: string, args: readonly string[]): void {
  const path = join(import.meta.dirname, program);
  const { status } = spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', path, ...args], {
    stdio: 'inherit',
  });
  if (status !== 0) throw new Error(`${program} failed.`);
}

const startedAt = performance.now();
if (options.peers) for (const failure of await installPeers()) console.error(`Not installed: ${failure}`);
for (const name of options.only.split(',')) {
  const part = PARTS[name];
  if (!part) throw new Error(`--only: no part is called ${name}; there are ${Object.keys(PARTS).join(', ')}`);
  console.log(`\n## ${name}\n`);
  run(part.program, options.quick ? part.quick : part.args);
}
if (options.publish && !options.quick) run('publish.ts', ['--only', options.only]);
console.log(`\nTook ${Math.round((performance.now() - startedAt) / 1_000)} s.`);
