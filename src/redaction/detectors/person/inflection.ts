/** Takes the ends of cases off Polish names ("Anny Kowalskiej" -> anna, kowalski). Knows no list: the caller looks the stems up. */

/** What a folded name may end with in one of the cases, and what it ends with in the first. The longest first. */
const ENDINGS: readonly (readonly [ending: string, stems: readonly string[]])[] = [
  ['skiego', ['ski']],
  ['skiemu', ['ski']],
  ['ckiego', ['cki']],
  ['ckiemu', ['cki']],
  ['skiej', ['ski']],
  ['ckiej', ['cki']],
  ['dzkiej', ['dzki']],
  ['skim', ['ski']],
  ['ckim', ['cki']],
  ['kiem', ['ek', 'k']],
  ['kowi', ['ek', 'ko', 'k']],
  ['lowi', ['el', 'l']],
  ['owi', ['']],
  ['iem', ['', 'ien']],
  ['ska', ['ski']],
  ['cka', ['cki']],
  ['zka', ['zki', 'zek']],
  ['lem', ['el', 'l']],
  ['em', ['', 'e']],
  ['ka', ['ek', 'k']],
  ['la', ['el', 'l']],
  ['ku', ['ek', 'k']],
  ['ki', ['ka']],
  ['gi', ['ga']],
  ['nie', ['na', 'n']],
  ['cie', ['ta', 't']],
  ['dzie', ['da', 'd']],
  ['rze', ['ra', 'r']],
  ['le', ['la', 'l']],
  ['ie', ['a', '']],
  ['ii', ['ia']],
  ['a', ['']],
  ['u', ['']],
  ['y', ['a']],
  ['e', ['a', '']],
  ['o', ['a']],
];
const MIN_STEM_CHARS = 3;

/** The forms of the first case that a folded name may be a case of. */
export function stemsOf(folded: string): string[] {
  return ENDINGS.flatMap(([ending, stems]) => {
    if (!folded.endsWith(ending) || folded.length - ending.length < MIN_STEM_CHARS) return [];
    const stem = folded.slice(0, folded.length - ending.length);
    return stems.map((end) => stem + end);
  });
}
