/**
 * Finds and replaces personal data and secrets in texts, whole or streamed. Usable on its own; knows nothing of exchanges,
 * policies or providers.
 */
import type { KeyPath, TextFilter } from '../core/text.ts';
import { optionError } from '../errors.ts';
import type { Detector } from './detector.ts';
import type { EntityGroup, EntityName } from './detectors/all-detectors.ts';
import { ALL_DETECTORS, ENTITY_GROUPS, ENTITY_NAMES } from './detectors/all-detectors.ts';
import type { KeyContext } from './key-context.ts';
import { keyContextOf } from './key-context.ts';
import { createMatcher } from './matcher.ts';
import type { Placeholders } from './placeholders.ts';
import { createPlaceholders, PLACEHOLDER, parsePlaceholder, placeholderDetector } from './placeholders.ts';
import { createPrefilter } from './prefilter.ts';
import type { StreamMatch } from './stream.ts';
import { RedactionStream } from './stream.ts';

export interface RedactorOptions {
  /** What to look for: groups, single entities, or both. Default: all of `pii` and `secrets`. */
  readonly entities?: readonly (EntityGroup | EntityName)[] | undefined;
  /** Values that are never redacted, in any spelling: a support address, a test card. Default: none. */
  readonly allow?: readonly string[] | undefined;
}

export interface Detection {
  /** UTF-16 offsets in the text. */
  readonly start: number;
  readonly end: number;
  readonly type: EntityName;
  /** 0 to 1. */
  readonly score: number;
}

export interface TextContext {
  /** Where the text stands in a structure. The last key says what it may be: `ssn` raises, `order_id` vetoes. */
  readonly path?: KeyPath | undefined;
}

/** A value or a placeholder (type `PLACEHOLDER`) that a scan met. */
export interface ScanMatch extends Omit<StreamMatch, 'type'> {
  readonly type: EntityName | typeof PLACEHOLDER;
}

export interface Redactor {
  readonly entities: readonly EntityName[];
  detect(text: string, context?: TextContext): Detection[];
  /** The text with each value replaced by a placeholder; numbering starts anew with each text. */
  redact(text: string, context?: TextContext): string;
  /** The same for a text that arrives in pieces: no result depends on where it was split. */
  stream(context?: TextContext): Required<TextFilter>;
  /** For a policy: values and placeholders as they pass, each replaced by what `replace` returns, or left. */
  scan(replace: (match: ScanMatch) => string | undefined, context?: TextContext): Required<TextFilter>;
  /** All values and placeholders of a whole text; nothing is cut or copied when a quick look rules them out. */
  scanWhole(text: string, context?: TextContext): ScanMatch[];
  /** The numbering of one exchange. */
  placeholders(): Placeholders;
}

/** Throws `invalid_option` for options of a wrong type and for unknown entities. `owner` names the factory in the message. */
export function createRedactor(options: RedactorOptions = {}, owner = 'createRedactor'): Redactor {
  const entities = resolveEntities(options.entities, owner);
  const isAllowed = allowList(options.allow, owner);
  const detectors = ALL_DETECTORS.filter((detector: Detector<EntityName>) =>
    detector.entities.some((name) => entities.has(name)),
  );
  const searched = [placeholderDetector, ...detectors];
  const matcher = createMatcher(searched);
  const prefilter = createPrefilter(searched);
  const blocks = detectors.flatMap((detector: Detector) =>
    detector.block === undefined ? [] : [{ detector, block: detector.block }],
  );

  const isWanted = (match: StreamMatch): match is ScanMatch =>
    match.type === PLACEHOLDER || (entities.has(match.type as EntityName) && !isAllowed(match.type, match.value));

  const scan: Redactor['scan'] = (replace, context) =>
    new RedactionStream({
      matcher,
      prefilter,
      blocks,
      key: once(() => keyContextOf(context?.path)),
      replace: (match) => (isWanted(match) ? replace(match) : undefined),
    });

  const scanWhole: Redactor['scanWhole'] = (text, context) => {
    const found: ScanMatch[] = [];
    if (!prefilter.mayHold(text)) return found;
    const filter = scan((match) => void found.push(match), context);
    filter.push(text);
    filter.end();
    return found;
  };

  const stream: Redactor['stream'] = (context) => {
    const placeholders = createPlaceholders(normalise);
    return scan(
      (match) => (match.type === PLACEHOLDER ? undefined : placeholders.issue(match.type, match.value)),
      context,
    );
  };

  return {
    entities: [...entities],
    detect: (text, context) => scanWhole(text, context).flatMap(toDetection),
    redact: (text, context) => (prefilter.mayHold(text) ? whole(stream(context), text) : text),
    stream,
    scan,
    scanWhole,
    placeholders: () => createPlaceholders(normalise),
  };
}

function whole(filter: TextFilter, text: string): string {
  return filter.push(text) + filter.end();
}

function toDetection({ start, end, type, score }: ScanMatch): Detection[] {
  return type === PLACEHOLDER ? [] : [{ start, end, type, score }];
}

function once(make: () => KeyContext): () => KeyContext {
  let made: KeyContext | undefined;
  return () => (made ??= make());
}

const NORMALISERS = new Map<string, (value: string) => string>(
  ALL_DETECTORS.flatMap((detector: Detector) =>
    detector.entities.map((name) => [name, detector.normalise ?? String] as const),
  ),
);

function normalise(type: string, value: string): string {
  return (NORMALISERS.get(type) ?? String)(value);
}

/** Whether a name is one of the entities, so that `<NAME_1>` is a placeholder of ours. */
export function isEntityName(name: string): name is EntityName {
  return NORMALISERS.has(name);
}

/** The placeholder that a match spells, when it names an entity. */
export function placeholderOf(match: ScanMatch): ReturnType<typeof parsePlaceholder> {
  const name = match.type === PLACEHOLDER ? parsePlaceholder(match.value) : undefined;
  return name !== undefined && isEntityName(name.type) ? name : undefined;
}

function resolveEntities(given: unknown, owner: string): ReadonlySet<EntityName> {
  const list = given ?? ENTITY_GROUPS;
  if (!Array.isArray(list)) throw optionError(`${owner}: entities`, 'an array of entity names and groups', given);
  return new Set(list.flatMap((entry: unknown, index) => namesOf(entry, `${owner}: entities[${index}]`)));
}

function namesOf(entry: unknown, option: string): readonly EntityName[] {
  if (entry === 'pii' || entry === 'secrets') {
    return ALL_DETECTORS.flatMap((detector: Detector<EntityName>) =>
      detector.group === entry ? detector.entities : [],
    );
  }
  if (typeof entry === 'string' && isEntityName(entry)) return [entry];
  throw optionError(option, `one of ${[...ENTITY_GROUPS, ...ENTITY_NAMES].join(', ')}`, entry);
}

function allowList(given: unknown, owner: string): (type: string, value: string) => boolean {
  if (given === undefined) return () => false;
  if (!Array.isArray(given)) throw optionError(`${owner}: allow`, 'an array of strings', given);
  const values = given.map((value: unknown, index) => {
    if (typeof value !== 'string') throw optionError(`${owner}: allow[${index}]`, 'a string', value);
    return value;
  });
  return (type, value) => values.some((allowed) => normalise(type, allowed) === normalise(type, value));
}
