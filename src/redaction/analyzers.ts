/**
 * Detectors that take their time: a model, a service. They run over the texts of one request at once, within a deadline, and each
 * says what its failure means. Knows no service.
 */
import { type ErrorCode, GatewayError, optionError } from '../errors.ts';
import { checkedMatches, ENTITY_NAME, fieldsOf, languagesOf } from './custom.ts';
import type { Candidate } from './detector.ts';
import type { Memo } from './memo.ts';

export interface AnalyzerMatch {
  /** UTF-16 offsets in the text. */
  readonly start: number;
  readonly end: number;
  /** Entity name in capitals: `PERSON`. */
  readonly type: string;
  /** 0 to 1. Default 0.85. */
  readonly score?: number | undefined;
}

export interface Analyzer {
  /** Stands in warnings and errors. */
  readonly name: string;
  analyze(text: string, signal: AbortSignal): Promise<readonly AnalyzerMatch[]>;
  /** For all texts of one request, or of one answer, together. Default 2,000. */
  readonly deadlineMs?: number | undefined;
  /** `closed` (the default): request or answer are refused when it fails or is late. `open`: they go on without it, with a warning. */
  readonly failure?: 'open' | 'closed' | undefined;
  /** Default: all. */
  readonly languages?: readonly string[] | undefined;
}

export interface AnalyzerFailure {
  readonly analyzer: string;
  readonly reason: 'late' | 'failed';
  readonly failure: 'open' | 'closed';
}

/** The refusal when a detector that fails closed did not answer. */
export function unavailableError({ analyzer, reason }: AnalyzerFailure, policy: string): GatewayError {
  const what = reason === 'late' ? 'did not answer in time' : 'failed';
  return new GatewayError(
    'detector_unavailable',
    `Detector "${analyzer}" ${what}, and it is set to fail closed. The text was not passed on.`,
    { details: { policy, detector: analyzer, reason } },
  );
}

/** What is told when one that fails open did not answer. */
export function unavailableWarning({ analyzer, reason }: AnalyzerFailure): { code: ErrorCode; message: string } {
  const what = reason === 'late' ? 'did not answer in time' : 'failed';
  return { code: 'detector_unavailable', message: `Detector "${analyzer}" ${what}; the text went on without it.` };
}

export interface AnalyzedText {
  readonly text: string;
  /** Whose it is: what was found is remembered apart for each. */
  readonly owner: string;
}

const DEFAULT_DEADLINE_MS = 2_000;
/** Texts under way at once at one analyzer. */
const MAX_CONCURRENT = 8;

export function checkedAnalyzers(given: unknown, owner: string): Analyzer[] {
  if (given === undefined) return [];
  if (!Array.isArray(given)) throw optionError(`${owner}: analyzers`, 'an array', given);
  return given.map((entry: unknown, index) => checkedAnalyzer(entry, `${owner}: analyzers[${index}]`));
}

function checkedAnalyzer(given: unknown, option: string): Analyzer {
  const { name, analyze, deadlineMs, failure, languages } = fieldsOf(given, option);
  if (typeof name !== 'string' || name === '') throw optionError(`${option}.name`, 'a non-empty string', name);
  if (typeof analyze !== 'function') throw optionError(`${option}.analyze`, 'a function', analyze);
  if (deadlineMs !== undefined && !(Number.isInteger(deadlineMs) && (deadlineMs as number) > 0)) {
    throw optionError(`${option}.deadlineMs`, 'a whole number above 0', deadlineMs);
  }
  if (failure !== undefined && failure !== 'open' && failure !== 'closed') {
    throw optionError(`${option}.failure`, "'open' or 'closed'", failure);
  }
  languagesOf(languages, `${option}.languages`);
  return given as Analyzer;
}

/** What all analyzers found in each text, and which of them failed. Never throws for a failed one. */
export async function runAnalyzers(
  analyzers: readonly Analyzer[],
  texts: readonly AnalyzedText[],
  memo: Memo<Candidate>,
): Promise<{ found: Candidate[][]; failures: AnalyzerFailure[] }> {
  const results = await Promise.all(analyzers.map((analyzer) => runWithin(analyzer, texts, memo)));
  const found = texts.map((_, index) =>
    results.flatMap((result) => (Array.isArray(result) ? [...(result[index] ?? [])] : [])),
  );
  return { found, failures: results.flatMap((result) => (Array.isArray(result) ? [] : [result])) };
}

async function runWithin(
  analyzer: Analyzer,
  texts: readonly AnalyzedText[],
  memo: Memo<Candidate>,
): Promise<(readonly Candidate[])[] | AnalyzerFailure> {
  const { name, failure = 'closed', deadlineMs = DEFAULT_DEADLINE_MS } = analyzer;
  const abort = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), deadlineMs);
  });
  try {
    const result = await Promise.race([analyzeAll(analyzer, texts, memo, abort.signal), late]);
    return result === 'late' ? { analyzer: name, reason: 'late', failure } : result;
  } catch {
    return { analyzer: name, reason: 'failed', failure };
  } finally {
    clearTimeout(timer);
    abort.abort();
  }
}

async function analyzeAll(
  analyzer: Analyzer,
  texts: readonly AnalyzedText[],
  memo: Memo<Candidate>,
  signal: AbortSignal,
): Promise<(readonly Candidate[])[]> {
  const found: (readonly Candidate[])[] = texts.map(() => []);
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < texts.length && !signal.aborted) {
      const index = next++;
      found[index] = await analyzeOne(analyzer, texts[index]!, memo, signal);
    }
  };
  await Promise.all(Array.from({ length: Math.min(MAX_CONCURRENT, texts.length) }, work));
  return found;
}

async function analyzeOne(
  analyzer: Analyzer,
  { text, owner }: AnalyzedText,
  memo: Memo<Candidate>,
  signal: AbortSignal,
): Promise<readonly Candidate[]> {
  if (text.trim() === '') return [];
  const context = `${analyzer.name}\n${owner}`;
  const remembered = memo.find(text, context);
  if (remembered !== undefined) return remembered;
  const found = checkedResults(await analyzer.analyze(text, signal), analyzer.name, text.length);
  memo.keep(text, context, found);
  return found;
}

function checkedResults(given: readonly AnalyzerMatch[], name: string, length: number): Candidate[] {
  return checkedMatches(given, name, length).map((match, index) => {
    const { type } = given[index]!;
    if (typeof type !== 'string' || !ENTITY_NAME.test(type)) throw new Error('not an entity name');
    return { ...match, type };
  });
}
