/** The pepper: what makes a stored hash worthless to whoever reads the store. It is kept apart from the store. */
import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { Secret } from '../core/secret.ts';
import { GatewayError, optionError } from '../errors.ts';

export const MIN_PEPPER_BYTES = 32;
const PATIENCE_MS = 500;

/** @throws GatewayError `invalid_option` */
export function checkPepper(option: string, pepper: Secret): Secret {
  const bytes = Buffer.byteLength(pepper.reveal());
  if (bytes >= MIN_PEPPER_BYTES) return pepper;
  throw optionError(option, `a secret of at least ${MIN_PEPPER_BYTES} bytes`, `one of ${bytes}`);
}

/** Reads the file, or makes it with 32 random bytes in hex that nobody else of the machine may read. @throws GatewayError `invalid_option` */
export function pepperFile(path: string): Secret {
  try {
    writePepper(path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw unreadable(path, cause);
  }
  try {
    return checkPepper('pepper', new Secret(readWritten(path)));
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

/** Who has just made the file may not have written it yet. It is read while a server starts, so waiting stops no call. */
function readWritten(path: string): string {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const text = readFileSync(path, 'utf8');
    // Whole with its last line end.
    if (text.endsWith('\n') || text.length > MIN_PEPPER_BYTES * 2 || Date.now() > end) return text.trim();
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
  }
}

/** `wx`: of several servers that start at once, one makes it. */
function writePepper(path: string): void {
  const file = openSync(path, 'wx', 0o600);
  try {
    writeSync(file, `${randomBytes(MIN_PEPPER_BYTES).toString('hex')}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function unreadable(path: string, cause: unknown): GatewayError {
  const { code, message } = cause as NodeJS.ErrnoException;
  const why = code === 'invalid_option' ? message : String(code ?? 'cannot be read');
  return new GatewayError('invalid_option', `The pepper file ${path}: ${why}`, { param: 'pepper', cause });
}
