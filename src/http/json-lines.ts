/** JSON Lines as a stream of events, one a line: results of batches, files of requests. */
import { type FrameReader, type Framing, MAX_EVENT_CHARS } from './framing.ts';

class LineReader implements FrameReader {
  #buffer = '';

  push(text: string): { raw: string; data: string | undefined }[] {
    // Only what is new can hold an end: a line of megabytes comes in many pieces.
    const found = text.lastIndexOf('\n');
    const end = found < 0 ? 0 : this.#buffer.length + found + 1;
    this.#buffer += text;
    if (this.#buffer.length - end > MAX_EVENT_CHARS)
      throw new RangeError(`a line of more than ${MAX_EVENT_CHARS} characters`);
    const lines = this.#buffer.slice(0, end);
    this.#buffer = this.#buffer.slice(end);
    return (lines.match(/[^\n]*\n/g) ?? []).map(frameOf);
  }

  get idle(): boolean {
    return this.#buffer === '';
  }

  end(): { raw: string; data: string | undefined }[] {
    const rest = this.#buffer;
    this.#buffer = '';
    return rest === '' ? [] : [frameOf(rest)];
  }
}

const END = /\r?\n$/;

function frameOf(raw: string): { raw: string; data: string | undefined } {
  const data = raw.replace(END, '');
  return { raw, data: data.trim() === '' ? undefined : data };
}

export const jsonLines: Framing = {
  charset: 'utf-8',
  reader: () => new LineReader(),
  separator: '\n',
  dataAt: ({ raw, data }) => (data !== undefined && END.test(raw) ? 0 : undefined),
  withData: ({ raw }, data) => data + (END.exec(raw)?.[0] ?? ''),
  sibling: (_frame, data) => `${data}\n`,
  missingEnd: (frame) => (frame === undefined || END.test(frame.raw) ? '' : '\n'),
  error: ({ data }) => `${JSON.stringify(data)}\n`,
};
