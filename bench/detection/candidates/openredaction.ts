/** Its defaults. */
import { type Candidate, loadPeer } from '../candidate.ts';

interface Detection {
  readonly type: string;
  readonly position: readonly [number, number];
}
interface Package {
  readonly OpenRedaction: new () => { detect(text: string): { readonly detections: readonly Detection[] } };
}
const { OpenRedaction } = loadPeer<Package>('openredaction', '@openredaction/openredaction');
const redaction = new OpenRedaction();

export const candidate: Candidate = {
  types: {
    XBOX_GAMERTAG: 'OTHER',
    CARD_EXPIRY: 'OTHER',
    IMO_NUMBER: 'OTHER',
    PHONE_LINE_NUMBER: 'PHONE',
    PAYMENT_TOKEN: 'OTHER',
  },
  detect: (text) => redaction.detect(text).detections.map(({ type, position: [start, end] }) => ({ start, end, type })),
};
