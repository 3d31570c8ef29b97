/** Whole answers without wrk: `whole-driver.ts <settings>`. Takes several times wrk's processor time, so it limits what fast servers show. */
import { readFileSync } from 'node:fs';
import { Pool } from 'undici';
import { quantile } from './figures.ts';
import type { LoadSettings, WholeLoad } from './load.ts';
import { COUNTER } from './requests.ts';

interface Settings extends LoadSettings {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly first: number;
}

const { url, headers, connections, seconds, bodyFile, first } = JSON.parse(process.argv[2]!) as Settings;
const { origin, pathname } = new URL(url);
const pieces = readFileSync(bodyFile, 'utf8').split(COUNTER);
const pool = new Pool(origin, { connections });
const latencies: number[] = [];
let number = first;
let errors = 0;
const startedAt = performance.now();

async function connection(): Promise<void> {
  while (performance.now() - startedAt < seconds * 1_000) {
    const sentAt = performance.now();
    const body = pieces.join(String(number++).padStart(COUNTER.length, '0'));
    try {
      const options = {
        path: pathname,
        method: 'POST' as const,
        headers: { 'content-type': 'application/json', ...headers },
      };
      const response = await pool.request({ ...options, body });
      await response.body.text();
      if (response.statusCode === 200) latencies.push((performance.now() - sentAt) * 1_000);
      else errors++;
    } catch {
      errors++;
    }
  }
}

await Promise.all(Array.from({ length: connections }, connection));
const result: WholeLoad = {
  requests: latencies.length,
  seconds: (performance.now() - startedAt) / 1_000,
  errors,
  p50Us: quantile(latencies, 0.5),
  p99Us: quantile(latencies, 0.99),
};
console.log(`@@${JSON.stringify(result)}`);
process.exit(0);
