/** Files and standard input as pieces of text, read as they are asked for. */
import { createReadStream, fstatSync } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { CommandError, type Terminal } from './command.ts';

export interface Input {
  /** As the user wrote it; `undefined` for standard input. */
  readonly path: string | undefined;
  /** Bytes, where that is known before reading. */
  readonly size: number | undefined;
  /** @throws CommandError when it cannot be read or is not UTF-8 */
  read(onBytes: (count: number) => void): AsyncGenerator<string>;
}

const PIECE_BYTES = 256 * 1024;

/** @throws CommandError when a file is missing, unreadable or a folder: before anything is written. */
export function openInputs(paths: readonly string[], terminal: Terminal): Promise<Input[]> {
  return Promise.all((paths.length === 0 ? ['-'] : paths).map((path) => openInput(path, terminal)));
}

async function openInput(path: string, { stdin }: Terminal): Promise<Input> {
  if (path === '-') {
    return { path: undefined, size: sizeOf(stdin.fd), read: (onBytes) => decoded(stdin, 'standard input', onBytes) };
  }
  try {
    const file = await stat(path);
    if (file.isDirectory()) throw new CommandError(`${path} is a folder.`);
    await (await open(path)).close();
    const read: Input['read'] = (onBytes) =>
      decoded(createReadStream(path, { highWaterMark: PIECE_BYTES }), path, onBytes);
    return { path, size: file.isFile() ? file.size : undefined, read };
  } catch (error) {
    throw readError(error, path);
  }
}

/** A redirected file has a size, a pipe has none. */
function sizeOf(fd: number | undefined): number | undefined {
  if (fd === undefined) return undefined;
  try {
    const file = fstatSync(fd);
    return file.isFile() ? file.size : undefined;
  } catch {
    return undefined;
  }
}

/** Bytes that are no UTF-8 end the reading: written back they would not be the file's bytes. */
async function* decoded(bytes: Readable, name: string, onBytes: (count: number) => void): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  try {
    for await (const chunk of bytes as AsyncIterable<Buffer>) {
      onBytes(chunk.length);
      yield decoder.decode(chunk, { stream: true });
    }
    yield decoder.decode();
  } catch (error) {
    throw readError(error, name);
  }
}

function readError(error: unknown, name: string): unknown {
  const { code } = error as { code?: unknown };
  if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') return new CommandError(`${name} is not UTF-8 text.`);
  if (code === 'ENOENT') return new CommandError(`${name} does not exist.`);
  if (code === 'EACCES' || code === 'EPERM') return new CommandError(`${name} may not be read.`);
  if (typeof code === 'string' && /^E[A-Z]+$/.test(code)) return new CommandError(`${name} cannot be read (${code}).`);
  return error;
}
