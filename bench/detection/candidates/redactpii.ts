/** Its five rules, each in a pass of its own so that the types can be told apart; one pass of five does the same work. */
import { align, markOf } from '../align.ts';
import { type Candidate, loadPeer } from '../candidate.ts';

interface Package {
  readonly Redactor: new (options: object) => { redact(text: string): string };
}
const { Redactor } = loadPeer<Package>('redactpii', '@redactpii/node');
const redactors = ['CREDIT_CARD', 'EMAIL', 'NAME', 'PHONE', 'SSN'].map(
  (rule) => new Redactor({ rules: { [rule]: true }, globalReplaceWith: markOf(rule) }),
);

export const candidate: Candidate = {
  types: { NAME: 'PERSON' },
  detect: (text) =>
    redactors.flatMap((redactor) => {
      const redacted = redactor.redact(text);
      return redacted === text ? [] : align(text, redacted);
    }),
};
