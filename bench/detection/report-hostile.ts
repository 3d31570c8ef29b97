/** The table of hostile texts: the worst at each length, and how the time grew. */
import { GROWN_CHARS, HOSTILE_CHARS, type HostileTime } from './hostile.ts';
import { milliseconds, plain, table } from './markdown.ts';
import type { Outcome } from './results.ts';

/** Below it, what is measured is the collector and the compiler. */
const MIN_GROWN_MS = 20;

export function hostileTable(outcomes: readonly Outcome[]): string {
  const heads = ['', `worst of ${HOSTILE_CHARS / 1000} KB`, `worst of ${GROWN_CHARS / 1e6} MB`, 'grew at most', 'read'];
  const rows = outcomes.map(({ title, hostile }) => {
    const short = hostile.filter(({ chars }) => chars === HOSTILE_CHARS);
    const grown = hostile.filter(({ chars }) => chars === GROWN_CHARS);
    return [title, worst(short), worst(grown), growth(short, grown), `${readOf(short)} + ${readOf(grown)}`];
  });
  return table(heads, rows);
}

const readOf = (times: readonly HostileTime[]): number => times.filter(({ isStopped }) => !isStopped).length;

function worst(times: readonly HostileTime[]): string {
  if (times.length === 0) return '–';
  const { ms, isStopped, name } = times.reduce((most, one) => (one.ms > most.ms ? one : most));
  return `${isStopped ? 'stopped at ' : ''}${milliseconds(ms)} (${name})`;
}

/** How many times as long a text takes that is twenty times as long. */
function growth(short: readonly HostileTime[], grown: readonly HostileTime[]): string {
  const ratios = grown
    .filter(({ ms }) => ms >= MIN_GROWN_MS)
    .map(({ name, ms, isStopped }) => ({ name, isStopped, ratio: ms / short.find((one) => one.name === name)!.ms }));
  if (ratios.length === 0) return '–';
  const { name, ratio, isStopped } = ratios.reduce((most, one) => (one.ratio > most.ratio ? one : most));
  return `${isStopped ? 'over ' : ''}${plain(ratio)} times (${name})`;
}
