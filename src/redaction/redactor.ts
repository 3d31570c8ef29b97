/**
 * Finds and replaces personal data and secrets in texts, whole or streamed. Usable on its own; knows nothing of exchanges,
 * policies or providers.
 */
import { JsonBody } from '../core/json-body.ts';
import type { KeyPath, TextFilter } from '../core/text.ts';
import { GatewayError } from '../errors.ts';
import { JsonSyntaxError } from '../json/walk.ts';
import type { ActionRule } from './actions.ts';
import { blockedError, hashTag, LONG_TAG_DIGITS, mask } from './actions.ts';
import type { AnalyzerFailure } from './analyzers.ts';
import { runAnalyzers, unavailableError } from './analyzers.ts';
import { BufferedStream } from './buffered-stream.ts';
import { createConversations } from './conversations.ts';
import { segmentDetector } from './custom.ts';
import { encodedDetectors, findLongEncoded, type Search } from './decode.ts';
import type { Candidate, Detector } from './detector.ts';
import { hasFolded } from './fold.ts';
import { createKeyContexts, type KeyContext, NO_CONTEXT } from './key-context.ts';
import { LABEL_WORDS } from './labels.ts';
import { withoutOverlaps } from './matcher.ts';
import { createMemo } from './memo.ts';
import type { PlaceholderName, Placeholders } from './placeholders.ts';
import { createPlaceholders, PLACEHOLDER, parsePlaceholder, placeholderDetector, type Tagger } from './placeholders.ts';
import { Prefilter } from './prefilter.ts';
import { normalise, type RedactorOptions, redactorSettings } from './redactor-options.ts';
import { Scanner } from './scanner.ts';
import type { ScannerMatch } from './segment-search.ts';
import { RedactionStream, type StreamMatch } from './stream.ts';

export interface Detection {
  /** UTF-16 offsets in the text. */
  readonly start: number;
  readonly end: number;
  /** `EMAIL_ADDRESS`, or the name of a rule or an analyzer's entity. */
  readonly type: string;
  /** 0 to 1. */
  readonly score: number;
}

export interface TextContext {
  /** Where the text stands in a structure. The last key says what it may be: `ssn` raises, `order_id` vetoes. */
  readonly path?: KeyPath | undefined;
  /** Whose text it is: what was found is remembered apart for each. */
  readonly owner?: string | undefined;
}

/** A value or a placeholder (type `PLACEHOLDER`) that a scan met. */
export interface ScanMatch extends Detection {
  /** As it stands in the text. */
  readonly value: string;
  /** Equal for all spellings of one value. */
  readonly same: string;
}

export interface Redactor {
  /** Entities that are looked for; analyzers may find others. */
  readonly entities: readonly string[];
  /** Whether some detectors are asynchronous. */
  readonly isAsync: boolean;
  /** Whether a stream is held to its end (`stream: 'buffer'`). */
  readonly isBuffered: boolean;
  detect(text: string, context?: TextContext): Detection[];
  /** The text with each value replaced as its action says; numbering starts anew with each text. @throws GatewayError `content_blocked` */
  redact(text: string, context?: TextContext): string;
  /** The same for JSON text: its strings, keys and long numbers, one numbering for all; the rest keeps its bytes. @throws GatewayError `invalid_json`, `content_blocked` */
  redactJson(text: string): string;
  /** The same for a text that arrives in pieces: no result depends on where it was split. */
  stream(context?: TextContext): Required<TextFilter>;
  /** With the asynchronous detectors. @throws GatewayError `detector_unavailable` when one that fails closed does not answer */
  detectAsync(text: string, context?: TextContext): Promise<Detection[]>;
  redactAsync(text: string, context?: TextContext): Promise<string>;
  /** For a policy: values and placeholders as they pass, each replaced by what `replace` returns, or left. */
  scan(replace: (match: ScanMatch) => string | undefined, context?: TextContext): Required<TextFilter>;
  /** All values and placeholders of a whole text; nothing is cut or copied when a quick look rules them out. */
  scanWhole(text: string, context?: TextContext): readonly ScanMatch[];
  /** The same for the texts of one request, which mostly were those of the one before: `owner` is whose they are. */
  scanRequest(texts: readonly PlacedText[], owner: string): (readonly ScanMatch[])[];
  /** The texts of one request at once, by all detectors. */
  scanAll(texts: readonly ContextText[]): Promise<ScanResult>;
  actionOf(type: string): ActionRule;
  /** What a value's action writes in its place; `undefined` leaves it. A value that is blocked is redacted. */
  write(match: ScanMatch, placeholder: () => string): string | undefined;
  /** Those of one exchange. `tagged`: with tags, whatever the options say. */
  placeholders(tagged?: boolean): Placeholders;
}

export interface ContextText {
  readonly text: string;
  readonly context?: TextContext | undefined;
}

export interface PlacedText {
  readonly text: string;
  readonly path: KeyPath;
  /** The last key of the path, where it is at hand. */
  readonly key?: string | undefined;
}

export interface ScanResult {
  /** One list for each text. */
  readonly matches: readonly (readonly ScanMatch[])[];
  readonly failures: readonly AnalyzerFailure[];
}

/** What finds values: built-in detectors, and those of encoded values on top of them. */
interface Engine {
  /** All values of a whole text, in order. */
  find(text: string, key: () => KeyContext, isKeyed: boolean): readonly StreamMatch[];
  stream(
    replace: (match: StreamMatch) => string | undefined,
    key: () => KeyContext,
    isKeyed: boolean,
  ): Required<TextFilter>;
}

/** Throws `invalid_option` for options of a wrong type and for unknown entities. `owner` names the factory in the message. */
export function createRedactor(options: RedactorOptions = {}, owner = 'createRedactor'): Redactor {
  const settings = redactorSettings(options, owner);
  const { entities, rules, analyzers, actionOf, isAllowed, minScore, key } = settings;
  const memo = createMemo<ScanMatch>(options.memo, owner);
  const conversations = createConversations<ScanMatch>(options.memo, owner);
  const analyzed = createMemo<Candidate>(options.memo, owner, { minChars: 1 });
  const keyContexts = createKeyContexts();
  const search = searchWith(settings.detectors);
  const searched = [placeholderDetector, ...settings.detectors, ...encodedDetectors([...entities], search)];
  const whole = createEngine(searched);
  const streamed = rules.length === 0 ? whole : createEngine([...searched, ...rules.map(segmentDetector)]);

  /** The context of a key, worked out when it is asked for; and whether there is a key. */
  const keyOf = (context: TextContext | undefined): [key: () => KeyContext, isKeyed: boolean] => {
    let made: KeyContext | undefined;
    const path = context?.path;
    return [() => (made ??= keyContexts(path)), path?.some((step) => typeof step === 'string') === true];
  };
  const isWanted = (match: ScanMatch): boolean =>
    match.type === PLACEHOLDER || (match.score >= minScore && !isAllowed(match.type, match.same));
  const wanted = (found: StreamMatch): ScanMatch | undefined => {
    if (found.type !== PLACEHOLDER && !entities.has(found.type)) return undefined;
    const match = scanMatch(found);
    return isWanted(match) ? match : undefined;
  };

  function scanNow(text: string, context: TextContext | undefined): readonly ScanMatch[] {
    const found = whole.find(text, ...keyOf(context)).flatMap((match) => wanted(match) ?? []);
    const more = [...rules.flatMap((rule) => rule.find(text)), ...findLongEncoded(text, search)];
    return withMore(found, more, text);
  }

  function withMore(found: readonly ScanMatch[], more: readonly Candidate[], text: string): readonly ScanMatch[] {
    if (more.length === 0) return found;
    const matches = more.map((match) => scanMatch(withPlain({ ...match, value: text.slice(match.start, match.end) })));
    return withoutOverlaps([...found, ...matches.filter(isWanted)]);
  }

  const scanWhole: Redactor['scanWhole'] = (text, context) => {
    const about = memoContext(context);
    const remembered = memo.find(text, about);
    if (remembered !== undefined) return remembered;
    const found = scanNow(text, context);
    memo.keep(text, about, found);
    return found;
  };

  const scanRequest: Redactor['scanRequest'] = (texts, whose) =>
    conversations.find(
      texts.map((placed) => ({ text: placed.text, key: placed.key ?? lastKey(placed.path) })),
      whose,
      (index) => scanWhole(texts[index]!.text, { path: texts[index]!.path, owner: whose }),
    );

  const scanAll: Redactor['scanAll'] = async (texts) => {
    const asked = texts.map(({ text, context }) => ({ text, owner: context?.owner ?? '' }));
    const { found, failures } = await runAnalyzers(analyzers, asked, analyzed);
    const matches = texts.map(({ text, context }, index) => withMore(scanWhole(text, context), found[index]!, text));
    return { matches, failures };
  };

  const scan: Redactor['scan'] = (replace, context) =>
    settings.isBuffered
      ? new BufferedStream((text) => spliced(text, scanWhole(text, context), replace))
      : streamed.stream(
          (found) => {
            const match = wanted(found);
            return match && replace(match);
          },
          ...keyOf(context),
        );

  const write: Redactor['write'] = (match, placeholder) => {
    const { name, keepLast } = actionOf(match.type);
    if (name === 'monitor') return undefined;
    if (name === 'mask') return mask(match.value, keepLast);
    return name === 'hash' ? `<${match.type}_${hashTag(key, match.type, match.same)}>` : placeholder();
  };

  const tag: Tagger = (type, same, isLong) => hashTag(key, type, same, isLong ? LONG_TAG_DIGITS : undefined);
  const placeholders: Redactor['placeholders'] = (tagged = settings.isTagged) =>
    createPlaceholders(normalise, tagged ? tag : undefined);

  function replacer(): (match: ScanMatch) => string | undefined {
    const issued = placeholders();
    return (match) => {
      if (match.type === PLACEHOLDER) return undefined;
      if (actionOf(match.type).name === 'block') throw blockedError([match.type], owner);
      return write(match, () => issued.issue(match.type, match.value, match.same));
    };
  }

  return {
    entities: [...entities],
    isAsync: analyzers.length > 0,
    isBuffered: settings.isBuffered,
    detect: (text, context) => scanWhole(text, context).flatMap(toDetection),
    redact: (text, context) => spliced(text, scanWhole(text, context), replacer()),
    redactJson(text) {
      const replace = replacer();
      return editJson(text, (value, path) => spliced(value, scanWhole(value, { path }), replace));
    },
    stream: (context) => scan(replacer(), context),
    detectAsync: async (text, context) => (await scanOne(text, context)).flatMap(toDetection),
    redactAsync: async (text, context) => spliced(text, await scanOne(text, context), replacer()),
    scan,
    scanWhole,
    scanRequest,
    scanAll,
    actionOf,
    write,
    placeholders,
  };

  async function scanOne(text: string, context: TextContext | undefined): Promise<readonly ScanMatch[]> {
    const { matches, failures } = await scanAll([{ text, context }]);
    const closed = failures.find(({ failure }) => failure === 'closed');
    if (closed !== undefined) throw unavailableError(closed, owner);
    return matches[0]!;
  }
}

/** The placeholder that a match spells. */
export function placeholderOf(match: ScanMatch): PlaceholderName | undefined {
  return match.type === PLACEHOLDER ? parsePlaceholder(match.value) : undefined;
}

/** A text with what `replace` returns in place of each match. */
export function spliced(
  text: string,
  matches: readonly ScanMatch[],
  replace: (match: ScanMatch) => string | undefined,
): string {
  let shown = 0;
  let edited = '';
  for (const match of matches) {
    const to = replace(match);
    if (to === undefined) continue;
    edited += text.slice(shown, match.start) + to;
    shown = match.end;
  }
  return shown === 0 ? text : edited + text.slice(shown);
}

/** Of longer texts most hold something that opens a gate. */
const SHORT_CHARS = 48;

function createEngine(detectors: readonly Detector[]): Engine {
  const blocks = detectors.flatMap((detector) =>
    detector.block === undefined ? [] : [{ detector, block: detector.block }],
  );
  let made: Prefilter | undefined;
  // Its table of keywords takes milliseconds to make, and many redactors are never asked to search everything.
  const prefilter = () => (made ??= new Prefilter(detectors, LABEL_WORDS));
  const open = (key: () => KeyContext, isKeyed: boolean, report: (match: ScannerMatch) => void) =>
    new Scanner({ prefilter: prefilter(), blocks, key, isKeyed, report });
  const engine: Engine = {
    find(text, key, isKeyed) {
      const found: StreamMatch[] = [];
      if (hasFolded(text)) {
        const stream = engine.stream((match) => void found.push(match), key, isKeyed);
        stream.push(text);
        stream.end();
      } else if (text.length > SHORT_CHARS || prefilter().mayHold(text, isKeyed) || (isKeyed && key().isLabel)) {
        const scanner = open(key, isKeyed, (match) => void found.push(withPlain(match)));
        scanner.push(text);
        scanner.end();
      }
      return found;
    },
    stream: (replace, key, isKeyed) => new RedactionStream((report) => open(key, isKeyed, report), replace),
  };
  return engine;
}

/** Searches what an encoded run says: by the detectors themselves, with nothing decoded any more. */
function searchWith(detectors: readonly Detector[]): Search {
  const engine = createEngine(detectors);
  return (said, before) =>
    engine.find(before + said, () => NO_CONTEXT, false).filter((match) => match.start >= before.length);
}

/** A value that is not encoded says what stands there. */
function withPlain(match: ScannerMatch): StreamMatch {
  return { ...match, plain: match.plain === undefined ? match.value : match.plain };
}

/** An encoded value that says more than itself is like no other. */
function scanMatch({ start, end, type, score, value, plain }: StreamMatch): ScanMatch {
  return { start, end, type, score, value, same: plain === null ? value : normalise(type, plain) };
}

function toDetection({ start, end, type, score }: ScanMatch): Detection[] {
  return type === PLACEHOLDER ? [] : [{ start, end, type, score }];
}

/** All that a result depends on besides the text; of a path only its last key counts. */
function memoContext(context: TextContext | undefined): string {
  return `${context?.owner ?? ''}\n${context?.path === undefined ? '' : lastKey(context.path)}`;
}

function lastKey(path: KeyPath): string {
  for (let at = path.length - 1; at >= 0; at--) {
    const step = path[at]!;
    if (typeof step === 'string') return step;
  }
  return '';
}

function editJson(text: string, edit: (value: string, path: KeyPath) => string): string {
  try {
    const body = new JsonBody(
      text,
      { value: { scope: 'message', json: true } },
      { nested: true, duplicateKeys: 'allow' },
    );
    for (const slot of body.slots) {
      const value = slot.read();
      const edited = edit(value, slot.path);
      if (edited !== value) slot.write(edited);
    }
    return body.toString();
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    throw new GatewayError('invalid_json', `redactJson needs JSON text: ${error.message}.`);
  }
}
