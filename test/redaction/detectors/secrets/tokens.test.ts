import { describe, expect, it } from 'vitest';
import { crc32, hasBase62Checksum, toBase62 } from '../../../../src/redaction/detectors/secrets/checksums.ts';
import { createRedactor } from '../../../../src/redaction/redactor.ts';
import { FORMS, samples } from './samples.ts';

const redactor = createRedactor({ entities: ['secrets'] });

describe('a token of each published form', () => {
  it.each(FORMS)('$entity, $mark', (form) => {
    for (const value of samples(form, 5)) {
      const text = `const token = "${value}";`;

      const covered = redactor.detect(text).some(({ start, end }) => start <= 15 && end >= 15 + value.length);

      expect(covered).toBe(true);
    }
  });
});

describe('a token that is longer than a window', () => {
  it('is swallowed to its end', () => {
    const value = `sk-proj-${'aB3'.repeat(200)}`;

    expect(redactor.redact(`key ${value} and more`)).toBe('key <OPENAI_API_KEY_1> and more');
  });
});

describe('the checksum of GitHub and npm tokens', () => {
  it('is the CRC-32 of what stands before it, in base62', () => {
    expect(crc32('123456789')).toBe(0xcbf4_3926);
    expect(toBase62(0)).toBe('000000');
    expect(toBase62(61)).toBe('00000z');
    expect(toBase62(0xffff_ffff)).toBe('4gfFC3');
  });

  it('makes a token certain, and its lack does not rule one out', () => {
    const body = 'aB3dE5gH7jK9mN1pQ2rS4tU6vW8xY0';
    const valid = `ghp_${body}${toBase62(crc32(body))}`;
    const invalid = `ghp_${body}aaaaaa`;

    expect(hasBase62Checksum(valid.slice(4))).toBe(true);
    expect(redactor.detect(valid).map(({ score }) => score)).toEqual([1]);
    expect(redactor.detect(invalid).map(({ score }) => score)).toEqual([0.95]);
  });
});

describe('a value under a key', () => {
  it.each([
    ['password', 'cackle!', 'PASSWORD'],
    ['dbPassword', 'correct7horse', 'PASSWORD'],
    ['client_secret', 'q8Zr4tLw0vN2', 'API_KEY'],
    ['x-api-key', '7f3kq9z2m4t8', 'API_KEY'],
  ])('of %s is a secret as a whole', (key, value, type) => {
    const found = redactor.detect(value, { path: ['input', key] });

    expect(found).toMatchObject([{ start: 0, end: value.length, type }]);
  });

  it.each([
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a placeholder as it stands in files.
    ['password', '${DB_PASSWORD}'],
    ['password', '********'],
    ['api_key', 'your-api-key'],
    ['next_page_token', 'q8Zr4tLw0vN2'],
    ['max_tokens', '4096'],
    ['password_hint', 'q8Zr4tLw0vN2'],
    ['note', 'q8Zr4tLw0vN2'],
  ])('of %s that only stands for one is left: %s', (key, value) => {
    expect(redactor.detect(value, { path: [key] })).toEqual([]);
  });
});

describe('labelled values', () => {
  const texts = [
    'password = "q!b#c$d 9"; next',
    "IDENTIFIED BY 'yV!pD#j9'; GRANT",
    'postgres://ada:p!ss9w0@db.internal:5432/app is it',
    '<token>\n  q8Zr4tLw0vN2xx\n</token> done',
    'Authorization: Basic YWRhOmxvdmVsYWNl\r\n',
    'curl -u "ada:dG9rZW4g" https://127.0.0.1',
    '비밀번호는 q8Zr4tLw 입니다',
  ];

  it.each(texts)('give one result for every split: %j', (text) => {
    const whole = redactor.redact(text);

    for (let at = 0; at <= text.length; at++) {
      const stream = redactor.stream();
      expect(stream.push(text.slice(0, at)) + stream.push(text.slice(at)) + stream.end()).toBe(whole);
    }
    expect(whole).toMatch(/<[A-Z_]+_1>/);
  });

  it.each(texts)('are found far behind the beginning of a long text: %j', (text) => {
    const before = 'Lorem ipsum dolor sit amet, consectetur adipiscing elit. '.repeat(40);

    expect(redactor.redact(before + text + before)).toBe(before + redactor.redact(text) + before);
  });
});
