/** Texts on which patterns that backtrack take seconds, and how long a detector takes for them. */
import { Buffer } from 'node:buffer';
import type { Candidate } from './candidate.ts';
import { rounded } from './figures.ts';
import { millisecondsFor } from './speed.ts';

export const HOSTILE_CHARS = 50_000;
/** Twenty times as long: what is linear takes twenty times as long, what is quadratic four hundred times. */
export const GROWN_CHARS = 1_000_000;

export interface HostileText {
  readonly name: string;
  readonly chars: number;
}

export interface HostileTime extends HostileText {
  readonly ms: number;
  /** It was stopped then, and takes longer. */
  readonly isStopped?: true;
}

const CASES: Readonly<Record<string, (length: number) => string>> = {
  a: fill('a'),
  dots: (length) => `${fill('a.')(length)}@`,
  at: fill('a@'),
  digits: fill('1'),
  'spaced digits': fill('1 '),
  'dashed digits': fill('12-'),
  hex: fill('0f'),
  colons: fill('ab:'),
  spaces: (length) => `password${fill(' ')(length)}`,
  words: fill('John Smith '),
  assignments: fill('key='),
  base64: fill('QUJD'),
  'token starts': fill('eyJ'),
  'key headers': fill('-----BEGIN PRIVATE KEY-----'),
  urls: fill('http://a:'),
  quotes: fill('"\\'),
  streets: (length) => `${fill('1 a ')(length)}x`,
  capitals: fill('Aa '),
};

function fill(unit: string): (length: number) => string {
  return (length) => unit.repeat(length / unit.length);
}

/** Names and texts of about `length` characters. */
export function hostileTexts(length: number): [name: string, text: string][] {
  return Object.entries(CASES).map(([name, make]) => [name, make(length)]);
}

/**
 * All texts, and then all of them grown, in the order of the time they took: who is stopped at one has read those that it
 * can read. `onStart` is told before each, for a detector may never come back.
 */
export async function* measureHostile(
  { detect }: Candidate,
  onStart: (text: HostileText) => Promise<void>,
): AsyncGenerator<HostileTime> {
  const times: HostileTime[] = [];
  for (const [name] of hostileTexts(0)) {
    times.push(await timeOf({ name, chars: HOSTILE_CHARS }));
    yield times.at(-1)!;
  }
  times.sort((a, b) => a.ms - b.ms);
  for (const { name } of times) yield timeOf({ name, chars: GROWN_CHARS });

  async function timeOf(hostile: HostileText): Promise<HostileTime> {
    // A repeated string is a tree inside V8; what arrives in a body is flat.
    const text = Buffer.from(CASES[hostile.name]!(hostile.chars)).toString();
    await onStart(hostile);
    return { ...hostile, ms: rounded(await millisecondsFor(detect, [text])) };
  }
}
