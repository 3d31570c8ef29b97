/** Its `people()`: the one package of the field that finds names by grammar. */
import { type Candidate, loadPeer } from '../candidate.ts';

interface Match {
  readonly offset: { readonly start: number; readonly length: number };
}
const nlp = loadPeer<(text: string) => { people(): { json(options: object): readonly Match[] } }>(
  'compromise',
  'compromise',
);

export const candidate: Candidate = {
  detect: (text) =>
    nlp(text)
      .people()
      .json({ offset: true, terms: false })
      .map(({ offset: { start, length } }) => ({ start, end: start + length, type: 'PERSON' })),
};
