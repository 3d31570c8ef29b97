/** Its defaults. Its own placeholders are read, for the option that would change them is ignored by 3.4.0. */
import { align, markOf } from '../align.ts';
import { type Candidate, loadPeer } from '../candidate.ts';
import type { TypeNames } from '../entities.ts';

const { SyncRedactor } = loadPeer<{ SyncRedactor: new () => { redact(text: string): string } }>(
  'redact-pii',
  'redact-pii',
);
const redactor = new SyncRedactor();

const types: TypeNames = {
  CREDIT_CARD_NUMBER: 'CREDIT_CARD',
  STREET_ADDRESS: 'ADDRESS',
  ZIPCODE: 'OTHER',
  PHONE_NUMBER: 'PHONE',
  IP_ADDRESS: 'IP',
  US_SOCIAL_SECURITY_NUMBER: 'SSN',
  EMAIL_ADDRESS: 'EMAIL',
  USERNAME: 'OTHER',
  PASSWORD: 'SECRET',
  CREDENTIALS: 'SECRET',
  DIGITS: 'OTHER',
  URL: 'OTHER',
  PERSON_NAME: 'PERSON',
};
const PLACEHOLDER = new RegExp(Object.keys(types).join('|'), 'g');

export const candidate: Candidate = {
  types,
  detect(text) {
    const redacted = redactor.redact(text);
    return redacted === text ? [] : align(text, redacted.replace(PLACEHOLDER, markOf));
  },
};
