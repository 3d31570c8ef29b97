import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Fold } from '../../src/redaction/fold.ts';
import { FoldOffsets } from '../../src/redaction/fold-offsets.ts';
import { createRedactor } from '../../src/redaction/redactor.ts';
import * as values from './fixtures.ts';

const redactor = createRedactor();

interface Result {
  readonly shown: string;
  readonly findings: readonly { type: string; start: number; end: number }[];
  readonly mostHeld: number;
  /** The same in characters as they read. */
  readonly mostRead: number;
}

/** Everything that a scan does to a text: values become `{TYPE}`, placeholders `{restored}`. */
function scan(pieces: readonly string[]): Result {
  const findings: { type: string; start: number; end: number }[] = [];
  const filter = redactor.scan(({ type, start, end }) => {
    findings.push({ type, start, end });
    return `{${type}}`;
  });
  let shown = '';
  let [mostHeld, mostRead] = [0, 0];
  for (const piece of pieces) {
    shown += filter.push(piece);
    mostHeld = Math.max(mostHeld, filter.held().length);
    mostRead = Math.max(mostRead, readLength(filter.held()));
  }
  shown += filter.end();
  return { shown, findings, mostHeld, mostRead };
}

/** `&lt;` reads as one character, and as none before it is whole. */
function readLength(text: string): number {
  return new Fold(new FoldOffsets()).push(text).length;
}

function readsAsSpelled(text: string): boolean {
  const fold = new Fold(new FoldOffsets());
  return fold.push(text) + fold.end() === text;
}

function whole(text: string): Pick<Result, 'shown' | 'findings'> {
  const { shown, findings } = scan([text]);
  return { shown, findings };
}

function split(text: string, cuts: readonly number[]): string[] {
  const places = [...new Set(cuts.map((cut) => cut % (text.length + 1)))].sort((a, b) => a - b);
  return [0, ...places].map((place, index) => text.slice(place, places[index] ?? text.length));
}

const closedValues = [
  values.EMAIL,
  values.CARD,
  values.PHONE,
  values.SSN,
  '219 - 09 - 9999',
  values.IBAN,
  values.IP,
  '2001:db8:85a3::8a2e:370:7334',
  values.GITHUB,
  values.AWS,
  values.AWS_SECRET,
  values.STRIPE,
  values.GOOGLE,
  values.JWT,
  '<EMAIL_ADDRESS_1>',
  '&lt;EMAIL_ADDRESS_1&gt;',
  '&#60;phone_number_12&#62;',
  '\\u003cUS_SSN_2\\u003e',
  '%3CCREDIT_CARD_1%3E',
];
const openValues = [
  values.OPENAI,
  values.ANTHROPIC,
  values.SLACK,
  values.LONG_JWT,
  values.PEM,
  values.PEM.slice(0, 300),
];
const fragments = [
  ...[...'  ,."\'{}[]|!?*^$#`<>&;=:/\\-–()+@_%~\n\t\u00a0中文。😀é'],
  '-----BEGIN RSA PRIVATE KEY-----',
  '-----BEGIN ',
  '-----END ',
  '-----',
  'PRIVATE KEY',
  '&lt;',
  'sk-',
  'eyJ',
  'ssn',
  'phone ',
  '4111 ',
  '1 ',
  '+1 (',
  'DE89 ',
  'x'.repeat(70),
  'a.b@'.repeat(40),
  '1 '.repeat(160),
  values.noise(300),
];

const word = fc.string({ unit: fc.constantFrom(...'abcdefghijklmnopABCDEFGH0123456789'), minLength: 1, maxLength: 12 });
const closedPart = fc.oneof(word, fc.constantFrom(...fragments), fc.constantFrom(...closedValues), fc.constant(' '));
const anyPart = fc.oneof(closedPart, fc.constantFrom(...openValues), fc.string({ unit: 'grapheme', maxLength: 8 }));
const textOf = (part: fc.Arbitrary<string>, maxLength = 24) =>
  fc.array(part, { maxLength }).map((parts) => parts.join(''));
/** Beginnings of escapes, which read as they are spelled when they break off. */
const UNFINISHED = ['&lt', '&#x0003', '\\\\\\\\u003', ' [ dot '];
const cuts = fc.array(fc.nat(), { maxLength: 24 });

describe('a text in pieces', () => {
  it('gives what the whole text gives, wherever it is split', () => {
    fc.assert(
      fc.property(textOf(anyPart), cuts, (text, places) => {
        const { shown, findings } = scan(split(text, places));
        expect({ shown, findings }).toEqual(whole(text));
      }),
      { numRuns: 1500 },
    );
  });

  it('gives what the whole text gives, character by character', () => {
    fc.assert(
      fc.property(textOf(anyPart, 16), (text) => {
        const { shown, findings } = scan(text.split(''));
        expect({ shown, findings }).toEqual(whole(text));
      }),
      { numRuns: 400 },
    );
  });

  it('gives the same when long clean stretches are jumped over', () => {
    const filler = 'Some words that hold nothing, and more of them (in brackets) - at length. '.repeat(9);
    const part = fc.oneof(anyPart, fc.constant(filler), fc.constant(' '.repeat(100)));
    fc.assert(
      fc.property(textOf(part, 16), (text) => {
        const { shown, findings } = scan(text.split(''));
        expect({ shown, findings }).toEqual(whole(text));
      }),
      { numRuns: 200 },
    );
  });

  it.each([...closedValues, values.OPENAI, `(${values.EMAIL}), ssn ${values.SSN}.`])(
    'is found when %s is split anywhere in two or three',
    (value) => {
      const text = `a ${value} z`;
      const expected = whole(text);
      for (let first = 0; first <= text.length; first++) {
        for (let second = first; second <= text.length; second += text.length > 90 ? 7 : 1) {
          const { shown, findings } = scan(split(text, [first, second]));
          expect({ shown, findings }).toEqual(expected);
        }
      }
    },
  );

  it.each(openValues)('is found when a long value is split anywhere (%#)', (value) => {
    const text = `key: ${value}\nand ${values.EMAIL}`;
    const expected = whole(text);
    for (let place = 0; place <= text.length; place++) {
      const { shown, findings } = scan(split(text, [place]));
      expect({ shown, findings }).toEqual(expected);
    }
  });
});

describe('what is held back', () => {
  it('is never more than 256 characters outside of a long secret, of which an escape is one', () => {
    fc.assert(
      fc.property(textOf(closedPart, 40), cuts, (text, places) => {
        fc.pre(!text.includes('-----BEGIN'));
        // Parts that stand side by side can make one long token.
        fc.pre(whole(text).findings.every(({ start, end }) => end - start <= 256));
        const { mostHeld, mostRead } = scan(split(text, places));
        expect(mostRead).toBeLessThanOrEqual(256);
        if (readsAsSpelled(text)) expect(mostHeld).toBeLessThanOrEqual(256);
      }),
      {
        numRuns: 500,
        examples: [
          [`aaaaaa &lt;${'1tyUWSm_'.repeat(40)}`, [1225676745]],
          [` ${values.IP} ${'1 '.repeat(160)}`, [258]],
          [`${'1 '.repeat(160)}z`, [256, 257]],
          ...UNFINISHED.map((begun): [string, number[]] => {
            const ones = '1 '.repeat(127);
            return [`${ones}${begun}z`, [ones.length + begun.length]];
          }),
        ],
      },
    );
  });

  it('is not all of the accents that are written on a value', () => {
    const filter = redactor.scan(() => undefined);
    filter.push(values.CARD);

    for (let count = 0; count < 10_000; count++) filter.push('\u0301');

    expect(readLength(filter.held())).toBeLessThanOrEqual(256);
  });

  it('is the word that is being written, in ordinary text', () => {
    const filter = redactor.stream();

    const shown = filter.push('The answer is simple: ask ag');

    expect([shown, filter.held()]).toEqual(['The answer is simple: ask ', 'ag']);
  });

  it('together with what was shown is all that was pushed, when nothing is found', () => {
    fc.assert(
      fc.property(textOf(word.map((text) => `${text} `)), cuts, (text, places) => {
        const filter = redactor.scan(() => undefined);
        let pushed = '';
        let shown = '';
        for (const piece of split(text, places)) {
          pushed += piece;
          shown += filter.push(piece);
          expect(shown + filter.held()).toBe(pushed);
        }
        expect(shown + filter.end()).toBe(text);
        expect(filter.held()).toBe('');
      }),
    );
  });
});

describe('a window that is full', () => {
  it.each([0, 60, 100, 120, 127, 128, 129, 190, 250, 255, 256, 300])(
    'does not lose an address %i characters in',
    (place) => {
      const text = `${'x/'.repeat(200).slice(0, place)}(${values.EMAIL})${'/y'.repeat(200)}`;

      const { shown } = scan([text]);

      expect(shown).not.toContain('lovelace');
      expect(shown.endsWith('/y'.repeat(200))).toBe(true);
    },
  );

  it('swallows a long token to its end and goes on behind it', () => {
    const { shown } = scan([`Bearer ${values.LONG_JWT}. Then ${values.EMAIL}!`]);

    expect(shown).toBe('Bearer {JWT}. Then {EMAIL_ADDRESS}!');
  });

  it('leaves nothing of a token that is longer than one value may be', () => {
    const token = `sk-ant-api03-${values.noise(40_000)}`;

    const { shown } = scan([token, ' end']);

    expect(shown).toMatch(/^(?:\{ANTHROPIC_API_KEY\}){2,4} end$/);
  });
});

describe('a private key', () => {
  it('is replaced whole', () => {
    expect(scan([`key:\n${values.PEM}\nbye`]).shown).toBe('key:\n{PRIVATE_KEY}\nbye');
  });

  it('is replaced as far as it goes when it breaks off', () => {
    expect(scan([`key:\n${values.PEM.slice(0, 500)}`]).shown).toBe('key:\n{PRIVATE_KEY}');
  });

  it('ends where prose begins when its last line is missing', () => {
    const body = values.PEM.split('\n').slice(0, 6).join('\n');

    expect(scan([`${body}\nand this is where it was cut, ${values.EMAIL}`]).shown).toMatch(
      /^\{PRIVATE_KEY\}.*this is where it was cut, \{EMAIL_ADDRESS\}$/s,
    );
  });

  it('is found in JSON that stands in a text', () => {
    expect(scan([`{\\"key\\": \\"${values.PEM.replaceAll('\n', '\\n')}\\"}`]).shown).toBe(
      '{\\"key\\": \\"{PRIVATE_KEY}\\"}',
    );
  });

  it.each([
    ['source code', (line: string) => `  "${line}\\n" +`],
    ['a log', (line: string) => `2026-04-26 12:36:01 ${line}`],
    ['a comment', (line: string) => ` *  ${line}`],
    ['an indented file', (line: string) => `${' '.repeat(24)}${line}`],
  ])('is found in the lines of %s', (_, write) => {
    const lines = values.PEM.split('\n');

    const { shown } = scan([lines.map(write).join('\n')]);

    for (const line of lines.slice(1, -1)) expect(shown).not.toContain(line);
  });

  it('is not seen in a header alone, and what follows is still searched', () => {
    const text = `The header is -----BEGIN PRIVATE KEY----- and then write to ${values.EMAIL}`;

    expect(scan([text]).shown).toBe('The header is -----BEGIN PRIVATE KEY----- and then write to {EMAIL_ADDRESS}');
  });
});
