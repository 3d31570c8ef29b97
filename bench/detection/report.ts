/** The results as Markdown, for the terminal and for docs/detection.md. */
import { ENTITIES } from './entities.ts';
import type { Outcome, Results } from './results.ts';
import type { Figures, Score } from './score.ts';
import { HOSTILE_CHARS, HOSTILE_GROWN_CHARS } from './speed.ts';

type Scored = Outcome & { readonly score: Score };
type Share = 'f1' | 'strictF1' | 'precision' | 'recall' | 'fullRecall';

/** Ours, which comes first. */
const OURS = 'postern';

const HEADS = ['EMAIL', 'PHONE', 'CARD', 'IBAN', 'BANK', 'IP', 'MAC', 'SSN', 'NAT_ID', 'HEALTH', 'CRYPTO', 'SECRET'];
const ENTITY_HEADS = [...HEADS, 'PERSON', 'ADDRESS', 'DOB', 'structured', 'all'];

export function report({ date, machine, data, outcomes }: Results): string {
  const scored = outcomes.filter((outcome): outcome is Scored => outcome.score !== undefined);
  return [
    `${data.records} texts, ${data.labels} labelled values, ${data.negatives} hard negatives; ${date}, Node ${machine.node}, ${machine.model}.`,
    section('F1, lenient', figuresTable(scored, 'f1')),
    section('F1, strict', figuresTable(scored, 'strictF1')),
    section('Precision', figuresTable(scored, 'precision')),
    section('Recall', figuresTable(scored, 'recall')),
    section('Values of which nothing gets out', figuresTable(scored, 'fullRecall')),
    section('False alarms', negativesTable(scored)),
    section('Disguised values', disguiseTable(scored)),
    section('JSON and speed', speedTable(scored)),
    section('Where Postern does not lead', behind(scored)),
    section('What could not be measured', problems(outcomes)),
    ...outcomes.filter(({ name }) => name === OURS).map((ours) => section('Postern alone', alone(ours))),
  ].join('\n\n');
}

const section = (title: string, text: string): string => `### ${title}\n\n${text}`;

function figuresTable(outcomes: readonly Scored[], share: Share): string {
  const rows = outcomes.map(({ score }) => columnsOf(score).map((figures) => figures[share]));
  return table(['', ...ENTITY_HEADS], titled(outcomes, withBest(rows, 'most', decimals)));
}

function columnsOf({ entities, structured, all }: Score): Figures[] {
  return [...ENTITIES.map((entity) => entities[entity]), structured, all];
}

function negativesTable(outcomes: readonly Scored[]): string {
  const rows = outcomes.map(({ score: { negatives } }) => [
    negatives.falseAlarmsPer1000,
    negatives.recordsHitPer1000,
    negatives.anyTypePer1000,
  ]);
  const heads = ['of structured types', 'texts hit', 'of any type'];
  return `Per thousand hard negatives.\n\n${table(['', ...heads], titled(outcomes, withBest(rows, undefined, plain)))}`;
}

function disguiseTable(outcomes: readonly Scored[]): string {
  const ours = outcomes.find(({ name }) => name === OURS);
  const peers = outcomes.filter(({ name }) => name !== OURS);
  const kinds = Object.keys(outcomes[0]?.score.obfuscated ?? {});
  const recallOf = (outcome: Scored, kind: string): number => outcome.score.obfuscated[kind]?.anyRecall ?? 0;
  const rows = kinds.map((kind) => {
    const best = peers.reduce<Scored | undefined>(
      (most, peer) => (most === undefined || recallOf(peer, kind) > recallOf(most, kind) ? peer : most),
      undefined,
    );
    const bestRecall = best === undefined ? 0 : recallOf(best, kind);
    const labels = outcomes[0]!.score.obfuscated[kind]!.labels;
    return [
      kind.replaceAll('_', ' '),
      String(labels),
      ours === undefined ? '–' : decimals(recallOf(ours, kind)),
      decimals(bestRecall),
      best === undefined || bestRecall === 0 ? '' : best.title,
    ];
  });
  const text = 'Share of the values of which at least half was found, as any type.';
  return `${text}\n\n${table(['kind', 'values', 'Postern', 'best peer', ''], rows)}`;
}

function speedTable(outcomes: readonly Scored[]): string {
  const heads = [
    'JSON broken',
    'conversation',
    'one string',
    'labelled texts',
    'worst hostile text',
    'texts it threw on',
  ];
  const rows = outcomes.map(({ title, json, speed, hostile, failed, problem }) => [
    title,
    json === undefined ? '–' : `${json.broken} + ${json.brokenInside} of ${json.changed}`,
    megabytes(speed?.conversation),
    megabytes(speed?.oneString),
    megabytes(speed?.labelled),
    `${milliseconds(worstOf(hostile))}${problem === undefined ? '' : ' (not all)'}`,
    String(failed ?? '–'),
  ]);
  const text = [
    'JSON: tool-call bodies, and bodies with tool arguments inside, that no longer parse once the findings are replaced.',
    'Speed in MB/s, warm, one thread: an agent run of 208 messages, the same as one string, labelled texts.',
    `Hostile texts have ${HOSTILE_CHARS / 1000} KB.`,
  ].join(' ');
  return `${text}\n\n${table(['', ...heads], rows)}`;
}

/** Entities where a peer has the higher F1. */
function behind(outcomes: readonly Scored[]): string {
  const ours = outcomes.find(({ name }) => name === OURS);
  if (ours === undefined) return 'Postern was not measured.';
  const lines = ENTITIES.flatMap((entity) =>
    (['f1', 'strictF1'] as const).flatMap((share) => {
      const own = ours.score.entities[entity][share] ?? 0;
      const ahead = outcomes.filter(({ score }) => (score.entities[entity][share] ?? 0) > own);
      const peers = ahead.map(({ title, score }) => `${title} ${decimals(score.entities[entity][share])}`).join(', ');
      const rule = share === 'f1' ? 'lenient' : 'strict';
      return ahead.length === 0 ? [] : [`- ${entity}, ${rule}: ${decimals(own)}; ${peers}.`];
    }),
  );
  return lines.length === 0 ? 'On no entity has a peer the higher F1, lenient or strict.' : lines.join('\n');
}

function problems(outcomes: readonly Outcome[]): string {
  const lines = outcomes.flatMap(({ title, problem }) => (problem === undefined ? [] : [`- ${title}: ${problem}`]));
  return lines.length === 0 ? 'Nothing.' : lines.join('\n');
}

function alone({ streams, hostile, grown, score, speed }: Outcome): string {
  const lines = [];
  if (score) lines.push(`- Mean F1 of the structured entities: ${decimals(score.structuredMacroF1)}.`);
  if (streams) {
    lines.push(
      `- Streams: ${streams.runs} random chunkings of labelled texts; ${streams.different} differ from the whole text's result, ${streams.leaked} show a value that it hides.`,
      `- Held back at most: ${streams.mostHeldOnNegatives} characters on hard negatives, ${streams.mostHeld} on texts with values.`,
    );
  }
  if (speed?.repeated !== undefined) {
    lines.push(`- The conversation sent again, with what is remembered of it: ${megabytes(speed.repeated)} MB/s.`);
  }
  if (grown.length > 0) {
    const times = HOSTILE_GROWN_CHARS / HOSTILE_CHARS;
    lines.push(
      `- Hostile texts, worst: ${milliseconds(worstOf(hostile))} for ${HOSTILE_CHARS / 1000} KB, ${milliseconds(worstOf(grown))} for ${HOSTILE_GROWN_CHARS / 1e6} MB, which is ${times} times as long.`,
    );
  }
  return lines.join('\n');
}

function worstOf(hostile: Outcome['hostile']): number | undefined {
  return hostile.length === 0 ? undefined : Math.max(...hostile.map(({ ms }) => ms));
}

function decimals(value: number | null): string {
  if (value === null) return '–';
  return value === 0 ? '0' : value.toFixed(3).replace(/^0/, '');
}

const plain = (value: number | null): string => (value === null ? '–' : value.toFixed(value < 10 ? 1 : 0));
const megabytes = (value: number | undefined): string =>
  value === undefined ? '–' : value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0);

function milliseconds(value: number | undefined): string {
  if (value === undefined) return '–';
  return value < 1000 ? `${value.toFixed(value < 10 ? 1 : 0)} ms` : `${(value / 1000).toFixed(1)} s`;
}

/** The rows as text, the best of each column in bold. */
function withBest(
  rows: readonly (readonly (number | null)[])[],
  best: 'most' | undefined,
  write: (value: number | null) => string,
): string[][] {
  const most = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column] ?? 0)));
  return rows.map((row) =>
    row.map((value, column) => {
      const isBest = best === 'most' && value !== null && value > 0 && value === most[column];
      return isBest ? `**${write(value)}**` : write(value);
    }),
  );
}

function titled(outcomes: readonly Scored[], cells: readonly (readonly string[])[]): string[][] {
  return outcomes.map(({ title }, index) => [title, ...cells[index]!]);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((name, index) => Math.max(name.length, 3, ...rows.map((row) => row[index]!.length)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, index) => cell.padEnd(widths[index]!)).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}
