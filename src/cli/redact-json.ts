/** JSON text: its strings, keys and long numbers are redacted, all else keeps its bytes, and the result is JSON. */
import { type BodySlot, JsonBody } from '../core/json-body.ts';
import type { KeyPath } from '../core/text.ts';
import { PLACEHOLDER } from '../redaction/placeholders.ts';
import { type ScanMatch, spliced } from '../redaction/redactor.ts';
import type { Redaction } from './redaction.ts';

const BYTE_ORDER_MARK = '\uFEFF';

/** Where a JSON text stands, for the places that are told. */
export interface JsonPlace {
  /** Stands before each value's path. */
  readonly before?: string | undefined;
  /** The path of the text itself, which goes on inside. */
  readonly path?: KeyPath | undefined;
}

/**
 * The text with its values replaced. Paths go on inside of strings that hold JSON.
 * @throws JsonSyntaxError
 */
export function redactJson(text: string, redaction: Redaction, { before = '', path = [] }: JsonPlace = {}): string {
  if (text.startsWith(BYTE_ORDER_MARK)) {
    return BYTE_ORDER_MARK + redactJson(text.slice(1), redaction, { before, path });
  }
  const shape = { value: { scope: 'message', json: true } } as const;
  const body = new JsonBody(text, shape, { nested: true, duplicateKeys: 'allow' }, path);
  // A value alone stands under a key that is not there.
  const isAlone = !/^\s*[[{]/.test(text);
  const found = body.slots
    .map((slot) => scan(slot, isAlone ? [...path, ...slot.path.slice(path.length + 1)] : slot.path, redaction))
    .filter(({ matches }) => matches.length > 0);
  for (const { matches } of found) for (const match of matches) redaction.skip(match);
  const secretKeys = new Map(found.filter(isSecretKey).map(({ path: where }) => [where.at(-1), '<key>']));
  for (const { slot, path: where, value, matches } of found) {
    const place = (): string => `${before}${pathText(where, (key) => secretKeys.get(key) ?? key, redaction)}`;
    const edited = spliced(value, matches, (match) => redaction.replace(match, place));
    if (edited !== value) slot.write(edited);
  }
  return body.toString();
}

interface Scanned {
  readonly slot: BodySlot;
  readonly path: KeyPath;
  readonly value: string;
  readonly matches: readonly ScanMatch[];
}

function scan(slot: BodySlot, path: KeyPath, { redactor }: Redaction): Scanned {
  const value = slot.read();
  return { slot, path, value, matches: redactor.scanWhole(value, { path }) };
}

const isSecretKey = ({ slot, matches }: Scanned): boolean =>
  slot.kind === 'key' && matches.some(({ type }) => type !== PLACEHOLDER);

/** `$.messages[0]["first name"]`. A key may itself be an address or a number, and is redacted here too. */
function pathText(path: KeyPath, shownKey: (key: string) => string, { redactor }: Redaction): string {
  return `$${path.map((step) => (typeof step === 'number' ? `[${step}]` : keyText(redactor.redact(shownKey(step))))).join('')}`;
}

function keyText(key: string): string {
  return /^[A-Za-z_$][\w$-]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}
