/**
 * Headers on their way through a call: what the Fetch standard calls a header list, with its rules and without `Headers` around it. The
 * platform's takes 5 us to copy, and a call at the server made six; it stands only where the app or a `fetch` of its own sees it.
 */

/** https://fetch.spec.whatwg.org/#header-name and #header-value, but for the spaces around a value, which are left off. */
const NAME = /^[!#$%&'*+\-.^_`|~\da-z]+$/;
const NO_VALUE = /[\0\r\n\u0100-\uffff]/;
const OUTER_SPACE = /^[\t\n\r ]+|[\t\n\r ]+$/g;
/** The one that cannot be joined with commas. */
const COOKIE = 'set-cookie';

/** By lower-case names, as undici tells them. */
export type ParsedHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Names are lower case. A name that comes again is joined with what it has, but for cookies. */
export class HeaderList implements Iterable<[name: string, value: string]> {
  readonly #values = new Map<string, string | readonly string[]>();

  /** What the platform or a parser of HTTP has checked is not looked at again; its names are lower case. */
  static from(checked: Iterable<readonly [name: string, value: string]>): HeaderList {
    const list = new HeaderList();
    for (const [name, value] of checked) list.#add(name, value);
    return list;
  }

  /** What is no `Headers` yet is read as the platform reads it. */
  static of(headers: HeadersInit | undefined): HeaderList {
    return HeaderList.from(headers instanceof Headers ? headers : new Headers(headers));
  }

  /** Of a parser that has checked them, those that came several times in a list. */
  static parsed(headers: ParsedHeaders): HeaderList {
    const list = new HeaderList();
    for (const name in headers) {
      const value = headers[name];
      if (typeof value === 'string') list.#add(name, value);
      else for (const one of value ?? []) list.#add(name, one);
    }
    return list;
  }

  get(name: string): string | null {
    const value = this.#values.get(name.toLowerCase());
    if (value === undefined) return null;
    return typeof value === 'string' ? value : value.join(', ');
  }

  has(name: string): boolean {
    return this.#values.has(name.toLowerCase());
  }

  /** @throws TypeError where `Headers` would */
  set(name: string, value: string): void {
    const [lower, bare] = [checkedName(name), checkedValue(value)];
    this.#values.delete(lower);
    this.#add(lower, bare);
  }

  /** @throws TypeError where `Headers` would */
  append(name: string, value: string): void {
    this.#add(checkedName(name), checkedValue(value));
  }

  delete(name: string): void {
    this.#values.delete(name.toLowerCase());
  }

  /** Those of them, in a list of its own. */
  filter(keep: (name: string, value: string) => boolean): HeaderList {
    const kept = new HeaderList();
    for (const [name, value] of this.#values) {
      if (typeof value !== 'string') for (const one of value) kept.#addIf(keep, name, one);
      else if (keep(name, value)) kept.#values.set(name, value);
    }
    return kept;
  }

  *[Symbol.iterator](): Generator<[name: string, value: string], void, undefined> {
    for (const [name, value] of this.#values) {
      if (typeof value === 'string') yield [name, value];
      else for (const one of value) yield [name, one];
    }
  }

  /** Names and values in turns, as `node:http` and undici take them. */
  toRaw(): string[] {
    const raw: string[] = [];
    for (const [name, value] of this.#values) {
      if (typeof value === 'string') raw.push(name, value);
      else for (const one of value) raw.push(name, one);
    }
    return raw;
  }

  /** For whoever is promised the platform's. */
  toHeaders(): Headers {
    const headers = new Headers();
    for (const [name, value] of this) headers.append(name, value);
    return headers;
  }

  #addIf(keep: (name: string, value: string) => boolean, name: string, value: string): void {
    if (keep(name, value)) this.#add(name, value);
  }

  #add(name: string, value: string): void {
    const before = this.#values.get(name);
    if (name === COOKIE) this.#values.set(name, [...(before ?? []), value]);
    else this.#values.set(name, before === undefined ? value : `${before as string}, ${value}`);
  }
}

function checkedName(name: string): string {
  const lower = name.toLowerCase();
  if (NAME.test(lower)) return lower;
  throw new TypeError('A name of a header holds characters that none may hold.');
}

function checkedValue(value: string): string {
  const bare =
    isSpace(value.charCodeAt(0)) || isSpace(value.charCodeAt(value.length - 1))
      ? value.replace(OUTER_SPACE, '')
      : value;
  if (!NO_VALUE.test(bare)) return bare;
  throw new TypeError('A header holds characters that none may hold.');
}

const isSpace = (code: number): boolean => code === 32 || (code >= 9 && code <= 13);
