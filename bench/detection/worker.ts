/**
 * One detector in a process of its own, for some of them kill theirs or never come back. Tells its parent each result as soon as
 * there is one. Arguments: name of the candidate, folder of the data, whether mistakes are told.
 */
import type { Candidate, CandidateModule, Finding } from './candidate.ts';
import { checkJson, checkStreams, type JsonCheck, type StreamCheck } from './checks.ts';
import { namesToEntities } from './entities.ts';
import { type HostileText, type HostileTime, measureHostile } from './hostile.ts';
import { type LabelledText, readConversation, readLabelledTexts } from './records.ts';
import { createScorer, type Mistake, type Score } from './score.ts';
import type { Found } from './scored-text.ts';
import { measureSpeed, type Speed } from './speed.ts';

/** What a worker says, one of these a message. */
export interface Message {
  /** Texts on which the detector threw. */
  readonly failed?: number;
  readonly score?: Score;
  readonly mistakes?: readonly Mistake[];
  readonly json?: JsonCheck;
  readonly streams?: StreamCheck;
  readonly speed?: Speed;
  /** The hostile text that it starts to read, and one that it has read. */
  readonly reading?: HostileText;
  readonly hostile?: HostileTime;
  readonly isDone?: true;
}

const [name = '', folder = '', tellMistakes = ''] = process.argv.slice(2);

/** Waits until it is written: what follows may block this process for good. */
function tell(message: Message): Promise<void> {
  return new Promise((resolve, reject) =>
    process.send!(message, (error: Error | null) => (error ? reject(error) : resolve())),
  );
}

async function scoreAll(candidate: Candidate, records: readonly LabelledText[]): Promise<void> {
  const mistakes: Mistake[] = [];
  const entityOf = namesToEntities(candidate.types);
  const scorer = createScorer((mistake) => void mistakes.push(mistake));
  let failed = 0;
  for (const record of records) {
    try {
      scorer.add(record, foundWithin(await candidate.detect(record.text), record.text.length, entityOf));
    } catch {
      failed++;
      scorer.add(record, []);
    }
  }
  await tell({ score: scorer.result(), failed, ...(tellMistakes === '' ? {} : { mistakes }) });
}

function foundWithin(
  findings: readonly Finding[],
  length: number,
  entityOf: ReturnType<typeof namesToEntities>,
): Found[] {
  return findings
    .map(({ start, end, type }) => ({
      start: Math.max(0, start),
      end: Math.min(length, end),
      type,
      entity: entityOf(type),
    }))
    .filter(({ start, end }) => end > start);
}

async function main(): Promise<void> {
  const records = readLabelledTexts(folder);
  const { candidate } = (await import(`./candidates/${name}.ts`)) as CandidateModule;
  await scoreAll(candidate, records);
  await tell({ json: await checkJson(candidate, records) });
  if (candidate.streaming) await tell({ streams: checkStreams(candidate.streaming, records) });
  await tell({ speed: await measureSpeed(candidate, readConversation(), records) });
  for await (const hostile of measureHostile(candidate, (reading) => tell({ reading }))) await tell({ hostile });
  await tell({ isDone: true });
  process.exit();
}

// Ends with its parent.
process.on('disconnect', () => process.exit());
await main();
