/** Edits JSON text at offsets, so that everything that is not edited keeps its bytes. */
import { type JsonDocument, walkJson } from './walk.ts';

/** Keys, and positions in arrays. */
type Path = readonly (string | number)[];

export interface Splice {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

const inOrder = (edits: readonly Splice[]): Splice[] => [...edits].sort((a, b) => a.start - b.start);

/** Applies edits that do not overlap, in any order. */
export function splice(text: string, edits: readonly Splice[]): string {
  if (edits.length === 0) return text;
  const sorted = inOrder(edits);
  let out = '';
  let at = 0;
  for (const edit of sorted) {
    out += text.slice(at, edit.start) + edit.text;
    at = edit.end;
  }
  return out + text.slice(at);
}

/**
 * The same in bytes, which are the text in UTF-8: what is not edited is copied as it came, and no text of that length is made, which
 * costs more than all else here.
 */
export function spliceBytes(bytes: Uint8Array, text: string, edits: readonly Splice[]): Uint8Array<ArrayBuffer> {
  const isAscii = bytes.length === text.length;
  const lengthOf = (start: number, end: number): number =>
    isAscii ? end - start : Buffer.byteLength(text.slice(start, end));
  const written = edits.reduce((sum, edit) => sum + Buffer.byteLength(edit.text), 0);
  const removed = edits.reduce((sum, { start, end }) => sum + lengthOf(start, end), 0);
  // Of its own: a part of a pool would show whoever gets it what else is in there.
  const out = Buffer.allocUnsafeSlow(bytes.length - removed + written);
  let [from, to, at] = [0, 0, 0];
  for (const edit of inOrder(edits)) {
    const kept = lengthOf(at, edit.start);
    out.set(bytes.subarray(from, from + kept), to);
    to += kept;
    to += out.write(edit.text, to);
    from += kept + lengthOf(edit.start, edit.end);
    at = edit.end;
  }
  out.set(bytes.subarray(from), to);
  return out;
}

/** A change of a member of the root, after the edits of its texts. */
export interface MemberChange {
  readonly key: string;
  /** The member's text then. `undefined`: it is not there. */
  text(now: string | undefined): string | undefined;
}

/** What `setMember` changes. */
export function settingMember([key, ...rest]: Path, value: unknown): MemberChange {
  return { key: String(key), text: (now) => memberWith(now, rest, value) };
}

/** What `clearMember` changes. */
export function clearingMember([key, ...rest]: Path): MemberChange {
  return { key: String(key), text: (now) => now && clearMember(now, rest) };
}

/** Edits of a document that was walked, with changes of members of its root in their order, without another walk of all of it. */
export function withChanges(
  { text, members, open }: JsonDocument<unknown>,
  edits: readonly Splice[],
  changes: readonly MemberChange[],
): readonly Splice[] {
  if (changes.length === 0) return edits;
  const changed = new Map<string, string>();
  let others = edits;
  for (const change of changes) {
    const member = members.get(change.key);
    if (member && !changed.has(change.key)) {
      const isInside = ({ start, end }: Splice): boolean => start >= member.start && end <= member.end;
      const inside = others.filter(isInside).map((edit) => moved(edit, -member.start));
      others = others.filter((edit) => !isInside(edit));
      changed.set(change.key, splice(text.slice(member.start, member.end), inside));
    }
    const next = change.text(changed.get(change.key));
    if (next !== undefined) changed.set(change.key, next);
  }
  const added: string[] = [];
  const all = [...others];
  for (const [key, next] of changed) {
    const member = members.get(key);
    if (member) all.push({ ...member, text: next });
    // The last stands first.
    else added.unshift(`${JSON.stringify(key)}:${next}`);
  }
  if (added.length > 0 && open >= 0)
    all.push({ start: open, end: open, text: added.join(',') + (members.size === 0 ? '' : ',') });
  return all;
}

const moved = ({ start, end, text }: Splice, by: number): Splice => ({ start: start + by, end: end + by, text });

/** Sets one member of a JSON object by its path, making the objects on the way; a position of an array must be there already. */
export function setMember(text: string, path: Path, value: unknown): string {
  const [key] = path;
  if (key === undefined) return JSON.stringify(value);
  const document = walkJson(text, { value: null }, { duplicateKeys: 'allow' });
  return splice(text, withChanges(document, [], [settingMember(path, value)]));
}

function memberWith(now: string | undefined, path: Path, value: unknown): string {
  return now !== undefined && mayHoldMember(now, path) ? setMember(now, path, value) : nested(path, value);
}

function mayHoldMember(text: string, [key]: Path): boolean {
  return key !== undefined && text.startsWith(typeof key === 'number' ? '[' : '{');
}

/**
 * Empties what stands at a path of keys and positions: a list has no items then (clients iterate over it), all else is `null`. The text
 * stays as it is when nothing stands there.
 */
export function clearMember(text: string, path: Path): string {
  const [key, ...rest] = path;
  if (key === undefined) return text.startsWith('[') ? '[]' : 'null';
  const last = path.at(-1)!;
  if (!/^\s*[[{]/.test(text) || (typeof last === 'string' && !mayHold(text, last))) return text;
  const member = walkJson(text, { value: null }, { duplicateKeys: 'allow' }).members.get(String(key));
  return member ? splice(text, [{ ...member, text: clearMember(text.slice(member.start, member.end), rest) }]) : text;
}

/** Whether something other than `null` may stand under a key, told without a walk. Letters of a key may be escaped. */
function mayHold(text: string, key: string): boolean {
  if (!/^\w+$/.test(key) || text.includes('\\u')) return true;
  const quoted = `"${key}"`;
  for (let at = text.indexOf(quoted); at !== -1; at = text.indexOf(quoted, at + 1)) {
    const value = at + quoted.length;
    if (!text.startsWith(':null', value) && !text.startsWith(': null', value)) return true;
  }
  return false;
}

function nested(path: Path, value: unknown): string {
  return JSON.stringify(path.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value));
}
