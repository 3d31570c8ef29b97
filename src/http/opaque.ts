/** Sound and pictures on their way to a client: bytes in which no text is looked for, passed on as they come. */
import type { Framing } from './framing.ts';

export const opaque: Framing = {
  charset: 'latin1',
  reader: () => ({
    push: (raw) => (raw === '' ? [] : [{ raw, data: undefined }]),
    end: () => [],
  }),
  withData: ({ raw }) => raw,
  sibling: () => '',
  missingEnd: () => '',
  // The bytes end here; what follows them would be heard as noise.
  error: () => '',
};
