/**
 * Redacts requests and answers: values of the request become placeholders, placeholders in the answer become the caller's values
 * again, and what the model wrote itself is redacted. Never looks at a body or a stream; the pipeline applies what it decides.
 */
import type { Exchange, Identity } from '../core/exchange.ts';
import type { Decision, Edit, FilterFactory, Finding, Policy } from '../core/policy.ts';
import type { TextSlot } from '../core/text.ts';
import { optionError } from '../errors.ts';
import { blockedError } from '../redaction/actions.ts';
import type { AnalyzerFailure } from '../redaction/analyzers.ts';
import type { Placeholders } from '../redaction/placeholders.ts';
import { PLACEHOLDER } from '../redaction/placeholders.ts';
import type { Redactor, ScanMatch } from '../redaction/redactor.ts';
import { createRedactor, placeholderOf, spliced, unavailableError } from '../redaction/redactor.ts';
import type { RedactorOptions } from '../redaction/redactor-options.ts';

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
  const { name = 'redact', restore = true, mode = 'enforce', failure = 'closed' } = checked(options);
  const redactor = createRedactor(options, 'redact');
  const rules: Rules = { name, redactor, restore };
  return {
    name,
    mode,
    failure,
    decide: (exchange) =>
      redactor.isAsync ? decideAsync(exchange, rules) : decide(scanNow(exchange, redactor), rules),
  };
}

interface Rules {
  readonly name: string;
  readonly redactor: Redactor;
  readonly restore: boolean;
}

interface ScannedSlot {
  readonly slot: TextSlot;
  readonly text: string;
  readonly matches: readonly ScanMatch[];
}

/** Only texts that hold something are kept: a slot is read again when its edit is made. */
function scanNow(exchange: Exchange, redactor: Redactor): ScannedSlot[] {
  const owner = ownerOf(exchange.identity);
  const scanned: ScannedSlot[] = [];
  for (const slot of exchange.texts) {
    const text = slot.read();
    const matches = redactor.scanWhole(text, { path: slot.path, owner });
    if (matches.length > 0) scanned.push({ slot, text, matches });
  }
  return scanned;
}

async function decideAsync(exchange: Exchange, rules: Rules): Promise<Decision> {
  const owner = ownerOf(exchange.identity);
  const slots = exchange.texts.map((slot) => ({ slot, text: slot.read() }));
  const { matches, failures } = await rules.redactor.scanAll(
    slots.map(({ slot, text }) => ({ text, context: { path: slot.path, owner } })),
  );
  const scanned = slots.map((entry, index) => ({ ...entry, matches: matches[index]! }));
  const decision = decide(
    scanned.filter((entry) => entry.matches.length > 0),
    rules,
  );
  return withFailures(decision, failures, rules.name);
}

function withFailures(decision: Decision, failures: readonly AnalyzerFailure[], name: string): Decision {
  const closed = failures.find(({ failure }) => failure === 'closed');
  if (closed !== undefined) return { ...decision, block: unavailableError(closed, name) };
  const warnings = failures.map(({ analyzer, reason }) => ({
    code: 'detector_unavailable',
    message: `Detector "${analyzer}" ${reason === 'late' ? 'did not answer in time' : 'failed'}; the call went on without it.`,
  }));
  return { ...decision, warnings };
}

/** Results are remembered apart for each of these. */
function ownerOf({ organization, workspace, user }: Identity): string {
  return JSON.stringify([organization, workspace, user]);
}

/** All texts are scanned before the first number is given out: a number that stands in any of them is not used. */
function decide(scanned: readonly ScannedSlot[], { name, redactor, restore }: Rules): Decision {
  const placeholders = redactor.placeholders();
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
    filter: answerFilter(redactor, placeholders, restore),
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
function answerFilter(redactor: Redactor, placeholders: Placeholders, restore: boolean): FilterFactory {
  return ({ scope, path }, report) =>
    redactor.scan(
      (match) => {
        const { start, end, type } = match;
        if (type !== PLACEHOLDER) {
          report({ kind: type, scope, action: actionIn(redactor, type), start, end });
          return redactor.write(match, () => placeholders.issueForResponse(type, match.value, match.same));
        }
        const name = restore ? placeholderOf(match) : undefined;
        if (name === undefined) return undefined;
        const value = placeholders.restore(name);
        // `<DIV_1>` has the form of a placeholder and is none.
        if (value === undefined && !redactor.entities.includes(name.type)) return undefined;
        report({ kind: name.type, scope, action: value === undefined ? 'unrestored' : 'restored', start, end });
        return value;
      },
      { path },
    );
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
