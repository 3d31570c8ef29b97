/** What a request costs the guarded server, beside the minimal proxy: processor time from /proc, both sides in turns. */
import { Pool } from 'undici';
import { CANDIDATES, type CandidateName, type Started } from '../server/candidates.ts';
import { nextMessage, startNode, stop, taken } from '../server/processes.ts';
import type { ProviderReady, ProviderSeen } from '../server/provider.ts';
import { COUNTER, smallBody } from '../server/requests.ts';

const IN_FLIGHT = 16;
const ROUNDS = 5;
const SIDES = { 'node-proxy': 2_000, 'postern-guarded': 400 } as const;
type Side = keyof typeof SIDES;
const NAMES = Object.keys(SIDES) as Side[];
const WARM_UPS = 3;

const [BEFORE = '', AFTER = ''] = smallBody().split(COUNTER);
let number = 10_000_000;

/** `undefined` where there is no /proc. */
export async function serverRatio(): Promise<number | undefined> {
  const provider = startNode(0, new URL('../server/provider.ts', import.meta.url).pathname, []);
  const { port } = await nextMessage<ProviderReady>(provider);
  const started: Started[] = [];
  try {
    for (const name of NAMES) started.push(await candidate(name).start(port));
    const least = await leastCpu(started);
    provider.send('seen');
    const { leaked } = await nextMessage<ProviderSeen>(provider);
    if (leaked > 0) throw new Error(`The guarded server let ${leaked} addresses through.`);
    return least[0] === undefined ? undefined : least[1]! / least[0];
  } finally {
    for (const { process } of started) if (process) await stop(process);
    await stop(provider);
  }
}

const candidate = (name: CandidateName) => CANDIDATES.find((one) => one.name === name)!;

async function leastCpu(started: readonly Started[]): Promise<(number | undefined)[]> {
  const least: (number | undefined)[] = started.map(() => undefined);
  for (let round = -WARM_UPS; round < ROUNDS; round++) {
    for (const index of round % 2 === 0 ? [0, 1] : [1, 0]) {
      const us = await cpuUs(started[index]!, SIDES[NAMES[index]!]);
      if (round >= 0 && us !== undefined) least[index] = Math.min(us, least[index] ?? Infinity);
    }
  }
  return least;
}

async function cpuUs({ url, headers, process }: Started, requests: number): Promise<number | undefined> {
  const before = taken(process!.pid!);
  await load(url, headers, requests);
  const after = taken(process!.pid!);
  return before && after && ((after.cpuSeconds - before.cpuSeconds) * 1e6) / requests;
}

async function load(url: string, headers: Started['headers'], requests: number): Promise<void> {
  const { origin, pathname } = new URL(url);
  const pool = new Pool(origin, { connections: IN_FLIGHT });
  let left = requests;
  const lane = async (): Promise<void> => {
    while (left-- > 0) {
      const { statusCode, body } = await pool.request({
        path: pathname,
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: BEFORE + number++ + AFTER,
      });
      await body.text();
      if (statusCode !== 200) throw new Error(`${url} answered ${statusCode}.`);
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
  await pool.close();
}
