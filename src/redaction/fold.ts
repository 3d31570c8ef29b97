/**
 * Reads a text as a person or a parser would: escapes decoded, invisible characters dropped, look-alikes made ASCII. One character
 * at a time with a look-ahead of at most 16, so that the result does not depend on how the text was split into pieces. One level
 * only: what an escape stands for is not decoded again. Knows no detector.
 */
import {
  FOLDED_CLASS,
  foldedCharacter,
  LOOK_ALIKE_CLASS,
  latinLookAlike,
  mathematicalCharacter,
} from './fold-characters.ts';
import type { FoldOffsets } from './fold-offsets.ts';

/** HTML's names of ASCII characters, and of the space that is no ASCII. */
const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
  commat: '@',
  period: '.',
  colon: ':',
  sol: '/',
  hyphen: '-',
  dash: '-',
  lowbar: '_',
  plus: '+',
  equals: '=',
  lpar: '(',
  rpar: ')',
  num: '#',
};
/** Runs of look-alikes are judged in pieces of this length. */
const MAX_ALIKE_CHARS = 16;
/** More characters without width than this in a row are taken as they are, so that what is held back stays bounded. */
const MAX_DROPPED_CHARS = 8;
/** No unfinished token is longer: `\\\\u004`, `&#1234567`, ` [ dot ]`. */
export const MAX_PARTIAL_CHARS = 24;
/** How far back an address may begin, in which a dash is no hyphen. */
const MAX_TAIL_CHARS = 64;

const WORDS = ' ?[[({] ?(?:[aA][tT]|[dD][oO][tT]) ?[\\])}] ?';
const ALIKE = `[${LOOK_ALIKE_CLASS}]{1,${MAX_ALIKE_CHARS}}`;
const TOKEN = new RegExp(
  [
    '%[0-7][0-9A-Fa-f]',
    `&(?:#\\d{1,7}|#[xX][0-9A-Fa-f]{1,6}|${Object.keys(ENTITIES).join('|')});`,
    '\\\\{1,4}(?:u[0-9A-Fa-f]{4}|x[0-7][0-9A-Fa-f])',
    WORDS,
    `[${FOLDED_CLASS}]`,
    '[\\ud835\\udb40][\\udc00-\\udfff]',
    ALIKE,
  ].join('|'),
  'g',
);
const PARTIAL = new RegExp(
  `(?:${[
    '%[0-7]?',
    '&(?:#(?:\\d{0,7}|[xX][0-9A-Fa-f]{0,6})|[a-z]{0,6})',
    '\\\\{1,4}(?:u[0-9A-Fa-f]{0,3}|x[0-7]?)?',
    ' ?[[({] ?(?:[aA](?:[tT] ?)?|[dD](?:[oO](?:[tT] ?)?)?)?',
    ' ',
    '[\\ud835\\udb40]',
  ].join('|')})$`,
);
const ASCII_WORD = /[A-Za-z0-9]/;
const MAIL_BEGUN = /@[^\s<>()"',;]*$/;

export class Fold {
  private readonly offsets: FoldOffsets;
  /** What may be the beginning of a token. */
  private pending = '';
  /** The last character, as it reads. */
  private last = '';
  /** The end of the folded text. */
  private tail = '';
  private dropped = 0;
  private out = '';

  constructor(offsets: FoldOffsets) {
    this.offsets = offsets;
  }

  push(piece: string): string {
    return this.read(this.pending === '' ? piece : this.pending + piece, false);
  }

  end(): string {
    return this.read(this.pending, true);
  }

  private read(text: string, isEnd: boolean): string {
    let at = 0;
    this.out = '';
    for (let match = tokenFrom(text, at); match !== null; match = tokenFrom(text, at)) {
      const end = match.index + match[0].length;
      this.keep(text.slice(at, match.index));
      if (!isEnd && end === text.length && this.mayGoOn(match[0])) return this.hold(text, match.index);
      this.token(match[0], text[end] ?? '');
      at = end;
    }
    const rest = at === 0 ? text : text.slice(at);
    const held = isEnd ? rest.length : partialStart(rest);
    this.keep(held === rest.length ? rest : rest.slice(0, held));
    return this.hold(rest, held);
  }

  private hold(text: string, from: number): string {
    this.pending = text.slice(from);
    const { out } = this;
    this.tail = out.length >= MAX_TAIL_CHARS ? out.slice(-MAX_TAIL_CHARS) : (this.tail + out).slice(-MAX_TAIL_CHARS);
    this.out = '';
    return out;
  }

  /** Whether the next character can change what a token at the end of the text stands for. */
  private mayGoOn(token: string): boolean {
    if (/[\])}]$/.test(token)) return true;
    return isAlike(token) && !ASCII_WORD.test(this.last);
  }

  private token(token: string, next: string): void {
    const to = this.meaning(token, next);
    if (to === undefined) this.keep(token);
    else if (to === '') this.drop(token);
    else if (to.length === token.length) this.show(to);
    else {
      this.dropped = 0;
      this.offsets.join(token.length);
      this.out += to;
      this.last = to;
    }
  }

  /** What a token stands for: one character, nothing, one for each of its own, or (`undefined`) just itself. */
  private meaning(token: string, next: string): string | undefined {
    const first = token[0]!;
    if (first === '%') return ascii(Number.parseInt(token.slice(1), 16));
    if (first === '&') return entity(token.slice(1, -1));
    if (first === '\\') return escaped(Number.parseInt(token.replace(/^\\+./, ''), 16));
    if (first === '\ud835') return mathematicalCharacter(token.charCodeAt(1));
    // The tags U+E0000 to U+E007F have no width.
    if (first === '\udb40') return token.charCodeAt(1) < 0xdc80 ? '' : undefined;
    if (token.length > 1 && /[[({]/.test(token)) return /[aA]/.test(token) ? '@' : '.';
    if (isAlike(token)) return this.isInLatin(next) ? [...token].map(latinLookAlike).join('') : undefined;
    const to = foldedCharacter(token);
    return to === '-' && !this.isHyphen(token) ? undefined : to;
  }

  /** Words of another script stay as they are: context words are written in it. */
  private isInLatin(next: string): boolean {
    return ASCII_WORD.test(this.last) || ASCII_WORD.test(next);
  }

  /** Dashes of prose part what a hyphen would join: "write to ada@example.org - or call". */
  private isHyphen(dash: string): boolean {
    if (/[\u2010\u2011\ufe58\ufe63]/.test(dash)) return true;
    if (/[\u2014\u2015]/.test(dash) && !/\d$/.test(this.tail + this.out.slice(-1))) return false;
    return !MAIL_BEGUN.test((this.tail + this.out.slice(-MAX_TAIL_CHARS)).slice(-MAX_TAIL_CHARS));
  }

  private keep(text: string): void {
    if (text !== '') this.show(text);
  }

  /** As many characters as came. */
  private show(text: string): void {
    this.dropped = 0;
    this.offsets.keep(text.length);
    this.out += text;
    this.last = text[text.length - 1]!;
  }

  private drop(token: string): void {
    if (this.dropped < MAX_DROPPED_CHARS) {
      this.dropped++;
      this.offsets.drop(token.length);
    } else this.keep(token);
  }
}

/** False when a text reads as it is written; then folding it changes nothing. */
export function hasFolded(text: string): boolean {
  TOKEN.lastIndex = 0;
  return TOKEN.test(text);
}

function tokenFrom(text: string, from: number): RegExpExecArray | null {
  TOKEN.lastIndex = from;
  return TOKEN.exec(text);
}

function partialStart(text: string): number {
  const from = Math.max(0, text.length - MAX_PARTIAL_CHARS);
  const partial = PARTIAL.exec(from === 0 ? text : text.slice(from));
  return partial === null ? text.length : from + partial.index;
}

function isAlike(token: string): boolean {
  return LOOK_ALIKE_CLASS.includes(token[0]!);
}

/** Printable ASCII and line breaks only: the rest of a percent escape may be part of a longer character. */
function ascii(code: number): string | undefined {
  return (code >= 0x20 && code < 0x7f) || code === 0x09 || code === 0x0a || code === 0x0d
    ? String.fromCharCode(code)
    : undefined;
}

function escaped(code: number): string | undefined {
  if (code < 0x80) return ascii(code);
  const character = String.fromCharCode(code);
  return foldedCharacter(character) ?? character;
}

function entity(name: string): string | undefined {
  if (name[0] !== '#') return ENTITIES[name];
  const code = /^#[xX]/.test(name) ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
  return code <= 0xffff ? escaped(code) : undefined;
}
