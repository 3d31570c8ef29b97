/**
 * Finds many keywords in one pass over a text: Aho and Corasick's automaton (1975) as one dense table, two look-ups a character.
 * Knows nothing of what the keywords are for.
 */

const CODE_UNITS = 0x1_00_00;
const ASCII = 0x80;
/** Of the characters beyond ASCII: with one for each the table left the processor's cache (6.7 MB, three times slower). */
const SHARED_CLASSES = 16;
/** The end of the Greek and Cyrillic letters. */
const LAST_FOLDED = 0x52f;
const NONE: readonly number[] = [];

export interface KeywordScanner {
  reader(): KeywordReader;
  /** Whether a keyword stands within a part of a text. */
  occurs(text: string, from: number, until: number): boolean;
}

/** States that end a keyword come first. */
interface Automaton {
  readonly root: number;
  /** The next state by state and class. */
  readonly table: Uint16Array;
  readonly shift: number;
  /** The class of each UTF-16 code unit. Those of ASCII that occur in keywords have one each; all that occur in none are class 0. */
  readonly classes: Uint8Array;
  /** Of each state that ends keywords, which. */
  readonly found: readonly (readonly number[])[];
}

/** Reads a text, whole or in pieces: remembers what the text so far ends with. */
export class KeywordReader {
  /** The keywords that end at the place that was returned last, as indices in the given list, longest first. */
  found: readonly number[] = NONE;
  private readonly automaton: Automaton;
  private state: number;

  constructor(automaton: Automaton) {
    this.automaton = automaton;
    this.state = automaton.root;
  }

  /** Reads on, from where the last call ended, to the end of the next keyword, and returns the place behind it; -1 at the text's end. */
  next(text: string, from: number): number {
    const { table, shift, classes, found } = this.automaton;
    const accepting = found.length;
    let { state } = this;
    for (let at = from; at < text.length; at++) {
      state = table[(state << shift) | classes[text.charCodeAt(at)]!]!;
      if (state < accepting) {
        this.state = state;
        this.found = found[state]!;
        return at + 1;
      }
    }
    this.state = state;
    return -1;
  }
}

/**
 * Keywords are compared as they are written, or with `fold` without regard to case and accents (they are given in small letters
 * then). A character beyond ASCII may be taken for another one: a keyword that has one is a cheap no, not a yes. At most 65,535
 * states.
 */
export function createKeywordScanner(keywords: readonly string[], { fold = false } = {}): KeywordScanner {
  const classes = new Uint8Array(CODE_UNITS);
  const count = fillClasses(classes, keywords.join(''));
  if (fold) foldClasses(classes);
  const nodes = buildTrie(keywords, classes);
  const shift = Math.ceil(Math.log2(Math.max(2, count)));
  const table = new Uint16Array(nodes.length << shift);
  const found = nodes.filter((node) => node.found.length > 0).map((node) => node.found);
  const rootNode = nodes.find((node) => node.fail === undefined)!;
  fillTable(rootNode, table, shift);
  const root = rootNode.id;
  const automaton: Automaton = { root, table, shift, classes, found };
  return {
    reader: () => new KeywordReader(automaton),
    occurs(text, from, until) {
      let state = root;
      for (let at = from; at < until; at++) {
        state = table[(state << shift) | classes[text.charCodeAt(at)]!]!;
        if (state < found.length) return true;
      }
      return false;
    },
  };
}

/** Gives the characters of the keywords their classes; returns how many classes there are. */
function fillClasses(classes: Uint8Array, characters: string): number {
  let count = 1;
  let hasShared = false;
  for (let at = 0; at < characters.length; at++) {
    const code = characters.charCodeAt(at);
    if (code >= ASCII) hasShared = true;
    else if (classes[code] === 0) classes[code] = count++;
  }
  if (!hasShared) return count;
  for (let at = 0; at < characters.length; at++) {
    const code = characters.charCodeAt(at);
    if (code >= ASCII) classes[code] = count + (code % SHARED_CLASSES);
  }
  return count + SHARED_CLASSES;
}

/** Capitals read as small letters, and Latin letters with accents as those without unless a keyword has them. */
function foldClasses(classes: Uint8Array): void {
  for (let code = 0x41; code <= LAST_FOLDED; code++) {
    if (classes[code] !== 0) continue;
    const small = String.fromCharCode(code).toLowerCase();
    const bare = small.normalize('NFD');
    classes[code] = classes[small.charCodeAt(0)]! || classes[bare.charCodeAt(0)]!;
  }
}

interface Node {
  readonly next: Map<number, Node>;
  readonly found: number[];
  fail: Node | undefined;
  id: number;
}

/** All nodes, those that end a keyword first, numbered in that order. */
function buildTrie(keywords: readonly string[], classes: Uint8Array): Node[] {
  const root = newNode();
  keywords.forEach((keyword, index) => {
    let node = root;
    for (let at = 0; at < keyword.length; at++) {
      const step = classes[keyword.charCodeAt(at)]!;
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
