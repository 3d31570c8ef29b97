/** How fast a detector reads: clean text message by message, the same in one string, texts full of values, hostile texts. */
import { Buffer } from 'node:buffer';
import { performance } from 'node:perf_hooks';
import type { Candidate, Finding } from './candidate.ts';
import { hostileTexts } from './hostile.ts';
import type { LabelledText } from './records.ts';

/** Megabytes (1e6 bytes of UTF-8) a second: the median of the rounds, in a warm process, on one thread. */
export interface Speed {
  readonly conversation: number;
  readonly oneString: number;
  readonly labelled: number;
  /** The conversation once more, for a detector that remembers; new strings, as a parsed body has them. */
  readonly repeated?: number;
}

export interface Hostile {
  readonly name: string;
  readonly ms: number;
}

export const HOSTILE_CHARS = 50_000;
export const HOSTILE_GROWN_CHARS = 1_000_000;

const MOST_ROUNDS = 7;
const ENOUGH_ROUNDS = 3;
const ENOUGH_MS = 4500;
const MOST_MS = 9000;
/** Of the labelled texts, as many make a round of a quarter of a megabyte. */
const EVERY_NTH_TEXT = 45;

type Detect = Candidate['detect'];

export async function measureSpeed(
  { detect, detectAgain }: Candidate,
  conversation: readonly string[],
  records: readonly LabelledText[],
): Promise<Speed> {
  const sample = records.filter((_, index) => index % EVERY_NTH_TEXT === 0).map(({ text }) => text);
  const speed = {
    conversation: await megabytesPerSecond(detect, () => conversation),
    oneString: await megabytesPerSecond(detect, () => [conversation.join('\n')]),
    labelled: await megabytesPerSecond(detect, () => sample),
  };
  if (detectAgain === undefined) return speed;
  for (const text of conversation) detectAgain(text);
  const body = JSON.stringify(conversation);
  const parsed = (): readonly string[] => JSON.parse(body) as string[];
  return { ...speed, repeated: await megabytesPerSecond(detectAgain, parsed) };
}

/** `textsOf` is asked for each round, before the clock starts. */
async function megabytesPerSecond(detect: Detect, textsOf: () => readonly string[]): Promise<number> {
  const bytes = textsOf().reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  const rounds: number[] = [];
  const start = performance.now();
  for (let round = 0; round < MOST_ROUNDS; round++) {
    rounds.push(await timeOf(detect, textsOf()));
    const passed = performance.now() - start;
    if (passed > MOST_MS || (rounds.length >= ENOUGH_ROUNDS && passed > ENOUGH_MS)) break;
  }
  const median = rounds.sort((a, b) => a - b)[rounds.length >> 1]!;
  return rounded(bytes / 1e3 / median);
}

/** Milliseconds for all texts. A text on which a detector throws counts with the time until then. */
async function timeOf(detect: Detect, texts: readonly string[]): Promise<number> {
  const start = performance.now();
  for (const text of texts) {
    try {
      const found: readonly Finding[] | Promise<readonly Finding[]> = detect(text);
      // Awaiting what is there already would cost a synchronous detector a turn of the event loop for each text.
      if (found instanceof Promise) await found;
    } catch {}
  }
  return performance.now() - start;
}

export async function* measureHostile({ detect }: Candidate, length: number): AsyncGenerator<Hostile> {
  for (const [name, text] of hostileTexts(length)) yield { name, ms: rounded(await timeOf(detect, [text])) };
}

const rounded = (value: number): number => Math.round(value * 1000) / 1000;
