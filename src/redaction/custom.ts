/**
 * A user's own rules: functions and regular expressions. On whole texts each sees the text; on streams it sees what a segment and
 * the 64 characters before it hold. What a rule returns is checked before it is used. Knows nothing of built-in detectors.
 */
import { GatewayError, optionError } from '../errors.ts';
import { safePattern, UnsafePattern } from './custom-pattern.ts';
import type { Candidate, Detector } from './detector.ts';

/** A place that a user's rule found; offsets in UTF-16 code units of the text it was given. */
export interface CustomMatch {
  readonly start: number;
  readonly end: number;
  /** 0 to 1. Default 0.85. */
  readonly score?: number | undefined;
}

export interface CustomDetector {
  /** Name of the entity it finds: `EMPLOYEE_ID`. Capitals, digits and `_`. */
  readonly name: string;
  /** Must be quick and without side effects; what it throws fails the policy as its `failure` says. */
  readonly detect: (text: string) => readonly CustomMatch[];
  /** Default: all. */
  readonly languages?: readonly string[] | undefined;
}

export interface CustomPattern {
  /** Name of the entity it finds. */
  readonly name: string;
  /**
   * Refused when it can backtrack without end. Its flags count, but for `g`, `y` and `d`. Open repeats (`*`, `+`) match at most
   * 256 characters more than they must.
   */
  readonly pattern: RegExp;
  /** 0 to 1. Default 0.85. */
  readonly score?: number | undefined;
  /** Default: all. */
  readonly languages?: readonly string[] | undefined;
}

/** A rule that is ready to run. */
export interface CustomRule {
  readonly name: string;
  readonly languages: readonly string[] | undefined;
  find(text: string): readonly Candidate[];
}

const DEFAULT_SCORE = 0.85;
/** The form of entity names; with what is added to it a placeholder of it can be read back. */
export const ENTITY_NAME = /^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*$/;
const MAX_NAME_CHARS = 40;

export function customRules(detectors: unknown, patterns: unknown, owner: string): CustomRule[] {
  return [
    ...listOf(detectors, `${owner}: detectors`).map((given, index) =>
      detectorRule(given, `${owner}: detectors[${index}]`),
    ),
    ...listOf(patterns, `${owner}: patterns`).map((given, index) => patternRule(given, `${owner}: patterns[${index}]`)),
  ];
}

/** A rule as it runs on a stream: on each segment, since nothing says where its values may stand. */
export function segmentDetector(rule: CustomRule): Detector {
  return {
    name: rule.name,
    group: 'pii',
    entities: [rule.name],
    gates: [{}],
    find: (text, from) => rule.find(text).filter(({ start }) => start >= from),
  };
}

function listOf(given: unknown, option: string): readonly unknown[] {
  if (given === undefined) return [];
  if (!Array.isArray(given)) throw optionError(option, 'an array', given);
  return given;
}

function detectorRule(given: unknown, option: string): CustomRule {
  const { name, detect, languages } = fieldsOf(given, option);
  if (typeof detect !== 'function') throw optionError(`${option}.detect`, 'a function', detect);
  const checkedName = nameOf(name, option);
  return {
    name: checkedName,
    languages: languagesOf(languages, `${option}.languages`),
    find: (text) => checkedMatches(detect(text), checkedName, text.length),
  };
}

function patternRule(given: unknown, option: string): CustomRule {
  const { name, pattern, score, languages } = fieldsOf(given, option);
  if (!(pattern instanceof RegExp)) throw optionError(`${option}.pattern`, 'a RegExp', pattern);
  const type = nameOf(name, option);
  const points = scoreOf(score, `${option}.score`);
  const safe = checkedPattern(pattern, `${option}.pattern`);
  return {
    name: type,
    languages: languagesOf(languages, `${option}.languages`),
    find: (text) => matchesOf(safe, text).map(({ start, end }) => ({ start, end, type, score: points })),
  };
}

/** @throws GatewayError `invalid_option` that says what is wrong with it */
export function checkedPattern(pattern: RegExp, option: string): RegExp {
  try {
    return safePattern(pattern);
  } catch (error) {
    if (!(error instanceof UnsafePattern)) throw error;
    throw new GatewayError('invalid_option', `${option} must be safe to run on any text, but it ${error.message}.`, {
      param: option,
    });
  }
}

function matchesOf(pattern: RegExp, text: string): { start: number; end: number }[] {
  const found: { start: number; end: number }[] = [];
  pattern.lastIndex = 0;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    const { index } = match;
    if (match[0] === '') pattern.lastIndex = index + (text.codePointAt(index)! > 0xffff ? 2 : 1);
    else found.push({ start: index, end: index + match[0].length });
  }
  return found;
}

/** What a rule or a remote analyzer returned, checked. Messages never quote the text. */
export function checkedMatches(given: unknown, type: string, length: number): Candidate[] {
  if (!Array.isArray(given)) throw unusable(type, 'no array');
  return given.map((match: unknown) => {
    const { start, end, score } = (match ?? {}) as Record<string, unknown>;
    if (!isOffset(start, length) || !isOffset(end, length) || start >= end)
      throw unusable(type, 'a place outside of the text');
    if (score !== undefined && !isScore(score)) throw unusable(type, 'a score that is not between 0 and 1');
    return { start, end, type, score: score ?? DEFAULT_SCORE };
  });
}

function unusable(name: string, what: string): GatewayError {
  return new GatewayError('policy_failed', `Detector "${name}" returned ${what}.`, { details: { detector: name } });
}

function isOffset(value: unknown, length: number): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= length;
}

export function isScore(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= 1;
}

function scoreOf(given: unknown, option: string): number {
  if (given === undefined) return DEFAULT_SCORE;
  if (!isScore(given)) throw optionError(option, 'a number from 0 to 1', given);
  return given;
}

export function fieldsOf(given: unknown, option: string): Record<string, unknown> {
  if (typeof given !== 'object' || given === null) throw optionError(option, 'an object', given);
  return given as Record<string, unknown>;
}

function nameOf(given: unknown, option: string): string {
  if (typeof given === 'string' && given.length <= MAX_NAME_CHARS && ENTITY_NAME.test(given)) return given;
  throw optionError(`${option}.name`, 'an entity name in capitals such as EMPLOYEE_ID', given);
}

export function languagesOf(given: unknown, option: string): readonly string[] | undefined {
  if (given === undefined) return undefined;
  if (Array.isArray(given) && given.every((entry) => typeof entry === 'string' && /^[a-z]{2,3}$/.test(entry)))
    return given;
  throw optionError(option, "an array of language codes such as 'en'", given);
}
