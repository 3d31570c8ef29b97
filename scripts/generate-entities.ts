/** Writes the table of entities in docs/redaction.md from the detectors that ship. `npm test` checks that it is current. */
import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import type { Detector } from '../src/redaction/detector.ts';
import { WINDOW_CHARS } from '../src/redaction/detector.ts';
import { ALL_DETECTORS, isOptIn } from '../src/redaction/detectors/all-detectors.ts';

const PAGE = new URL('../docs/redaction.md', import.meta.url);
const SECTION = /(<!-- entities -->\n)[\s\S]*?(<!-- \/entities -->)/;

/** One line for each entity: its group, what finds it, and how much of a stream is held back for it. */
export function entitiesTable(): string {
  const rows = new Map<string, { groups: Set<string>; detectors: Set<string>; bounds: Set<string> }>();
  for (const detector of ALL_DETECTORS as readonly Detector[]) {
    for (const entity of detector.entities) {
      const row = rows.get(entity) ?? { groups: new Set(), detectors: new Set(), bounds: new Set() };
      row.groups.add(isOptIn(entity) ? 'none: by name' : detector.group);
      row.detectors.add(detector.name);
      row.bounds.add(boundOf(detector));
      rows.set(entity, row);
    }
  }
  const lines = [...rows]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(
      ([entity, { groups, detectors, bounds }]) =>
        `| \`${entity}\` | ${[...groups].join(', ')} | ${[...detectors].join(', ')} | ${[...bounds].sort().join('; ')} |`,
    );
  return ['| entity | group | found by | held back on a stream |', '| --- | --- | --- | --- |', ...lines, ''].join(
    '\n',
  );
}

/** A segment is held until it ends; a value that outgrows it is certain by then, and nothing of it is shown. */
function boundOf(detector: Detector): string {
  const goesOn = detector.block !== undefined || detector.continues !== undefined;
  return goesOn ? `${WINDOW_CHARS}, then the value to its end` : `${WINDOW_CHARS}`;
}

export function withEntities(page: string): string {
  return page.replace(SECTION, (_, open: string, close: string) => `${open}${entitiesTable()}${close}`);
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  writeFileSync(PAGE, withEntities(readFileSync(PAGE, 'utf8')));
}
