/** What a redactor can be told, checked once: every error names the option and what came. */
import { GatewayError, optionError } from '../errors.ts';
import type { Action, ActionRule } from './actions.ts';
import { actionRules, checkedKey } from './actions.ts';
import type { Analyzer } from './analyzers.ts';
import { checkedAnalyzers } from './analyzers.ts';
import type { CustomDetector, CustomPattern, CustomRule } from './custom.ts';
import { checkedPattern, customRules, isScore, languagesOf } from './custom.ts';
import type { Detector } from './detector.ts';
import type { EntityGroup, EntityName } from './detectors/all-detectors.ts';
import { ALL_DETECTORS, ENTITY_GROUPS, ENTITY_NAMES, entitiesOfGroup } from './detectors/all-detectors.ts';
import type { MemoOptions } from './memo.ts';
import { similarNames } from './similar-names.ts';

export interface RedactorOptions {
  /** What to look for: groups, single entities, or both. `PERSON` is in no group. Default: all of `pii` and `secrets`. */
  readonly entities?: readonly (EntityGroup | EntityName)[] | undefined;
  /** Values that are never redacted: strings in any spelling (a support address, a test card), or what a RegExp finds in a value. Default: none. */
  readonly allow?: readonly (string | RegExp)[] | undefined;
  /** Functions of your own, each for an entity of its own. On streams they see a segment at a time unless `stream` is `buffer`. */
  readonly detectors?: readonly CustomDetector[] | undefined;
  /** Regular expressions of your own; those that could backtrack without end are refused. */
  readonly patterns?: readonly CustomPattern[] | undefined;
  /**
   * Asynchronous detectors, such as `presidioAnalyzer`. They serve requests, whole answers, streams with `stream: 'buffer'`, `detectAsync`
   * and `redactAsync`.
   */
  readonly analyzers?: readonly Analyzer[] | undefined;
  /** What is done with each entity; `default` is for all others. Default: `redact`. */
  readonly actions?: Readonly<Partial<Record<EntityName | 'default' | (string & {}), Action>>> | undefined;
  /** Findings below are left. 0 to 1; detectors report nothing below 0.5. Default 0. */
  readonly minScore?: number | undefined;
  /** Rules and analyzers that name languages run only when they share one of these. Built-in detectors serve all languages. */
  readonly languages?: readonly string[] | undefined;
  /** `numbered` (the default): `<EMAIL_ADDRESS_1>` by first appearance. `hmac`: `<EMAIL_ADDRESS_7f3a2c>`, the same in every conversation. */
  readonly placeholders?: 'numbered' | 'hmac' | undefined;
  /** Key of hashed values and of `hmac` placeholders; a secret of 16 characters or more. */
  readonly key?: string | undefined;
  /** `bounded` (the default) holds at most 256 characters. `buffer` holds a text to its end, so that rules of your own and analyzers see all of it. */
  readonly stream?: 'bounded' | 'buffer' | undefined;
  /**
   * What was found in texts of 32 characters or more is remembered, apart for each owner, and in a quarter of that memory on top what requests were
   * made of. Default: 16 MB for ten minutes; `false`: nothing.
   */
  readonly memo?: false | MemoOptions | undefined;
}

/** The options with their defaults. */
export interface RedactorSettings {
  readonly entities: ReadonlySet<string>;
  readonly detectors: readonly Detector[];
  readonly rules: readonly CustomRule[];
  readonly analyzers: readonly Analyzer[];
  readonly actionOf: (type: string) => ActionRule;
  readonly isAllowed: (type: string, value: string) => boolean;
  readonly minScore: number;
  readonly key: string;
  readonly isTagged: boolean;
  readonly isBuffered: boolean;
}

const NORMALISERS = new Map<string, (value: string) => string>(
  ALL_DETECTORS.flatMap((detector: Detector) =>
    detector.entities.map((name) => [name, detector.normalise ?? String] as const),
  ),
);

/** One form for all spellings of a value. */
export function normalise(type: string, value: string): string {
  return (NORMALISERS.get(type) ?? String)(value);
}

/** @throws GatewayError `invalid_option` */
export function redactorSettings(options: RedactorOptions, owner: string): RedactorSettings {
  checkNames(options, owner);
  const languages = languagesOf(options.languages, `${owner}: languages`);
  const speaks = (rule: { readonly languages?: readonly string[] | undefined }): boolean =>
    languages === undefined || rule.languages === undefined || rule.languages.some((code) => languages.includes(code));
  const builtIn = resolveEntities(options.entities, owner);
  const rules = customRules(options.detectors, options.patterns, owner).filter(speaks);
  const analyzers = checkedAnalyzers(options.analyzers, owner).filter(speaks);
  const entities = new Set([...builtIn, ...rules.map(({ name }) => name)]);
  // What an analyzer finds is known only when it has answered.
  const nameable = analyzers.length === 0 ? entities : ANY_NAME;
  const actionOf = actionRules(options.actions, nameable, owner);
  const isTagged = oneOf(options.placeholders, ['numbered', 'hmac'], `${owner}: placeholders`) === 'hmac';
  const isHashing = Object.values(options.actions ?? {}).includes('hash');
  return {
    entities,
    detectors: ALL_DETECTORS.filter(
      (detector: Detector) => speaks(detector) && detector.entities.some((name) => builtIn.has(name)),
    ),
    rules,
    analyzers,
    actionOf,
    isAllowed: allowList(options.allow, owner),
    minScore: minScoreOf(options.minScore, owner),
    key: checkedKey(options.key, isTagged || isHashing, owner),
    isTagged,
    isBuffered: oneOf(options.stream, ['bounded', 'buffer'], `${owner}: stream`) === 'buffer',
  };
}

const OPTION_NAMES: ReadonlySet<string> = new Set([
  'entities',
  'allow',
  'detectors',
  'patterns',
  'analyzers',
  'actions',
  'minScore',
  'languages',
  'placeholders',
  'key',
  'stream',
  'memo',
] satisfies (keyof RedactorOptions)[]);

/** A misspelled option would leave values where they stand. */
function checkNames(options: unknown, owner: string): void {
  if (typeof options !== 'object' || options === null) throw optionError(`${owner}: options`, 'an object', options);
  const unknown = Object.keys(options).find((name) => !OPTION_NAMES.has(name));
  if (unknown === undefined) return;
  const option = `${owner}: ${unknown.slice(0, 40)}`;
  throw new GatewayError('invalid_option', `${option} is no option. There are ${[...OPTION_NAMES].join(', ')}.`, {
    param: option,
  });
}

const ANY_NAME: ReadonlySet<string> = new (class extends Set<string> {
  override has(): boolean {
    return true;
  }
})();

function resolveEntities(given: unknown, owner: string): ReadonlySet<string> {
  const list = given ?? ENTITY_GROUPS;
  if (!Array.isArray(list)) throw optionError(`${owner}: entities`, 'an array of entity names and groups', given);
  return new Set(list.flatMap((entry: unknown, index) => namesOf(entry, `${owner}: entities[${index}]`)));
}

function namesOf(entry: unknown, option: string): readonly string[] {
  if (entry === 'pii' || entry === 'secrets') return entitiesOfGroup(entry);
  if (typeof entry === 'string' && NORMALISERS.has(entry)) return [entry];
  throw optionError(option, `'pii', 'secrets' or an entity name${hintFor(entry)}`, entry);
}

/** There are too many to name them all. */
function hintFor(entry: unknown): string {
  const similar = typeof entry === 'string' ? similarNames(entry, ENTITY_NAMES) : [];
  return similar.length > 0 ? ` (did you mean ${similar.join(' or ')}?)` : ' out of ENTITY_NAMES';
}

function allowList(given: unknown, owner: string): RedactorSettings['isAllowed'] {
  if (given === undefined) return () => false;
  if (!Array.isArray(given)) throw optionError(`${owner}: allow`, 'an array of strings and RegExps', given);
  const tests = given.map((entry: unknown, index) => allowed(entry, `${owner}: allow[${index}]`));
  return (type, value) => tests.some((test) => test(type, value));
}

function allowed(entry: unknown, option: string): RedactorSettings['isAllowed'] {
  if (typeof entry === 'string') return (type, value) => normalise(type, entry) === normalise(type, value);
  if (!(entry instanceof RegExp)) throw optionError(option, 'a string or a RegExp', entry);
  const pattern = checkedPattern(entry, option);
  return (_type, value) => {
    pattern.lastIndex = 0;
    return pattern.test(value);
  };
}

function minScoreOf(given: unknown, owner: string): number {
  if (given === undefined) return 0;
  if (!isScore(given)) throw optionError(`${owner}: minScore`, 'a number from 0 to 1', given);
  return given;
}

function oneOf<const Choice extends string>(given: unknown, choices: readonly Choice[], option: string): Choice {
  if (given === undefined) return choices[0]!;
  if ((choices as readonly unknown[]).includes(given)) return given as Choice;
  throw optionError(option, choices.map((choice) => `'${choice}'`).join(' or '), given);
}
