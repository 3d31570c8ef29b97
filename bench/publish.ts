/** Writes what the last run found into docs/performance.md, between comments that say which part stands there: of all parts, or `--only` some. Measures nothing. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { STREAM_CHUNKS } from './answers.ts';
import { CASES, type CaseName, PEER_SIDES, type Side } from './cases.ts';
import type { Measured } from './goals.ts';
import type { Growth } from './growth/run.ts';
import { langchainTable } from './langchain-report.ts';
import { describe, type Machine } from './machine.ts';
import type { Memory } from './memory.ts';
import { type Row, report, round, table } from './report.ts';
import type { CandidateName } from './server/candidates.ts';
import { type HeldRow, heldTable, type Row as ServerRow, scenarioTable } from './server/report.ts';
import { SCENARIOS } from './server/scenarios.ts';

interface InProcess {
  readonly machine: Machine;
  readonly rows: readonly Row[];
}
interface Server {
  readonly machine: Machine;
  readonly candidates: Readonly<Partial<Record<CandidateName, string>>>;
  readonly notes: readonly string[];
  readonly rows: readonly ServerRow[];
  readonly held: readonly HeldRow[];
}

const FOLDER = join(import.meta.dirname, 'results');
const PAGE = join(import.meta.dirname, '..', 'docs', 'performance.md');
/** Seen from the page. */
const PLOTS = '../bench/results';

const read = <T>(name: string): T => JSON.parse(readFileSync(join(FOLDER, `${name}.json`), 'utf8')) as T;
const find = ({ measured }: Row, name: CaseName, side: Side): Measured | undefined =>
  measured.find((one) => one.name === name && one.side === side);

/** Cases with a mocked fetch, and the same over HTTP where there is one. */
const FELT: readonly (readonly [what: string, mocked: CaseName, http?: CaseName])[] = [
  ['1 KB, first turn', 'mock-1kb', 'http-1kb'],
  ['1 KB, next turn', 'mock-1kb-known'],
  ['20 KB, first turn', 'mock-20kb-cold'],
  ['20 KB, tenth turn', 'mock-20kb-known'],
  ['200 KB, first turn', 'mock-200kb-cold', 'http-200kb-cold'],
  ['200 KB, 20th turn', 'mock-200kb-known', 'http-200kb-known'],
];

const us = (value: number): string => `${round(value)} us`;
const times = (value: number): string => `${round(value)} x`;

function felt({ machine, rows }: InProcess): string {
  const row = rows[0]!;
  const added = (name: CaseName, of: (one: Measured) => number): number =>
    of(find(row, name, 'guarded')!) - of(find(row, name, 'plain')!);
  const ratio = (name: CaseName | undefined): string =>
    name ? times(find(row, name, 'guarded')!.cpuUs.median / find(row, name, 'plain')!.cpuUs.median) : '';
  const calls = FELT.map(([what, mocked, http]) => [
    what,
    us(added(mocked, ({ cpuUs }) => cpuUs.median)),
    us(added(mocked, ({ latencyUs }) => latencyUs.median)),
    ratio(http),
  ]);
  const chunk = (of: (one: Measured) => number): string => us(added('mock-stream', of) / STREAM_CHUNKS);
  const stream = [
    [
      'a chunk of a stream',
      chunk(({ cpuUs }) => cpuUs.median),
      chunk(({ latencyUs }) => latencyUs.median),
      ratio('http-stream'),
    ],
    ['the first token of a stream', '', us(added('mock-stream', ({ firstUs }) => firstUs!.median)), ''],
  ];
  const head = ['', 'CPU added', 'time added', "CPU over HTTP, of the plain client's"];
  return `${table(head, [...calls, ...stream])}\n\n${describe(machine)} ${row.client}.`;
}

const inProcess = ({ machine, rows }: InProcess): string => `${describe(machine)}\n\n${rows.map(report).join('\n')}`;

/** CPU of each side by that of the client bare. */
function clients({ machine, rows }: InProcess): string {
  const row = rows[0]!;
  const cases = CASES.filter((one) => 'peers' in one);
  const sides: readonly Side[] = ['plain', 'guarded', 'traced', ...PEER_SIDES];
  const bareOf = (side: Side): Side => (side === 'openai-guardrails' ? 'openai-4' : 'plain');
  const cell = (name: CaseName, side: Side): string => {
    const [one, bare] = [find(row, name, side), find(row, name, bareOf(side))];
    if (!one || !bare) return '';
    if (side === bareOf(side) || side === 'openai-4') return us(one.cpuUs.median);
    return `${us(one.cpuUs.median)}, ${times(one.cpuUs.median / bare.cpuUs.median)}`;
  };
  const lines = sides
    .filter((side) => row.measured.some((one) => one.side === side))
    .map((side) => [side, ...cases.map(({ name }) => cell(name, side))]);
  return `${table(['CPU a call', ...cases.map(({ what }) => what)], lines)}\n\n${describe(machine)}`;
}

function memory({ machine, steps }: Memory): string {
  const rows = steps.map(({ calls, heapMiB, rssMiB }) => [
    calls.toLocaleString('en'),
    `${round(heapMiB)} MiB`,
    `${round(rssMiB)} MiB`,
  ]);
  return `${table(['calls', 'heap after a collection', 'RSS'], rows)}\n\n${describe(machine)}`;
}

function growth({ machine, lines }: Growth): string {
  const rows = lines.map(({ title, line, points, fit, yLabel }) => [
    `${title}: ${line}`,
    `${us(points[0]!.median)} to ${us(points.at(-1)!.median)} ${yLabel.includes('chunk') ? 'a chunk' : ''}`.trim(),
    `${fit.each < 0.005 ? '0' : round(fit.each)} us`,
    `${times(fit.ends)} for ${times(fit.times)}`,
  ]);
  const plots = [...new Map(lines.map(({ series, title }) => [series, title]))].map(
    ([series, title]) => `![${title}](${PLOTS}/growth-${series}.svg)`,
  );
  const head = ['', 'CPU, first to last point', 'one more adds', 'cost grew, for so many times as much'];
  return `${table(head, rows)}\n\n${describe(machine)}\n\n${plots.join('\n\n')}`;
}

function server({ machine, candidates, notes, rows, held }: Server): string {
  const named = table(['candidate', 'what'], Object.entries(candidates));
  const scenarios = SCENARIOS.map((scenario) =>
    scenarioTable(
      scenario,
      rows.filter((row) => row.scenario === scenario.name),
    ),
  );
  const parts = [named, describe(machine), ...notes, ...scenarios, heldTable(held)];
  return parts.join('\n\n');
}

/** By the part of `npm run bench` that finds it out. */
const SECTIONS: Readonly<Record<string, Readonly<Record<string, () => string>>>> = {
  'in-process': {
    felt: () => felt(read('in-process')),
    'in-process': () => inProcess(read('in-process')),
    clients: () => clients(read('in-process')),
  },
  langchain: { langchain: () => langchainTable(read('langchain')) },
  memory: { memory: () => memory(read('memory')) },
  growth: { growth: () => growth(read('growth')) },
  server: { server: () => server(read('server')) },
};

const { values: options } = parseArgs({
  options: { only: { type: 'string', default: Object.keys(SECTIONS).join(',') } },
});
const sections = options.only.split(',').flatMap((part) => Object.entries(SECTIONS[part] ?? {}));
let page = readFileSync(PAGE, 'utf8');
for (const [name, section] of sections) {
  const [begin, end] = [`<!-- bench: ${name} -->`, '<!-- end -->'];
  const from = page.indexOf(begin);
  const to = page.indexOf(end, from);
  if (from < 0 || to < 0) throw new Error(`docs/performance.md has no place for ${name}.`);
  page = `${page.slice(0, from + begin.length)}\n\n${section()}\n\n${page.slice(to)}`;
}
writeFileSync(PAGE, page);
