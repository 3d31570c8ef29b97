/** The query of a request as text slots: filters and tags of the caller's own may stand there. It knows no policy. */
import type { KeyPath, TextSlot } from '../core/text.ts';

/** Keys, signatures, and what the API is asked in. */
const STRUCTURE = /^(?:key|api[-_]?key|access_token|api-version|\$?alt|x-amz-.*|x-goog-.*)$/i;
/** Plain values cost nothing further. */
const MAY_HOLD_A_VALUE = /@|\d{4}|\s|[A-Za-z0-9_-]{20}/;

class QuerySlot implements TextSlot {
  readonly scope = 'message';
  readonly encoding = 'text';
  readonly kind = 'string';
  readonly path: KeyPath;
  written: string | undefined;
  readonly #text: string;

  constructor(name: string, text: string) {
    this.path = [name];
    this.#text = text;
  }

  read(): string {
    return this.written ?? this.#text;
  }

  write(text: string): void {
    this.written = text;
  }
}

export class Query {
  readonly slots: readonly TextSlot[];
  readonly #entries: readonly (readonly [name: string, value: string, slot: QuerySlot | undefined])[];

  constructor(url: URL) {
    // Most have none, and the platform makes an object to say so.
    const parameters = url.search === '' ? [] : [...url.searchParams];
    this.#entries = parameters.map(([name, value]) => {
      const isText = !STRUCTURE.test(name) && MAY_HOLD_A_VALUE.test(value);
      return [name, value, isText ? new QuerySlot(name, value) : undefined];
    });
    this.slots = this.#entries.flatMap(([, , slot]) => slot ?? []);
  }

  /** The same URL where nothing was edited. */
  in(url: URL): URL {
    if (this.#entries.every(([, , slot]) => slot?.written === undefined)) return url;
    const edited = new URL(url);
    const entries = this.#entries.map(([name, value, slot]) => [name, slot?.read() ?? value]);
    edited.search = new URLSearchParams(entries).toString();
    return edited;
  }
}
