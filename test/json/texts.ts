/** JSON texts in all the spellings that mean the same, and values in one spelling that can be compared. */
import fc from 'fast-check';

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** A JSON text with random whitespace and escapes, and what it means. */
export function jsonTexts(values: fc.Arbitrary<unknown> = jsonValues): fc.Arbitrary<string> {
  return fc.tuple(values, fc.nat()).map(([value, seed]) => spelled(value as Json, seed));
}

/**
 * No key begins with a backslash: after one of those, V8's `JSON.parse` (Node 24.21) takes an escaped key at the same place of a
 * like object for it. Parse `{"y":1,"\\\\":1}`, then `{"y":1,"\\u0020":1}`.
 */
export const plainKey = fc.string({ maxLength: 4 }).filter((key) => !key.startsWith('\\'));

/** Strings with quotes, escapes, lone surrogates; keys that mean something to JavaScript; long numbers. */
export const jsonValues = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.oneof(
      fc.string({ unit: 'binary', maxLength: 6 }),
      fc.constantFrom('', '"', '\\', '\\u0041', '/', '\ud83d', '\ude00', '\u2028', 'ada@example.com', '\n'),
      fc.constantFrom<Json>(null, true, false, 0, 1.5e-7, 1e21, 123456789, -9007199254740991),
    ),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(
      fc.oneof(plainKey, fc.constantFrom('__proto__', 'constructor', 'ada@example.com', '0')),
      tie('value'),
      { maxKeys: 4 },
    ),
  ),
})).value;

/** The value as JSON text, each character and each gap spelled by the seed. */
export function spelled(value: Json, seed: number): string {
  let state = seed;
  const pick = <T>(choices: readonly T[]): T => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return choices[(state >>> 16) % choices.length]!;
  };
  const gap = (): string => pick(['', '', '', ' ', '\n  ', '\t', '\r\n']);
  const text = (from: string): string => `"${from.split('').map(character).join('')}"`;
  const character = (char: string): string => {
    const plain = JSON.stringify(char).slice(1, -1);
    const spellings = [plain, plain, plain, plain, escaped(char)];
    return pick(char === '/' ? [...spellings, '\\/'] : spellings);
  };
  const write = (from: Json): string => {
    if (typeof from === 'string') return text(from);
    if (typeof from !== 'object' || from === null) return JSON.stringify(from);
    if (Array.isArray(from)) return `[${gap()}${from.map((item) => write(item) + gap()).join(`,${gap()}`)}]`;
    const members = Object.entries(from).map(([key, item]) => `${text(key)}${gap()}:${gap()}${write(item)}${gap()}`);
    return `{${gap()}${members.join(`,${gap()}`)}}`;
  };
  return gap() + write(value) + gap();
}

const escaped = (char: string): string => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** One spelling for equal values, whatever the order of their keys. */
export function canonical(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  const members = Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`);
  return `{${members.sort().join()}}`;
}
