import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, expect, test } from 'vitest';
import { EMAIL, GITHUB_TOKEN, SSN } from '../examples/support/invented.ts';
import { ensureBuilt, ROOT } from './built-package.ts';

const EXAMPLES = readdirSync(join(ROOT, 'examples')).filter((name) => name.endsWith('.ts'));

beforeAll(ensureBuilt, 60_000);

/** Runs an example as a newcomer does who has no account: without any key in the environment. */
async function run(example: string): Promise<string> {
  const settings = Object.entries(process.env).filter(
    ([name]) => !/^(?:OPENAI|LANG(?:SMITH|CHAIN)|OTEL|NODE)_/.test(name),
  );
  const options = { cwd: ROOT, env: Object.fromEntries(settings), timeout: 15_000 };
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [join('examples', example)], options);
  expect(stderr).toBe('');
  return stdout;
}

test('quickstart.ts shows all three doors, the trace, the spend and the refusal on one screen', async () => {
  const screen = await run('quickstart.ts');

  const [written, left, back, traced, spent, refused] = screen.trim().split('\n\n');
  expect(written).toContain(SSN);
  for (const door of ['OpenAI client', 'LangChain model', 'HTTP client']) {
    expect(left).toMatch(new RegExp(`${door} +My SSN is <US_SSN_1> and my token is <GITHUB_TOKEN_1>`));
    expect(back).toMatch(new RegExp(`${door} +You said: My SSN is ${SSN} and my token is ${GITHUB_TOKEN}`));
  }
  expect(left).not.toContain(SSN);
  expect(
    traced?.match(/chat gpt-4o +completed \| redaction: US_SSN \+ GITHUB_TOKEN .*\| 30 tokens \| \$0\.000145/g),
  ).toHaveLength(3);
  expect(traced).toMatch(/chat gpt-4o +blocked .*block: spend_cap_reached/);
  expect(traced).toMatch(/none in \d+ exported bytes/);
  expect(spent).toContain('3 calls, $0.000435');
  expect(refused).toContain('402                 spend_cap_reached (attempts: 1, sent to the provider: 0)');
  expect(screen.split('\n').length).toBeLessThan(40);
  const [, excerpt] = /```\n(What left[\s\S]*?)\n```/.exec(readFileSync(join(ROOT, 'README.md'), 'utf8'))!;
  for (const line of excerpt!.split('\n')) expect(screen).toContain(line);
});

test('configured-server.ts redacts for a client with a key, refuses at the cap and keeps an audit log', async () => {
  const output = await run('configured-server.ts');

  expect(output).toContain('sent     My SSN is <US_SSN_1>.');
  expect(output).toContain('refused  402 spend_cap_reached');
  expect(output).toContain('admin    true audit rows 1');
});

test('bedrock.ts signs what the gateway made of the request, and streams the caller’s values back', async () => {
  const output = await run('bedrock.ts');

  expect(output).toContain(`Repeat this line: mail ${EMAIL}.`);
  expect(output).toContain('Bedrock saw: Repeat this line: mail <EMAIL_ADDRESS_1>. (forged signatures: 0)');
  expect(output).toContain("outcome: 'completed'");
});

test('providers.ts redacts for each vendor in its own API, and counts under one cap', async () => {
  const output = await run('providers.ts');

  for (const path of ['/v1/responses', '/v1/messages', '/models/gemini-2.5-flash:generateContent'])
    expect(output).toMatch(new RegExp(`The provider saw: Write to <EMAIL_ADDRESS_1>\\. \\(\\S*${path}\\)`));
  expect(output.match(new RegExp(`You said: Write to ${EMAIL}\\.`, 'g'))).toHaveLength(3);
  expect(output.match(/^ada asked [\w.-]+: 1 call, \$0\.0000\d+$/gm)).toHaveLength(3);
});

test('remote-gateway.ts keeps each API and sends the gateway’s key alone', async () => {
  const output = await run('remote-gateway.ts');

  expect(output.match(/POST \/v1\/(?:chat\/completions|messages)/g)).toHaveLength(2);
  expect(output.match(/key: {4}Bearer sk-of-the-gateway$/gm)).toHaveLength(2);
  expect(output.match(/prompt: My SSN is <US_SSN_1>\./g)).toHaveLength(2);
  expect(output).not.toContain('unused');
});

test('openai.ts streams the caller’s values back and shows what the provider saw', async () => {
  const output = await run('openai.ts');

  expect(output).toContain(`You said: Repeat this line: mail ${EMAIL}, token ${GITHUB_TOKEN}.`);
  expect(output).toContain('The provider saw: Repeat this line: mail <EMAIL_ADDRESS_1>, token <GITHUB_TOKEN_1>.');
  expect(output).toContain("outcome: 'completed'");
});

test('langchain.ts annotates the answer and reads the refusal', async () => {
  const output = await run('langchain.ts');

  expect(output).toContain(`You said: Repeat this line: my SSN is ${SSN}.`);
  expect(output).toContain('The provider saw: Repeat this line: my SSN is <US_SSN_1>.');
  expect(output).toContain('cost_usd: 0.0000087');
  expect(output).toContain('Refused: 402 spend_cap_reached');
});

test('agent.ts gives the tool the value, the state a placeholder, and matches runs with calls', async () => {
  const output = await run('agent.ts');

  expect(output).toContain(`The tool was asked for ${EMAIL}.`);
  expect(output).toContain('tool: <EMAIL_ADDRESS_1> has SSN <US_SSN_1>.');
  expect(output).toContain('The provider saw: <EMAIL_ADDRESS_1> has SSN <US_SSN_1>.');
  expect(output.match(/Called by u-17 in thread-1\./g)).toHaveLength(2);
  expect(output.match(/Run [\w-]{36} made call [\w-]{36}\./g)).toHaveLength(2);
  expect(output).not.toContain(SSN);
});

test('server.ts answers its client, an unknown client and a call that is too dear', async () => {
  const output = await run('server.ts');

  expect(output).toMatch(new RegExp(`^200 .*my SSN is ${SSN}`, 'm'));
  expect(output).toMatch(/^401 .*"unauthorized"/m);
  expect(output).toMatch(/^402 .*"spend_cap_reached"/m);
  expect(output).toContain('The provider saw: Repeat this line: my SSN is <US_SSN_1>.');
});

test('custom-provider.ts pins the model, keeps the client’s key and prices the call', async () => {
  const output = await run('custom-provider.ts');

  expect(output).toContain('The host was asked for llama-in-house with Bearer key-of-the-host.');
  expect(output).toContain('It saw: Write to <EMAIL_ADDRESS_1>.');
  expect(output).toContain("provider: 'R&D cluster'");
  expect(output).toContain("costUsd: '0.00001'");
});

test('langsmith.ts sends the names LangSmith reads, and no content', async () => {
  const output = await run('langsmith.ts');

  expect(output).toContain('LANGSMITH_API_KEY is not set: traces stay here.');
  expect(output).toContain('All spans arrived.');
  expect(output).toContain("'langsmith.metadata.thread_id': 'thread-1'");
  expect(output).toContain("'langsmith.span.tags': 'gateway:redacted'");
  expect(output).not.toContain(SSN);
});

test('price-response.ts bills each kind of token and each search', async () => {
  const output = await run('price-response.ts');

  expect(output).toContain('input          5904 at $0.625 per 1000000: $0.00369');
  expect(output).toContain('web_search        2 at $0.01 per 1: $0.02');
  expect(output).toContain('Together $0.033946, by genai-prices@');
  expect(output).toContain('At a price of our own, less ten percent: $0.0297');
});

test('decision-log.ts tells and writes what the policy did, without the value', async () => {
  const output = await run('decision-log.ts');

  expect(output).toContain('Told: redact modify input');
  expect(output).toMatch(/^Written: \{"type":"policy".*"findings":\[\{"kind":"US_SSN"/m);
  expect(output).toMatch(/Counted: \{ written: \d, dropped: 0, failed: 0 \}/);
  expect(output).not.toContain(SSN);
});

test('redaction.ts finds and replaces in a text, in JSON and in a stream, without a gateway', async () => {
  const output = await run('redaction.ts');

  const types = [...output.matchAll(/^ {2}([A-Z_]+) [\d.]+ at \d+ to \d+$/gm)].map(([, type]) => type);
  expect(types).toEqual(['EMAIL_ADDRESS', 'EMPLOYEE_ID', 'US_SSN', 'GITHUB_TOKEN']);
  const [, redacted] = /^As text: +(.*)$/m.exec(output)!;
  expect(redacted).toMatch(
    /^Mail <EMAIL_ADDRESS_1> \(<EMPLOYEE_ID_1>\), SSN \*{3}-\*{2}-\*\d{3}, token <GITHUB_TOKEN_1>\.$/,
  );
  expect(output).toMatch(/^As JSON: +\{"ssn":"\*+\d{3}","n":1\}$/m);
  expect(/^As stream: +(.*)$/m.exec(output)![1]!.replaceAll('|', '')).toBe(redacted);
  for (const value of [EMAIL, SSN, GITHUB_TOKEN]) expect(output).not.toContain(value);
});

test('spend-caps.ts lowers a limit, ends a stream in time and refuses what does not fit', async () => {
  const output = await run('spend-caps.ts');

  expect(output).toMatch(/spend_clamped \n {2}completed, \$0\.00000783\nAsked for 16000 tokens, sent 1\d{3}\./);
  expect(output).toMatch(/spend_threshold 0\.5\n {2}blocked, \$0\.0009\d+\nThe stream ended: spend_cap_reached\./);
  expect(output).toContain('The next call: 402 spend_cap_reached');
});

test('rate-limit.ts lets each user have two requests a minute, and says until when to wait', async () => {
  const output = await run('rate-limit.ts');

  expect(output.trim().split('\n')).toEqual([
    'ada: answered',
    'ada: answered',
    'bob: answered',
    'ada: 429 rate_limited, 2 of 2, until 2026-11-21T12:01:00.000Z',
  ]);
});

test('every example is under forty lines and is run here', () => {
  const here = readFileSync(join(ROOT, 'test', 'examples.test.ts'), 'utf8');
  for (const name of EXAMPLES) {
    expect(readFileSync(join(ROOT, 'examples', name), 'utf8').split('\n').length, name).toBeLessThanOrEqual(40);
    expect(here, name).toContain(`run('${name}')`);
  }
});
