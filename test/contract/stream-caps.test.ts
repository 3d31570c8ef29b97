/** A cap under many streams at once: never passed, and used before it refuses. */
import { describe, expect, it } from 'vitest';
import { createGateway, type Gateway, memoryLedger, spendCap } from '../../src/index.ts';
import { logNormal, type StreamedAnswer, seeded, streamingFetch } from './fake-stream.ts';

const USD = 1_000_000_000;
const PIECE_TOKENS = 64;
const URL = 'https://api.openai.com/v1/chat/completions';

interface Ending {
  readonly status: number;
  readonly code: string | undefined;
  readonly cut: boolean;
}

async function ask(gateway: Gateway, content: string, more: object = {}): Promise<Ending> {
  const body = JSON.stringify({ model: 'm', stream: true, messages: [{ role: 'user', content }], ...more });
  const response = await gateway.fetch(URL, { method: 'POST', body });
  const text = await response.text();
  const code = /"code":"(spend_\w+)"/.exec(text)?.[1];
  return { status: response.status, code, cut: response.status === 200 && code !== undefined };
}

/** Answers as language models give them: mostly short, some long; the billed tokens differ a little from what is counted. */
function answers(seed: number): (body: string) => StreamedAnswer {
  const random = seeded(seed);
  const piece = 'words of an answer '.repeat(PIECE_TOKENS / 4);
  return (body) => {
    const outputTokens = Math.min(16_384, Math.max(1, Math.round(logNormal(random, 300, 1))));
    const pieces = Array.from({ length: Math.ceil(outputTokens / PIECE_TOKENS) }, () => piece);
    return { pieces, inputTokens: Math.round(body.length / (3.8 + random())), outputTokens };
  };
}

describe('500 streams at once on a cap of 100 USD', () => {
  it('stay at or below it, with at least 85 % spent at the first refusal', async () => {
    const store = memoryLedger();
    const provider = streamingFetch(answers(1));
    const gateway = createGateway({
      store,
      fetch: provider.fetch,
      prices: { m: { input: '1.25', output: '10' } },
      policies: [spendCap({ name: 'cap', limitUsd: 100, window: 'lifetime' })],
    });
    const books = () => store.read(['cap|all=all|lifetime'])[0]!;
    let firstRefusal: number | undefined;
    let highest = 0;
    gateway.on('policy', ({ action }) => {
      if (action === 'block') firstRefusal ??= books().posted;
    });
    gateway.on('call', () => {
      highest = Math.max(highest, books().posted);
    });
    const prompt = 'some words that are asked '.repeat(230);
    const endings: Ending[] = [];
    const client = async (): Promise<void> => {
      for (let refused = 0; refused < 3; ) {
        const ending = await ask(gateway, prompt, { max_tokens: 16_384 });
        endings.push(ending);
        if (ending.code !== undefined) refused++;
      }
    };
    await Promise.all(Array.from({ length: 500 }, client));

    const { posted, held } = books();
    const cut = endings.filter((ending) => ending.cut).length;
    const finished = endings.filter(({ status, code }) => status === 200 && code === undefined).length;
    console.log(
      `first refusal at ${(firstRefusal! / USD).toFixed(2)} USD, at the end ${(posted / USD).toFixed(2)} USD; ` +
        `${finished} answers, ${cut} ended early, ${endings.length - finished - cut} refused`,
    );
    expect(highest).toBeLessThanOrEqual(100 * USD);
    expect(posted).toBeLessThanOrEqual(100 * USD);
    expect(held).toBe(0);
    expect(firstRefusal).toBeGreaterThanOrEqual(85 * USD);
    expect(gateway.stats.open).toBe(0);
    expect(provider.cancelled()).toBe(cut);
  }, 120_000);
});
