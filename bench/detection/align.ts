/** Where a redactor that only returns text found something: it is told to write marks, and the text between them is found again. */
import type { Finding } from './candidate.ts';

const OPEN = '\uE000';
const CLOSE = '\uE001';
const MARK = /\uE000([^\uE001]*)\uE001/g;

/** What to put in place of a value of a type. */
export const markOf = (type: string): string => `${OPEN}${type}${CLOSE}`;

/** Findings from a text with marks. Marks that touch count as one of the first one's type. */
export function align(original: string, marked: string): Finding[] {
  const parts = marked.split(MARK);
  const kept = parts.filter((_, index) => index % 2 === 0);
  const types = parts.filter((_, index) => index % 2 === 1);
  if (types.length === 0 || !original.startsWith(kept[0]!)) return [];
  const findings: Finding[] = [];
  let start = kept[0]!.length;
  for (let index = 0; index < types.length; ) {
    const type = types[index]!;
    while (index + 1 < types.length && kept[index + 1] === '') index++;
    index++;
    const end = endOf(original, start, kept[index]!, index === types.length);
    if (end < 0) break;
    findings.push({ start, end, type });
    start = end + kept[index]!.length;
  }
  return findings;
}

/** Where a value ends: before the text that is kept behind it. */
function endOf(original: string, start: number, next: string, isLast: boolean): number {
  if (!isLast) return original.indexOf(next, start + 1);
  return original.endsWith(next) ? original.length - next.length : -1;
}
