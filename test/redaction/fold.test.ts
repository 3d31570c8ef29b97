import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Fold } from '../../src/redaction/fold.ts';
import { FoldOffsets } from '../../src/redaction/fold-offsets.ts';
import { createRedactor } from '../../src/redaction/redactor.ts';
import { CARD, EMAIL, GITHUB, IBAN, noise, PHONE, SSN } from './fixtures.ts';

const redactor = createRedactor({ memo: false });

function fold(pieces: readonly string[]): string {
  const folding = new Fold(new FoldOffsets());
  return pieces.map((piece) => folding.push(piece)).join('') + folding.end();
}

function found(text: string): string[] {
  return redactor.detect(text).map(({ start, end, type }) => `${type} ${text.slice(start, end)}`);
}

const every = (text: string, count: number, filler: string) =>
  text.replace(new RegExp(`.{${count}}(?=.)`, 'gsu'), `$&${filler}`);
const map = (text: string, of: (character: string) => string) => [...text].map(of).join('');
const wide = (text: string) =>
  map(text, (character) => (character > ' ' ? String.fromCodePoint(character.codePointAt(0)! + 0xfee0) : character));
const inScript = (zero: number) => (text: string) =>
  text.replace(/\d/g, (digit) => String.fromCodePoint(zero + Number(digit)));
const hex = (text: string) => Buffer.from(text).toString('hex');
const base64 = (text: string) => Buffer.from(text).toString('base64');
const spelled = (text: string) => text.replace(/\D/g, '').split('').join(' ');

describe('a value is found when it is written', () => {
  it.each([
    ['with zero-width spaces', (text: string) => every(text, 3, '\u200b')],
    ['with joiners and direction marks', (text: string) => every(text, 2, '\u200d\u202e')],
    ['with soft hyphens', (text: string) => every(text, 4, '\u00ad')],
    ['in full width', wide],
    ['with digits of Arabic', inScript(0x0660)],
    ['with digits of Devanagari', inScript(0x0966)],
    ['with mathematical digits', inScript(0x1d7d8)],
    ['with no-break spaces', (text: string) => text.replaceAll(' ', '\u00a0')],
    ['with thin spaces and en dashes', (text: string) => text.replaceAll(' ', '\u2009').replaceAll('-', '\u2013')],
    ['with no-break hyphens', (text: string) => text.replaceAll('-', '\u2011')],
    ['with minus signs', (text: string) => text.replaceAll('-', '\u2212')],
    ['in percent escapes', encodeURIComponent],
    ['in percent escapes throughout', (text: string) => map(text, (c) => `%${hex(c)}`)],
    ['in numeric entities', (text: string) => map(text, (c) => `&#${c.codePointAt(0)};`)],
    ['in hexadecimal entities', (text: string) => map(text, (c) => `&#x${hex(c)};`)],
    ['in escapes of JSON', (text: string) => map(text, (c) => `\\u00${hex(c)}`)],
  ])('%s', (_, write) => {
    for (const [type, value] of [
      ['EMAIL_ADDRESS', EMAIL],
      ['CREDIT_CARD', CARD],
      ['US_SSN', SSN],
      ['IBAN_CODE', IBAN],
      ['PHONE_NUMBER', PHONE],
    ] as const) {
      const written = write(value);
      expect(found(`(${written}) and so on`), type).toEqual([`${type} ${written}`]);
    }
  });

  it.each([
    ['base64', base64],
    ['base64url', (text: string) => Buffer.from(text).toString('base64url')],
    ['hex', hex],
    ['hex in capitals', (text: string) => hex(text).toUpperCase()],
  ])('in %s', (_, write) => {
    for (const [type, value] of [
      ['EMAIL_ADDRESS', EMAIL],
      ['CREDIT_CARD', CARD],
      ['PHONE_NUMBER', PHONE],
      ['GITHUB_TOKEN', GITHUB],
    ] as const) {
      const written = write(value).replace(/=+$/, '');
      expect(found(`it is ${written}, ok`), type).toEqual([`${type} ${written}`]);
    }
  });

  it.each([
    ['CREDIT_CARD', `my card ${spelled('5105 1051 0510 5100')}.`, '5 1 0 5'],
    ['US_SSN', `ssn: ${spelled(SSN)}`, '2 1 9'],
    ['US_SSN', 'ssn 2 1 9 - 0 9 - 9 9 9 9, ok', '2 1 9'],
    ['EMAIL_ADDRESS', 'write to ada [dot] lovelace [at] example [dot] org', 'ada [dot]'],
    ['EMAIL_ADDRESS', 'write to ada(at)example(dot)org', 'ada(at)'],
    ['EMAIL_ADDRESS', 'from \u0430da@\u0435xample.\u043erg', '\u0430da'],
  ])('spelled out, as %s in %j', (type, text, start) => {
    const values = found(text);

    expect(values).toHaveLength(1);
    expect(values[0]!.startsWith(`${type} ${start}`)).toBe(true);
  });
});

describe('a text without a hidden value', () => {
  it.each([
    ['a sudoku', '5 3 4 6 7 8 9 1 2\n6 7 2 1 9 5 3 4 8'],
    ['a matrix', 'm = 0 1 0 1 1 0 0 0 1 1 0 1 0 0 1 0'],
    ['a digest', `sha256 ${noise(64, 'hex')}`],
    ['random bytes', noise(200, 'base64').replaceAll('=', '')],
    ['words in base64', base64('The quick brown fox jumps over the lazy dog.')],
    ['percents', 'from 10% to 25% and 40%25'],
    ['Russian', 'Москва, адрес и счёт, карта номер один'],
    ['emoji', '👩\u200d💻 ❤️ 1️⃣ 2️⃣'],
  ])('is left: %s', (_, text) => {
    expect(redactor.redact(text)).toBe(text);
  });

  it('keeps words of other scripts as they are, for context', () => {
    expect(fold(['адрес счёт паспорт ΑΦΜ'])).toBe('адрес счёт паспорт ΑΦΜ');
  });

  it('is decoded once: what an escape stands for is no escape', () => {
    expect(fold(['%2540 &amp;#64; \\u005cu0040'])).toBe('%40 &#64; \\u0040');
  });
});

describe('a value with marks on it', () => {
  it('is taken with the marks, and pairs are not torn', () => {
    expect(redactor.redact('4️⃣1️⃣1️⃣1️⃣1️⃣1️⃣1️⃣1️⃣1️⃣1️⃣1️⃣1️⃣1️⃣1️⃣1️⃣1️⃣ 😀')).toBe('<CREDIT_CARD_1> 😀');
    expect(redactor.redact('to ada@example.org\u0301, 😀')).toBe('to <EMAIL_ADDRESS_1>, 😀');
  });

  it('has the same placeholder in all its spellings', () => {
    expect(redactor.redact(`${EMAIL} ${encodeURIComponent(EMAIL)} ${wide(EMAIL)} ${base64(EMAIL)}`)).toBe(
      '<EMAIL_ADDRESS_1> <EMAIL_ADDRESS_1> <EMAIL_ADDRESS_1> <EMAIL_ADDRESS_1>',
    );
  });
});

describe('an encoded text that is longer than a window', () => {
  const secret = base64(`user=ada\nmail=${EMAIL}\n${'padding of some words '.repeat(30)}`).replace(/=+$/, '');
  const late = base64(`${'padding of some words '.repeat(30)}\nmail=${EMAIL}\n`).replace(/=+$/, '');

  it('is replaced whole when its beginning tells, streams included', () => {
    const stream = redactor.stream();
    const shown = [...`a ${secret} z`].map((piece) => stream.push(piece)).join('') + stream.end();

    expect(shown).toBe('a <EMAIL_ADDRESS_1> z');
    expect(redactor.redact(`a ${secret} z`)).toBe(shown);
  });

  it('is replaced whole on whole texts wherever its value stands', () => {
    expect(redactor.redact(`a ${late} z`)).toBe('a <EMAIL_ADDRESS_1> z');
  });
});

const tokens = [
  ...[
    '%40',
    '%4',
    '%',
    '%3C',
    '&#64;',
    '&#x40;',
    '&commat;',
    '&',
    '&#',
    '&am',
    '\\u0040',
    '\\\\u0040',
    '\\',
    '\\u00',
    '\\x40',
  ],
  ...[' [at] ', '[at]', ' (dot) ', '[', ' [', ' [a', '] ', '(at', ' '],
  ...['\u200b', '\u200b'.repeat(12), '\u00ad', '\u0301', '\ufe0f', '１', '٣', '\u00a0', '\u3000', '–', '—', '\u2011'],
  ...['а', 'ада', 'о'.repeat(20), 'Ж', '\ud835', '\ud835\udfd9', '\ud835\udc00', '\udb40\udc41', '😀', '\udc00'],
  ...['@', '.', 'ada', 'example', 'org', '1', '4', '-', ',', '\n', '=', 'x'.repeat(60), '1 '.repeat(20)],
  ...[
    EMAIL,
    wide(EMAIL),
    every(CARD, 3, '\u200b'),
    base64(EMAIL),
    hex(PHONE),
    base64(EMAIL.repeat(20)),
    encodeURIComponent(PHONE),
  ],
  ...['<EMAIL_ADDRESS_1>', '&lt;EMAIL_ADDRESS_1&gt;', '%3CUS_SSN_1%3E', '\\u003cUS_SSN_1\\u003e', SSN, spelled(CARD)],
];
const text = fc.array(fc.constantFrom(...tokens), { maxLength: 24 }).map((parts) => parts.join(''));
const cuts = fc.array(fc.nat(), { maxLength: 24 });

function split(whole: string, places: readonly number[]): string[] {
  const sorted = [...new Set(places.map((place) => place % (whole.length + 1)))].sort((a, b) => a - b);
  return [0, ...sorted].map((place, index) => whole.slice(place, sorted[index] ?? whole.length));
}

describe('a hidden value in pieces', () => {
  it('reads the same wherever the text is split', () => {
    fc.assert(
      fc.property(text, cuts, (whole, places) => {
        expect(fold(split(whole, places))).toBe(fold([whole]));
        expect(fold(whole.split(''))).toBe(fold([whole]));
      }),
      { numRuns: 2000 },
    );
  });

  it('is replaced the same wherever the text is split', () => {
    const scan = (pieces: readonly string[]) => {
      const findings: string[] = [];
      const filter = redactor.scan(({ type, start, end, same }) => {
        findings.push(`${type} ${start} ${end} ${same}`);
        return `{${type}}`;
      });
      return { shown: pieces.map((piece) => filter.push(piece)).join('') + filter.end(), findings };
    };
    fc.assert(
      fc.property(text, cuts, (whole, places) => {
        const expected = scan([whole]);
        expect(scan(split(whole, places))).toEqual(expected);
        expect(scan(whole.split(''))).toEqual(expected);
      }),
      { numRuns: 600 },
    );
  });

  it('is held back with what was shown being all that came', () => {
    fc.assert(
      fc.property(text, cuts, (whole, places) => {
        const filter = redactor.scan(() => undefined);
        let pushed = '';
        let shown = '';
        for (const piece of split(whole, places)) {
          pushed += piece;
          shown += filter.push(piece);
          expect(shown + filter.held()).toBe(pushed);
        }
        expect(shown + filter.end()).toBe(whole);
      }),
      { numRuns: 300 },
    );
  });
});
