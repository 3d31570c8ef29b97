/** What an input is, by its name or by its first line, and how each kind is redacted piece by piece. */
import { extname } from 'node:path';
import type { TextFilter } from '../core/text.ts';
import { JsonSyntaxError } from '../json/walk.ts';
import { CommandError } from './command.ts';
import { JsonPieces } from './json-pieces.ts';
import { redactJson } from './redact-json.ts';
import { TextRedaction } from './redact-text.ts';
import type { Redaction } from './redaction.ts';

export const FORMATS = ['text', 'json', 'jsonl'] as const;
export type Format = (typeof FORMATS)[number];

const BY_EXTENSION: ReadonlyMap<string, Format> = new Map([
  ['.json', 'json'],
  ['.jsonl', 'jsonl'],
  ['.ndjson', 'jsonl'],
]);

/** An input without a telling name is looked at until its first line ends, or so far. */
const MAX_FIRST_LINE_CHARS = 1024 * 1024;
/** A line of JSON Lines: an object or array, or a value alone. */
const MAY_BE_JSON = /^\uFEFF?\s*(?:[{["\d]|-\d)/;
/** `{`, `{"`, `[`, `[{`, `["`, `[1`: no log line such as `[INFO] ...`. */
const OPENS_JSON = /^\uFEFF?\s*(?:\{\s*(?:"|$)|\[\s*(?:[[{"\d-]|$))/;

/** @throws CommandError when the text is not what its format says */
export function redactAs(format: Format | undefined, path: string | undefined, redaction: Redaction): TextFilter {
  const known = format ?? BY_EXTENSION.get(extname(path ?? '').toLowerCase());
  return known === undefined ? new GuessedRedaction(redaction) : redactionOf(known, path, redaction);
}

function redactionOf(format: Format, path: string | undefined, redaction: Redaction): TextFilter {
  if (format === 'text') return new TextRedaction(redaction);
  if (format === 'jsonl') return new LinesRedaction(redaction);
  return new JsonRedaction(
    redaction,
    (error, text) => {
      throw brokenJson(path, `see line ${placeIn(text, error.offset)}`);
    },
    path,
  );
}

function brokenJson(path: string | undefined, place: string): CommandError {
  return new CommandError(`${path ?? 'standard input'} is no JSON: ${place}. --format text redacts it as plain text.`);
}

/** What is longer is redacted value by value as it is read, since a string has a longest length and memory an end. */
const MAX_WHOLE_JSON_CHARS = 16 * 1024 * 1024;

/** A JSON text is read as a whole, so that nothing is written of a broken one; only a very large one is not. */
class JsonRedaction implements TextFilter {
  readonly #redaction: Redaction;
  readonly #onBroken: (error: JsonSyntaxError, text: string) => string;
  readonly #path: string | undefined;
  #pieces: string[] = [];
  #length = 0;
  #large: JsonPieces | undefined;

  constructor(redaction: Redaction, onBroken: (error: JsonSyntaxError, text: string) => string, path?: string) {
    this.#redaction = redaction;
    this.#onBroken = onBroken;
    this.#path = path;
  }

  push(piece: string): string {
    if (this.#large !== undefined) return this.#inPieces((large) => large.push(piece));
    this.#pieces.push(piece);
    this.#length += piece.length;
    if (this.#length <= MAX_WHOLE_JSON_CHARS) return '';
    const start = this.#pieces.join('').replace(/^\uFEFF/, '');
    const mark = this.#pieces[0]!.startsWith('\uFEFF') ? '\uFEFF' : '';
    this.#pieces = [];
    this.#large = new JsonPieces((spelled, place) => redactJson(spelled, this.#redaction, place));
    return mark + this.#inPieces((large) => large.push(start));
  }

  end(): string {
    if (this.#large !== undefined) return this.#inPieces((large) => large.end());
    const text = this.#pieces.join('');
    if (/^\s*$/.test(text)) return text;
    try {
      return redactJson(text, this.#redaction);
    } catch (error) {
      if (error instanceof JsonSyntaxError) return this.#onBroken(error, text);
      throw error;
    }
  }

  #inPieces(act: (large: JsonPieces) => string): string {
    try {
      return act(this.#large!);
    } catch (error) {
      if (error instanceof JsonSyntaxError) throw brokenJson(this.#path, `see character ${error.offset + 1}`);
      throw error;
    }
  }
}

/** JSON Lines, line by line. Lines that are no JSON (logs have them) are plain text; a value may span several of those. */
class LinesRedaction implements TextFilter {
  readonly #redaction: Redaction;
  #rest: string[] = [];
  #line = 0;
  #plain: TextRedaction | undefined;

  constructor(redaction: Redaction) {
    this.#redaction = redaction;
  }

  push(piece: string): string {
    const lines = piece.split('\n');
    const last = lines.pop()!;
    let shown = '';
    for (const line of lines) {
      shown += this.#redactLine(`${this.#rest.join('')}${line}\n`);
      this.#rest = [];
    }
    this.#rest.push(last);
    return shown;
  }

  end(): string {
    const rest = this.#rest.join('');
    return (rest === '' ? '' : this.#redactLine(rest)) + this.#endPlain();
  }

  #redactLine(line: string): string {
    this.#line++;
    const shown = MAY_BE_JSON.test(line) ? this.#redactJsonLine(line) : undefined;
    if (shown !== undefined) return this.#endPlain() + shown;
    this.#plain ??= new TextRedaction(this.#redaction, this.#line);
    return this.#plain.push(line);
  }

  #redactJsonLine(line: string): string | undefined {
    try {
      return redactJson(line, this.#redaction, { line: this.#line, column: 1, path: [] });
    } catch (error) {
      if (error instanceof JsonSyntaxError) return undefined;
      throw error;
    }
  }

  #endPlain(): string {
    const shown = this.#plain?.end() ?? '';
    this.#plain = undefined;
    return shown;
  }
}

/** Reads the first line and goes on as what it shows. What only looked like JSON is redacted as text. */
class GuessedRedaction implements TextFilter {
  readonly #redaction: Redaction;
  #start = '';
  #filter: TextFilter | undefined;

  constructor(redaction: Redaction) {
    this.#redaction = redaction;
  }

  push(piece: string): string {
    if (this.#filter !== undefined) return this.#filter.push(piece);
    this.#start += piece;
    const end = this.#start.indexOf('\n');
    if (end < 0 && this.#start.length < MAX_FIRST_LINE_CHARS) return '';
    return this.#decide(end < 0 ? undefined : this.#start.slice(0, end));
  }

  end(): string {
    const shown = this.#filter === undefined ? this.#decide(this.#start) : '';
    return shown + (this.#filter?.end() ?? '');
  }

  /** `line` is `undefined` when the first one is too long to wait for its end. */
  #decide(line: string | undefined): string {
    this.#filter = this.#filterFor(line);
    const start = this.#start;
    this.#start = '';
    return this.#filter.push(start);
  }

  #filterFor(line: string | undefined): TextFilter {
    if (!OPENS_JSON.test(line ?? this.#start)) return new TextRedaction(this.#redaction);
    if (line !== undefined && isJson(line)) return new LinesRedaction(this.#redaction);
    return new JsonRedaction(this.#redaction, (_, text) => {
      const plain = new TextRedaction(this.#redaction);
      return plain.push(text) + plain.end();
    });
  }
}

function isJson(line: string): boolean {
  try {
    JSON.parse(line.replace(/^\uFEFF/, ''));
    return true;
  } catch {
    return false;
  }
}

/** `3, column 7`, both from 1. */
function placeIn(text: string, offset: number): string {
  const before = text.slice(0, offset).split('\n');
  return `${before.length}, column ${before.at(-1)!.length + 1}`;
}
