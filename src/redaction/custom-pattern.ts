/**
 * Makes a user's regular expression safe to run on any text: shapes that can backtrack without end are refused when they are given,
 * and open repeats are bounded, so that the work at one place of a text has a limit. Knows nothing of what the expression is for.
 */

/** An open repeat (`*`, `+`, `{3,}`) matches at most this many times more than it must. */
export const MAX_REPEATS = 256;
/** How many ways two repeats in a row may share one run of characters. */
const MAX_SHARED_WAYS = 4096;
/** Growing, so that an expression whose work doubles with each character is caught while it is still quick. */
const PROBE_LENGTHS = [12, 16, 20, 24, 28, 64, 128];
/** A safe expression takes well under a millisecond, also on a busy machine. */
const MAX_PROBE_MS = 100;

/** One bit for each ASCII character, and one for all others. */
type Characters = bigint;
const OTHERS: Characters = 1n << 128n;
const ALL: Characters = (1n << 129n) - 1n;

type Node =
  | { readonly kind: 'set'; readonly set: Characters }
  | { readonly kind: 'empty' }
  | { readonly kind: 'look'; readonly body: Node }
  | { readonly kind: 'sequence'; readonly items: readonly Node[] }
  | { readonly kind: 'choice'; readonly options: readonly Node[] }
  | { readonly kind: 'repeat'; readonly item: Node; readonly min: number; readonly max: number };

/** Why an expression cannot be used, in words that follow "the pattern". */
export class UnsafePattern extends Error {}

/** The expression, global, with its open repeats bounded. @throws UnsafePattern */
export function safePattern(pattern: RegExp): RegExp {
  const reader = new PatternReader(pattern.source, pattern.flags);
  const node = reader.read();
  check(node);
  const safe = new RegExp(reader.bounded(), `${pattern.flags.replace(/[gyd]/g, '')}g`);
  probe(safe, pattern.source);
  return safe;
}

/** Reads the syntax of ECMAScript's regular expressions as far as repeats and character sets go. */
class PatternReader {
  private readonly source: string;
  private readonly flags: string;
  private at = 0;
  private readonly edits: { readonly start: number; readonly end: number; readonly text: string }[] = [];

  constructor(source: string, flags: string) {
    this.source = source;
    this.flags = flags;
  }

  read(): Node {
    return this.choice();
  }

  bounded(): string {
    let at = 0;
    let out = '';
    for (const { start, end, text } of this.edits) {
      out += this.source.slice(at, start) + text;
      at = end;
    }
    return out + this.source.slice(at);
  }

  private choice(): Node {
    const options = [this.sequence()];
    while (this.takes('|')) options.push(this.sequence());
    return options.length === 1 ? options[0]! : { kind: 'choice', options };
  }

  private sequence(): Node {
    const items: Node[] = [];
    while (this.at < this.source.length && !'|)'.includes(this.source[this.at]!)) items.push(this.repeated());
    return { kind: 'sequence', items };
  }

  private repeated(): Node {
    const item = this.atom();
    const found = /^(?:([*+?])|\{(\d+)(?:(,)(\d*))?\})/.exec(this.source.slice(this.at));
    if (found === null) return item;
    const [text, sign, least, comma, most] = found;
    const min = sign === undefined ? Number(least) : sign === '+' ? 1 : 0;
    const isOpen = sign === '*' || sign === '+' || (comma !== undefined && most === '');
    const max = isOpen ? min + MAX_REPEATS : sign === '?' ? 1 : comma === undefined ? min : Number(most);
    if (isOpen) this.edits.push({ start: this.at, end: this.at + text.length, text: `{${min},${max}}` });
    this.at += text.length;
    this.takes('?');
    return { kind: 'repeat', item, min, max };
  }

  private atom(): Node {
    const character = this.source[this.at]!;
    if (character === '(') return this.group();
    if (character === '[') return this.characterClass();
    if (character === '\\') return this.escape();
    this.at++;
    if (character === '^' || character === '$') return { kind: 'empty' };
    return { kind: 'set', set: character === '.' ? ALL : this.setOf(character) };
  }

  private group(): Node {
    this.at++;
    const [prefix, look] = /^\?(?:<?([=!])|<[^>]*>|[a-z-]*:)/.exec(this.source.slice(this.at)) ?? [''];
    this.at += prefix.length;
    const body = this.choice();
    this.at++;
    return look === undefined ? body : { kind: 'look', body };
  }

  private escape(): Node {
    const [text] = /^\\(?:[pP]\{[^}]*\}|k<[^>]*>|u\{[^}]*\}|u[\da-fA-F]{4}|x[\da-fA-F]{2}|c[A-Za-z]|[1-9]\d*|.)/s.exec(
      this.source.slice(this.at),
    )!;
    this.at += text.length;
    if (/^\\(?:k|[1-9])/.test(text)) throw new UnsafePattern('refers back to a group, whose cost has no bound');
    if (text === '\\b' || text === '\\B') return { kind: 'empty' };
    return { kind: 'set', set: this.setOf(text) };
  }

  private characterClass(): Node {
    const start = this.at;
    let depth = 0;
    do {
      const character = this.source[this.at]!;
      if (character === '\\') this.at++;
      // Only the flag `v` knows classes inside of classes.
      else if (character === '[' && (depth === 0 || this.flags.includes('v'))) depth++;
      else if (character === ']') depth--;
      this.at++;
    } while (depth > 0);
    return { kind: 'set', set: this.setOf(this.source.slice(start, this.at)) };
  }

  private takes(character: string): boolean {
    if (this.source[this.at] !== character) return false;
    this.at++;
    return true;
  }

  /** The characters that a class or an escape matches, asked of the engine itself; all others count as one. */
  private setOf(source: string): Characters {
    let set = OTHERS;
    if (/^[\x20-\x7e]$/.test(source) || /^\\[dwtnrfv\\\]\-[.*+?^$(){}|/]$/.test(source)) set = 0n;
    const one = new RegExp(source === ']' || source === '}' ? `\\${source}` : source, this.flags.replace(/[gyd]/g, ''));
    for (let code = 0; code < 128; code++) if (one.test(String.fromCharCode(code))) set |= 1n << BigInt(code);
    return set;
  }
}

/** All characters that a node may read. */
function charactersOf(node: Node): Characters {
  if (node.kind === 'set') return node.set;
  if (node.kind === 'repeat') return charactersOf(node.item);
  if (node.kind === 'empty' || node.kind === 'look') return 0n;
  return (node.kind === 'sequence' ? node.items : node.options).reduce((all, item) => all | charactersOf(item), 0n);
}

function mayBeEmpty(node: Node): boolean {
  if (node.kind === 'set') return false;
  if (node.kind === 'repeat') return node.min === 0 || mayBeEmpty(node.item);
  if (node.kind === 'empty' || node.kind === 'look') return true;
  return node.kind === 'sequence' ? node.items.every(mayBeEmpty) : node.options.some(mayBeEmpty);
}

/** The characters that a node may begin with. */
function firstOf(node: Node): Characters {
  if (node.kind === 'set') return node.set;
  if (node.kind === 'repeat') return firstOf(node.item);
  if (node.kind === 'empty' || node.kind === 'look') return 0n;
  if (node.kind === 'choice') return node.options.reduce((all, option) => all | firstOf(option), 0n);
  let first = 0n;
  for (const item of node.items) {
    first |= firstOf(item);
    if (!mayBeEmpty(item)) break;
  }
  return first;
}

/** Whether a node may match texts of different lengths. */
function isVariable(node: Node): boolean {
  if (node.kind === 'repeat') return node.min !== node.max || isVariable(node.item);
  if (node.kind === 'choice') return true;
  return node.kind === 'sequence' && node.items.some(isVariable);
}

function check(node: Node): void {
  if (node.kind === 'look') check(node.body);
  else if (node.kind === 'choice') node.options.forEach(check);
  else if (node.kind === 'repeat') checkRepeat(node.item, node.max);
  else if (node.kind === 'sequence') {
    node.items.forEach(check);
    checkNeighbours(flat(node.items));
  }
}

/** One run of text must be cut into rounds of a repeat in one way only. */
function checkRepeat(item: Node, max: number): void {
  check(item);
  if (max <= 1) return;
  if (mayBeEmpty(item)) throw new UnsafePattern('repeats something that may be empty');
  checkChoices(item);
  if (isVariable(item) && !isDelimited(item)) {
    throw new UnsafePattern('repeats something that itself repeats, with nothing certain between two rounds');
  }
}

/** The options of a repeated choice must differ in their first character. */
function checkChoices(node: Node): void {
  if (node.kind === 'sequence') node.items.forEach(checkChoices);
  if (node.kind !== 'choice') return;
  let seen = 0n;
  for (const option of node.options) {
    const first = firstOf(option);
    if ((first & seen) !== 0n) throw new UnsafePattern('repeats a choice of which two options can begin alike');
    seen |= first;
    checkChoices(option);
  }
}

/** A character that each round must have, and that no varying part of it can read, tells the rounds apart. */
function isDelimited(item: Node): boolean {
  if (item.kind === 'choice') {
    return item.options.every((option) => !isVariable(option) || isDelimited(option));
  }
  if (item.kind !== 'sequence') return false;
  const items = flat(item.items);
  const varying = items.filter(isVariable).reduce((all, part) => all | charactersOf(part), 0n);
  return items.some((part) => isCertain(part) && (charactersOf(part) & varying) === 0n);
}

/** A character, or a fixed number of them. */
function isCertain(part: Node): boolean {
  return part.kind === 'set' || (part.kind === 'repeat' && part.min > 0 && !isVariable(part));
}

function flat(items: readonly Node[]): Node[] {
  return items.flatMap((item) => (item.kind === 'sequence' ? flat(item.items) : [item]));
}

/** Two repeats with nothing certain between them share a run of characters in many ways. */
function checkNeighbours(items: readonly Node[]): void {
  items.forEach((item, index) => {
    const ways = waysOf(item);
    if (ways <= 1) return;
    const characters = charactersOf(item);
    for (const next of items.slice(index + 1)) {
      const shares = (charactersOf(next) & characters) !== 0n;
      if (shares && ways * waysOf(next) > MAX_SHARED_WAYS) {
        throw new UnsafePattern('has two repeats that can match the same characters; bound them, such as {1,32}');
      }
      if (!shares && !mayBeEmpty(next)) return;
    }
  });
}

function waysOf(node: Node): number {
  if (node.kind === 'repeat') return (node.max - node.min + 1) * waysOf(node.item);
  if (node.kind === 'choice') return Math.max(...node.options.map(waysOf));
  return node.kind === 'sequence' ? node.items.reduce((ways, item) => ways * waysOf(item), 1) : 1;
}

/** Runs it on growing runs of its own characters; stops at the first that takes too long. */
function probe(pattern: RegExp, source: string): void {
  const units = [...new Set([...source.replace(/[\\^$.*+?()[\]{}|]/g, '').slice(0, 8), 'a', '0', ' ', 'a0', 'a.'])];
  for (const unit of units) {
    for (const length of PROBE_LENGTHS) {
      const startedAt = performance.now();
      pattern.lastIndex = 0;
      pattern.test(`${unit.repeat(length / unit.length)}\u0000`);
      if (performance.now() - startedAt > MAX_PROBE_MS) {
        throw new UnsafePattern(`takes too long on ${length} characters that nearly match`);
      }
    }
  }
}
