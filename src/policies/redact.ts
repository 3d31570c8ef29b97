/**
 * Redacts requests and answers: values of the request become placeholders, placeholders in the answer become the caller's values
 * again, and what the model wrote itself is redacted. Never looks at a body or a stream; the pipeline applies what it decides.
 */
import { type Exchange, ownerOf } from '../core/exchange.ts';
import type { AnswerContext, Decision, Edit, FilterFactory, Finding, Policy, Warning } from '../core/policy.ts';
import type { TextSlot } from '../core/text.ts';
import { type GatewayError, optionError } from '../errors.ts';
import { blockedError } from '../redaction/actions.ts';
import { AnalyzedTexts } from '../redaction/analyzed-texts.ts';
import type { AnalyzerFailure } from '../redaction/analyzers.ts';
import { unavailableError, unavailableWarning } from '../redaction/analyzers.ts';
import { createKnownBodies } from '../redaction/known-bodies.ts';
import type { Placeholders } from '../redaction/placeholders.ts';
import { PLACEHOLDER } from '../redaction/placeholders.ts';
import type { Redactor, ScanMatch } from '../redaction/redactor.ts';
import { createRedactor, placeholderOf, spliced } from '../redaction/redactor.ts';
import type { RedactorOptions } from '../redaction/redactor-options.ts';
import { redactTraceText } from '../redaction/trace-text.ts';

export interface RedactOptions extends RedactorOptions {
  /** Default `redact`. */
  readonly name?: string | undefined;
  /** Turn placeholders in the answer back into what the caller sent. Default true. */
  readonly restore?: boolean | undefined;
  /** `monitor` reports findings and changes nothing. Default `enforce`. */
  readonly mode?: 'enforce' | 'monitor' | undefined;
  /** What happens to the call when redaction itself fails. Default `closed`: the call is refused. */
  readonly failure?: 'open' | 'closed' | undefined;
}

/** Throws `invalid_option` for a wrong option, naming it. */
export function redact(options: RedactOptions = {}): Policy {
  const { name = 'redact', restore = true, mode = 'enforce', failure = 'closed', ...rest } = checked(options);
  const redactor = createRedactor(rest, 'redact');
  const bodies = createKnownBodies(rest.memo, 'redact');
  const rules: Rules = { name, redactor, restore, warnOnce: once(STREAMS_NOT_ANALYZED) };
  return {
    name,
    mode,
    failure,
    decide: (exchange) =>
      redactor.isAsync ? decideAsync(exchange, rules) : decide(exchange, scanNow(exchange, redactor), rules),
    redactText: (text) => redactTraceText(redactor, text),
    redactsLate: redactor.isAsync,
    walkFor: bodies && ((identity) => bodies(ownerOf(identity))),
  };
}

interface Rules {
  readonly name: string;
  readonly redactor: Redactor;
  readonly restore: boolean;
  /** For the first streamed call that asynchronous detectors do not serve. */
  readonly warnOnce: () => Warning[];
}

const STREAMS_NOT_ANALYZED: Warning = {
  code: 'stream_not_analyzed',
  message: "Asynchronous detectors read the answers of streams only with stream: 'buffer'. Told once.",
};

function once(warning: Warning): () => Warning[] {
  let told = false;
  return () => {
    if (told) return [];
    told = true;
    return [warning];
  };
}

interface ScannedSlot {
  readonly slot: TextSlot;
  readonly text: string;
  readonly matches: readonly ScanMatch[];
}

/** Most are known by their text and their key: nobody asks for the path. */
class PlacedSlot {
  readonly slot: TextSlot;
  readonly text: string;
  readonly key: string | undefined;

  constructor(slot: TextSlot) {
    this.slot = slot;
    this.text = slot.read();
    this.key = slot.key;
  }

  get path(): TextSlot['path'] {
    return this.slot.path;
  }
}

/** Only texts that hold something are kept: a slot is read again when its edit is made. */
function scanNow(exchange: Exchange, redactor: Redactor): ScannedSlot[] {
  const owner = ownerOf(exchange.identity);
  const texts = exchange.texts.map((slot) => new PlacedSlot(slot));
  const scanned: ScannedSlot[] = [];
  for (const [index, matches] of redactor.scanRequest(texts, owner).entries()) {
    if (matches.length > 0) scanned.push({ slot: texts[index]!.slot, text: texts[index]!.text, matches });
  }
  return scanned;
}

async function decideAsync(exchange: Exchange, rules: Rules): Promise<Decision> {
  const { redactor, name } = rules;
  const owner = ownerOf(exchange.identity);
  const slots = exchange.texts.map((slot) => ({ slot, text: slot.read() }));
  const { matches, failures } = await redactor.scanAll(
    slots.map(({ slot, text }) => ({ text, context: { path: slot.path, owner } })),
  );
  const scanned = slots.map((entry, index) => ({ ...entry, matches: matches[index]! }));
  const decision = decide(
    exchange,
    scanned.filter((entry) => entry.matches.length > 0),
    rules,
  );
  const closed = closedFailure(failures, name);
  if (closed !== undefined) return { ...decision, block: closed };
  const unread = exchange.stream && !redactor.isBuffered ? rules.warnOnce() : [];
  return { ...decision, warnings: [...failures.map(unavailableWarning), ...unread] };
}

/** The refusal when one of those that did not answer fails closed. */
function closedFailure(failures: readonly AnalyzerFailure[], name: string): GatewayError | undefined {
  const closed = failures.find(({ failure }) => failure === 'closed');
  return closed && unavailableError(closed, name);
}

/** All texts are scanned before the first number is given out: a number that stands in any of them is not used. */
function decide({ identity, sharesContext }: Exchange, scanned: readonly ScannedSlot[], rules: Rules): Decision {
  const { name, redactor } = rules;
  const placeholders = redactor.placeholders(sharesContext || undefined);
  for (const { matches } of scanned) skipLiterals(matches, placeholders);
  const found = scanned
    .map((entry) => ({ ...entry, matches: entry.matches.filter(isValue) }))
    .filter((entry) => entry.matches.length > 0);
  const blocked = found.flatMap(({ matches }) =>
    matches.map(({ type }) => type).filter((type) => redactor.actionOf(type).name === 'block'),
  );
  return {
    block: blocked.length === 0 ? undefined : blockedError(blocked, name),
    edits: found.flatMap((entry) => editOf(entry, redactor, placeholders)),
    findings: found.flatMap((entry) => findingsOf(entry, redactor)),
    filter: answerFilter(rules, placeholders, ownerOf(identity)),
  };
}

function isValue(match: ScanMatch): boolean {
  return match.type !== PLACEHOLDER;
}

function skipLiterals(matches: readonly ScanMatch[], placeholders: Placeholders): void {
  for (const match of matches) {
    const name = placeholderOf(match);
    if (name !== undefined) placeholders.skip(name);
  }
}

function editOf({ slot, text, matches }: ScannedSlot, redactor: Redactor, placeholders: Placeholders): Edit[] {
  const edited = spliced(text, matches, (match) =>
    redactor.write(match, () => placeholders.issue(match.type, match.value, match.same)),
  );
  return edited === text ? [] : [{ slot, text: edited }];
}

function findingsOf({ slot, matches }: ScannedSlot, redactor: Redactor): Finding[] {
  return matches.map(({ type, start, end }) => ({
    kind: type,
    scope: slot.scope,
    action: actionIn(redactor, type),
    start,
    end,
  }));
}

function actionIn(redactor: Redactor, type: string): 'detected' | 'monitored' {
  return redactor.actionOf(type).name === 'monitor' ? 'monitored' : 'detected';
}

/**
 * Restores and redacts in one pass, so that a restored value is not seen as something the model wrote. An answer cannot be
 * refused once it runs: a value that is blocked is redacted there.
 */
function answerFilter(rules: Rules, placeholders: Placeholders, owner: string): FilterFactory {
  const { redactor } = rules;
  let analyzed: AnalyzedTexts | undefined;
  return ({ scope, path }, report, answer) => {
    const replace = answerReplacer(rules, placeholders, (finding) => report({ ...finding, scope }));
    const context = { path, owner };
    if (!redactor.isAsync || (answer.streamed && !redactor.isBuffered)) return redactor.scan(replace, context);
    analyzed ??= new AnalyzedTexts(redactor, (failures) => judge(failures, rules.name, answer));
    return analyzed.open(replace, context);
  };
}

/** @throws GatewayError the refusal of the answer */
function judge(failures: readonly AnalyzerFailure[], name: string, answer: AnswerContext): void {
  const closed = closedFailure(failures, name);
  if (closed !== undefined) throw closed;
  for (const failure of failures) answer.warn(unavailableWarning(failure));
}

function answerReplacer(
  { redactor, restore }: Rules,
  placeholders: Placeholders,
  report: (finding: Omit<Finding, 'scope'>) => void,
): (match: ScanMatch) => string | undefined {
  return (match) => {
    const { start, end, type } = match;
    if (type !== PLACEHOLDER) {
      report({ kind: type, action: actionIn(redactor, type), start, end });
      return redactor.write(match, () => placeholders.issueForResponse(type, match.value, match.same));
    }
    const name = restore ? placeholderOf(match) : undefined;
    if (name === undefined) return undefined;
    const value = placeholders.restore(name);
    // `<DIV_1>` has the form of a placeholder and is none.
    if (value === undefined && !redactor.entities.includes(name.type)) return undefined;
    report({ kind: name.type, action: value === undefined ? 'unrestored' : 'restored', start, end });
    return value;
  };
}

function checked(options: RedactOptions): RedactOptions {
  if (typeof options !== 'object' || options === null) throw optionError('redact: options', 'an object', options);
  const { name, restore, mode, failure } = options;
  if (name !== undefined && (typeof name !== 'string' || name === ''))
    throw optionError('redact: name', 'a non-empty string', name);
  if (restore !== undefined && typeof restore !== 'boolean')
    throw optionError('redact: restore', 'true or false', restore);
  if (mode !== undefined && !['enforce', 'monitor'].includes(mode))
    throw optionError('redact: mode', "'enforce' or 'monitor'", mode);
  if (failure !== undefined && !['open', 'closed'].includes(failure)) {
    throw optionError('redact: failure', "'open' or 'closed'", failure);
  }
  return options;
}
