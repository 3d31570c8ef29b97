/**
 * `npm run bench:detection`: our detector and its peers on labelled texts. Prints the tables and keeps them in
 * `bench/results/detection.json` and `docs/detection.md`.
 *
 * `--only a,b` measures some of them; the kept rows of the others stay. `--data folder` reads other texts of the same form and
 * keeps nothing. `--mistakes file` writes down what ours missed and what it found wrongly.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ENTRIES, entriesOf, OURS } from './entries.ts';
import { measure } from './measure.ts';
import { DATA, readLabelledTexts } from './records.ts';
import { report } from './report.ts';
import { factsOf, hasResults, merged, type Outcome, type Results, readResults, writeResults } from './results.ts';

const DOCS = join(import.meta.dirname, '..', '..', 'docs', 'detection.md');
const DOCS_RESULTS = /(<!-- results -->\n)[\s\S]*(\n<!-- end of results -->)/;

const { values: options } = parseArgs({
  options: { only: { type: 'string' }, data: { type: 'string' }, mistakes: { type: 'string' } },
});

async function main(): Promise<void> {
  const isKept = options.data === undefined;
  const data = options.data ?? DATA;
  const facts = factsOf(readLabelledTexts(data));
  const isPart = options.only !== undefined;
  // Asked before an hour is spent: it throws when the kept rows are of other texts.
  if (isKept && isPart) withKept({ data: facts, outcomes: [] });

  const outcomes: Outcome[] = [];
  // One after the other: two at a time would measure each other's speed.
  for (const entry of entriesOf(options.only?.split(','))) {
    const start = Date.now();
    const wantsMistakes = options.mistakes !== undefined && entry.name === OURS;
    const { mistakes, ...outcome } = await measure(entry, { data, wantsMistakes });
    console.error(`${outcome.title}: ${Math.round((Date.now() - start) / 1000)} s. ${outcome.problem ?? ''}`);
    if (mistakes) writeFileSync(options.mistakes!, mistakes.map((one) => `${JSON.stringify(one)}\n`).join(''));
    outcomes.push(outcome);
  }
  const fresh = { data: facts, outcomes };
  const results = isKept && isPart ? withKept(fresh) : fresh;
  console.log(report(results));
  if (isKept) keep(results);
}

function withKept(fresh: Results): Results {
  const names = ENTRIES.map(({ name }) => name);
  return hasResults() ? merged(readResults(), fresh, names) : fresh;
}

function keep(results: Results): void {
  writeResults(results);
  const page = readFileSync(DOCS, 'utf8');
  const text = report(results);
  writeFileSync(
    DOCS,
    page.replace(DOCS_RESULTS, (_, open: string, close: string) => `${open}\n${text}\n${close}`),
  );
}

await main();
