/** What the pipeline's doors and the dialects need of a request body, whether it is JSON or a form. */
import type { TextSlot } from './text.ts';

export interface RequestBody {
  readonly slots: readonly TextSlot[];
  /** Media (images, sound, files), which no text search finds anything in: how many, and the characters that they take. */
  readonly media: { readonly count: number; readonly characters: number };
  /** Bytes without those of the media: no more tokens of text than this can be in it. */
  readonly textBytes: number;
  /** The value of a field of the root, parsed; `undefined` when it is absent. */
  member(key: string): unknown;
  /** Sets a field by its path; later edits of the same path win. */
  set(path: readonly string[], value: unknown): void;
  /** Part of it is of a kind in which no text can be found (a PDF, an archive). */
  readonly unreadable?: boolean | undefined;
  readonly edited: boolean;
  /** What to send when it was edited. */
  encoded(): BodyInit;
}
