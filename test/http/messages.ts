/** Streams of Anthropic's messages as a client puts them together. */
import { dataOf } from './calls.ts';

export interface MessageEvent {
  readonly type: string;
  readonly index?: number;
  readonly content_block?: Readonly<Record<string, unknown>>;
  readonly delta?: Readonly<Record<string, unknown>>;
}

export const eventsOf = (stream: string): MessageEvent[] =>
  dataOf(stream).map((data) => JSON.parse(data) as MessageEvent);

/** Strings that go on from event to event, by the block and the field: `0 text`, `1 partial_json`. */
export function streamedTexts(stream: string): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const { index, content_block, delta } of eventsOf(stream)) {
    if (index === undefined) continue;
    const { text } = content_block ?? {};
    const pieces = Object.entries({ ...(typeof text === 'string' ? { text } : {}), ...delta });
    for (const [field, piece] of pieces) {
      if (typeof piece !== 'string' || piece === '' || ['type', 'encrypted_content'].includes(field)) continue;
      texts[`${index} ${field}`] = (texts[`${index} ${field}`] ?? '') + piece;
    }
  }
  for (const [name, text] of Object.entries(texts))
    if (name.endsWith('partial_json')) texts[name] = JSON.stringify(JSON.parse(text));
  return texts;
}

const MOVES = new Set(['text', 'partial_json', 'words']);

/** An event without the texts that a filter may move from one event to another. */
function skeleton(event: MessageEvent): string {
  return JSON.stringify(event, (key, value: unknown) => (MOVES.has(key) && typeof value === 'string' ? '' : value));
}

/** Events that are new; throws when one that came is missing or stands elsewhere. `same`: what a filter does to whole texts. */
export function addedEvents(came: string, shown: string, same: (text: string) => string): MessageEvent[] {
  const expected = eventsOf(came).map((event) => same(skeleton(event)));
  const added = eventsOf(shown).filter((event) => {
    if (skeleton(event) !== expected[0]) return true;
    expected.shift();
    return false;
  });
  if (expected.length > 0) throw new Error(`Missing: ${expected.join('\n')}`);
  return added;
}

/** Blocks that get more after they were closed, or before they were opened. */
export function misplacedDeltas(shown: string): number[] {
  const open = new Set<number>();
  return eventsOf(shown).flatMap(({ type, index = -1 }) => {
    if (type === 'content_block_start') open.add(index);
    if (type === 'content_block_stop') open.delete(index);
    return type === 'content_block_delta' && !open.has(index) ? [index] : [];
  });
}

/** Pairs of an event's name and the type in its data that differ. */
export function misnamedEvents(stream: string): string[] {
  return stream.split(/(?:\r\n|\n){2,}/).flatMap((block) => {
    const name = /^event: (.*?)\r?$/m.exec(block)?.[1];
    const type = /"type":"(\w+)"/.exec(block)?.[1];
    return name === undefined || name === type ? [] : [`${name} ${type}`];
  });
}
