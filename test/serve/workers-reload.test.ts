/** What a primary does where a worker cannot take what it could itself. */
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type LoadedConfig, readConfig } from '../../src/serve/load-config.ts';
import { Workers } from '../../src/serve/workers.ts';
import { eventually } from './support.ts';

const PROGRAM = fileURLToPath(new URL('./fake-worker.ts', import.meta.url));

const configured = (name: string): Promise<LoadedConfig> => readConfig({}, name, '/');
const logged: Record<string, unknown>[] = [];
const note = (entry: object): void => void logged.push(entry as Record<string, unknown>);
let workers: Workers;

beforeEach(async () => {
  logged.length = 0;
  const logger = { info: note, warn: note, error: note };
  const loaded = await configured('first');
  workers = new Workers({ count: 2, program: PROGRAM, loaded, version: '0', logger, onEvents() {} });
  await workers.start();
});
afterEach(() => workers.end(0));

/** Series of what each worker took. */
async function taken(): Promise<string[]> {
  await workers.count();
  return workers.metrics
    .text()
    .split('\n')
    .filter((line) => line.startsWith('taken_total'))
    .map((line) => line.replace(/^.*worker="(\d)",path="(\w+)".*$/, '$1 $2'))
    .sort();
}

it('takes another configuration at all of them', async () => {
  await workers.reload(await configured('second'));

  expect(await taken()).toEqual(['1 first', '1 second', '2 first', '2 second']);
});

it('goes back at all of them where one cannot take it, and a new worker starts with the one before', async () => {
  await workers.reload(await configured('second'));
  await expect(workers.reload(await configured('wrong'))).rejects.toMatchObject({
    code: 'invalid_option',
    message: 'It is wrong here.',
    param: 'policies',
  });

  expect(await taken()).toEqual(['1 first', '1 second', '1 wrong', '2 first', '2 second']);
  expect(workers.up).toBe(2);
  const pid = logged.find(({ event, worker }) => event === 'worker_up' && worker === 2)!.pid as number;
  process.kill(pid, 'SIGKILL');
  await eventually(
    async () => workers.exits === 1 && workers.up === 2,
    (found) => found,
  );
  expect(logged).toContainEqual(expect.objectContaining({ event: 'worker_died', worker: 2, signal: 'SIGKILL' }));
  await workers.reload(await configured('third'));
  expect(await taken()).toEqual(expect.arrayContaining(['1 third', '2 second', '2 third']));
});

it('says how many events a worker had no room for', async () => {
  await eventually(
    async () => workers.dropped,
    (dropped) => dropped === 6,
  );
  expect(workers.dropped).toBe(6);
  expect(logged.filter(({ event }) => event === 'events_dropped')).toEqual([
    expect.objectContaining({ dropped: 3 }),
    expect.objectContaining({ dropped: 3 }),
  ]);
});
