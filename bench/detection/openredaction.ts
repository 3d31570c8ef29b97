/** The packages that openredaction is published as, with their defaults. */
import { type Candidate, loadPeer } from './candidate.ts';
import type { TypeNames } from './entities.ts';

interface Result {
  readonly detections: readonly { readonly type: string; readonly position: readonly [number, number] }[];
}
interface Package {
  /** `detect` is synchronous in 1.0 of one package and a promise in 1.1 of the other. */
  readonly OpenRedaction: new () => { detect(text: string): Result | Promise<Result> };
}

const TYPES: TypeNames = {
  XBOX_GAMERTAG: 'OTHER',
  CARD_EXPIRY: 'OTHER',
  IMO_NUMBER: 'OTHER',
  PHONE_LINE_NUMBER: 'PHONE',
  PAYMENT_TOKEN: 'OTHER',
};

export function openredaction(peer: string, name: string): Candidate {
  const { OpenRedaction } = loadPeer<Package>(peer, name);
  const redaction = new OpenRedaction();
  return {
    types: TYPES,
    async detect(text) {
      const { detections } = await redaction.detect(text);
      return detections.map(({ type, position: [start, end] }) => ({ start, end, type }));
    },
  };
}
