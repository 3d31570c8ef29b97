/**
 * How long estimating and pricing take: the estimator on ordinary and on hostile texts, a price, a bill. Each figure stands
 * beside its goal; a goal that is missed ends the run with 1. `npm run bench:spend`.
 */
import { cpus } from 'node:os';
import { cost } from '../src/spend/cost.ts';
import { estimateTokens } from '../src/spend/estimate.ts';
import { priceResponse } from '../src/spend/price-response.ts';
import { createPriceBook } from '../src/spend/prices.ts';

const KIB = 1_024;
const HOSTILE_CHARS = 200_000;
const ROUNDS = 21;
const AT = Date.parse('2026-11-21T12:00:00Z');

interface Measured {
  readonly what: string;
  /** Median of the rounds, microseconds a call. */
  readonly us: number;
  readonly goalUs: number;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

function measure(what: string, goalUs: number, calls: number, act: () => unknown): Measured {
  for (let call = 0; call < calls; call++) act();
  const rounds = Array.from({ length: ROUNDS }, () => {
    const start = process.hrtime.bigint();
    for (let call = 0; call < calls; call++) act();
    return Number(process.hrtime.bigint() - start) / 1_000 / calls;
  });
  return { what, us: median(rounds), goalUs };
}

/** Texts on which exact tokenizers take seconds, or whose every character starts a new class. */
const ROPES: Readonly<Record<string, string>> = {
  'one letter': 'a'.repeat(HOSTILE_CHARS),
  'capital, small, digit': 'aB3'.repeat(HOSTILE_CHARS / 3),
  'every code unit': Array.from({ length: HOSTILE_CHARS }, (_, at) => String.fromCharCode((at * 7_919) % 0x10000)).join(
    '',
  ),
  'lone surrogates': '\ud83d'.repeat(HOSTILE_CHARS),
  'spaces and line breaks': ' \n'.repeat(HOSTILE_CHARS / 2),
  base64: Buffer.from(Array.from({ length: 150_000 }, (_, at) => (at * 7_919) % 251)).toString('base64'),
};

/** As texts come out of bodies: one piece in memory, where `repeat` and `slice` leave ropes and views. */
function flat(text: string): string {
  return Buffer.from(text, 'utf16le').toString('utf16le');
}

const HOSTILE = Object.fromEntries(Object.entries(ROPES).map(([kind, text]) => [kind, flat(text)]));

const PROSE_LINE = 'A ship left the harbour at dawn, and nobody on the quay had counted its crew. ';
const CODE_LINE = 'export const total = (items: Item[]) => items.reduce((sum, { price }) => sum + price, 0);\n';
const PROSE = flat(PROSE_LINE.repeat(27).slice(0, 2 * KIB));
const CODE = flat(CODE_LINE.repeat(24).slice(0, 2 * KIB));

function measureAll(): Measured[] {
  const book = createPriceBook();
  const usage = { inputTokens: 1_500, cacheReadTokens: 200, outputTokens: 300, source: 'provider' } as const;
  const price = book.lookupFor('openai', 'gpt-4o', AT, usage)!;
  const response = { model: 'gpt-4o', usage: { prompt_tokens: 1_117, completion_tokens: 46, total_tokens: 1_163 } };
  return [
    measure('estimate, 2 KiB of prose', 10, 2_000, () => estimateTokens(PROSE)),
    measure('estimate, 2 KiB of code', 10, 2_000, () => estimateTokens(CODE)),
    ...Object.entries(HOSTILE).map(([kind, text]) =>
      measure(`estimate, 200,000 of ${kind}`, 20_000, 5, () => estimateTokens(text)),
    ),
    measure('price of a model', 1, 5_000, () => book.lookupFor('openai', 'gpt-4o', AT, usage)),
    measure('cost of a usage', 2, 5_000, () => cost(usage, price)),
    measure('priceResponse', 50, 2_000, () => priceResponse({ provider: 'openai', response, at: AT })),
  ];
}

/** Ten times the text has to take about ten times as long: microseconds for 1,000 characters, short and long. */
function growth(): Measured[] {
  return Object.entries(HOSTILE).map(([kind, text]) => {
    const tenth = flat(text.slice(0, text.length / 10));
    const short = measure('', 0, 50, () => estimateTokens(tenth));
    const long = measure('', 0, 5, () => estimateTokens(text));
    return { what: `growth from 20,000 to 200,000 of ${kind}, times`, us: long.us / short.us, goalUs: 20 };
  });
}

const figures = [...measureAll(), ...growth()];
console.log(`Node ${process.version}, ${cpus()[0]?.model}\n`);
for (const { what, us, goalUs } of figures) {
  console.log(
    `${us <= goalUs ? 'ok    ' : 'MISSED'}  ${what.padEnd(58)} ${us.toFixed(2).padStart(10)}  goal ${goalUs}`,
  );
}
process.exitCode = figures.every(({ us, goalUs }) => us <= goalUs) ? 0 : 1;
