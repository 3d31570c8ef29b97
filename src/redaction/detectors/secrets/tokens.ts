/** Keys and tokens with a published prefix. One entry a vendor; forms as the vendors document them. */
import { LOWER } from '../../characters.ts';
import { candidates, defineDetector, WINDOW_CHARS } from '../../detector.ts';

const GITHUB = /(?<![A-Za-z0-9_])(?:gh[pousr]_[A-Za-z0-9]{36,120}|github_pat_[A-Za-z0-9_]{22,110})(?![A-Za-z0-9_])/g;
const AWS_ID = /(?<![A-Za-z0-9])(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Za-z0-9])/g;
const AWS_SECRET = /(?<![A-Za-z0-9/+_-])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+_=-])/g;
const ANTHROPIC = new RegExp(`(?<![A-Za-z0-9_])sk-ant-[A-Za-z0-9_-]{16,${WINDOW_CHARS}}`, 'g');
const OPENAI = new RegExp(
  `(?<![A-Za-z0-9_-])sk-(?!ant-)(?:[a-z]{2,12}-(?:v\\d-)?[A-Za-z0-9_-]{20,${WINDOW_CHARS}}|[A-Za-z0-9]{12,${WINDOW_CHARS}}(?![A-Za-z0-9_-]))`,
  'g',
);
const SLACK = new RegExp(
  `(?<![A-Za-z0-9])(?:xox[abeoprs]-[A-Za-z0-9-]{10,${WINDOW_CHARS}}|xapp-\\d-[A-Za-z0-9-]{10,${WINDOW_CHARS}}|` +
    'hooks\\.slack\\.com/(?:services|workflows|triggers)/[A-Za-z0-9/]{20,100})',
  'g',
);
const STRIPE =
  /(?<![A-Za-z0-9])(?:(?:sk|rk)_(?:live|test|prod)_[A-Za-z0-9]{10,100}|whsec_[A-Za-z0-9]{24,100})(?![A-Za-z0-9])/g;
const GOOGLE = /(?<![A-Za-z0-9_-])AIza[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])/g;

export const githubToken = defineDetector({
  name: 'github-token',
  group: 'secrets',
  entities: ['GITHUB_TOKEN'],
  needs: { kinds: LOWER, digits: 0, length: 33 },
  trace: 'gh[pousr]_|github_pat_',
  find: (text, from) => candidates(GITHUB, text, from, 'GITHUB_TOKEN', 1),
});

export const awsAccessKey = defineDetector({
  name: 'aws-access-key',
  group: 'secrets',
  entities: ['AWS_ACCESS_KEY'],
  needs: { kinds: 0, digits: 0, length: 20 },
  trace: '(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}',
  find: (text, from) => candidates(AWS_ID, text, from, 'AWS_ACCESS_KEY', 1),
});

/** The secret half has no prefix: forty characters beside a label that says what they are. */
export const awsSecretKey = defineDetector({
  name: 'aws-secret-key',
  group: 'secrets',
  entities: ['AWS_SECRET_KEY'],
  needs: { kinds: LOWER, digits: 1, length: 40 },
  // Forty characters with a digit have twenty on one side of it.
  trace: '\\d(?:[A-Za-z0-9/+]{19}|(?<=[A-Za-z0-9/+]{20}\\d))',
  context: {
    words: /(?:aws|amazon)[\w .:"'-]{0,24}(?:secret|key)|secret[_ -]?access[_ -]?key/i,
    keys: /(?:^|_)(?:secret_?access_?key|aws_?secret(?:_?(?:access_?)?key)?)$/,
  },
  find: (text, from) => candidates(AWS_SECRET, text, from, 'AWS_SECRET_KEY', (value) => (isMixed(value) ? 0.4 : 0)),
});

export const anthropicKey = defineDetector({
  name: 'anthropic-api-key',
  group: 'secrets',
  entities: ['ANTHROPIC_API_KEY'],
  needs: { kinds: LOWER, digits: 0, length: 23 },
  trace: 'sk-[A-Za-z0-9]',
  continues: isTokenChar,
  find: (text, from) => candidates(ANTHROPIC, text, from, 'ANTHROPIC_API_KEY', (value) => (/\d/.test(value) ? 1 : 0.3)),
});

export const openaiKey = defineDetector({
  name: 'openai-api-key',
  group: 'secrets',
  entities: ['OPENAI_API_KEY'],
  needs: { kinds: LOWER, digits: 1, length: 15 },
  trace: 'sk-[A-Za-z0-9]',
  context: { words: /api[_ -]?key|secret|token/i, keys: /(?:^|_)(?:api_?key|secret|token|key)$/ },
  continues: isTokenChar,
  find: (text, from) => candidates(OPENAI, text, from, 'OPENAI_API_KEY', openaiScore),
});

export const slackToken = defineDetector({
  name: 'slack-token',
  group: 'secrets',
  entities: ['SLACK_TOKEN'],
  needs: { kinds: LOWER, digits: 1, length: 15 },
  trace: 'xox[abeoprs]-|xapp-\\d|hooks\\.slack\\.com/',
  continues: isTokenChar,
  find: (text, from) => candidates(SLACK, text, from, 'SLACK_TOKEN', slackScore),
});

export const stripeKey = defineDetector({
  name: 'stripe-api-key',
  group: 'secrets',
  entities: ['STRIPE_API_KEY'],
  needs: { kinds: LOWER, digits: 0, length: 18 },
  trace: '[sr]k_(?:live|test|prod)_|whsec_',
  find: (text, from) => candidates(STRIPE, text, from, 'STRIPE_API_KEY', 1),
});

export const googleKey = defineDetector({
  name: 'google-api-key',
  group: 'secrets',
  entities: ['GOOGLE_API_KEY'],
  needs: { kinds: LOWER, digits: 0, length: 39 },
  trace: 'AIza[A-Za-z0-9_-]{35}',
  find: (text, from) => candidates(GOOGLE, text, from, 'GOOGLE_API_KEY', 1),
});

/** Names such as `sk-estimator-doc-link` have the prefix and no digit; a short key needs a label beside it. */
function openaiScore(value: string): number {
  const digits = value.replace(/\D/g, '').length;
  if (digits < 2) return 0;
  return value.length >= 23 ? 1 : 0.4;
}

/** `xoxo-some-slug-1` has the form of a token; a token is full of digits. */
function slackScore(value: string): number {
  const digits = value.replace(/\D/g, '').length;
  return digits >= (value.startsWith('xoxo') ? 8 : 1) ? 1 : 0;
}

/** Random characters hold upper case, lower case and digits; a hex digest or a path does not. */
function isMixed(value: string): boolean {
  return /[A-Z]/.test(value) && /[a-z]/.test(value) && /\d/.test(value) && !/\/[a-z]{3,}\/[a-z]{3,}/.test(value);
}

function isTokenChar(code: number): boolean {
  return (
    (code >= 0x61 && code <= 0x7a) ||
    (code >= 0x41 && code <= 0x5a) ||
    (code >= 0x30 && code <= 0x39) ||
    code === 0x2d ||
    code === 0x5f
  );
}
