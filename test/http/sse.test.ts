import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Frame, MAX_EVENT_CHARS } from '../../src/http/framing.ts';
import { SseReader, sse } from '../../src/http/sse.ts';

function read(pieces: readonly string[]): Frame[] {
  const reader = new SseReader();
  return [...pieces.flatMap((piece) => reader.push(piece)), ...reader.end()];
}

/** Bytes, cut anywhere and decoded as they arrive, as an answer is. */
function readBytes(bytes: Uint8Array, at: readonly number[]): Frame[] {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const places = [0, ...[...new Set(at)].sort((a, b) => a - b), bytes.length];
  const pieces = places.slice(1).map((end, i) => decoder.decode(bytes.slice(places[i], end), { stream: true }));
  return read([...pieces, decoder.decode()]);
}

const only = (text: string): Frame => {
  const events = read([text]);
  if (events.length !== 1) throw new Error(`${events.length} events instead of one`);
  return events[0]!;
};

const dataOf = (events: readonly Frame[]): string[] => events.flatMap(({ data }) => (data === undefined ? [] : [data]));
const rawOf = (events: readonly Frame[]): string => events.map(({ raw }) => raw).join('');

/** The standard's own algorithm over a whole text (WHATWG HTML 9.2.6); events without their end count too. */
function referenceData(text: string): string[] {
  const found: string[] = [];
  let data: string[] = [];
  const dispatch = (): void => {
    if (data.length > 0) found.push(data.join('\n'));
    data = [];
  };
  for (const line of text.replace(/^\uFEFF/, '').split(/\r\n|\r|\n/)) {
    if (line === '') dispatch();
    else if (line === 'data') data.push('');
    else if (line.startsWith('data:')) data.push(line.slice(5).replace(/^ /, ''));
  }
  dispatch();
  return found;
}

const STREAMS: readonly (readonly [string, string, readonly string[]])[] = [
  ['LF', 'data: {"a":1}\n\ndata: {"b":2}\n\n', ['{"a":1}', '{"b":2}']],
  ['CRLF', 'data: {"a":1}\r\n\r\ndata: {"b":2}\r\n\r\n', ['{"a":1}', '{"b":2}']],
  ['CR', 'data: {"a":1}\r\rdata: {"b":2}\r\r', ['{"a":1}', '{"b":2}']],
  ['mixed line ends', 'data: a\r\n\ndata: b\n\r\ndata: c\r\r\ndata: d\n\rdata: e\n\n', ['a', 'b', 'c', 'd', 'e']],
  ['comments and keep-alives', ': hello\n\n:\n\ndata: a\n: in between\ndata: b\n\n: bye\n\n', ['a\nb']],
  ['ids, names and retry lines', 'event: x\nid: 7\nretry: 3000\ndata: a\n\nid\n\nretry: 1\n\n', ['a']],
  ['several data lines', 'data: {\ndata:   "a": 1\ndata: }\n\n', ['{\n  "a": 1\n}']],
  ['data without a space, without a colon, with two spaces', 'data:a\ndata\ndata:  b\ndata:\n\n', ['a\n\n b\n']],
  ['fields that only look like data', 'data2: x\ndatabase: y\n data: z\nData: w\n\n', []],
  ['a byte order mark', '\uFEFFdata: a\n\ndata: b\n\n', ['a', 'b']],
  ['no final blank line', 'data: a\n\ndata: b\n', ['a', 'b']],
  ['no final line end', 'data: a\n\ndata: b', ['a', 'b']],
  ['a carriage return at the end', 'data: a\r', ['a']],
  ['empty', '', []],
  ['blank lines only', '\n\r\n\r\n\n', []],
  ['line separators of Unicode in data', 'data: a\u2028b\u2029c\u0085d\u000be\n\n', ['a\u2028b\u2029c\u0085d\u000be']],
  ['characters of several bytes', 'data: é€😀\n\n: 😀\n\n', ['é€😀']],
];

describe.each(STREAMS)('a stream with %s', (_, text, data) => {
  const bytes = new TextEncoder().encode(text);

  it('passes byte by byte as it came, with the data that the standard reads', () => {
    const events = read([text]);
    expect(rawOf(events)).toBe(text);
    expect(dataOf(events)).toEqual(data);
    expect(data).toEqual(referenceData(text));
  });

  it('is the same split at every byte', () => {
    const everyByte = [...bytes.keys()];
    for (const at of [...everyByte.map((place) => [place]), everyByte]) {
      const events = readBytes(bytes, at);
      expect(rawOf(events)).toBe(text);
      expect(dataOf(events)).toEqual(data);
    }
  });
});

describe('any stream', () => {
  const lines = fc.array(
    fc.tuple(
      fc.constantFrom('data: x', 'data:{"é":"😀"}', 'data', ':', ': c', 'event: e', 'id: 1', '', '', 'other', '\u2028'),
      fc.constantFrom('\n', '\r\n', '\r'),
    ),
    { maxLength: 12 },
  );
  const streams = fc
    .tuple(lines, fc.constantFrom('', '\uFEFF'), fc.constantFrom('', 'data: end', ': end'))
    .map(([parts, start, end]) => start + parts.flat().join('') + end);

  it('gives the same data for any split, and all of its bytes', () => {
    fc.assert(
      fc.property(streams, fc.array(fc.nat({ max: 120 })), (text, places) => {
        const bytes = new TextEncoder().encode(text);
        const events = readBytes(
          bytes,
          places.filter((place) => place < bytes.length),
        );
        expect(rawOf(events)).toBe(text);
        expect(dataOf(events)).toEqual(referenceData(text));
      }),
      { numRuns: 1_000 },
    );
  });

  it('with other data stays what it is but for the data', () => {
    fc.assert(
      fc.property(streams, fc.constantFrom('new', '{\n"a": 1\n}', ''), (text, data) => {
        for (const event of read([text])) {
          if (event.data === undefined) continue;
          const edited = sse.withData(event, data);
          expect(referenceData(edited)).toEqual([data]);
          const others = (raw: string): string[] =>
            raw.split(/[\r\n]+/).filter((line) => line !== '' && !/^\uFEFF?data/.test(line));
          expect(others(edited)).toEqual(others(event.raw));
        }
      }),
      { numRuns: 500 },
    );
  });

  it('can get a sibling behind each event, complete or not, and is still read line by line', () => {
    fc.assert(
      fc.property(streams, (text) => {
        const events = read([text]);
        const incomplete = events.at(-1);
        const whole = events.map((event) => event.raw + (event === incomplete ? sse.missingEnd(event) : ''));
        const carriers = events.filter(({ data }) => data !== undefined);
        const siblings = carriers.map((event) => sse.sibling(event, 'sibling'));
        expect(referenceData([...whole, ...siblings].join(''))).toEqual([
          ...referenceData(text),
          ...carriers.map(() => 'sibling'),
        ]);
      }),
      { numRuns: 500 },
    );
  });
});

describe('withData', () => {
  it.each([
    ['data: old\n\n', 'data: new\n\n'],
    ['data:old\r\n\r\n', 'data: new\r\n\r\n'],
    ['data: old\r\r', 'data: new\r\r'],
    ['id: 1\ndata: old\n: c\nevent: e\n\n', 'id: 1\ndata: new\n: c\nevent: e\n\n'],
    ['data: {\ndata: }\nid: 1\n\n', 'data: new\nid: 1\n\n'],
    ['\uFEFFdata: old\n\n', '\uFEFFdata: new\n\n'],
    ['data: old', 'data: new'],
  ])('keeps the form of %j', (raw, expected) => {
    expect(sse.withData(only(raw), 'new')).toBe(expected);
  });

  it('spreads data of several lines over several, with the line ends of the event', () => {
    expect(sse.withData(only('data: {\r\ndata: }\r\n\r\n'), '[\n]')).toBe('data: [\r\ndata: ]\r\n\r\n');
  });
});

describe('siblingEvent', () => {
  it.each([
    ['data: old\n\n', 'data: new\n\n'],
    ['data: old\r\n\r\n', 'data: new\r\n\r\n'],
    ['data: old\r\r', 'data: new\r\r'],
    ['id: 1\nevent: e\nretry: 1\n: c\ndata: old\n\n', 'event: e\ndata: new\n\n'],
    ['\uFEFFevent: e\ndata: old\n\n', 'event: e\ndata: new\n\n'],
  ])('has the name and line ends of %j, but not its id or comments', (raw, expected) => {
    expect(sse.sibling(only(raw), 'new')).toBe(expected);
  });
});

describe('an event that never ends', () => {
  it('is no event, and is refused before it fills memory', () => {
    const reader = new SseReader();
    const megabyte = 'x'.repeat(1024 * 1024);
    for (let i = 0; i < MAX_EVENT_CHARS / megabyte.length; i++) expect(reader.push(megabyte)).toEqual([]);
    expect(() => reader.push('x')).toThrow(RangeError);
  });

  it('is not confused with many that are complete', () => {
    const text = `data: ${'x'.repeat(1_000)}\n\n`.repeat(20_000);
    expect(new SseReader().push(text)).toHaveLength(20_000);
  });
});

describe('what stands beside the data', () => {
  it.each([
    ['nothing', 'event: response.output_text.delta\nretry: 10\n: OPENROUTER PROCESSING\ndata: {}\n\n', undefined],
    ['a comment that says something', ': for ada@example.com\ndata: {}\n\n', ': for ada@example.com\n'],
    ['a name that is no name, and an id', 'event: ada@x.y\nid: 1\ndata: {}\n\n', 'event: ada@x.y\nid: 1\n'],
    ['lines that are no event’s', '{"a":\r\n1}\r\n\r\n', '{"a":\r\n1}\r\n'],
  ])('%s', (_what, text, beside) => {
    expect(only(text).beside).toBe(beside);
  });

  it('is replaced where it stood', () => {
    const event = only('data: 1\n: a 1\nevent: e\nid: 2\ndata: 3\n\n');
    expect(sse.withBeside!(event, ': b\n')).toMatchObject({ raw: 'data: 1\n: b\nevent: e\ndata: 3\n\n', data: '1\n3' });
  });
});
