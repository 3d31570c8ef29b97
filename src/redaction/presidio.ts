/** Microsoft Presidio's analyzer over HTTP. Knows its wire form and nothing of what is done with the results. */
import { optionError } from '../errors.ts';
import type { Analyzer, AnalyzerMatch } from './analyzers.ts';
import { fieldsOf, isScore } from './custom.ts';

export interface PresidioOptions {
  /** Where the analyzer runs: `http://127.0.0.1:5002`. */
  readonly url: string;
  /** For all texts of one request together. Default 2,000. */
  readonly deadlineMs?: number | undefined;
  /** Language of the texts. Default `en`. */
  readonly language?: string | undefined;
  /** Only these. Default: all that the analyzer knows. */
  readonly entities?: readonly string[] | undefined;
  /** What it means when the analyzer is late, unreachable or answers with an error. Default `closed`: the call is refused. */
  readonly failure?: 'open' | 'closed' | undefined;
  /** Results below are left out, 0 to 1. Default: the analyzer's own. */
  readonly scoreThreshold?: number | undefined;
  /** Sent along, for an analyzer behind a login. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Default: the global one. */
  readonly fetch?: typeof fetch | undefined;
}

/** An answer is a list of offsets; a longer one is something else. */
const MAX_ANSWER_BYTES = 4_000_000;

/** Throws `invalid_option` for a wrong option, naming it. */
export function presidioAnalyzer(options: PresidioOptions): Analyzer {
  const { url, deadlineMs, failure, language = 'en', entities, scoreThreshold, headers } = checked(options);
  const endpoint = `${url.replace(/\/+$/, '')}/analyze`;
  const rest = { language, entities, score_threshold: scoreThreshold };
  return {
    name: 'presidio',
    deadlineMs,
    failure,
    async analyze(text, signal) {
      const answer = await (options.fetch ?? globalThis.fetch)(endpoint, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify({ text, ...rest }),
        redirect: 'error',
        signal,
      });
      if (!answer.ok) throw new Error(`Presidio answered with status ${answer.status}.`);
      return matchesOf(JSON.parse(await readBounded(answer)), text);
    },
  };
}

function checked(options: PresidioOptions): PresidioOptions {
  const given = fieldsOf(options, 'presidioAnalyzer: options');
  const check = (name: keyof PresidioOptions, expected: string, isRight: (value: unknown) => boolean): void => {
    const value = given[name];
    if (!isRight(value)) throw optionError(`presidioAnalyzer: ${name}`, expected, value);
  };
  const orNone = (isRight: (value: unknown) => boolean) => (value: unknown) => value === undefined || isRight(value);
  check(
    'url',
    'an http(s) URL',
    (value) => typeof value === 'string' && /^https?:\/\//.test(value) && URL.canParse(value),
  );
  check(
    'deadlineMs',
    'a whole number above 0',
    orNone((value) => Number.isInteger(value) && (value as number) > 0),
  );
  check(
    'failure',
    "'open' or 'closed'",
    orNone((value) => value === 'open' || value === 'closed'),
  );
  check(
    'language',
    "a language code such as 'en'",
    orNone((value) => typeof value === 'string' && /^[a-z]{2,3}$/.test(value)),
  );
  check(
    'entities',
    'an array of names',
    orNone((value) => Array.isArray(value) && value.every((one) => typeof one === 'string')),
  );
  check('scoreThreshold', 'a number from 0 to 1', orNone(isScore));
  check('headers', 'an object of strings', orNone(isStrings));
  check(
    'fetch',
    'a function',
    orNone((value) => typeof value === 'function'),
  );
  return options;
}

const isStrings = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.values(value).every((one) => typeof one === 'string');

async function readBounded(answer: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of answer.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > MAX_ANSWER_BYTES) throw new Error('Presidio answered with more than a list of places.');
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

function matchesOf(answer: unknown, text: string): AnalyzerMatch[] {
  if (!Array.isArray(answer)) throw new Error('Presidio answered with something else than a list.');
  const offset = offsetsOf(text);
  return answer.map((entry: unknown) => {
    const { start, end, entity_type: type, score } = (entry ?? {}) as Record<string, unknown>;
    return {
      start: offset(start),
      end: offset(end),
      type: String(type),
      score: typeof score === 'number' ? score : undefined,
    };
  });
}

/** Python counts code points, JavaScript UTF-16 code units: they differ behind each emoji. */
function offsetsOf(text: string): (offset: unknown) => number {
  const places: number[] = [];
  let at = 0;
  if (/[\ud800-\udbff]/.test(text)) {
    for (const character of text) {
      places.push(at);
      at += character.length;
    }
    places.push(at);
  }
  return (offset) => {
    if (typeof offset !== 'number') return Number.NaN;
    return places.length === 0 ? offset : (places[offset] ?? Number.NaN);
  };
}
