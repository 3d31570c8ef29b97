/**
 * Finds many keywords in one pass over a text: Aho and Corasick's automaton (1975) as one dense table, two look-ups a character.
 * Knows nothing of what the keywords are for.
 */

/** One scan over one text. */
export interface KeywordScan {
  /** Reads on to the end of the next keyword and returns the place behind it; -1 when there is none any more. */
  next(): number;
  /** The keywords that end at the place that was returned last, as indices in the given list, longest first. */
  readonly found: readonly number[];
}

/** Reads a text that comes in pieces: remembers what the text so far ends with. */
export interface KeywordReader {
  /** Reads on from where the last call ended to the end of the next keyword, and returns the place behind it; -1 at the text's end. */
  next(text: string, from: number): number;
  /** As of a scan. */
  readonly found: readonly number[];
}

export interface KeywordScanner {
  scan(text: string, from: number): KeywordScan;
  reader(): KeywordReader;
  /** Whether a keyword stands within a part of a text. */
  occurs(text: string, from: number, until: number): boolean;
}

interface Node {
  readonly next: Map<number, Node>;
  readonly found: number[];
  fail: Node | undefined;
  id: number;
}

/** Character codes that occur in keywords have classes of their own; all others are class 0. */
interface Classes {
  readonly of: Uint8Array;
  readonly count: number;
}

const CODE_UNITS = 0x1_00_00;
/** The end of the Greek and Cyrillic letters. */
const LAST_FOLDED = 0x52f;
const NONE: readonly number[] = [];

/**
 * Keywords are compared as they are written, or with `fold` without regard to case and accents (they are given in small letters
 * then); at most 255 different characters and 65,535 states.
 */
export function createKeywordScanner(keywords: readonly string[], { fold = false } = {}): KeywordScanner {
  const classes = classesOf(keywords);
  if (fold) foldClasses(classes.of);
  const nodes = buildTrie(keywords, classes);
  const shift = Math.ceil(Math.log2(Math.max(2, classes.count)));
  const table = new Uint16Array(nodes.length << shift);
  const accepting = nodes.filter((node) => node.found.length > 0).map((node) => node.found);
  const firstPlain = accepting.length;
  const rootNode = nodes.find((node) => node.fail === undefined)!;
  fillTable(rootNode, table, shift);
  const root = rootNode.id;

  return {
    reader() {
      let state = root;
      let found = NONE;
      return {
        next(text, from) {
          // Locals: a closure's variables are read from memory at each step.
          const [steps, bits, plain, of, { length }] = [table, shift, firstPlain, classes.of, text];
          let current = state;
          for (let at = from; at < length; at++) {
            current = steps[(current << bits) | of[text.charCodeAt(at)]!]!;
            if (current < plain) {
              state = current;
              found = accepting[current]!;
              return at + 1;
            }
          }
          state = current;
          return -1;
        },
        get found() {
          return found;
        },
      };
    },
    occurs(text, from, until) {
      const { of } = classes;
      let state = root;
      for (let at = from; at < until; at++) {
        state = table[(state << shift) | of[text.charCodeAt(at)]!]!;
        if (state < firstPlain) return true;
      }
      return false;
    },
    scan(text, from) {
      const reader = this.reader();
      let at = from;
      return {
        next() {
          const end = at < 0 ? -1 : reader.next(text, at);
          at = end;
          return end;
        },
        get found() {
          return reader.found;
        },
      };
    },
  };
}

function classesOf(keywords: readonly string[]): Classes {
  const of = new Uint8Array(CODE_UNITS);
  let count = 1;
  for (const keyword of keywords) {
    for (let at = 0; at < keyword.length; at++) {
      const code = keyword.charCodeAt(at);
      if (of[code] === 0) of[code] = count++;
    }
  }
  return { of, count };
}

/** Capitals read as small letters, and Latin letters with accents as those without unless a keyword has them. */
function foldClasses(of: Uint8Array): void {
  for (let code = 0x41; code <= LAST_FOLDED; code++) {
    if (of[code] !== 0) continue;
    const small = String.fromCharCode(code).toLowerCase();
    const bare = small.normalize('NFD');
    of[code] = of[small.charCodeAt(0)]! || of[bare.charCodeAt(0)]!;
  }
}

/** All nodes, those that end a keyword first, numbered in that order. */
function buildTrie(keywords: readonly string[], classes: Classes): Node[] {
  const root = newNode();
  keywords.forEach((keyword, index) => {
    let node = root;
    for (let at = 0; at < keyword.length; at++) {
      const step = classes.of[keyword.charCodeAt(at)]!;
      const next = node.next.get(step) ?? newNode();
      node.next.set(step, next);
      node = next;
    }
    node.found.push(index);
  });
  const nodes = linkFailures(root);
  const ordered = [
    ...nodes.filter((node) => node.found.length > 0),
    ...nodes.filter((node) => node.found.length === 0),
  ];
  for (const [id, node] of ordered.entries()) node.id = id;
  return ordered;
}

function newNode(): Node {
  return { next: new Map(), found: [], fail: undefined, id: 0 };
}

/** Breadth first, so that a node's failure node is ready before it. */
function linkFailures(root: Node): Node[] {
  const nodes = [root];
  for (const node of nodes) {
    for (const [step, next] of node.next) {
      next.fail = node === root ? root : follow(node.fail!, step, root);
      next.found.push(...next.fail.found);
      nodes.push(next);
    }
  }
  return nodes;
}

function follow(from: Node, step: number, root: Node): Node {
  let node: Node | undefined = from;
  while (node !== undefined) {
    const next = node.next.get(step);
    if (next !== undefined) return next;
    node = node.fail;
  }
  return root;
}

/** A node goes where its failure node goes, but for its own steps. Breadth first again: that row is ready. */
function fillTable(root: Node, table: Uint16Array, shift: number): void {
  table.fill(root.id, root.id << shift, (root.id + 1) << shift);
  const nodes = [root];
  for (const node of nodes) {
    const row = node.id << shift;
    if (node.fail !== undefined) table.copyWithin(row, node.fail.id << shift, (node.fail.id + 1) << shift);
    for (const [step, next] of node.next) {
      table[row | step] = next.id;
      nodes.push(next);
    }
  }
}
