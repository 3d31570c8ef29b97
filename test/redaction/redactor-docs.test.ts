import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { withEntities } from '../../scripts/generate-entities.ts';
import { ENTITY_NAMES } from '../../src/redaction/detectors/all-detectors.ts';

const page = readFileSync(new URL('../../docs/redaction.md', import.meta.url), 'utf8');

it('the page on redaction names every entity; `node scripts/generate-entities.ts` writes its table', () => {
  expect(ENTITY_NAMES.filter((name) => !page.includes(`| \`${name}\` |`))).toEqual([]);
  expect(withEntities(page)).toBe(page);
});
