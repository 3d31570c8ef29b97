/** Standard output that waits for its reader, and that may be closed by it (`| head`), which is no error. */
import { CommandError, type Terminal } from './command.ts';

/** Names are chosen by others and must not steer a terminal or turn its text around: control and format characters become `?`. */
export function printable(text: string): string {
  return text.replace(CONTROL, '?');
}

const CONTROL = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

export class Output {
  /** The reader has gone: nothing that is written matters any more. */
  isClosed = false;
  readonly #stream: Terminal['stdout'];

  constructor(stream: Terminal['stdout']) {
    this.#stream = stream;
    // Each write is told of its own failure; without a listener the process would end on it.
    stream.on('error', () => {});
  }

  /** Resolves when the text has left. @throws CommandError when it cannot (a full disk) */
  write(text: string): Promise<void> {
    if (text === '' || this.isClosed) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#stream.write(text, (error) => {
        if (!error) return resolve();
        const { code } = error as NodeJS.ErrnoException;
        this.isClosed = true;
        // Node destroys a stream once it has failed.
        if (code === 'EPIPE' || code === 'ERR_STREAM_DESTROYED') return resolve();
        reject(new CommandError(`standard output cannot be written${code === undefined ? '' : ` (${code})`}.`));
      });
    });
  }
}
