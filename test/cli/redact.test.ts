import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readLabelledTexts } from '../../bench/detection/records.ts';
import { CARD, EMAIL, PEM, PHONE, SSN } from '../redaction/fixtures.ts';
import { runCli } from './run-cli.ts';

const folder = mkdtempSync(join(tmpdir(), 'postern-cli-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const DIGITS = CARD.replaceAll(' ', '');

describe('plain text', () => {
  it('keeps everything but the values, also its line ends and its byte order mark', async () => {
    const { code, stdout, stderr } = await runCli(['redact'], { stdin: `\uFEFFa\r\n\tTo: ${EMAIL}\r\n\r\n` });

    expect([code, stdout, stderr]).toEqual([0, '\uFEFFa\r\n\tTo: <EMAIL_ADDRESS_1>\r\n\r\n', '']);
  });

  it('is the same when it arrives byte by byte, characters of several bytes too', async () => {
    const text = `Grüße 😀 an ${EMAIL}, 中文 ${PHONE}\n${PEM}\n`;
    const bytes = [...Buffer.from(text)].map((byte) => Buffer.from([byte]));

    const [whole, split] = await Promise.all([
      runCli(['redact'], { stdin: text }),
      runCli(['redact'], { stdin: bytes }),
    ]);

    expect(whole.stdout).toBe('Grüße 😀 an <EMAIL_ADDRESS_1>, 中文 <PHONE_NUMBER_1>\n<PRIVATE_KEY_1>\n');
    expect(split).toEqual(whole);
  });

  it('gives a value one placeholder in all files of a run', async () => {
    const first = file('first.txt', `from ${EMAIL}\n`);
    const second = file('second.json', JSON.stringify({ to: 'grace@example.org', from: EMAIL.toUpperCase() }));

    const { stdout } = await runCli(['redact', first, second]);

    expect(stdout).toBe('from <EMAIL_ADDRESS_1>\n{"to":"<EMAIL_ADDRESS_2>","from":"<EMAIL_ADDRESS_1>"}');
  });

  it('looks for what it is told, leaves what is allowed and what is not certain enough', async () => {
    const stdin = `${EMAIL}, grace@example.org, ${SSN}`;

    const outputs = await Promise.all([
      runCli(['redact', '--entities', 'secrets,US_SSN'], { stdin }),
      runCli(['redact', '--allow', EMAIL.toUpperCase(), '--entities', 'EMAIL_ADDRESS'], { stdin }),
      runCli(['redact', '--min-score', '1', '--entities', 'EMAIL_ADDRESS'], { stdin }),
    ]);

    expect(outputs.map(({ stdout }) => stdout)).toEqual([
      `${EMAIL}, grace@example.org, <US_SSN_1>`,
      `${EMAIL}, <EMAIL_ADDRESS_1>, ${SSN}`,
      stdin,
    ]);
  });
});

describe('JSON', () => {
  it('stays JSON and keeps the bytes of what is not redacted', async () => {
    const text = `{ "big": 12345678901234567890,\n  "card" : ${DIGITS}, "note":"\\u0041da: ${EMAIL}",\n  "arguments": "{\\"ssn\\": \\"${SSN}\\"}" }\n`;

    const { stdout } = await runCli(['redact', file('call.json', text)]);

    expect(stdout).toBe(
      '{ "big": 12345678901234567890,\n  "card" : "<CREDIT_CARD_1>", "note":"Ada: <EMAIL_ADDRESS_1>",\n  "arguments": "{\\"ssn\\": \\"<US_SSN_1>\\"}" }\n',
    );
  });

  it('does not give a number that stands in it to another value', async () => {
    const { stdout } = await runCli(['redact', '--format', 'json'], { stdin: `["${EMAIL}", "<EMAIL_ADDRESS_1>"]` });

    expect(stdout).toBe('["<EMAIL_ADDRESS_2>", "<EMAIL_ADDRESS_1>"]');
  });

  it('is refused when it is broken, with the place and without the text', async () => {
    const path = file('broken.json', `{\n  "to": ${EMAIL}\n}`);

    const { code, stdout, stderr } = await runCli(['redact', path]);

    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toBe(`postern: ${path} is no JSON: see line 2, column 9. --format text redacts it as plain text.\n`);
  });

  it('parses after redaction, whatever was found in it', async () => {
    const bodies = readLabelledTexts().filter((record) => record.file === 'json_toolcalls');
    const lines = bodies.map(({ text }) => JSON.stringify(JSON.parse(text))).join('\n');

    const { stdout } = await runCli(['redact', '--format', 'jsonl'], { stdin: lines });

    const redacted = stdout
      .split('\n')
      .map((line) => JSON.parse(line) as { tool_calls?: { function: { arguments: string } }[] });
    expect(redacted).toHaveLength(bodies.length);
    for (const { tool_calls: calls = [] } of redacted) {
      for (const call of calls) expect(() => JSON.parse(call.function.arguments) as unknown).not.toThrow();
    }
  });
});

describe('JSON Lines', () => {
  it('are redacted line by line, and what is no JSON as text', async () => {
    const text = `{"to":"${EMAIL}"}\n[INFO] sent to ${EMAIL}\nkey:\n${PEM}\n{"card":${DIGITS}}`;

    const { stdout } = await runCli(['redact', file('log.jsonl', text)]);

    expect(stdout).toBe(
      '{"to":"<EMAIL_ADDRESS_1>"}\n[INFO] sent to <EMAIL_ADDRESS_1>\nkey:\n<PRIVATE_KEY_1>\n{"card":"<CREDIT_CARD_1>"}',
    );
  });
});

describe('an input without a telling name', () => {
  it.each([
    ['JSON on several lines', `{\n "card": ${DIGITS}\n}\n`, '{\n "card": "<CREDIT_CARD_1>"\n}\n'],
    ['JSON on one line', `{"card": ${DIGITS}}`, '{"card": "<CREDIT_CARD_1>"}'],
    ['JSON Lines', `{"a":1}\n{"card": ${DIGITS}}\n`, '{"a":1}\n{"card": "<CREDIT_CARD_1>"}\n'],
    ['a log', `[INFO] card ${DIGITS}\n`, '[INFO] card <CREDIT_CARD_1>\n'],
    ['text that begins like JSON', `{"card": ${DIGITS}, ...\n`, '{"card": <CREDIT_CARD_1>, ...\n'],
    ['nothing', '', ''],
    ['white space', ' \n', ' \n'],
  ])('is known by its first line: %s', async (_, stdin, expected) => {
    expect((await runCli(['redact'], { stdin })).stdout).toBe(expected);
  });
});

describe('--explain', () => {
  it('tells entity, score and place in a text, and never the value', async () => {
    const path = file('note.txt', `Hello\nwrite to ${EMAIL}\n${PEM}\nor call ${PHONE}`);

    const { code, stdout, stderr } = await runCli(['redact', '--explain', path]);

    const rows = stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split(/\s+/));
    const lines = PEM.split('\n').length;
    expect(rows.map(([entity, , place]) => [entity, place])).toEqual([
      ['EMAIL_ADDRESS', `${path}:2:10`],
      ['PRIVATE_KEY', `${path}:3:1`],
      ['PHONE_NUMBER', `${path}:${3 + lines}:9`],
    ]);
    for (const [, score] of rows) expect(Number(score)).toBeGreaterThanOrEqual(0.5);
    expect([code, stderr]).toEqual([0, '3 values: 1 EMAIL_ADDRESS, 1 PRIVATE_KEY, 1 PHONE_NUMBER\n']);
    expect(stdout).not.toMatch(/lovelace|555|BEGIN/);
  });

  it('tells the path in JSON, through JSON in strings and past keys that are values themselves', async () => {
    const inner = JSON.stringify({ users: [{ 'home phone': PHONE }] });
    const stdin = JSON.stringify({ messages: [{ content: `I am ${EMAIL}` }], arguments: inner, [EMAIL]: { ssn: SSN } });

    const { stdout } = await runCli(['redact', '--explain'], { stdin });

    const places = stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.replace(/^\S+ +\S+ +/, ''));
    expect(places).toEqual([
      `1:${stdin.indexOf(EMAIL) + 1}  $.messages[0].content`,
      `1:${stdin.indexOf('{\\"users') + 1}  $.arguments.users[0]["home phone"]`,
      `1:${stdin.lastIndexOf(EMAIL) + 1}  $["<key>"]`,
      `1:${stdin.indexOf(SSN) + 1}  $["<key>"].ssn`,
    ]);
    expect(stdout).not.toContain('lovelace');
  });

  it('tells line and column of a value in JSON on many lines, escapes and all', async () => {
    const stdin = `{\n  "say": "\\"é\\u00e9\\n ${EMAIL}, ${EMAIL}",\n\n  "card": ${DIGITS}\n}`;

    const { stdout } = await runCli(['redact', '--explain'], { stdin });

    const lines = stdin.split('\n');
    const places = [...stdout.matchAll(/ (\d+):(\d+) /g)].map(([, line, column]) =>
      lines[Number(line) - 1]!.slice(Number(column) - 1),
    );
    expect(places.map((rest) => rest.slice(0, 4))).toEqual([EMAIL.slice(0, 4), EMAIL.slice(0, 4), DIGITS.slice(0, 4)]);
    expect(places[1]!.length).toBeLessThan(places[0]!.length);
  });

  it('counts lines of text between lines of JSON', async () => {
    const { stdout } = await runCli(['redact', '--explain', '--format', 'jsonl'], {
      stdin: `{"a":1}\nplain\n  ${EMAIL}\n{"b":"${EMAIL}"}\n`,
    });

    expect(stdout).toMatch(/ 3:3\n.* 4:7 {2}\$\.b\n$/);
  });
});

describe('what cannot be read', () => {
  it('ends with 2 before anything is written', async () => {
    const good = file('good.txt', EMAIL);
    const latin1 = file('latin1.txt', Uint8Array.from([0x47, 0x72, 0xfc, 0xdf, 0x65]));
    const inner = join(folder, 'inner');
    mkdirSync(inner);

    const [missing, directory, encoding] = await Promise.all([
      runCli(['redact', good, join(folder, 'missing.txt')]),
      runCli(['redact', inner]),
      runCli(['redact', latin1]),
    ]);

    expect(missing).toEqual({
      code: 2,
      stdout: '',
      stderr: `postern: ${join(folder, 'missing.txt')} does not exist.\n`,
    });
    expect(directory).toEqual({ code: 2, stdout: '', stderr: `postern: ${inner} is a folder.\n` });
    expect(encoding).toMatchObject({ code: 2, stderr: `postern: ${latin1} is not UTF-8 text.\n` });
  });

  it.each([
    [['--min-score', '2'], '--min-score must be a number from 0 to 1, got "2".'],
    [['--format', 'xml'], '--format must be one of text, json, jsonl, got "xml".'],
    [['--placeholders', 'stars'], '--placeholders must be one of numbered, hmac, got "stars".'],
    [['--placeholders', 'hmac'], 'POSTERN_REDACTION_KEY must be set'],
    [['--entities', 'pii,EMAIL'], '--entities has no entity "EMAIL". Did you mean EMAIL_ADDRESS?'],
    [['--entities', 'us-ssn'], 'Did you mean US_SSN'],
    [['--entities', 'ZZZZ'], '--entities has no entity "ZZZZ". postern redact --list-entities lists them.'],
    [['--action', 'shred'], '--action must be one of redact, mask, hash, block, monitor, got "shred".'],
    [['--action', 'EMAIL=mask'], '--action has no entity "EMAIL"'],
    [['--action', 'pii=mask'], '--action needs an entity before the =, got the group "pii".'],
    [['--action', 'hash:3'], 'got "hash:3".'],
    [['--explain', '--check'], '--explain and --check cannot be used together.'],
    [['--shred'], "Unknown option '--shred'. See postern redact --help."],
    [['--allow'], "Option '--allow <value>' argument missing. See postern redact --help."],
  ])('ends with 2 for %j, naming the option and what came', async (options, message) => {
    const { code, stdout, stderr } = await runCli(['redact', ...options], { stdin: EMAIL });

    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^postern: /);
    expect(stderr).toContain(message);
  });

  it('does not quote what was pasted in place of an option', async () => {
    const { stderr } = await runCli(['redact', '--format', PEM.replaceAll('-', '')], { stdin: '' });

    expect(stderr).toContain(`got a text of ${PEM.replaceAll('-', '').length} characters.`);
  });
});

describe('--action', () => {
  const stdin = `${EMAIL}, card ${CARD}, ssn ${SSN}`;

  it('masks, hashes and leaves values, of one entity or of all others', async () => {
    const masked = await runCli(['redact', '--action', 'mask', '--action', 'CREDIT_CARD=mask:0'], { stdin });
    const left = await runCli(['redact', '--action', 'monitor', '--action', 'US_SSN=redact', '--explain'], { stdin });
    const hashed = await runCli(['redact', '--action', 'EMAIL_ADDRESS=hash'], {
      stdin,
      env: { POSTERN_REDACTION_KEY: 'an invented key of some length' },
    });

    expect(masked.stdout).toBe(`***.********@******e.org, card **** **** **** ****, ssn ***-**-*${SSN.slice(-3)}`);
    expect(left.stderr).toBe('3 values: 1 EMAIL_ADDRESS, 1 CREDIT_CARD, 1 US_SSN\n');
    expect(hashed.stdout).toMatch(/^<EMAIL_ADDRESS_[0-9a-f]{6}>, card <CREDIT_CARD_1>, ssn <US_SSN_1>$/);
  });

  it('that blocks ends with 1 and tells where, and shows nothing of the value', async () => {
    const { code, stdout, stderr } = await runCli(['redact', '--action', 'US_SSN=block'], { stdin: `a\n${stdin}\n` });

    expect(code).toBe(1);
    expect(stdout).not.toContain(SSN);
    expect(stderr).toMatch(/^postern: US_SSN stands at 2:\d+, and --action blocks it\./);
    expect(stderr).not.toContain(SSN);
  });

  it('that blocks is told by --check and --explain like any other', async () => {
    const { code, stderr } = await runCli(['redact', '--check', '--action', 'block'], { stdin });

    expect([code, stderr]).toEqual([1, '3 values: 1 EMAIL_ADDRESS, 1 CREDIT_CARD, 1 US_SSN\n']);
  });
});

it('--placeholders hmac gives the same tag in every run', async () => {
  const env = { POSTERN_REDACTION_KEY: 'an invented key of some length' };
  const [first, second] = await Promise.all([
    runCli(['redact', '--placeholders', 'hmac'], { stdin: EMAIL, env }),
    runCli(['redact', '--placeholders', 'hmac'], { stdin: `grace@example.org ${EMAIL}`, env }),
  ]);

  expect(first.stdout).toMatch(/^<EMAIL_ADDRESS_[0-9a-f]{6}>$/);
  expect(second.stdout.split(' ')[1]).toBe(first.stdout);
});

it('--list-entities lists what is looked for', async () => {
  const { stdout } = await runCli(['redact', '--list-entities', '--entities', 'US_SSN,EMAIL_ADDRESS']);

  expect(stdout).toBe('EMAIL_ADDRESS\nUS_ITIN\nUS_SSN\n'.replace('US_ITIN\n', ''));
});

describe('somebody at a terminal', () => {
  it('is told what was replaced when the text goes elsewhere', async () => {
    const { stdout, stderr } = await runCli(['redact'], { stdin: EMAIL, isTerminal: true });

    expect([stdout, stderr]).toEqual(['<EMAIL_ADDRESS_1>', '1 value: 1 EMAIL_ADDRESS\n']);
  });
});

describe('JSON Lines on Windows, and values alone', () => {
  it('stay valid line by line', async () => {
    const stdin = `\uFEFF{"to":"${EMAIL}"}\r\n${DIGITS}\r\n"to \\u0061da@example.org"\r\n[]\r\n`;

    const { stdout } = await runCli(['redact', '--format', 'jsonl'], { stdin });

    expect(stdout).toBe('\uFEFF{"to":"<EMAIL_ADDRESS_1>"}\r\n"<CREDIT_CARD_1>"\r\n"to <EMAIL_ADDRESS_2>"\r\n[]\r\n');
  });
});
