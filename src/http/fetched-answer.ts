/** What a `fetch` answered, the platform's or the app's own, as the rest of a call reads it. */
import { type ByteSource, sourceOf } from './byte-source.ts';
import { HeaderList } from './header-list.ts';
import type { ProviderAnswer } from './http-answer.ts';
import { readWhole } from './whole-body.ts';

export function fetchedAnswer(response: Response): ProviderAnswer {
  return new FetchedAnswer(response);
}

class FetchedAnswer implements ProviderAnswer {
  readonly status: number;
  readonly statusText: string;
  readonly headers: HeaderList;
  readonly #response: Response;

  constructor(response: Response) {
    this.status = response.status;
    this.statusText = response.statusText;
    // A fetch of the app's own may have a class of its own for them.
    this.headers = HeaderList.of(response.headers);
    this.#response = response;
  }

  get body(): ByteSource | null {
    const { body } = this.#response;
    return body && sourceOf(body);
  }

  async bytes(limit: number): Promise<Uint8Array<ArrayBuffer>> {
    const { body } = this.#response;
    if (!body) return new Uint8Array();
    return this.#isKnownToFit(limit) ? new Uint8Array(await this.#response.arrayBuffer()) : readWhole(body, limit);
  }

  response(): Response {
    return this.#response;
  }

  /** Reading in one go costs half of reading chunk by chunk. */
  #isKnownToFit(limit: number): boolean {
    const length = this.headers.get('content-length');
    return length !== null && Number(length) <= limit && !this.headers.has('content-encoding');
  }
}
