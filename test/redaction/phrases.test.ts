import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRedactor } from '../../src/redaction/redactor.ts';

const redactor = createRedactor();

function scan(pieces: readonly string[]): { shown: string; found: string[] } {
  const found: string[] = [];
  const filter = redactor.scan(({ type, start, end, value }) => {
    found.push(`${type} ${start}-${end}: ${value}`);
    return `{${type}}`;
  });
  const shown = pieces.map((piece) => filter.push(piece)).join('') + filter.end();
  return { shown, found };
}

const phrases = [
  '742 Evergreen Terrace, Springfield, IL 62704',
  '12 bis, rue de la Paix, 75002 Paris',
  'Berliner Straße 12a, 10115 Berlin',
  'ul. Królowej Jadwigi 112/4',
  'PSC 4355, Box 4187\nAPO AP 28906',
  '64 Enparantza 29\n Suite 627\n Campos\n Spain 97197',
  'P.O. Box 4610',
  'born on 12 March 1980',
  'DOB: March 12th, 1980',
  '生年月日:1980年3月12日',
  'GPS 40.7128, -74.0060',
  '40.7128° N, 74.0060° W',
  'PL 61 1090 1014 0000 0712 1981 2874',
  'gb82 west 1234 5698 7654 32',
  'call 555-010-4477 ext. 45',
  'postcode SW1A 1AA',
];
const fragments = [
  ...phrases.flatMap((phrase) => phrase.split(' ')),
  ...[' ', ', ', '\n', '\n > ', '? ', '. ', ': ', '\\n', '"'],
  '12 ',
  '7 Foo Bar, ',
  'An Der ',
  'Apt 5 ',
  'ada@example.org',
  '+1 (555) 010-4477',
  '4111 1111 1111 1111',
  'x'.repeat(70),
  '12 Main '.repeat(40),
];
const part = fc.oneof(fc.constantFrom(...phrases), fc.constantFrom(...fragments), fc.constant(' '));
const texts = fc.array(part, { maxLength: 30 }).map((parts) => parts.join(''));

describe('a value of several words', () => {
  it('is found wherever the text is split', () => {
    fc.assert(
      fc.property(texts, fc.array(fc.nat(), { maxLength: 24 }), (text, cuts) => {
        const places = [...new Set(cuts.map((cut) => cut % (text.length + 1)))].sort((a, b) => a - b);
        const pieces = [0, ...places].map((place, index) => text.slice(place, places[index] ?? text.length));
        expect(scan(pieces)).toEqual(scan([text]));
      }),
      { numRuns: 800 },
    );
  });

  it('is found when long clean stretches are jumped over', () => {
    const filler = 'Some words that hold nothing, and more of them (in brackets) - at length. '.repeat(9);
    const padded = fc.array(fc.oneof(part, fc.constant(filler)), { maxLength: 16 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(padded, (text) => {
        expect(scan(text.split(''))).toEqual(scan([text]));
      }),
      { numRuns: 200 },
    );
  });

  it.each(phrases)('%s is found with text around it, character by character', (phrase) => {
    const text = `Please note: ${phrase}. Thanks, and so on.`;

    const { found } = scan(text.split(''));

    expect(found).toEqual(scan([text]).found);
    expect(found).toHaveLength(1);
  });

  it('holds back no more than 256 characters', () => {
    const filter = redactor.stream();
    let mostHeld = 0;
    for (const character of '12 Main '.repeat(100)) {
      filter.push(character);
      mostHeld = Math.max(mostHeld, filter.held().length);
    }

    expect(mostHeld).toBeLessThanOrEqual(256);
  });
});
