/** Texts on which patterns that backtrack take seconds. */

const CASES: Readonly<Record<string, (length: number) => string>> = {
  a: fill('a'),
  dots: (length) => `${fill('a.')(length)}@`,
  at: fill('a@'),
  digits: fill('1'),
  'spaced digits': fill('1 '),
  'dashed digits': fill('12-'),
  hex: fill('0f'),
  colons: fill('ab:'),
  spaces: (length) => `password${fill(' ')(length)}`,
  words: fill('John Smith '),
  assignments: fill('key='),
  base64: fill('QUJD'),
  'token starts': fill('eyJ'),
  'key headers': fill('-----BEGIN PRIVATE KEY-----'),
  urls: fill('http://a:'),
  quotes: fill('"\\'),
  streets: (length) => `${fill('1 a ')(length)}x`,
  capitals: fill('Aa '),
};

function fill(unit: string): (length: number) => string {
  return (length) => unit.repeat(length / unit.length);
}

/** Names and texts of about `length` characters. */
export function hostileTexts(length: number): [name: string, text: string][] {
  return Object.entries(CASES).map(([name, make]) => [name, make(length)]);
}
