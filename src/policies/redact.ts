/**
 * Redacts requests and answers: values of the request become placeholders, placeholders in the answer become the caller's values
 * again, and what the model wrote itself is redacted. Never looks at a body or a stream; the pipeline applies what it decides.
 */
import type { Exchange } from '../core/exchange.ts';
import type { Decision, Edit, FilterFactory, Finding, Policy } from '../core/policy.ts';
import type { TextSlot } from '../core/text.ts';
import { optionError } from '../errors.ts';
import type { EntityGroup, EntityName } from '../redaction/detectors/all-detectors.ts';
import type { Placeholders } from '../redaction/placeholders.ts';
import { PLACEHOLDER } from '../redaction/placeholders.ts';
import type { Redactor, ScanMatch } from '../redaction/redactor.ts';
import { createRedactor, placeholderOf } from '../redaction/redactor.ts';

export interface RedactOptions {
  /** Default `redact`. */
  readonly name?: string | undefined;
  /** What to redact: `pii`, `secrets` or single entities such as `EMAIL_ADDRESS`. Default: both groups. */
  readonly entities?: readonly (EntityGroup | EntityName)[] | undefined;
  /** Values that are never redacted. Default: none. */
  readonly allow?: readonly string[] | undefined;
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
  const redactor = createRedactor({ entities: options.entities, allow: options.allow }, 'redact');
  return { name, mode, failure, decide: (exchange) => decide(exchange, redactor, restore) };
}

interface ScannedSlot {
  readonly slot: TextSlot;
  readonly text: string;
  readonly matches: readonly ScanMatch[];
}

/** All texts are scanned before the first number is given out: a number that stands in any of them is not used. */
function decide(exchange: Exchange, redactor: Redactor, restore: boolean): Decision {
  const placeholders = redactor.placeholders();
  const scanned: ScannedSlot[] = [];
  for (const slot of exchange.texts) {
    const text = slot.read();
    const matches = redactor.scanWhole(text, { path: slot.path });
    if (matches.length > 0) scanned.push({ slot, text, matches });
  }
  for (const { matches } of scanned) skipLiterals(matches, placeholders);
  const edited = scanned
    .map((entry) => ({ ...entry, matches: entry.matches.filter(isValue) }))
    .filter((entry) => entry.matches.length > 0);
  return {
    edits: edited.map((entry) => editOf(entry, placeholders)),
    findings: edited.flatMap(findingsOf),
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

function editOf({ slot, text, matches }: ScannedSlot, placeholders: Placeholders): Edit {
  let shown = 0;
  let edited = '';
  for (const match of matches) {
    edited += text.slice(shown, match.start) + placeholders.issue(match.type, match.value);
    shown = match.end;
  }
  return { slot, text: edited + text.slice(shown) };
}

function findingsOf({ slot, matches }: ScannedSlot): Finding[] {
  return matches.map(({ type, start, end }) => ({ kind: type, scope: slot.scope, action: 'detected', start, end }));
}

/** Restores and redacts in one pass, so that a restored value is not seen as something the model wrote. */
function answerFilter(redactor: Redactor, placeholders: Placeholders, restore: boolean): FilterFactory {
  return ({ scope, path }, report) =>
    redactor.scan(
      (match) => {
        const { start, end } = match;
        if (match.type !== PLACEHOLDER) {
          report({ kind: match.type, scope, action: 'detected', start, end });
          return placeholders.issueForResponse(match.type, match.value);
        }
        const name = restore ? placeholderOf(match) : undefined;
        if (name === undefined) return undefined;
        const value = placeholders.restore(name);
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
