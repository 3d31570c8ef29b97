/** Writes the table of entities in docs/redaction.md from the detectors that ship. `npm test` checks that it is current. */
import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import type { Detector } from '../src/redaction/detector.ts';
import { HELD_CHARS } from '../src/redaction/detector.ts';
import { ALL_DETECTORS, isOptIn } from '../src/redaction/detectors/all-detectors.ts';

const PAGE = new URL('../docs/redaction.md', import.meta.url);
const SECTION = /(<!-- entities -->\n)[\s\S]*?(<!-- \/entities -->)/;

/** One line for each entity, by name: its group, and how much of a stream is held back for it. */
export function entitiesTable(): string {
  const rows = new Map<string, { group: string; goesOn: boolean }>();
  for (const detector of ALL_DETECTORS as readonly Detector[]) {
    for (const entity of detector.entities) {
      const goesOn = rows.get(entity)?.goesOn === true || isLong(detector);
      rows.set(entity, { group: isOptIn(entity) ? 'none: by name' : detector.group, goesOn });
    }
  }
  const lines = [...rows]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([entity, { group, goesOn }]) => `| \`${entity}\` | ${group} | ${goesOn ? UNTIL_ITS_END : HELD_CHARS} |`);
  return ['| entity | group | held back on a stream, at most |', '| --- | --- | --- |', ...lines, ''].join('\n');
}

/** A segment is held until it ends; a value that outgrows it is certain by then, and nothing of it is shown. */
const UNTIL_ITS_END = `${HELD_CHARS}, or a certain value to its end`;

function isLong({ block, continues }: Detector): boolean {
  return block !== undefined || continues !== undefined;
}

export function withEntities(page: string): string {
  return page.replace(SECTION, (_, open: string, close: string) => `${open}${entitiesTable()}${close}`);
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  writeFileSync(PAGE, withEntities(readFileSync(PAGE, 'utf8')));
}
