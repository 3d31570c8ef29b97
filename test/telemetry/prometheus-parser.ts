/** Reads Prometheus' text format 0.0.4 by its description, strictly, and knows nothing of who wrote it. */

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface ParsedFamily {
  readonly type: string;
  readonly help: string | undefined;
  readonly samples: Sample[];
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*/;
const LABEL = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\\\|\\"|\\n)*)"(,|$)/;
const ESCAPES: Readonly<Record<string, string>> = { '\\\\': '\\', '\\"': '"', '\\n': '\n' };

/** @throws when a line is none, or a sample stands outside of its family */
export function parsePrometheus(text: string): Map<string, ParsedFamily> {
  if (text !== '' && !text.endsWith('\n')) throw new Error('The last line does not end.');
  const families = new Map<string, ParsedFamily>();
  const helps = new Map<string, string>();
  let current: string | undefined;
  for (const line of text.split('\n').slice(0, -1)) {
    const comment = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line);
    if (comment) {
      const [, kind, name = '', rest = ''] = comment;
      if (NAME.exec(name)?.[0] !== name) throw new Error(`No name: ${line}`);
      if (kind === 'HELP')
        helps.set(
          name,
          rest.replace(/\\\\|\\n/g, (escaped) => ESCAPES[escaped]!),
        );
      else {
        if (families.has(name)) throw new Error(`Twice: ${line}`);
        families.set(name, { type: rest, help: helps.get(name), samples: [] });
        current = name;
      }
      continue;
    }
    const sample = readSample(line);
    const family = families.get(current ?? '');
    const own = family?.type === 'histogram' ? /^(?:_bucket|_sum|_count)$/ : /^$/;
    if (!current || !sample.name.startsWith(current) || !own.test(sample.name.slice(current.length)))
      throw new Error(`Outside of its family: ${line}`);
    family?.samples.push(sample);
  }
  return families;
}

function readSample(line: string): Sample {
  const name = NAME.exec(line)?.[0];
  if (!name) throw new Error(`No sample: ${line}`);
  const labels: Record<string, string> = {};
  let rest = line.slice(name.length);
  if (rest.startsWith('{')) {
    const end = rest.lastIndexOf('}');
    let inside = rest.slice(1, end);
    while (inside !== '') {
      const found = LABEL.exec(inside);
      if (!found) throw new Error(`No label: ${inside}`);
      const [all, label = '', value = ''] = found;
      if (label in labels) throw new Error(`The label ${label} twice: ${line}`);
      labels[label] = value.replace(/\\\\|\\"|\\n/g, (escaped) => ESCAPES[escaped]!);
      inside = inside.slice(all.length);
    }
    rest = rest.slice(end + 1);
  }
  const number = /^ (\S+)$/.exec(rest)?.[1];
  const value = number === '+Inf' ? Number.POSITIVE_INFINITY : number === '-Inf' ? -Infinity : Number(number);
  if (number === undefined || (Number.isNaN(value) && number !== 'NaN')) throw new Error(`No value: ${line}`);
  return { name, labels, value };
}
