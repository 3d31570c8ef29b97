/** What a file of a form is: text that is searched, pictures or sound that are passed on, or something nobody can read. */
import { type JsonLines, readJsonLines } from '../core/json-lines.ts';
import type { Dialect } from '../dialects/dialect.ts';

export interface FileText {
  readonly kind: 'text' | 'media' | 'unreadable';
  readonly text?: string | undefined;
}

/** So much decides whether a file is text: all but text breaks UTF-8 long before. */
const SNIFFED_BYTES = 65_536;
const MEDIA_TYPE = /^(?:audio|image|video)\//i;
const MEDIA_NAME =
  /\.(?:aac|aiff?|avif|avi|bmp|flac|gif|heic|jpe?g|m4a|mkv|mov|mp3|mp4|mpeg|mpga|oga|ogg|opus|pcm|png|tiff?|wav|webm|webp)$/i;
/** Text outside, and words in a form of its own inside. */
const ENCODED_TYPE = /^(?:application\/(?:pdf|rtf|postscript)|text\/rtf)\b/i;
const ENCODED_NAME = /\.(?:pdf|rtf|e?ps)$/i;
const ENCODED_START = /^\s*(?:%PDF-|\{\\rtf|%!PS)/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const BINARY = /[\u0000-\u0008\u000E-\u001A\u001C-\u001F]/;

/** By what is in it, whatever it is called: a name is easily wrong. */
export async function textIn(file: File): Promise<FileText> {
  const { type, name, size } = file;
  const start = decoded(new Uint8Array(await file.slice(0, SNIFFED_BYTES).arrayBuffer()), size <= SNIFFED_BYTES);
  const isText = start !== undefined && !BINARY.test(start);
  if (isText && (ENCODED_TYPE.test(type) || ENCODED_NAME.test(name) || ENCODED_START.test(start)))
    return { kind: 'unreadable' };
  const text = isText && size > SNIFFED_BYTES ? decoded(new Uint8Array(await file.arrayBuffer()), true) : start;
  if (isText && text !== undefined && !BINARY.test(text)) return { kind: 'text', text };
  return { kind: MEDIA_TYPE.test(type) || MEDIA_NAME.test(name) ? 'media' : 'unreadable' };
}

/** `whole`: a character that is cut off at the end is none. */
function decoded(bytes: Uint8Array, whole: boolean): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes, { stream: !whole });
  } catch {
    return undefined;
  }
}

/** The texts of a file of JSON or of lines of JSON, by the API's own shape where it has one. */
export function jsonIn(text: string, { lines, resolve }: Dialect): JsonLines | undefined {
  return readJsonLines(text, lines ?? { value: { scope: 'message' } }, { resolve, nested: true });
}
