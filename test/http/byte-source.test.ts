/** Bytes that are pushed: the same as they are read, in whatever turns they are taken, and nothing of them once they are not wanted. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openaiChat } from '../../src/dialects/openai-chat.ts';
import { type ByteSink, type ByteSource, readableOf, sourceOf } from '../../src/http/byte-source.ts';
import { GuardedStream } from '../../src/http/guarded-stream.ts';
import { sse } from '../../src/http/sse.ts';
import { redact } from '../../src/index.ts';
import { openedCall } from './calls.ts';

type Bytes = Uint8Array<ArrayBuffer>;
const encoded = (text: string): Bytes => new TextEncoder().encode(text);

function given(pieces: readonly Bytes[], failure?: Error): ReadableStream<Bytes> {
  let next = 0;
  return new ReadableStream<Bytes>({
    pull(controller) {
      if (next < pieces.length) controller.enqueue(pieces[next++]!);
      else if (failure) controller.error(failure);
      else controller.close();
    },
  });
}

/** Comes whole in one turn, before anybody waits for its end. */
function pushed(pieces: readonly Bytes[]): ByteSource {
  let sink: ByteSink;
  const left = [...pieces];
  return {
    to(own) {
      sink = own;
      if (left.length === 0) sink.end();
    },
    resume() {
      for (let goesOn = true; goesOn && left.length > 0; ) {
        goesOn = sink.take(left.shift()!);
        if (left.length === 0) sink.end();
      }
    },
    async cancel() {
      left.length = 0;
    },
  };
}

/** Takes as many pieces at once as it is told, waits a turn, and takes on. */
function taken(source: ByteSource, turns: readonly number[]): Promise<string> {
  const text: string[] = [];
  const decoder = new TextDecoder();
  let [turn, left] = [0, 0];
  return new Promise((resolve, reject) => {
    const next = (): void => {
      left = turns.length === 0 ? Infinity : turns[turn++ % turns.length]!;
      source.resume();
    };
    source.to({
      take(bytes) {
        text.push(decoder.decode(bytes, { stream: true }));
        if (--left > 0) return true;
        setImmediate(next);
        return false;
      },
      end: () => resolve(text.join('') + decoder.decode()),
      fail: reject,
    });
    next();
  });
}

const pieces = fc.array(fc.uint8Array({ minLength: 1, maxLength: 20 }) as fc.Arbitrary<Bytes>, { maxLength: 12 });
const turns = fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 6 });

describe('bytes', () => {
  it('are those of the web stream that they come from, and of the one that is made of them', async () => {
    await fc.assert(
      fc.asyncProperty(pieces, async (came) => {
        const whole = await new Response(readableOf(sourceOf(given(came)))).arrayBuffer();
        expect(Buffer.from(whole)).toEqual(Buffer.concat(came));
      }),
    );
  });

  it('are the same in whatever turns they are taken', async () => {
    await fc.assert(
      fc.asyncProperty(pieces, turns, async (came, inTurns) => {
        const whole = new TextDecoder().decode(Buffer.concat(came));
        expect(await taken(sourceOf(given(came)), inTurns)).toBe(whole);
        expect(await taken(pushed(came), inTurns)).toBe(whole);
      }),
    );
  });

  it('fail as their stream does', async () => {
    const broken = new Error('broken');
    await expect(taken(sourceOf(given([encoded('a')], broken)), [1])).rejects.toBe(broken);
    await expect(new Response(readableOf(sourceOf(given([], broken)))).text()).rejects.toBe(broken);
  });

  it('are read no sooner than they are wanted, and not at all any more once they are not', async () => {
    let reads = 0;
    let cancelled: unknown;
    const source = sourceOf(
      new ReadableStream<Bytes>(
        {
          pull: (controller) => controller.enqueue(encoded(String(reads++))),
          cancel(reason) {
            cancelled = reason;
          },
        },
        { highWaterMark: 0 },
      ),
    );
    const came: string[] = [];
    const unexpected = (): void => expect.unreachable('It was told after it had gone.');
    source.to({
      take(bytes) {
        came.push(new TextDecoder().decode(bytes));
        return false;
      },
      end: unexpected,
      fail: unexpected,
    });
    const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
    await turn();
    expect(reads).toBe(0);
    source.resume();
    await turn();
    expect(came).toEqual(['0']);
    source.resume();
    const gone = new Error('gone');
    await source.cancel(gone);
    source.resume();
    await turn();
    expect([came.length, cancelled]).toEqual([1, gone]);
  });
});

describe('a guarded stream', () => {
  const dialect = openaiChat;
  const event = (content: string): string =>
    `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`;
  const WORDS = ['Grüße an ', 'ada@exam', 'ple.org und ', '😀 ', 'plain words\n', '4111 1111 ', '1111 1111. '];
  const policies = [redact()];

  async function guarded(source: ByteSource): Promise<GuardedStream> {
    const call = await openedCall(policies, 'Write to ada@example.org');
    return new GuardedStream(call, source, {
      dialect,
      framing: sse,
      stream: true,
      hideUsage: false,
      maxResponseBytes: 1e6,
      idleTimeoutMs: 1_000,
      now: () => 0,
      defer: () => {},
    });
  }

  it('is the same in whatever pieces it comes and turns it is taken', async () => {
    const texts = fc.array(fc.constantFrom(...WORDS), { maxLength: 12 });
    const cuts = fc.array(fc.nat(600), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(texts, cuts, turns, async (said, at, inTurns) => {
        const bytes = encoded(`${said.map(event).join('')}data: [DONE]\n\n`);
        const places = [0, ...at.filter((place) => place < bytes.length).sort((a, b) => a - b), bytes.length];
        const came = places
          .slice(1)
          .map((to, i) => bytes.slice(places[i], to))
          .filter(({ length }) => length > 0);
        const read = await new Response(readableOf(await guarded(sourceOf(given(came))))).text();
        expect(await taken(await guarded(pushed(came)), inTurns)).toBe(read);
        expect(await taken(await guarded(sourceOf(given(came))), [])).toBe(read);
      }),
    );
  });
});
