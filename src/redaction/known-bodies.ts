/**
 * Remembers the last JSON bodies of each owner: an agent resends its whole history, and of what stands in it letter by letter as it stood
 * in the request before only the new part is walked. In memory only, bounded in bytes and in time. Knows nothing of what the texts are.
 */
import { LRUCache } from 'lru-cache';
import type { BodyWalk, TextTag } from '../core/json-body.ts';
import { BYTES_PER_CHAR, bytesOf, type KnownText, Recall } from '../json/known-values.ts';
import { walkJson } from '../json/walk.ts';
import { checkedMemo, type MemoSettings } from './memo.ts';

interface KnownBody {
  readonly known: KnownText<TextTag>;
  readonly bytes: number;
}

/** Of one owner. */
const MAX_BODIES = 8;
/** A shorter one is walked in microseconds. */
const MIN_BODY_CHARS = 4_096;
/** On top of the memo's. */
const SHARE_OF_MEMORY = 1 / 4;

/** How a body of an owner is walked; `undefined` when nothing may be remembered. @throws GatewayError `invalid_option` */
export function createKnownBodies(
  given: unknown,
  option: string,
  { now }: Pick<MemoSettings, 'now'> = {},
): ((owner: string) => BodyWalk) | undefined {
  if (given === false) return undefined;
  const { maxBytes, ttlMs } = checkedMemo(given ?? {}, option);
  const maxSize = Math.max(1, Math.floor(maxBytes * SHARE_OF_MEMORY));
  const owners = new LRUCache<string, readonly KnownBody[]>({
    maxSize,
    ttl: ttlMs,
    ...(now === undefined ? {} : { perf: { now }, ttlResolution: 0 }),
  });
  const keep = (owner: string, bodies: readonly KnownBody[], noUpdateTTL = false): void => {
    const kept = fitting(bodies, maxSize);
    owners.set(owner, kept, { noUpdateTTL, size: kept.reduce((size, { bytes }) => size + bytes, 1) });
  };
  let last = '';
  /** Whoever read the last body may have worked out facts of it since. */
  const sizeLast = (): void => {
    const [body, ...others] = owners.peek(last) ?? [];
    if (body) keep(last, [sized(body.known), ...others], true);
  };
  return (owner) => (text, shape) => {
    if (text.length < MIN_BODY_CHARS || text.length * BYTES_PER_CHAR > maxSize) return walkJson(text, shape);
    sizeLast();
    last = owner;
    const bodies = owners.get(owner) ?? [];
    const before = nearest(bodies, text);
    const recall = new Recall(before?.known);
    const document = walkJson(text, shape, {}, recall);
    const goesOn = before !== undefined && recall.met * 2 > before.known.values.length;
    const others = goesOn ? bodies.filter((body) => body !== before) : bodies;
    const known = recall.known(text, document.leaves);
    // Texts to be embedded are no conversation.
    if (known.values.length > 0) keep(owner, [sized(known), ...others]);
    return document;
  };
}

const sized = (known: KnownText<TextTag>): KnownBody => ({ known, bytes: bytesOf(known) });

/** The one that begins as the text does for longest. */
function nearest(bodies: readonly KnownBody[], text: string): KnownBody | undefined {
  if (bodies.length < 2) return bodies[0];
  const lengths = bodies.map((body) => prefixLength(body.known.text, text));
  return bodies[lengths.indexOf(Math.max(...lengths))];
}

/** Halving: a slice of memory is compared faster than a letter is looked at. */
function prefixLength(one: string, other: string): number {
  let same = 0;
  let most = Math.min(one.length, other.length);
  while (same < most) {
    const middle = Math.ceil((same + most) / 2);
    if (one.slice(same, middle) === other.slice(same, middle)) same = middle;
    else most = middle - 1;
  }
  return same;
}

/** The newest of them that stay within the memory. */
function fitting(bodies: readonly KnownBody[], maxSize: number): readonly KnownBody[] {
  let size = 1;
  const first = bodies.slice(0, MAX_BODIES).findIndex((body) => {
    size += body.bytes;
    return size > maxSize;
  });
  return bodies.slice(0, first < 0 ? MAX_BODIES : first);
}
