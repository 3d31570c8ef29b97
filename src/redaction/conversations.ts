/**
 * Remembers the texts of the last requests in their order, with what was found in each: an agent resends its whole history, and
 * comparing a text with the one that stood there before costs a tenth of looking it up by its hash. Finds nothing that the memo of
 * texts would not find, but for short texts, which that leaves out. Knows nothing of what is remembered.
 */
import { LRUCache } from 'lru-cache';
import { checkedMemo, type MemoSettings } from './memo.ts';

export interface Conversations<Result> {
  /** What is found in each text: known where it stood before under the same key, else asked of `find`. Apart for each owner. */
  find(texts: readonly KeyedText[], owner: string, find: (index: number) => readonly Result[]): (readonly Result[])[];
}

export interface KeyedText {
  readonly text: string;
  /** All that a result depends on besides the text and its owner. */
  readonly key: string;
}

interface Known<Result> extends KeyedText {
  readonly results: readonly Result[];
}

type Conversation<Result> = readonly Known<Result>[];

/** Of one owner. An agent and its sub-agents have one each. */
const MAX_CONVERSATIONS = 8;
/** So many texts may have been taken out, or replaced, at a place. */
const MAX_SKIPPED = 2;
/** On top of the memo's. */
const SHARE_OF_MEMORY = 1 / 4;
const BYTES_PER_CHAR = 2;
const BYTES_PER_TEXT = 120;
const BYTES_PER_RESULT = 160;

export function createConversations<Result>(
  given: unknown,
  owner: string,
  { now }: Pick<MemoSettings, 'now'> = {},
): Conversations<Result> {
  if (given === false) return { find: (texts, _owner, find) => texts.map((_, index) => find(index)) };
  const { maxBytes, ttlMs } = checkedMemo(given ?? {}, owner);
  const owners = new LRUCache<string, readonly Conversation<Result>[]>({
    maxSize: Math.max(1, Math.floor(maxBytes * SHARE_OF_MEMORY)),
    ttl: ttlMs,
    sizeCalculation: (conversations) => conversations.reduce((size, texts) => size + sizeOf(texts), 1),
    ...(now === undefined ? {} : { perf: { now }, ttlResolution: 0 }),
  });
  return {
    find(texts, whose, find) {
      const known = owners.get(whose) ?? [];
      const before = nearest(known, texts);
      const read = readAlong(before, texts, find);
      const others = known.filter((conversation) => conversation !== before || !read.goesOn);
      owners.set(whose, [read.conversation, ...others.slice(0, MAX_CONVERSATIONS - 1)]);
      return read.conversation.map(({ results }) => results);
    },
  };
}

/** The conversation that begins with most of the texts; the last one when none does. */
function nearest<Result>(known: readonly Conversation<Result>[], texts: readonly KeyedText[]): Conversation<Result> {
  if (known.length < 2) return known[0] ?? [];
  const lengths = known.map((conversation) => prefixLength(conversation, texts));
  return known[lengths.indexOf(Math.max(...lengths))]!;
}

function prefixLength(conversation: Conversation<unknown>, texts: readonly KeyedText[]): number {
  const most = Math.min(conversation.length, texts.length);
  let length = 0;
  while (length < most && isSame(conversation[length]!, texts[length]!)) length++;
  return length;
}

function isSame(known: KeyedText, { text, key }: KeyedText): boolean {
  return known.text === text && known.key === key;
}

/** Texts that are new leave the place in the history where it is: what stood behind (the tools of a request) is met again later. */
function readAlong<Result>(
  before: Conversation<Result>,
  texts: readonly KeyedText[],
  find: (index: number) => readonly Result[],
): { conversation: Conversation<Result>; goesOn: boolean } {
  let place = 0;
  let met = 0;
  const conversation = texts.map((entry, index): Known<Result> => {
    const { text, key } = entry;
    for (let at = place; at <= place + MAX_SKIPPED && at < before.length; at++) {
      if (!isSame(before[at]!, entry)) continue;
      place = at + 1;
      met++;
      // With the new string: a part of the old body would keep all of that alive.
      return { text, key, results: before[at]!.results };
    }
    return { text, key, results: find(index) };
  });
  return { conversation, goesOn: met * 2 > before.length };
}

function sizeOf(texts: Conversation<unknown>): number {
  let size = 0;
  for (const { text, results } of texts) {
    size += BYTES_PER_TEXT + text.length * BYTES_PER_CHAR + results.length * BYTES_PER_RESULT;
  }
  return size;
}
