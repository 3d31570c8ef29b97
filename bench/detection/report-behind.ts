/** Every line on which a peer is ahead of ours, so that nobody has to look for them in the tables. */
import { ENTITIES } from './entities.ts';
import { isOurs } from './entries.ts';
import { HOSTILE_CHARS } from './hostile.ts';
import { decimals, megabytes, milliseconds, plain } from './markdown.ts';
import type { Scored } from './results.ts';

interface Line {
  readonly what: string;
  /** Undefined where the detector has no figure. */
  of(outcome: Scored): number | null | undefined;
  readonly write: (value: number) => string;
  readonly isLessBetter?: true;
}

const MOST_PEERS = 3;

export function behind(outcomes: readonly Scored[]): string {
  const ours = outcomes.filter(({ name }) => isOurs(name));
  if (ours.length === 0) return 'Postern was not measured.';
  const peers = outcomes.filter(({ name }) => !isOurs(name));
  const kinds = Object.keys(ours[0]!.score.disguises);
  const told = [...shares(), ...disguises(kinds), ...alarms(), ...times()].flatMap((line) => lineOf(line, ours, peers));
  return told.length === 0 ? 'On no line of the tables above.' : told.join('\n');
}

function lineOf({ what, of, write, isLessBetter }: Line, ours: readonly Scored[], peers: readonly Scored[]): string[] {
  const sign = isLessBetter ? -1 : 1;
  const worst = isLessBetter ? Number.POSITIVE_INFINITY : 0;
  const figureOf = (outcome: Scored): number => of(outcome) ?? worst;
  const own = ours.map(figureOf).sort((a, b) => sign * (b - a))[0]!;
  const ahead = peers
    .filter((peer) => sign * (figureOf(peer) - own) > 0)
    .sort((a, b) => sign * (figureOf(b) - figureOf(a)));
  if (ahead.length === 0) return [];
  const told = ahead.slice(0, MOST_PEERS).map((peer) => `${peer.title} ${write(figureOf(peer))}`);
  const more = ahead.length > told.length ? `, and ${ahead.length - told.length} more` : '';
  return [`- ${what}: ${write(own)}; ${told.join(', ')}${more}.`];
}

const SHARES = [
  ['lenient F1', 'f1'],
  ['strict F1', 'strictF1'],
  ['nothing gets out', 'fullRecall'],
] as const;

function shares(): Line[] {
  return ENTITIES.flatMap((entity) =>
    SHARES.map(([rule, share]) => ({
      what: `${entity}, ${rule}`,
      of: ({ score }: Scored) => score.entities[entity][share],
      write: decimals,
    })),
  );
}

function disguises(kinds: readonly string[]): Line[] {
  return kinds.map((kind) => ({
    what: `disguised, ${kind.replaceAll('_', ' ')}`,
    of: ({ score }) => score.disguises[kind]?.anyRecall,
    write: decimals,
  }));
}

/** Who finds nothing structured raises no false alarm. */
function alarms(): Line[] {
  const of: Line['of'] = ({ score }) =>
    score.structured.recall === 0 ? undefined : score.negatives.falseAlarmsPer1000;
  return [{ what: 'false alarms of structured types', of, write: plain, isLessBetter: true }];
}

function times(): Line[] {
  const speeds = [
    ['conversation', 'conversation'],
    ['one string', 'oneString'],
    ['labelled texts', 'labelled'],
  ] as const;
  return [
    ...speeds.map(([what, key]): Line => {
      return { what: `MB/s, ${what}`, of: ({ speed }) => speed?.[key], write: megabytes };
    }),
    {
      what: `worst hostile text of ${HOSTILE_CHARS / 1000} KB`,
      of: ({ hostile }) => {
        const short = hostile.filter(({ chars }) => chars === HOSTILE_CHARS);
        return short.length === 0 ? undefined : Math.max(...short.map(({ ms }) => ms));
      },
      write: milliseconds,
      isLessBetter: true,
    },
  ];
}
