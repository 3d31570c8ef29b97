/** What the key of a value says about it: `ssn` raises what a detector finds there, `order_id` vetoes what merely looks like it. */
import type { KeyPath } from '../core/text.ts';
import type { ValueContext } from './detector.ts';
import { kindOfLabel } from './labels.ts';

export interface KeyContext {
  raises(context: ValueContext | undefined): boolean;
  /** Only forms that nothing else has count here. */
  readonly vetoes: boolean;
  /** The key says that its whole value is a secret: `password`, `api_key`. */
  readonly isLabel: boolean;
}

/** Keys of ids, times, cursors and sizes: their digits are no phone, card or social security number. */
const VETO =
  /(?:^|_)(?:ids?|uuid|guid|key_?id|hash|sha\d*|md5|etag|checksum|digest|fingerprint|revision|commit|version|timestamp|time|date|created|updated|modified|expires|expiry|ttl|duration|offset|cursor|page_?token|continuation|seq|sequence|index|count|size|length|bytes|nonce|seed|total|amount|price|sku|upc|ean|isbn|tracking(?:_number)?|port)$|_at$/;

/** A longer key is no name. */
const MAX_KEY_CHARS = 64;
/** Keys of objects may be data. */
const MAX_KEYS = 512;

export const NO_CONTEXT: KeyContext = { raises: () => false, vetoes: false, isLabel: false };

/** `"order_id": "`, `order_id=`, `Order ID: ` directly before a value. */
const LABEL = /([A-Za-z][\w-]{0,40}(?: [A-Za-z]{1,12})?)\\?["']?\s{0,2}[:=#]\s{0,2}\\?["']?$/;

/** Gives the context of the last key of a path; array positions are skipped. Remembers it: a request has hundreds of texts under a dozen keys. */
export function createKeyContexts(): (path: KeyPath | undefined) => KeyContext {
  const known = new Map<string, KeyContext>();
  return (path) => {
    const key = path?.findLast((step) => typeof step === 'string');
    if (typeof key !== 'string' || key.length > MAX_KEY_CHARS) return NO_CONTEXT;
    let context = known.get(key);
    if (context === undefined) {
      if (known.size === MAX_KEYS) known.clear();
      context = contextOf(key);
      known.set(key, context);
    }
    return context;
  };
}

/** The context that a label makes which ends the text before a value. */
export function labelContextOf(before: string): KeyContext {
  if (!endsInOperator(before)) return NO_CONTEXT;
  const label = LABEL.exec(before)?.[1];
  return label === undefined ? NO_CONTEXT : contextOf(label);
}

/** A cheap look: most values have no label. */
function endsInOperator(before: string): boolean {
  let at = before.length - 1;
  while (at >= 0 && ' \t\n\r\u00a0"\'\\'.includes(before[at]!)) at--;
  return at >= 0 && ':=#'.includes(before[at]!);
}

function contextOf(key: string): KeyContext {
  if (key.length > MAX_KEY_CHARS) return NO_CONTEXT;
  const words = wordsOf(key);
  let isLabel: boolean | undefined;
  return {
    raises: (context) => context?.keys.test(words) === true,
    vetoes: VETO.test(words),
    get isLabel() {
      isLabel ??= kindOfLabel(words) !== undefined;
      return isLabel;
    },
  };
}

/** `socialSecurityNumber`, `Social-Security Number` -> `social_security_number`. */
function wordsOf(key: string): string {
  return key
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/[^A-Za-z0-9]+/g, '_')
    .toLowerCase();
}
