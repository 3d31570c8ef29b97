/** The detection engine on its own, without a gateway: where values stand, a text without them, and the same for a stream. */
import { createRedactor } from 'postern/redaction';
import { EMAIL, GITHUB_TOKEN, SSN } from './support/invented.ts';

const redactor = createRedactor({
  entities: ['pii', 'secrets'],
  actions: { US_SSN: 'mask' },
  patterns: [{ name: 'EMPLOYEE_ID', pattern: /\bE-\d{5}\b/ }],
});
const text = `Mail ${EMAIL} (E-20417), SSN ${SSN}, token ${GITHUB_TOKEN}.`;

console.log('Found:');
for (const { type, score, start, end } of redactor.detect(text))
  console.log(`  ${type} ${score} at ${start} to ${end}`);
console.log(`As text:   ${redactor.redact(text)}`);
console.log(`As JSON:   ${redactor.redactJson(JSON.stringify({ ssn: SSN.replaceAll('-', ''), n: 1 }))}`);

const stream = redactor.stream();
const pieces = text.match(/.{1,9}/g) ?? [];
const shown = [...pieces.map((piece) => stream.push(piece)), stream.end()];
console.log(`As stream: ${shown.join('|')}`);
