/** Decisions as lines of JSON: a file, and a function that is told. A webhook is one option more. No value is in a line. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createGateway, decisionLog, redact } from 'postern';
import { startFakeProvider } from './support/fake-provider.ts';
import { SSN } from './support/invented.ts';

const provider = await startFakeProvider();
const folder = mkdtempSync(join(tmpdir(), 'decisions-'));
const log = decisionLog({
  file: join(folder, 'decisions.jsonl'),
  onDecision: ({ policy, decision, target }) => console.log(`Told: ${policy} ${decision} ${target}`),
  link: 'https://smith.example/calls/{callId}',
});
const gateway = createGateway({ policies: [redact()], observers: [log] });

const body = JSON.stringify({ model: 'gpt-4o', messages: [{ role: 'user', content: `My SSN is ${SSN}.` }] });
const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body };
await (await gateway.fetch(`${provider.baseURL}/chat/completions`, init)).text();
await gateway.close();

console.log(`Written: ${readFileSync(join(folder, 'decisions.jsonl'), 'utf8').split('\n')[0]}`);
console.log('Counted:', log.stats.file);
rmSync(folder, { recursive: true });
await provider.close();
