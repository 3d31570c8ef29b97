/** The results as Markdown, for the terminal and for docs/detection.md. */
import { ENTITIES } from './entities.ts';
import type { Figures } from './figures.ts';
import { megabytes, plain, section, sharesWithBest, table } from './markdown.ts';
import { behind } from './report-behind.ts';
import { hostileTable } from './report-hostile.ts';
import type { Outcome, Results, Scored } from './results.ts';
import type { Score } from './score.ts';

type Share = 'f1' | 'strictF1' | 'precision' | 'recall' | 'fullRecall';

const HEADS = ['EMAIL', 'PHONE', 'CARD', 'IBAN', 'BANK', 'IP', 'MAC', 'SSN', 'NAT_ID', 'HEALTH', 'CRYPTO', 'SECRET'];
const ENTITY_HEADS = [...HEADS, 'PERSON', 'ADDRESS', 'DOB', 'structured', 'all'];

const INTROS = {
  disguises: 'Share of the values of which at least half was found, as any type.',
  secrets: [
    'Recall of SECRET by file. The texts of gitleaks and betterleaks are drawn from the rules of these scanners; the others are not,',
    'but a scanner that is measured here knows its own.',
  ].join('\n'),
  speed:
    'MB for a second of one thread, warm: an agent run of 208 messages, the same as one string, texts full of values.',
  behind: 'Postern first, then the peers.',
  hostile: [
    'Strings on which patterns that backtrack take seconds. What is linear takes 20 times as long at 20 times the length, what is',
    'quadratic 400 times. Who takes 30 seconds by the clock for one is stopped and reads no more. Read: of 18 short and 18 long ones.',
  ].join('\n'),
  json: 'Tool-call bodies, and arguments inside of them, that no longer parse when what was found is replaced.',
  streams: [
    'Labelled texts cut at random, in pieces of at most 1, 4 and 16 characters. Of what is measured here only Postern redacts streams.',
    'Held: characters received and not shown yet; on texts with values also what a placeholder is shorter than its value.',
  ].join('\n'),
} as const;

export function report({ data, outcomes }: Results): string {
  const scored = outcomes.filter((outcome): outcome is Scored => outcome.score !== undefined);
  return [
    `${number(data.records)} texts, ${number(data.labels)} labelled values, ${number(data.negatives)} hard negatives.`,
    section('F1, lenient', shares(scored, 'f1')),
    section('F1, strict', shares(scored, 'strictF1')),
    section('Precision', shares(scored, 'precision')),
    section('Recall', shares(scored, 'recall')),
    section('Values of which nothing gets out (fullR)', shares(scored, 'fullRecall')),
    section('Secrets by origin', INTROS.secrets, secretsByOrigin(scored)),
    section('False alarms', 'Per thousand hard negatives.', negatives(scored)),
    section('Disguised values', INTROS.disguises, disguises(scored)),
    section('Speed', INTROS.speed, speeds(outcomes)),
    section('Hostile texts', INTROS.hostile, hostileTable(outcomes)),
    section('JSON', INTROS.json, jsonTable(outcomes)),
    section('Streams', INTROS.streams, streams(outcomes)),
    section('Where a peer is ahead', INTROS.behind, behind(scored)),
    section('When it was measured', measured(outcomes)),
  ].join('\n\n');
}

const number = (value: number): string => value.toLocaleString('en');

function shares(outcomes: readonly Scored[], share: Share): string {
  const rows = outcomes.map(({ score }) => columnsOf(score).map((figures) => figures[share]));
  return table(['', ...ENTITY_HEADS], titled(outcomes, sharesWithBest(rows)));
}

function columnsOf({ entities, structured, all }: Score): Figures[] {
  return [...ENTITIES.map((entity) => entities[entity]), structured, all];
}

const SECRET_FILES = ['gitleaks', 'betterleaks', 'credsweeper', 'detect_secrets', 'secretlint', 'pii_anon_en'] as const;

function secretsByOrigin(outcomes: readonly Scored[]): string {
  const rows = outcomes.map(({ score }) => SECRET_FILES.map((file) => score.files[file]?.SECRET?.recall ?? null));
  const labels = SECRET_FILES.map((file) => outcomes[0]?.score.files[file]?.SECRET?.labels ?? 0);
  const heads = SECRET_FILES.map((file, index) => `${file} (${labels[index]})`);
  return table(['', ...heads], titled(outcomes, sharesWithBest(rows)));
}

const MOST_CAUSES = 3;

function negatives(outcomes: readonly Scored[]): string {
  const heads = ['', 'of structured types', 'texts hit', 'of person, address, birth', 'of any type', 'mostly'];
  const rows = outcomes.map(({ score: { negatives: one } }) => [
    ...[one.falseAlarmsPer1000, one.recordsHitPer1000, one.freeFormPer1000, one.anyTypePer1000].map(plain),
    causes(one.byEntity),
  ]);
  return table(heads, titled(outcomes, rows));
}

function causes(byEntity: Readonly<Record<string, number>>): string {
  const most = Object.entries(byEntity).sort(([, a], [, b]) => b - a);
  return most
    .slice(0, MOST_CAUSES)
    .map(([entity, count]) => `${entity} ${count}`)
    .join(', ');
}

/** A column a detector: there are more disguises than detectors. */
function disguises(outcomes: readonly Scored[]): string {
  const kinds = Object.entries(outcomes[0]?.score.disguises ?? {});
  const columns = outcomes.map(({ score }) => kinds.map(([kind]) => score.disguises[kind]?.anyRecall ?? null));
  // The most of each kind, for a column of `columns` is a row of the table.
  const cells = sharesWithBest(columns);
  const rows = kinds.map(([kind, { labels }], index) => [
    kind.replaceAll('_', ' '),
    String(labels),
    ...cells.map((column) => column[index]!),
  ]);
  return table(['', 'values', ...outcomes.map(({ name }) => name)], rows);
}

function speeds(outcomes: readonly Outcome[]): string {
  const heads = ['', 'conversation', 'one string', 'labelled texts'];
  const rows = outcomes.flatMap(({ title, speed }) => [
    [title, ...[speed?.conversation, speed?.oneString, speed?.labelled].map(megabytes)],
    ...(speed?.remembered === undefined
      ? []
      : [
          [
            `${title}, texts seen before`,
            ...[speed.remembered.conversation, speed.remembered.oneString, speed.remembered.labelled].map(megabytes),
          ],
        ]),
  ]);
  return table(heads, rows);
}

function jsonTable(outcomes: readonly Outcome[]): string {
  const heads = ['', 'bodies', 'changed', 'broken', 'arguments broken'];
  const rows = outcomes.map(({ title, json }) => [
    title,
    ...[json?.bodies, json?.changed, json?.broken, json?.brokenInside].map((count) => String(count ?? '–')),
  ]);
  return table(heads, rows);
}

function streams(outcomes: readonly Outcome[]): string {
  const heads = ['', 'streams', 'unlike the whole text', 'values shown', 'held on negatives', 'held'];
  const rows = outcomes.flatMap(({ title, streams: one }) =>
    one === undefined
      ? []
      : [
          [
            title,
            ...[one.runs, one.different, one.leaked].map(number),
            `${one.mostHeldOnNegatives} characters`,
            `${one.mostHeld} characters`,
          ],
        ],
  );
  return table(heads, rows);
}

function measured(outcomes: readonly Outcome[]): string {
  const heads = ['', 'date', 'Node', 'machine', 'load before', 'texts it threw on', 'what is missing'];
  const rows = outcomes.map(({ title, measured: { date, node, machine, load }, failed, problem }) => [
    title,
    date,
    node,
    machine,
    load.toFixed(1),
    String(failed ?? '–'),
    problem ?? '',
  ]);
  return table(heads, rows);
}

function titled(outcomes: readonly Scored[], cells: readonly (readonly string[])[]): string[][] {
  return outcomes.map(({ title }, index) => [title, ...cells[index]!]);
}
