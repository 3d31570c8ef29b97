/** `postern serve --workers 2` of the installed package: starts, answers on one port, and ends with its workers. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';

const program = join('node_modules', '.bin', 'postern');
const args = ['serve', '--workers', '2', '--port', '0', '--admin-port', '0'];
const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
let [out, err] = ['', ''];
child.stderr.on('data', (piece) => {
  err += piece;
});
const ended = new Promise((resolve) => child.once('exit', resolve));
const url = await new Promise((resolve, reject) => {
  child.stdout.on('data', (piece) => {
    out += piece;
    const [, found] = /Gateway +(\S+)[\s\S]*Workers +2 /.exec(out) ?? [];
    if (found) resolve(found);
  });
  ended.then((code) => reject(new Error(`It ended with ${code}: ${out}${err}`)));
});
for (let n = 0; n < 4; n++) {
  const response = await fetch(`${url}/ready`, { headers: { connection: 'close' } });
  assert.deepEqual([response.status, (await response.json()).status], [200, 'ok']);
}
child.kill('SIGTERM');
assert.equal(await ended, 0, err);
const told = err
  .split('\n')
  .filter(Boolean)
  .map((line) => JSON.parse(line));
assert.deepEqual(
  told
    .filter(({ event }) => event === 'worker_up')
    .map(({ worker }) => worker)
    .sort(),
  [1, 2],
);
