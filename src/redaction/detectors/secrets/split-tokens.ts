/**
 * Tokens with a separator inside (`!`, `|`), at which texts are cut: the secret part behind it is found by what stands before it.
 */
import type { Candidate } from '../../detector.ts';
import { defineDetector } from '../../detector.ts';
import { isTokenChar } from './labelled.ts';
import { looksRandom } from './randomness.ts';
import { isFiller } from './values.ts';

type Entity = 'SALESFORCE_TOKEN' | 'META_ACCESS_TOKEN' | 'TABLEAU_TOKEN';

interface SplitForm {
  readonly entity: Entity;
  /** What stands before the secret part, anchored at its end. */
  readonly before: RegExp;
  /** The secret part, sticky. */
  readonly secret: RegExp;
}

const SALESFORCE: SplitForm = {
  // An organization's id, of 15 characters or of 18 with its checksum, and the session.
  entity: 'SALESFORCE_TOKEN',
  before: /(?<![A-Za-z0-9])00[A-Za-z0-9]{13}(?:[A-Za-z0-9]{3})?!$/,
  secret: /[A-Za-z0-9._-]{60,260}/y,
};
const META: SplitForm = {
  // An app's id and its secret.
  entity: 'META_ACCESS_TOKEN',
  before: /(?<!\d)\d{15,16}\|$/,
  secret: /[A-Za-z0-9_-]{27,40}(?![A-Za-z0-9_-])/y,
};
const TABLEAU: SplitForm = {
  entity: 'TABLEAU_TOKEN',
  before: /(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{22}==:$/,
  secret: /[A-Za-z0-9]{32}(?![A-Za-z0-9])/y,
};
const FORM_OF_SEPARATOR: Readonly<Record<string, SplitForm>> = { '!': SALESFORCE, '|': META };
/** The longest lead with one character before it. */
const MAX_LEAD_CHARS = 27;

export const splitToken = defineDetector<Entity>({
  name: 'split-token',
  group: 'secrets',
  entities: ['SALESFORCE_TOKEN', 'META_ACCESS_TOKEN', 'TABLEAU_TOKEN'],
  gates: [{ digits: 1, length: 27 }],
  continues: isTokenChar,
  find(text, from): readonly Candidate<Entity>[] {
    const start = text[from] === ':' ? from + 1 : from;
    const form = start > from ? TABLEAU : FORM_OF_SEPARATOR[text[from - 1] ?? ''];
    if (form === undefined || !form.before.test(text.slice(Math.max(0, start - MAX_LEAD_CHARS), start))) return [];
    form.secret.lastIndex = start;
    const secret = form.secret.exec(text)?.[0];
    if (secret === undefined || isFiller(secret) || !looksRandom(secret)) return [];
    return [{ start, end: start + secret.length, type: form.entity, score: 1 }];
  },
});
