/** What an input is, by its name or by its first line, and how each kind is redacted piece by piece. */
import { extname } from 'node:path';
import type { TextFilter } from '../core/text.ts';
import { JsonSyntaxError } from '../json/walk.ts';
import { CommandError } from './command.ts';
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
  return new JsonRedaction(redaction, (error, text) => {
    const place = placeIn(text, error.offset);
    throw new CommandError(
      `${path ?? 'standard input'} is no JSON: see line ${place}. --format text redacts it as plain text.`,
    );
  });
}

/** A JSON text can only be read as a whole. */
class JsonRedaction implements TextFilter {
  readonly #redaction: Redaction;
  readonly #onBroken: (error: JsonSyntaxError, text: string) => string;
  readonly #pieces: string[] = [];

  constructor(redaction: Redaction, onBroken: (error: JsonSyntaxError, text: string) => string) {
    this.#redaction = redaction;
    this.#onBroken = onBroken;
  }

  push(piece: string): string {
    this.#pieces.push(piece);
    return '';
  }

  end(): string {
    const text = this.#pieces.join('');
    try {
      return redactJson(text, this.#redaction);
    } catch (error) {
      if (error instanceof JsonSyntaxError) return this.#onBroken(error, text);
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
    const shown = OPENS_JSON.test(line) ? this.#redactJsonLine(line) : undefined;
    if (shown !== undefined) return this.#endPlain() + shown;
    this.#plain ??= new TextRedaction(this.#redaction, this.#line);
    return this.#plain.push(line);
  }

  #redactJsonLine(line: string): string | undefined {
    try {
      return redactJson(line, this.#redaction, `${this.#line}: `);
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
