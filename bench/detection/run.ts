/**
 * `npm run bench:detection`: our detector and its peers on labelled texts. Prints the tables, and after a run of all of them
 * writes `bench/results/detection.json` and the tables of `docs/detection.md`.
 *
 * `--only a,b` measures some of them; `--data folder` other texts of the same form; `--mistakes file` writes down what ours
 * missed and what it found wrongly.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureInstalled, versionOf } from './peers.ts';
import { DATA, readLabelledTexts } from './records.ts';
import { report } from './report.ts';
import { type Outcome, RESULTS, type Results } from './results.ts';
import type { Mistake } from './score.ts';
import type { Hostile } from './speed.ts';
import type { Message } from './worker.ts';

/** A whole candidate may take this long; hostile texts come last. */
const LIMIT_MS = 600_000;
const DOCS = join(import.meta.dirname, '..', '..', 'docs', 'detection.md');
const DOCS_RESULTS = /(<!-- results -->\n)[\s\S]*(\n<!-- end of results -->)/;

interface Entry {
  readonly name: string;
  /** Its folder under `peers/`; ours has none. */
  readonly peer?: string;
  /** What of the package is used, where that is not all. */
  readonly part?: string;
}

const ENTRIES: readonly Entry[] = [
  { name: 'postern' },
  { name: 'langchain', peer: 'langchain', part: 'piiMiddleware' },
  { name: 'openai-guardrails', peer: 'openai-guardrails', part: 'PII' },
  { name: 'openai-guardrails-secrets', peer: 'openai-guardrails', part: 'PII + Secret Keys' },
  { name: 'openredaction', peer: 'openredaction' },
  { name: 'redact-pii', peer: 'redact-pii' },
  { name: 'redactpii', peer: 'redactpii' },
  { name: 'remove-pii', peer: 'remove-pii' },
  { name: 'hai-guardrails', peer: 'hai-guardrails' },
  { name: 'arcjet', peer: 'arcjet' },
  { name: 'secretlint', peer: 'secretlint', part: 'preset' },
  { name: 'compromise', peer: 'compromise', part: 'people' },
  { name: 'libphonenumber-js', peer: 'libphonenumber-js', part: 'search' },
];

const { values: options } = parseArgs({
  options: { only: { type: 'string' }, data: { type: 'string' }, mistakes: { type: 'string' } },
});

function titleOf({ peer, part }: Entry): string {
  if (peer === undefined) return 'Postern';
  return part === undefined ? versionOf(peer) : `${versionOf(peer)} (${part})`;
}

/** All that a worker tells until it is done, gone or stopped. */
type Told = Omit<Message, 'hostile' | 'grown'> & { hostile: readonly Hostile[]; grown: readonly Hostile[] };

function listen(child: ChildProcess): Promise<Told & { problem?: string }> {
  const told: Told = { hostile: [], grown: [] };
  let words = '';
  let isStopped = false;
  child.stderr!.on('data', (chunk: Buffer) => {
    words = (words + chunk.toString('utf8')).slice(-4000);
  });
  child.on('message', ({ hostile, grown, ...rest }: Message) => {
    Object.assign(told, rest);
    if (hostile) told.hostile = [...told.hostile, hostile];
    if (grown) told.grown = [...told.grown, grown];
  });
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      isStopped = true;
      child.kill('SIGKILL');
    }, LIMIT_MS);
    child.on('close', (code) => {
      clearTimeout(timer);
      if (told.done) return resolve(told);
      const why = isStopped ? `stopped after ${LIMIT_MS / 60_000} minutes` : `ended with code ${code}`;
      resolve({ ...told, problem: `${why} ${stageOf(told)}${isStopped ? '' : lastError(words)}.` });
    });
  });
}

function stageOf({ score, json, speed, hostile }: Told): string {
  if (score === undefined) return 'before it had read all texts';
  if (json === undefined) return 'in the JSON bodies';
  return speed === undefined ? 'while its speed was measured' : `behind ${hostile.length} of the hostile texts`;
}

function lastError(words: string): string {
  const line = words.split('\n').findLast((one) => /error/i.test(one));
  return line === undefined ? '' : `: ${line.trim().slice(0, 160)}`;
}

async function measure(entry: Entry, data: string): Promise<Outcome & { mistakes?: readonly Mistake[] }> {
  const { name, peer } = entry;
  const title = titleOf(entry);
  try {
    if (peer !== undefined) await ensureInstalled(peer);
  } catch (error) {
    return { name, title, problem: `could not be installed (${(error as Error).message})`, hostile: [], grown: [] };
  }
  const wantsMistakes = options.mistakes !== undefined && peer === undefined;
  const args = [join(import.meta.dirname, 'worker.ts'), name, data, ...(wantsMistakes ? ['mistakes'] : [])];
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    serialization: 'advanced',
  });
  const { done: _, ...told } = await listen(child);
  return { name, title, ...told };
}

function wantedEntries(): readonly Entry[] {
  const names = options.only?.split(',');
  const unknown = names?.find((name) => !ENTRIES.some((entry) => entry.name === name));
  if (unknown !== undefined) {
    throw new Error(`--only: ${unknown} is none of ${ENTRIES.map(({ name }) => name).join(', ')}`);
  }
  return names === undefined ? ENTRIES : ENTRIES.filter(({ name }) => names.includes(name));
}

function factsOf(data: string): Results['data'] {
  const records = readLabelledTexts(data);
  return {
    records: records.length,
    labels: records.reduce((sum, { spans }) => sum + spans.length, 0),
    negatives: records.filter(({ kind }) => kind === 'neg').length,
  };
}

function keep(results: Results, text: string): void {
  writeFileSync(RESULTS, `${JSON.stringify(results, null, 1)}\n`);
  const page = readFileSync(DOCS, 'utf8');
  writeFileSync(
    DOCS,
    page.replace(DOCS_RESULTS, (_, open: string, close: string) => `${open}\n${text}\n${close}`),
  );
}

async function main(): Promise<void> {
  const data = options.data ?? DATA;
  const outcomes: Outcome[] = [];
  // One after the other: two at a time would measure each other's speed.
  for (const entry of wantedEntries()) {
    const started = Date.now();
    const { mistakes, ...outcome } = await measure(entry, data);
    console.error(`${outcome.title}: ${Math.round((Date.now() - started) / 1000)} s. ${outcome.problem ?? ''}`);
    if (mistakes) writeFileSync(options.mistakes!, mistakes.map((one) => `${JSON.stringify(one)}\n`).join(''));
    outcomes.push(outcome);
  }
  const results: Results = {
    date: new Date().toISOString().slice(0, 10),
    machine: {
      node: process.versions.node,
      cpus: availableParallelism(),
      model: cpus()[0]?.model ?? 'unknown processor',
    },
    data: factsOf(data),
    outcomes,
  };
  const text = report(results);
  console.log(text);
  if (options.only === undefined && options.data === undefined) keep(results, text);
}

await main();
