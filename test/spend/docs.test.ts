import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { UNITS } from '../../src/spend/bill.ts';
import { FEE_NAMES } from '../../src/spend/rates.ts';
import { ROOT } from '../built-package.ts';

const page = readFileSync(join(ROOT, 'docs', 'spend.md'), 'utf8');

it('docs/spend.md names every unit that a bill can have', () => {
  const kinds = /^(?:input|output|cache_read)_(?:audio|image|video)$/;
  const unnamed = Object.values(UNITS).filter((unit) => !kinds.test(unit) && !page.includes(`\`${unit}\``));
  expect(unnamed).toEqual([]);
  expect(Object.keys(UNITS)).toEqual(expect.arrayContaining([...FEE_NAMES]));
});

it('the overlay is where the page says', () => {
  expect(page).toContain('scripts/price-overlay.json');
  expect(() => readFileSync(join(ROOT, 'scripts', 'price-overlay.json'))).not.toThrow();
});
