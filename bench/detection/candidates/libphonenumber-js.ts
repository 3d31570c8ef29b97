/** Its search for phone numbers in a text, with the United States as the default country. */
import { type Candidate, loadPeer } from '../candidate.ts';

interface Package {
  findPhoneNumbersInText(
    text: string,
    country: string,
  ): readonly { readonly startsAt: number; readonly endsAt: number }[];
}
const { findPhoneNumbersInText } = loadPeer<Package>('libphonenumber-js', 'libphonenumber-js/min');

export const candidate: Candidate = {
  detect: (text) =>
    findPhoneNumbersInText(text, 'US').map(({ startsAt, endsAt }) => ({ start: startsAt, end: endsAt, type: 'PHONE' })),
};
