/** The secret half of an AWS key pair has no mark: forty characters beside a label or an id that says what they are. */
import { LOWER, UPPER } from '../../characters.ts';
import { candidates, defineDetector, LEFT_CONTEXT_CHARS } from '../../detector.ts';

const FORTY = /(?<![A-Za-z0-9/+_-])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+_=-])/g;

export const awsSecretKey = defineDetector({
  name: 'aws-secret-key',
  group: 'secrets',
  entities: ['AWS_SECRET_KEY'],
  gates: [
    {
      kinds: LOWER | UPPER,
      digits: 1,
      length: 40,
      near: { words: ['aws', 'amazon', 'secret', 'akia', 'asia'], reach: LEFT_CONTEXT_CHARS },
    },
  ],
  context: {
    words:
      /(?:aws|amazon)[\w .:"'-]{0,24}(?:secret|key)|secret[_ -]?access[_ -]?key|(?:AKIA|ASIA)[A-Z2-7]{16}[^\w]{1,12}$/i,
    keys: /(?:^|_)(?:secret_?access_?key|aws_?secret(?:_?(?:access_?)?key)?)$/,
  },
  find: (text, from) => candidates(FORTY, text, from, 'AWS_SECRET_KEY', (value) => (isMixed(value) ? 0.45 : 0)),
});

/** Random characters hold upper case, lower case and digits; a hex digest or a path does not. */
function isMixed(value: string): boolean {
  return /[A-Z]/.test(value) && /[a-z]/.test(value) && /\d/.test(value) && !/\/[a-z]{3,}\/[a-z]{3,}/.test(value);
}
