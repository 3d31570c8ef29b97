/** Its defaults: the rules of the Canadian government's package. */
import { align, markOf } from '../align.ts';
import { type Candidate, loadPeer } from '../candidate.ts';

interface Package {
  readonly PiiSanitizer: new (options: object) => { sanitize(text: string): string };
}
const { PiiSanitizer } = loadPeer<Package>('sanitize-pii', '@cdssnc/sanitize-pii');
const sanitizer = new PiiSanitizer({ replacementTemplate: markOf('{name}') });

export const candidate: Candidate = {
  detect(text) {
    const sanitized = sanitizer.sanitize(text);
    return sanitized === text ? [] : align(text, sanitized);
  },
};
