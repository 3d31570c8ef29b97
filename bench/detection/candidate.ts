/** What is compared: a detector of ours or of a peer behind one interface, and how a peer's package is loaded. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { TypeNames } from './entities.ts';
import type { Span } from './spans.ts';

export interface Finding extends Span {
  /** The detector's own name for it. */
  readonly type: string;
}

export interface TextStream {
  push(piece: string): string;
  end(): string;
}

export interface Candidate {
  detect(text: string): readonly Finding[] | Promise<readonly Finding[]>;
  /** The same with what it remembers between calls, where it does; `detect` remembers nothing. */
  detectAgain?(text: string): readonly Finding[];
  /** What its types are scored as, where their names do not say it. */
  readonly types?: TypeNames;
  /** Only ours redacts streams. */
  readonly streaming?: { redact(text: string): string; stream(): TextStream };
}

/** Each file of `candidates/` exports one as `candidate`. */
export interface CandidateModule {
  readonly candidate: Candidate;
}

/** Where peers are installed, each with its dependencies in a folder of its own. */
export const PEERS = join(import.meta.dirname, 'peers');

/** A module of a peer, of a type that the caller states: peers are installed by the benchmark and have no types here. */
export function loadPeer<T>(peer: string, module: string): T {
  return createRequire(join(PEERS, peer, 'package.json'))(module) as T;
}
