/** The labelled texts: their form (described in data/README.md) and how they are read. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Entity, ScoredAs } from './entities.ts';
import type { Span } from './spans.ts';

/** A value in a text that a detector should find. */
export interface Label extends Span {
  readonly type: ScoredAs;
  readonly sub?: string;
  /** False: the value fails its own check digit, or is a loopback address; finding it is neither right nor wrong. */
  readonly valid?: boolean;
}

export interface LabelledText {
  readonly id: string;
  readonly text: string;
  readonly spans: readonly Label[];
  readonly source: string;
  /** Types of which every value is labelled; others are not scored here. Default: all. */
  readonly scope?: readonly Entity[];
  /** `neg`: a hard negative, nothing in scope may be found. */
  readonly kind?: string;
  /** Labels are incomplete: false alarms are not counted. */
  readonly recallOnly?: boolean;
  /** Types whose false alarms are not counted. */
  readonly noFp?: readonly Entity[];
  /** The file it stands in, without extensions. */
  readonly file: string;
}

export const DATA = join(import.meta.dirname, 'data');

const FILE = /^(.+)\.jsonl(?:\.gz)?$/;

/** All labelled texts of a folder of `.jsonl` or `.jsonl.gz` files, in the order of the file names. */
export function readLabelledTexts(folder = DATA): LabelledText[] {
  return readdirSync(folder)
    .filter((name) => FILE.test(name))
    .sort()
    .flatMap((name) => readFile(folder, name));
}

function readFile(folder: string, name: string): LabelledText[] {
  const file = FILE.exec(name)![1]!;
  const lines = readText(join(folder, name)).split('\n');
  return lines.filter((line) => line !== '').map((line) => ({ ...(JSON.parse(line) as LabelledText), file }));
}

function readText(path: string): string {
  const bytes = readFileSync(path);
  return (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
}

/** The messages of an agent's run with six sensitive lines put in, for measuring speed on clean text. */
export function readConversation(): string[] {
  const messages = JSON.parse(readText(join(DATA, 'conversation.json.gz'))) as { readonly content: string }[];
  return messages.map(({ content }) => content);
}
