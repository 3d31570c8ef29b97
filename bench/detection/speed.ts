/** How fast a detector reads: clean text message by message, the same in one string, texts full of values, hostile texts. */
import { Buffer } from 'node:buffer';
import { performance } from 'node:perf_hooks';
import type { Candidate } from './candidate.ts';
import { rounded } from './figures.ts';
import type { LabelledText } from './records.ts';

/** Megabytes (1e6 bytes of UTF-8) for a second of the thread's processor time (a round under 100 ms: by the clock): the median of the rounds, in a warm process. */
export interface Throughput {
  readonly conversation: number;
  readonly oneString: number;
  readonly labelled: number;
}

export interface Speed extends Throughput {
  /** The same texts again for a detector that remembers them; new strings, as a parsed body has them. */
  readonly remembered?: Throughput;
}

const MOST_ROUNDS = 7;
const ENOUGH_ROUNDS = 3;
const ENOUGH_MS = 4500;
const MOST_MS = 9000;
/** Texts are read again within a round until it is as long as this: the kernel counts processor time in steps of up to 4 ms. */
const ROUND_MS = 100;
const MOST_REPEATS = 40;
/** Of the labelled texts, as many make a round of a quarter of a megabyte. */
const EVERY_NTH_TEXT = 45;

type Detect = Candidate['detect'];
/** Asked for each round, before the clock starts. */
type TextsOf = (texts: readonly string[]) => readonly string[];

export async function measureSpeed(
  { detect, detectAgain }: Candidate,
  conversation: readonly string[],
  records: readonly LabelledText[],
): Promise<Speed> {
  const labelled = records.filter((_, index) => index % EVERY_NTH_TEXT === 0).map(({ text }) => text);
  const texts = { conversation, oneString: [conversation.join('\n')], labelled };
  const speed = await throughput(detect, texts, (same) => same);
  if (detectAgain === undefined) return speed;
  const parsedAnew: TextsOf = (same) => JSON.parse(JSON.stringify(same)) as string[];
  return { ...speed, remembered: await throughput(detectAgain, texts, parsedAnew) };
}

async function throughput(
  detect: Detect,
  { conversation, oneString, labelled }: Readonly<Record<keyof Throughput, readonly string[]>>,
  textsOf: TextsOf,
): Promise<Throughput> {
  return {
    conversation: await megabytesPerSecond(detect, conversation, textsOf),
    oneString: await megabytesPerSecond(detect, oneString, textsOf),
    labelled: await megabytesPerSecond(detect, labelled, textsOf),
  };
}

async function megabytesPerSecond(detect: Detect, texts: readonly string[], textsOf: TextsOf): Promise<number> {
  const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  const start = performance.now();
  const rounds = [await millisecondsFor(detect, textsOf(texts))];
  const repeats = Math.min(MOST_REPEATS, Math.ceil(ROUND_MS / rounds[0]!));
  for (let round = 1; round < MOST_ROUNDS; round++) {
    const passed = performance.now() - start;
    if (passed > MOST_MS || (rounds.length >= ENOUGH_ROUNDS && passed > ENOUGH_MS)) break;
    const repeated = Array.from({ length: repeats }, () => textsOf(texts)).flat();
    rounds.push((await millisecondsFor(detect, repeated)) / repeats);
  }
  const median = rounds.sort((a, b) => a - b)[rounds.length >> 1]!;
  return rounded(bytes / 1e3 / median);
}

/** For all texts. A text on which a detector throws counts with the time until then. */
export async function millisecondsFor(detect: Detect, texts: readonly string[]): Promise<number> {
  const [clock, thread] = [performance.now(), threadMs()];
  for (const text of texts) {
    try {
      const found = detect(text);
      // Awaiting what is there already would cost a synchronous detector a turn of the event loop for each text.
      if (found instanceof Promise) await found;
    } catch {}
  }
  const passed = performance.now() - clock;
  // The clock counts what else a machine does: under load the same package was measured at a tenth of its speed.
  return passed < ROUND_MS ? passed : Math.min(passed, threadMs() - thread);
}

function threadMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1e3;
}
