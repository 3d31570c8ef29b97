/**
 * Prometheus texts of several processes as one: what is counted is added up, what is said of a process itself gets its name. A process that
 * has ended stays in the sums, for counters that fall look to Prometheus as if all had started anew.
 */
import { numberText } from '../telemetry/prometheus-text.ts';

const HEAD = /^# (HELP|TYPE) (\S+) ?(.*)$/;
/** Of the process and not of its calls: these are not added up. */
const OF_A_PROCESS = /^(?:process|nodejs)_/;

interface Family {
  readonly head: string[];
  kind: string;
  /** By name and labels, as they stand. */
  readonly samples: Map<string, number>;
}

type Families = Map<string, Family>;

export class MergedMetrics {
  readonly #latest = new Map<string, Families>();
  readonly #ended: Families = new Map();

  /** What a process said last, by its name in the label `worker`. */
  tell(worker: string, text: string): void {
    this.#latest.set(worker, read(text));
  }

  /** It says no more; what it counted stays. */
  end(worker: string): void {
    const last = this.#latest.get(worker);
    this.#latest.delete(worker);
    if (last === undefined) return;
    const counted = [...last].filter(([name, { kind }]) => kind !== 'gauge' && !OF_A_PROCESS.test(name));
    add(this.#ended, new Map(counted));
  }

  text(): string {
    const merged: Families = new Map();
    for (const [worker, families] of this.#latest) add(merged, families, worker);
    add(merged, this.#ended);
    return [...merged.values()].map(familyText).join('');
  }
}

function read(text: string): Families {
  const families: Families = new Map();
  let current: Family | undefined;
  for (const line of text.split('\n')) {
    const [, word, name = '', kind = ''] = HEAD.exec(line) ?? [];
    if (word !== undefined) {
      current = familyOf(families, name);
      current.head.push(line);
      if (word === 'TYPE') current.kind = kind;
    } else if (line !== '') {
      const end = line.lastIndexOf(' ');
      current?.samples.set(line.slice(0, end), Number(line.slice(end + 1).replace('Inf', 'Infinity')));
    }
  }
  return families;
}

function familyOf(families: Families, name: string): Family {
  const known = families.get(name);
  if (known) return known;
  const family = { head: [], kind: 'untyped', samples: new Map<string, number>() };
  families.set(name, family);
  return family;
}

function add(sums: Families, more: Families, worker?: string): void {
  for (const [name, { head, kind, samples }] of more) {
    const sum = familyOf(sums, name);
    sum.kind = kind;
    if (sum.head.length === 0) sum.head.push(...head);
    for (const [series, value] of samples) {
      const key = worker !== undefined && OF_A_PROCESS.test(name) ? labelled(series, worker) : series;
      sum.samples.set(key, (sum.samples.get(key) ?? 0) + value);
    }
  }
}

/** `name{a="b"}` is `name{worker="1",a="b"}`. */
function labelled(series: string, worker: string): string {
  const [, name = series, labels] = /^([^{]+)\{(.*)\}$/s.exec(series) ?? [];
  return `${name}{worker="${worker}"${labels === undefined ? '' : `,${labels}`}}`;
}

function familyText({ head, samples }: Family): string {
  const lines = [...samples].map(([series, value]) => `${series} ${numberText(value)}`);
  return [...head, ...lines].map((line) => `${line}\n`).join('');
}
