/**
 * A text in which each line is JSON (JSONL), or all of it is, as text slots: what is edited stays valid, and lines that are not
 * edited stay as they came. What the paths mean is the dialect's business.
 */
import { JsonSyntaxError } from '../json/walk.ts';
import { type BodyOptions, type BodyShape, type BodySlot, JsonBody } from './json-body.ts';
import type { KeyPath } from './text.ts';

type Piece = string | JsonBody;

export class JsonLines {
  /** Paths begin with the number of the line, where there are several. */
  readonly slots: readonly BodySlot[];
  readonly verbatim: JsonBody['verbatim'];
  readonly #pieces: readonly Piece[];
  readonly #lines: readonly JsonBody[];

  constructor(pieces: readonly Piece[]) {
    this.#pieces = pieces;
    this.#lines = pieces.filter((piece) => typeof piece !== 'string');
    this.slots = this.#lines.flatMap(({ slots }) => slots);
    this.verbatim = this.#lines.flatMap(({ verbatim }) => verbatim);
  }

  get edited(): boolean {
    return this.#lines.some(({ edited }) => edited);
  }

  /** Empties what stands at a path. */
  clear([line, ...path]: KeyPath): void {
    this.#lines[Number(line)]?.clear(path);
  }

  toString(): string {
    return this.#pieces.join('');
  }
}

/** A line with its end. */
const LINE = /[^\r\n]*(?:\r\n|\r|\n|$)/g;

/** `undefined` for a text of which some line is no JSON object or array. */
export function readJsonLines(text: string, shape: BodyShape, options: BodyOptions = {}): JsonLines | undefined {
  if (!/^\uFEFF?\s*[[{]/.test(text)) return undefined;
  const own = { ...options, duplicateKeys: 'allow' } as const;
  const pieces: Piece[] = [];
  let count = 0;
  try {
    for (const line of text.match(LINE) ?? []) {
      const [, before = '', value = '', after = ''] = /^(\uFEFF?\s*)([\s\S]*?)(\s*)$/.exec(line) ?? [];
      if (value !== '' && !/^[[{]/.test(value)) return undefined;
      pieces.push(before, value === '' ? '' : new JsonBody(value, shape, own, [count++]), after);
    }
  } catch (error) {
    if (error instanceof JsonSyntaxError) return undefined;
    throw error;
  }
  return new JsonLines(pieces);
}
