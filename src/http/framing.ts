/**
 * How the events of a streamed answer stand in its bytes. A framing hands out each event with everything that came with it, so that
 * an event that is not changed goes out as it came. It knows no event's meaning.
 */
import type { ErrorEvent } from '../dialects/dialect.ts';

/** One event as it came. */
export interface Frame {
  /** Everything that belongs to it, in the framing's own text. */
  readonly raw: string;
  /** What it says, mostly JSON; `undefined` for what holds no data (comments, the end of an array). */
  readonly data: string | undefined;
  /** What stands beside the data and may hold a text: comments, ids, lines that are no event's. Not plain names of events. */
  readonly beside?: string | undefined;
  /** Nothing of the answer can follow it. */
  readonly last?: boolean | undefined;
}

/** Takes text as it comes and returns the events that are complete. */
export interface FrameReader {
  /** @throws RangeError when an event grows too large, Error when the bytes are no such stream */
  push(text: string): Frame[];
  /** What is left at the end of the stream. */
  end(): Frame[];
  /** Nothing is left of what came: what comes next begins an event. For framings with a separator. */
  readonly idle?: boolean;
}

export interface Framing {
  /** Bytes to the text that the reader takes, and back. `utf-8`, or `latin1` for framings that are binary: a character a byte. */
  readonly charset: 'utf-8' | 'latin1';
  reader(): FrameReader;
  /** Behind it an event is over, wherever it stands; for framings that have such a thing. */
  readonly separator?: string;
  /**
   * Where the data of an event stands in its `raw`, when the same characters around data of the same form are one such event too: no
   * reader has to look. `undefined` for others.
   */
  dataAt?(frame: Frame): number | undefined;
  /** The same event with other data. */
  withData(frame: Frame, data: string): string;
  /** The same event with something else, or nothing, beside its data; for framings that have such things. */
  withBeside?(frame: Frame, beside: string): Frame;
  /** A new event in the form of another. `name`: where events have names, the new one's; default that of the other. */
  sibling(frame: Frame, data: string, name?: string): string;
  /** What an event that was cut off lacks before another may follow it. */
  missingEnd(frame: Frame | undefined): string;
  /** Ends the stream with an error. `begun`: something of the answer was sent before it. */
  error(event: ErrorEvent, begun: boolean): string;
}

/** An event larger than this is no event: the other side is broken or hostile. */
export const MAX_EVENT_CHARS = 16 * 1024 * 1024;
