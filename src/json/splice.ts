/** Edits JSON text at offsets, so that everything that is not edited keeps its bytes. */
import { walkJson } from './walk.ts';

/** Keys, and positions in arrays. */
type Path = readonly (string | number)[];

export interface Splice {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Applies edits that do not overlap, in any order. */
export function splice(text: string, edits: readonly Splice[]): string {
  if (edits.length === 0) return text;
  const sorted = [...edits].sort((a, b) => a.start - b.start);
  let out = '';
  let at = 0;
  for (const edit of sorted) {
    out += text.slice(at, edit.start) + edit.text;
    at = edit.end;
  }
  return out + text.slice(at);
}

/** Sets one member of a JSON object by its path, making the objects on the way; a position of an array must be there already. */
export function setMember(text: string, path: Path, value: unknown): string {
  const [key, ...rest] = path;
  if (key === undefined) return JSON.stringify(value);
  const { members, open } = walkJson(text, { value: null }, { duplicateKeys: 'allow' });
  const member = members.get(String(key));
  if (!member)
    return open < 0 ? text : splice(text, [inserted(open, members.size === 0, String(key), nested(rest, value))]);
  const old = text.slice(member.start, member.end);
  const next = mayHoldMember(old, rest) ? setMember(old, rest, value) : nested(rest, value);
  return splice(text, [{ ...member, text: next }]);
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

function inserted(open: number, first: boolean, key: string, value: string): Splice {
  return { start: open, end: open, text: `${JSON.stringify(key)}:${value}${first ? '' : ','}` };
}

function nested(path: Path, value: unknown): string {
  return JSON.stringify(path.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value));
}
