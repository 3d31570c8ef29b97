/**
 * Clients of streams on plain sockets: `stream-driver.ts <settings>`. Each connection asks again when its stream has ended, until the time is
 * over; those that go on then are closed. Tells how late pieces come, and counts them, so that a gateway which loses one is found.
 */
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { quantile } from './figures.ts';
import type { StreamLoad, StreamSettings } from './load.ts';
import { COUNTER } from './requests.ts';

interface Settings extends StreamSettings {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

const { url, headers, connections, seconds, bodyFile, pieces, rampMs } = JSON.parse(process.argv[2]!) as Settings;
const { hostname, port, host, pathname } = new URL(url);
const body = readFileSync(bodyFile, 'utf8').split(COUNTER);
const STAMP = /k([a-j]{13})/g;
/** More than a stamp, so that one which was cut is found with its rest. */
const KEPT_CHARS = 20;
const LAST_CHUNK = '\r\n0\r\n\r\n';
const nowUs = (): number => Number(process.hrtime.bigint() / 1000n);
const startedAt = nowUs();
const measuredFrom = startedAt + rampMs * 1_000;
const endsAt = measuredFrom + seconds * 1e6;

const delays: number[] = [];
const firstDelays: number[] = [];
const open = new Set<Socket>();
let [streams, seen, errors, number] = [0, 0, 0, 0];
let error: string | undefined;

function failed(what: string): void {
  errors++;
  error ??= what;
}

function sentAtUs(letters: string): number {
  return Number([...letters].map((letter) => 'abcdefghij'.indexOf(letter)).join(''));
}

function requestText(): string {
  const text = body.join(String(number++).padStart(COUNTER.length, '0'));
  const lines = Object.entries({ ...headers, 'content-type': 'application/json' }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  return `POST ${pathname} HTTP/1.1\r\nhost: ${host}\r\n${lines.join('')}content-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`;
}

function connection(): void {
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  open.add(socket);
  let [rest, head, count, askedAt] = ['', true, 0, 0];
  const ask = (): void => {
    [rest, head, count, askedAt] = ['', true, 0, nowUs()];
    socket.write(requestText());
  };
  socket.on('connect', ask);
  socket.on('error', (cause) => failed(cause.message));
  socket.on('close', () => {
    open.delete(socket);
    if (nowUs() < endsAt) failed('The connection was closed.');
  });
  socket.on('data', (data) => {
    const now = nowUs();
    const text = rest + data.toString('latin1');
    if (head && !/^HTTP\/1\.1 200/.test(text)) {
      failed(text.slice(0, 300));
      socket.destroy();
      return;
    }
    head = false;
    let read = 0;
    for (const { 0: all, 1: letters, index } of text.matchAll(STAMP)) {
      if (count++ === 0) firstDelays.push(now - askedAt);
      if (now >= measuredFrom) {
        seen++;
        delays.push(now - sentAtUs(letters!));
      }
      read = index + all.length;
    }
    rest = text.slice(Math.max(read, text.length - KEPT_CHARS));
    if (!rest.endsWith(LAST_CHUNK)) return;
    if (count === pieces) streams++;
    else failed(`A stream had ${count} of ${pieces} pieces.`);
    if (nowUs() < endsAt) ask();
    else socket.destroy();
  });
}

for (let i = 0; i < connections; i++) setTimeout(connection, (0.75 * rampMs * i) / connections);
setTimeout(
  () => {
    const result: StreamLoad = {
      streams,
      pieces: seen,
      seconds: (nowUs() - measuredFrom) / 1e6,
      errors,
      error,
      delayP50Us: quantile(delays, 0.5),
      delayP90Us: quantile(delays, 0.9),
      delayP99Us: quantile(delays, 0.99),
      firstPieceP50Us: quantile(firstDelays, 0.5),
    };
    console.log(`@@${JSON.stringify(result)}`);
    for (const socket of open) socket.destroy();
    process.exit(0);
  },
  (endsAt - startedAt) / 1_000,
);
