/** The database servers that some tests need. Without one they are skipped with the reason, but never in CI. */
import { connect } from 'node:net';
import { describe, it } from 'vitest';

export const REDIS_URL = new URL(process.env.POSTERN_TEST_REDIS ?? 'redis://127.0.0.1:6379');
export const POSTGRES_URL = new URL(process.env.POSTERN_TEST_POSTGRES ?? 'postgres://postgres@127.0.0.1:5432/postgres');

const START = {
  redis: "redis-server --daemonize yes --bind 127.0.0.1 -::1 --port 6379 --save '' --appendonly no",
  postgres: 'pg_ctlcluster --skip-systemctl-redirect $(ls /etc/postgresql) main start',
} as const;

/** Runs `declare` when the server answers; else says what was skipped and how to run it. */
export async function withService(service: keyof typeof START, url: URL, declare: () => void): Promise<void> {
  if (await accepts(Number(url.port), url.hostname)) {
    declare();
    return;
  }
  const reason = `no ${service} at ${url.hostname}:${url.port}; start one with: ${START[service]}`;
  if (process.env.CI === 'true') {
    it(`needs ${service}`, () => {
      throw new Error(reason);
    });
    return;
  }
  console.warn(`Skipped: ${reason}`);
  describe.skip(`${service}: ${reason}`, () => {
    it('is skipped', () => undefined);
  });
}

export function accepts(port: number, host = '127.0.0.1'): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host, timeout: 1_000 });
    const done = (open: boolean) => (): void => {
      socket.destroy();
      resolve(open);
    };
    socket.on('connect', done(true)).on('error', done(false)).on('timeout', done(false));
  });
}
