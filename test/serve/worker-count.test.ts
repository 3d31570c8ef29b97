import { expect, it } from 'vitest';
import { openServer } from '../../src/serve/index.ts';
import { readConfig } from '../../src/serve/load-config.ts';
import { checkWorkers, workerCount } from '../../src/serve/worker-count.ts';

const configOf = async (given: object) => (await readConfig(given, undefined, '/')).config;

it('is one, a number, or one for each core', async () => {
  expect(workerCount(await configOf({}))).toBe(1);
  expect(workerCount(await configOf({ server: { workers: 3 } }), () => 8)).toBe(3);
  expect(workerCount(await configOf({ server: { workers: 'auto' } }), () => 8)).toBe(8);
});

it.each([0, -1, 1.5, 129, '2', 'all', null])('refuses %j, and says what it must be', async (workers) => {
  await expect(configOf({ server: { workers } })).rejects.toThrow(/server\.workers: must be .*, got /);
});

it('refuses several on a store that each process has for itself', async () => {
  const several = await configOf({ server: { workers: 2 }, store: { kind: 'memory' } });
  expect(() => checkWorkers(several)).toThrow(/server\.workers must be 1 with store\.kind "memory".*got 2/);
  const auto = await configOf({ server: { workers: 'auto' }, store: { kind: 'memory' } });
  expect(() => checkWorkers(auto, () => 8)).toThrow(/got "auto", which is 8 here/);
  expect(() => checkWorkers(auto, () => 1)).not.toThrow();
});

it('says so before anything is opened', async () => {
  await expect(openServer({ server: { workers: 2 }, store: { kind: 'memory' } }, { env: {} })).rejects.toMatchObject({
    param: 'server.workers',
  });
});
