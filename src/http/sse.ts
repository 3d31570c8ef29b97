/**
 * Reads and rewrites server-sent events (WHATWG HTML, section 9.2) without losing a byte: an event that is not changed goes
 * out as it came, with its comments, ids and line ends. Parsers such as eventsource-parser hand out parsed events and drop
 * the rest, so they cannot serve a proxy that must not alter what it does not understand.
 */

import type { ErrorEvent } from '../dialects/dialect.ts';
import { type Frame, type FrameReader, type Framing, MAX_EVENT_CHARS } from './framing.ts';

export class SseReader implements FrameReader {
  #buffer = '';
  /** How far the buffer was searched for a line end. */
  #searched = 0;
  /** Where the line that is being read starts. */
  #line = 0;

  get idle(): boolean {
    return this.#buffer === '';
  }

  /** Takes decoded text and returns the events that are complete. @throws RangeError when an event grows too large */
  push(text: string): Frame[] {
    this.#buffer += text;
    const events: Frame[] = [];
    let start = 0;
    for (;;) {
      const end = this.#lineEnd();
      if (end === undefined) break;
      const blank = /[\r\n]/.test(this.#buffer[this.#line]!);
      this.#line = end;
      this.#searched = end;
      if (!blank) continue;
      events.push(parse(this.#buffer.slice(start, end)));
      start = end;
    }
    this.#drop(start);
    if (this.#buffer.length > MAX_EVENT_CHARS)
      throw new RangeError(`a server-sent event of more than ${MAX_EVENT_CHARS} characters`);
    return events;
  }

  /** What came after the last blank line: most servers end with one, some do not. */
  end(): Frame[] {
    const rest = this.#buffer;
    this.#buffer = '';
    return rest === '' ? [] : [parse(rest)];
  }

  /** Offset behind the end of the current line. A CR that is the last character may be half of a CRLF and
   * waits, unless it ends the event: then a LF that follows stands alone, which reads as nothing. */
  #lineEnd(): number | undefined {
    const buffer = this.#buffer;
    for (let at = this.#searched; at < buffer.length; at++) {
      const char = buffer.charCodeAt(at);
      if (char === 10) return at + 1;
      if (char !== 13) continue;
      this.#searched = at;
      if (at + 1 === buffer.length && at > this.#line) return undefined;
      return buffer.charCodeAt(at + 1) === 10 ? at + 2 : at + 1;
    }
    this.#searched = buffer.length;
    return undefined;
  }

  #drop(start: number): void {
    if (start === 0) return;
    this.#buffer = this.#buffer.slice(start);
    this.#searched -= start;
    this.#line -= start;
  }
}

/** Lines with their ends. Not by `^` and `$`: those also break at U+2028, which JSON may hold. */
const LINE = /[^\r\n]*(?:\r\n|\r|\n|$)/g;
const EVENT_NAME = /^\uFEFF?event:/;
const DATA = /^\uFEFF?data(?:: ?|(?=[\r\n]|$))/;

/** Blank lines, names of events, waiting times, comments of words (`: OPENROUTER PROCESSING`): no text of anybody. */
const SAYS_NOTHING = /^\uFEFF?(?:event: ?[a-z_.]{0,80}|retry: ?\d{0,8}|:[a-z ]{0,40})?[\r\n]*$/i;

/** One line of data and a blank one is what providers send. */
const isPlain = (raw: string): boolean =>
  raw.startsWith('data: ') && raw.indexOf('\n') === raw.length - 2 && raw.endsWith('\n\n') && !raw.includes('\r');

function parse(raw: string): Frame {
  if (isPlain(raw)) return { raw, data: raw.slice(6, -2) };
  const lines = raw.match(LINE) ?? [];
  const data = lines.filter(isData).map((line) => line.replace(DATA, '').replace(/[\r\n]+$/, ''));
  const beside = lines.filter(isBeside).join('');
  return { raw, data: data.length > 0 ? data.join('\n') : undefined, ...(beside === '' ? {} : { beside }) };
}

const isData = (line: string): boolean => DATA.test(line);
const isBeside = (line: string): boolean => !isData(line) && !SAYS_NOTHING.test(line);

/** Of an event with its blank line and one line of data. A CR alone ends a line too, and may be half of one. */
function dataAt({ raw, data, beside }: Frame): number | undefined {
  if (data === undefined || beside !== undefined || /\r(?!\n)/.test(raw) || !/\n\r?\n$/.test(raw)) return undefined;
  const lines = raw.match(LINE) ?? [];
  const line = lines.findIndex(isData);
  if (lines.filter(isData).length > 1) return undefined;
  return lines.slice(0, line).join('').length + DATA.exec(lines[line]!)![0].length;
}

/** Where the first of the lines stood. */
function withBeside({ raw }: Frame, beside: string): Frame {
  const lines = raw.match(LINE) ?? [];
  const first = lines.findIndex(isBeside);
  return parse(lines.map((line, index) => (index === first ? beside : isBeside(line) ? '' : line)).join(''));
}

/** What an event that was cut off lacks of its blank line. */
function missingEnd(event: Frame | undefined): string {
  if (!event || /^\uFEFF?$/.test(event.raw)) return '';
  // Not a LF behind a CR: the two are one line end.
  return /\r?\n$|\r$/.exec(event.raw)?.[0] ?? newlineOf(event.raw).repeat(2);
}

const newlineOf = (raw: string): string => /\r\n|\r|\n/.exec(raw)?.[0] ?? '\n';
const dataLines = (data: string, newline: string): string =>
  data
    .split('\n')
    .map((line) => `data: ${line}`)
    .join(newline);

/** The same event with other data; ids, names, comments and line ends stay. */
function withData({ raw }: Frame, data: string): string {
  if (isPlain(raw) && !data.includes('\n')) return `data: ${data}\n\n`;
  let written = false;
  const rewritten = (raw.match(LINE) ?? []).map((line) => {
    if (!DATA.test(line)) return line;
    if (written) return '';
    written = true;
    return (
      (line.startsWith('\uFEFF') ? '\uFEFF' : '') + dataLines(data, newlineOf(raw)) + (/[\r\n]+$/.exec(line)?.[0] ?? '')
    );
  });
  return rewritten.join('');
}

/** A new event in the form of another: same name and line ends, no id, for an id stands once. */
function sibling({ raw }: Frame, data: string, name?: string): string {
  const newline = newlineOf(raw);
  const line = (raw.match(LINE) ?? []).find((one) => EVENT_NAME.test(one));
  const named = line === undefined || name === undefined ? line : `event: ${name}${newline}`;
  return (named ?? '').replace('\uFEFF', '') + dataLines(data, newline) + newline + newline;
}

function error({ name, data }: ErrorEvent): string {
  return `${name === undefined ? '' : `event: ${name}\n`}data: ${JSON.stringify(data)}\n\n`;
}

export const sse: Framing = {
  charset: 'utf-8',
  reader: () => new SseReader(),
  separator: '\n\n',
  dataAt,
  withData,
  withBeside,
  sibling,
  missingEnd,
  error,
};
