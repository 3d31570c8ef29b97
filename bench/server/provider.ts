/**
 * The provider of the server benchmark, in a process of its own: HTTP/1.1 by hand, so that it is not what is measured. Whole answers, and
 * paced streams whose pieces tell when they were sent, in letters, since detectors look at digits.
 */
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { streamEvents, WHOLE_TEXT, wholeAnswer } from '../answers.ts';
import { EMAIL } from '../bodies.ts';
import { GUARDS_KEY, type Pace, paceIn } from './requests.ts';

export interface ProviderReady {
  readonly port: number;
}

/** What it saw so far. */
export interface ProviderSeen {
  readonly requests: number;
  /** Of them, those with the address that redaction takes out. */
  readonly withEmail: number;
  /** And those with it from a gateway that guards, which sends a key of its own. */
  readonly leaked: number;
}

const HEADERS = 'HTTP/1.1 200 OK\r\nx-request-id: req_bench\r\n';
/** Everything that is looked for stands before. */
const BEGINNING_CHARS = 512;
const seen = { requests: 0, withEmail: 0, leaked: 0 };

const whole = wholeAnswer(WHOLE_TEXT);
const WHOLE = Buffer.from(
  `${HEADERS}content-type: application/json\r\ncontent-length: ${whole.length}\r\n\r\n${whole}`,
);

const MARK = '\u0001';
const [FIRST = '', PIECE = '', ...LAST] = streamEvents([MARK]);
const [BEFORE = '', AFTER = ''] = PIECE.split(JSON.stringify(MARK).slice(1, -1));
const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`;

/**
 * Microseconds of a clock that all processes of the machine share, as `k` and 13 letters from a to j. The line ends with its piece: redaction
 * would hold back the last word of an open one until the next piece, which is no work but waiting.
 */
function stamp(): string {
  const digits = String(process.hrtime.bigint() / 1000n).padStart(13, '0');
  return `k${[...digits].map((digit) => 'abcdefghij'[Number(digit)]).join('')}\\n`;
}

function stream(socket: Socket, { pieces, everyMs }: Pace): void {
  socket.write(`${HEADERS}content-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n${chunk(FIRST)}`);
  let left = pieces;
  const timer = setInterval(() => {
    if (socket.destroyed) return clearInterval(timer);
    left--;
    const piece = chunk(BEFORE + stamp() + AFTER);
    if (left > 0) return void socket.write(piece);
    clearInterval(timer);
    socket.write(`${piece}${LAST.map(chunk).join('')}0\r\n\r\n`);
  }, everyMs);
}

function serve(socket: Socket): void {
  let waiting: Buffer[] = [];
  let missing = 0;
  socket.setNoDelay(true);
  socket.on('error', () => socket.destroy());
  socket.on('data', (data) => {
    waiting.push(data);
    missing -= data.length;
    if (missing > 0) return;
    const request = waiting.length === 1 ? waiting[0]! : Buffer.concat(waiting);
    const end = request.indexOf('\r\n\r\n');
    const head = request.toString('latin1', 0, Math.max(end, 0));
    const body = request.subarray(end + 4);
    missing = end < 0 ? 1 : missingOf(head, body);
    waiting = [request];
    if (missing > 0) return;
    waiting = [];
    missing = 0;
    answer(socket, head, body);
  });
}

function missingOf(head: string, body: Buffer): number {
  const length = /\r\ncontent-length: ?(\d+)/i.exec(head)?.[1];
  if (length !== undefined) return Number(length) - body.length;
  if (!/\r\ntransfer-encoding: ?chunked/i.test(head)) return 0;
  return body.toString('latin1', body.length - 5) === '0\r\n\r\n' ? 0 : 1;
}

function answer(socket: Socket, head: string, body: Buffer): void {
  seen.requests++;
  if (body.includes(EMAIL)) {
    seen.withEmail++;
    if (head.includes(GUARDS_KEY)) seen.leaked++;
  }
  const pace = paceIn(body.toString('latin1', 0, BEGINNING_CHARS));
  if (pace) stream(socket, pace);
  else socket.write(WHOLE);
}

process.on('message', () => process.send!(seen satisfies ProviderSeen));
process.on('disconnect', () => process.exit());
const server = createServer(serve).listen(0, '127.0.0.1', 4_096, () => {
  process.send!({ port: (server.address() as AddressInfo).port } satisfies ProviderReady);
});
