/** What the pipeline's doors and the dialects need of a request body, whether it is JSON or a form. */
import type { KeyPath, TextSlot } from './text.ts';

/** A file in a form. */
export interface FormFile {
  /** The field it stands in. */
  readonly field: string;
  readonly name: string;
  /** Its media type, as the client told it; perhaps empty. */
  readonly type: string;
  readonly bytes: number;
}

export interface RequestBody {
  readonly slots: readonly TextSlot[];
  /** Media (images, sound, files), which no text search finds anything in: how many, and the characters that they take. */
  readonly media: { readonly count: number; readonly characters: number };
  /** Bytes without those of the media: no more tokens of text than this can be in it. */
  readonly textBytes: number;
  /** The value of a field of the root, parsed; `undefined` when it is absent. */
  member(key: string): unknown;
  /** Sets a field by its path, of which positions of lists must be there; later edits of the same path win. */
  set(path: KeyPath, value: unknown): void;
  /** Of a form. */
  readonly files?: readonly FormFile[] | undefined;
  /** Part of it is of a kind in which no text can be found (a PDF, an archive). */
  readonly unreadable?: boolean | undefined;
  readonly edited: boolean;
  /** What to send when it was edited. */
  encoded(): BodyInit;
}
