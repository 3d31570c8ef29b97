/** A provider inside the process, for more streams at once than sockets allow: a fetch that answers with pieces of text. */
import type { Fetch } from '../../src/index.ts';

export interface StreamedAnswer {
  /** Text of each piece. */
  readonly pieces: readonly string[];
  /** What the provider bills, told by the last event. */
  readonly inputTokens: number;
  readonly outputTokens: number;
}

export interface StreamingFetch {
  readonly fetch: Fetch;
  readonly cancelled: () => number;
}

const encoder = new TextEncoder();
const data = (value: unknown): Uint8Array =>
  encoder.encode(`data: ${typeof value === 'string' ? value : JSON.stringify(value)}\n\n`);

/** One piece is handed over each time somebody reads. */
export function streamingFetch(answer: (body: string, call: number) => StreamedAnswer): StreamingFetch {
  let calls = 0;
  let cancelled = 0;
  const fetch: Fetch = async (_url, init) => {
    const call = calls++;
    const { pieces, inputTokens, outputTokens } = answer(String(init?.body), call);
    const id = `chatcmpl-${call}`;
    const chunk = (rest: object): object => ({ id, object: 'chat.completion.chunk', created: 1, model: 'm', ...rest });
    const choice = (delta: object, finish_reason: string | null): object => ({ index: 0, delta, finish_reason });
    const usage = {
      prompt_tokens: inputTokens,
      completion_tokens: outputTokens,
      total_tokens: inputTokens + outputTokens,
    };
    let at = -1;
    const body = new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          await Promise.resolve();
          at++;
          if (at < pieces.length) controller.enqueue(data(chunk({ choices: [choice({ content: pieces[at] }, null)] })));
          else if (at === pieces.length) controller.enqueue(data(chunk({ choices: [choice({}, 'stop')] })));
          else if (at === pieces.length + 1) controller.enqueue(data(chunk({ choices: [], usage })));
          else {
            controller.enqueue(data('[DONE]'));
            controller.close();
          }
        },
        cancel() {
          cancelled++;
        },
      },
      { highWaterMark: 0 },
    );
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
  };
  return { fetch, cancelled: () => cancelled };
}

/** Numbers that look random and are the same in every run (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A skewed length, as answers have: half are below the median. */
export function logNormal(random: () => number, median: number, sigma: number): number {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return median * Math.exp(sigma * normal);
}
