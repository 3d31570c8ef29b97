/** What a redactor must not break: JSON it rewrites, and the sameness of a stream and the whole text. */
import type { Candidate, Finding } from './candidate.ts';
import type { LabelledText } from './records.ts';
import { mergeOverlapping } from './spans.ts';

export interface JsonCheck {
  readonly bodies: number;
  /** Bodies in which something was found. */
  readonly changed: number;
  /** Of those, how many do not parse any more once each finding is replaced by `[REDACTED]`. */
  readonly broken: number;
  /** Of those that do, how many have a tool call whose arguments do not. */
  readonly brokenInside: number;
}

export interface StreamCheck {
  readonly runs: number;
  /** Streams that gave another text than redacting the whole. */
  readonly different: number;
  /** Labelled values that the whole redaction removed and a stream showed. */
  readonly leaked: number;
  /** Most characters that were held back, on hard negatives and on the others. */
  readonly mostHeldOnNegatives: number;
  readonly mostHeld: number;
}

/** The bodies are scanned as the text they are: the harder way, for a detector sees the escapes. */
export async function checkJson(candidate: Candidate, records: readonly LabelledText[]): Promise<JsonCheck> {
  const bodies = records.filter(({ file }) => file === 'json_toolcalls');
  const counts = { bodies: bodies.length, changed: 0, broken: 0, brokenInside: 0 };
  for (const { text } of bodies) {
    const found = await candidate.detect(text);
    if (found.length === 0) continue;
    const verdict = readBody(replaceAll(text, found));
    counts.changed++;
    counts.broken += Number(verdict === 'broken');
    counts.brokenInside += Number(verdict === 'broken inside');
  }
  return counts;
}

function replaceAll(text: string, found: readonly Finding[]): string {
  let out = '';
  let at = 0;
  for (const { start, end } of mergeOverlapping(found)) {
    out += `${text.slice(at, start)}[REDACTED]`;
    at = end;
  }
  return out + text.slice(at);
}

interface Body {
  readonly tool_calls?: readonly { readonly function: { readonly arguments: string } }[];
}

function readBody(text: string): 'whole' | 'broken' | 'broken inside' {
  const body = parsed(text) as Body | undefined;
  if (body === undefined) return 'broken';
  const calls = body.tool_calls ?? [];
  return calls.some((call) => parsed(call.function.arguments) === undefined) ? 'broken inside' : 'whole';
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const STREAMED = ['presidio_synth', 'pii_anon_en', 'betterleaks', 'credsweeper', 'negatives'];
const EVERY_NTH_TEXT = 4;
const MOST_PIECE_CHARS = [1, 4, 16];
/** A shorter value may stand in a text by chance. */
const MIN_LEAK_CHARS = 6;

export function checkStreams(
  { redact, stream }: NonNullable<Candidate['streaming']>,
  records: readonly LabelledText[],
): StreamCheck {
  const random = randomNumbers(42);
  const known = STREAMED.flatMap((name) => records.filter(({ file }) => file === name));
  // Texts of somebody else's have other names.
  const texts = known.length > 0 ? known : records;
  const counts = { runs: 0, different: 0, leaked: 0, mostHeldOnNegatives: 0, mostHeld: 0 };
  for (const { text, kind, spans } of texts.filter((_, index) => index % EVERY_NTH_TEXT === 0)) {
    const whole = redact(text);
    for (const most of MOST_PIECE_CHARS) {
      const { shown, held } = streamed(stream(), text, () => 1 + Math.floor(random() * most));
      counts.runs++;
      counts.different += Number(shown !== whole);
      const values = spans
        .map(({ start, end }) => text.slice(start, end))
        .filter((value) => value.length >= MIN_LEAK_CHARS);
      counts.leaked += values.filter((value) => shown.includes(value) && !whole.includes(value)).length;
      const place = kind === 'neg' ? 'mostHeldOnNegatives' : 'mostHeld';
      counts[place] = Math.max(counts[place], held);
    }
  }
  return counts;
}

function streamed(
  stream: ReturnType<NonNullable<Candidate['streaming']>['stream']>,
  text: string,
  nextLength: () => number,
): { shown: string; held: number } {
  let shown = '';
  let held = 0;
  for (let at = 0; at < text.length; ) {
    const piece = text.slice(at, at + nextLength());
    at += piece.length;
    shown += stream.push(piece);
    held = Math.max(held, at - shown.length);
  }
  return { shown: shown + stream.end(), held };
}

/** The same numbers from 0 to 1 in every run. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1103515245 + 12345) & 0x7fffffff;
    return state / 0x7fffffff;
  };
}
