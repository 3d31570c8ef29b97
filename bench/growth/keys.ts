/** A `postern serve` for each number of virtual keys; CPU of a request with one of them, from /proc. */
import { Pool } from 'undici';
import { nextMessage, startNode, stop, taken } from '../server/processes.ts';
import type { ProviderReady } from '../server/provider.ts';
import { COUNTER, smallBody } from '../server/requests.ts';
import { type Serving, startServeWithKeys } from '../server/serve.ts';

const IN_FLIGHT = 8;
const WARM_UPS = 2;
const [BEFORE = '', AFTER = ''] = smallBody().split(COUNTER);
let number = 10_000_000;

/** Microseconds by point and block; nothing where there is no /proc. */
export async function measureKeys(points: readonly number[], rounds: number, requests: number): Promise<number[][]> {
  const provider = startNode(0, new URL('../server/provider.ts', import.meta.url).pathname, []);
  const { port } = await nextMessage<ProviderReady>(provider);
  const servers: Serving[] = [];
  try {
    for (const keys of points) servers.push(await startServeWithKeys(port, keys));
    const blocks = points.map((): number[] => []);
    const order = [...servers.keys()];
    for (let round = -WARM_UPS; round < rounds; round++) {
      for (const at of round % 2 === 0 ? order : order.toReversed()) {
        const us = await block(servers[at]!, requests);
        if (round >= 0 && us !== undefined) blocks[at]!.push(us);
      }
    }
    return blocks;
  } finally {
    for (const { process } of servers) if (process) await stop(process);
    await stop(provider);
  }
}

async function block({ url, process, keys }: Serving, requests: number): Promise<number | undefined> {
  const before = taken(process!.pid!);
  const { origin, pathname } = new URL(url);
  const pool = new Pool(origin, { connections: IN_FLIGHT });
  let left = requests;
  const lane = async (): Promise<void> => {
    while (left-- > 0) {
      const headers = {
        'content-type': 'application/json',
        authorization: `Bearer ${keys[number % keys.length]}`,
      };
      const body = BEFORE + number++ + AFTER;
      const answer = await pool.request({ path: pathname, method: 'POST', headers, body });
      await answer.body.text();
      if (answer.statusCode !== 200) throw new Error(`${url} answered ${answer.statusCode}.`);
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
  await pool.close();
  const after = taken(process!.pid!);
  return before && after && ((after.cpuSeconds - before.cpuSeconds) * 1e6) / requests;
}
