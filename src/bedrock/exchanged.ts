/**
 * Where an answer from the wire and its guarded form change places: the stack of an SDK goes down to the wire and up again in one
 * call, and the guard stands at another place of it. Knows no policy.
 */
import { responseOf, type SdkResponse, sdkResponse } from './sdk-http.ts';

export class Exchanged {
  /** What the wire answered. */
  readonly came: Promise<Response>;
  readonly #guarded: Promise<Response>;
  #arrived!: (response: Response) => void;
  #lost!: (error: unknown) => void;
  #answer!: (response: Response) => void;
  #refuse!: (error: unknown) => void;
  #isAnswered = false;

  constructor() {
    this.came = new Promise((resolve, reject) => {
      this.#arrived = resolve;
      this.#lost = reject;
    });
    this.#guarded = new Promise((resolve, reject) => {
      this.#answer = resolve;
      this.#refuse = reject;
    });
    // Either may have nobody who waits for it.
    this.came.catch(() => {});
    this.#guarded.catch(() => {});
  }

  /** What the caller is to get: a guarded answer, or a refusal of a request that is not sent then. */
  answer(guarded: Response): void {
    this.#isAnswered = true;
    this.#answer(guarded);
  }

  fail(error: unknown): void {
    this.#lost(error);
    this.#refuse(error);
  }

  /** `send` is not called when the answer is there already. */
  async exchange(send: () => Promise<Readonly<Record<string, unknown>>>): Promise<Readonly<Record<string, unknown>>> {
    if (this.#isAnswered) return { response: await sdkResponse(await this.#guarded) };
    const result = await send();
    this.#arrived(responseOf(result.response as SdkResponse));
    return { ...result, response: await sdkResponse(await this.#guarded) };
  }
}
