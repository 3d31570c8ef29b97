/** All four of its entities. */
import { align, markOf } from '../align.ts';
import { type Candidate, loadPeer } from '../candidate.ts';

interface Package {
  redact(text: string, options: object): Promise<readonly [string, unknown]>;
}
const { redact } = loadPeer<Package>('arcjet', '@arcjet/redact');
const options = { entities: ['email', 'phone-number', 'ip-address', 'credit-card-number'], replace: markOf };

export const candidate: Candidate = {
  async detect(text) {
    const [redacted] = await redact(text, options);
    return redacted === text ? [] : align(text, redacted);
  },
};
