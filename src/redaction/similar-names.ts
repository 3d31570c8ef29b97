/** What somebody may have meant who wrote a name that is not known. Knows nothing of what is named. */

const MAX_SUGGESTIONS = 3;
/** Letters that may differ. */
const MAX_TYPOS = 2;

/** Up to three names that are spelled nearly so, or that share a word; the nearest first. */
export function similarNames(given: string, names: readonly string[]): string[] {
  const asked = given
    .toUpperCase()
    .replace(/[^A-Z0-9]+/g, '_')
    .slice(0, 64);
  return names
    .map((name) => ({ name, distance: distanceOf(asked, name) }))
    .filter(({ distance }) => distance < 1)
    .sort((a, b) => a.distance - b.distance)
    .slice(0, MAX_SUGGESTIONS)
    .map(({ name }) => name);
}

/** 0 for the same, below 1 for what is worth a suggestion. */
function distanceOf(asked: string, name: string): number {
  const typos = editDistance(asked, name);
  if (typos <= MAX_TYPOS) return typos / 10;
  const [words, known] = [asked.split('_'), name.split('_')];
  const shared = words.filter((word) => word.length > 2 && known.some((other) => isSpelledAlike(word, other))).length;
  return 1 - shared / Math.max(words.length, known.length);
}

function isSpelledAlike(word: string, other: string): boolean {
  return word === other || (word.length > 4 && editDistance(word, other) <= MAX_TYPOS);
}

/** Letters to add, take or change (Levenshtein). */
function editDistance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let at = 1; at <= one.length; at++) {
    const next = [at];
    for (let to = 1; to <= other.length; to++) {
      const change = row[to - 1]! + (one[at - 1] === other[to - 1] ? 0 : 1);
      next.push(Math.min(change, row[to]! + 1, next[to - 1]! + 1));
    }
    row = next;
  }
  return row[other.length]!;
}
