/**
 * A form (`multipart/form-data`) as text slots: its fields, the names of its files, and what stands in files of text. The platform
 * reads and writes the bytes. It knows no policy; which fields are texts, the dialect says.
 */
import type { BodyShape, TextTag } from '../core/json-body.ts';
import type { JsonLines } from '../core/json-lines.ts';
import type { FormFile, RequestBody } from '../core/request-body.ts';
import type { KeyPath, TextScope, TextSlot } from '../core/text.ts';
import type { Dialect } from '../dialects/dialect.ts';
import { GatewayError } from '../errors.ts';
import { jsonIn, textIn } from './file-text.ts';

const MESSAGE: TextTag = { scope: 'message' };

/** A string of the form that may be replaced. */
class FormSlot implements TextSlot {
  readonly scope: TextScope;
  readonly encoding = 'text';
  readonly kind: TextSlot['kind'];
  readonly path: KeyPath;
  written: string | undefined;
  readonly #text: string;

  constructor(text: string, scope: TextScope, path: KeyPath, kind: TextSlot['kind'] = 'string') {
    this.#text = text;
    this.scope = scope;
    this.path = path;
    this.kind = kind;
  }

  read(): string {
    return this.written ?? this.#text;
  }

  write(text: string): void {
    this.written = text;
  }
}

interface PartFile {
  readonly came: File;
  /** Its name without the extension. */
  readonly name: FormSlot;
  readonly extension: string;
  readonly type: FormSlot;
}

/** One part, and what may be edited in it. */
interface Part {
  readonly name: FormSlot;
  /** The text of a field or of a file. */
  readonly text?: FormSlot | undefined;
  readonly file?: PartFile | undefined;
  /** The texts of a file of JSON. */
  readonly json?: JsonLines | undefined;
  readonly kind: 'text' | 'media' | 'unreadable';
}

/** Plain names cost nothing further; one with an `@` or a run of digits may be somebody's address or number. */
const MAY_HOLD_A_VALUE = /@|\d{4}|[A-Za-z0-9_-]{20}/;
const PLAIN_TYPE = /^[\w.+-]{0,40}(?:\/[\w.+-]{1,80})?(?:;\s*charset="?[\w-]{1,20}"?)?$/;

/** Reads every file of the form into memory. */
export async function readForm(form: FormData, dialect: Dialect): Promise<FormBody> {
  const parts: Part[] = [];
  for (const [name, value] of form.entries()) {
    parts.push(typeof value === 'string' ? fieldPart(name, value) : await filePart(name, value, dialect));
  }
  return new FormBody(parts, dialect.request);
}

function fieldPart(name: string, value: string): Part {
  return { name: keySlot(name), text: new FormSlot(value, 'message', [name]), kind: 'text' };
}

/** What an address may stand before in a file's name, and no top-level domain. Behind it a detector would see no address. */
const EXTENSION =
  /\.(?:txt|jsonl?|csv|tsv|xml|html?|ya?ml|log|pdf|docx?|xlsx?|pptx?|mp[34]|mpe?ga?|m4a|wav|flac|og[ga]|opus|webm|png|jpe?g|gif|webp)$/i;

async function filePart(name: string, came: File, dialect: Dialect): Promise<Part> {
  const stem = came.name.replace(EXTENSION, '');
  const named = new FormSlot(stem, 'message', [name, 'filename']);
  const type = new FormSlot(came.type, 'message', [name, 'type']);
  const extension = came.name.slice(stem.length);
  const base = { name: keySlot(name), file: { came, name: named, extension, type } };
  const { kind, text } = await textIn(came);
  if (text === undefined) return { ...base, kind };
  const json = jsonIn(text, dialect);
  return json ? { ...base, json, kind } : { ...base, text: new FormSlot(text, 'message', [name]), kind };
}

const keySlot = (name: string): FormSlot => new FormSlot(name, 'message', [], 'key');

export class FormBody implements RequestBody {
  readonly slots: readonly TextSlot[];
  readonly media: RequestBody['media'];
  readonly textBytes: number;
  readonly unreadable: boolean;
  readonly files: readonly FormFile[];
  readonly #parts: readonly Part[];
  readonly #set = new Map<string, string | undefined>();

  constructor(parts: readonly Part[], shape: BodyShape) {
    this.#parts = parts;
    this.slots = parts.flatMap((part) => slotsOf(part, shape));
    const media = parts.filter(({ kind }) => kind === 'media');
    this.media = { count: media.length, characters: sum(media.map(({ file }) => file!.came.size)) };
    this.textBytes = sum(parts.map(bytesOf)) - this.media.characters;
    this.unreadable = parts.some(({ kind }) => kind === 'unreadable');
    this.files = parts.flatMap(({ name, file }) =>
      file ? [{ field: name.read(), name: file.came.name, type: file.came.type, bytes: file.came.size }] : [],
    );
  }

  /**
   * Forms hold strings alone: what reads as a number or as true or false is one.
   * @throws GatewayError `invalid_request` for a field that stands twice
   */
  member(key: string): unknown {
    const [part, twice] = this.#parts.filter(({ name, file }) => !file && name.read() === key);
    // As in JSON: two readers may take different ones.
    if (twice)
      throw new GatewayError('invalid_request', 'The form has a field twice that decides what the call is.', {
        param: key,
      });
    const value = part?.text?.read();
    if (value === undefined || value === 'null') return undefined;
    if (value === 'true' || value === 'false') return value === 'true';
    return /^-?\d{1,15}(?:\.\d{1,15})?$/.test(value) ? Number(value) : value;
  }

  set(path: readonly string[], value: unknown): void {
    const [first = '', ...rest] = path;
    const field = first + rest.map((key) => `[${key}]`).join('');
    this.#set.set(field, value === undefined ? undefined : String(value));
  }

  get edited(): boolean {
    return this.#set.size > 0 || this.#parts.some(isEdited);
  }

  encoded(): FormData {
    const form = new FormData();
    const open = new Map(this.#set);
    for (const part of this.#parts) {
      const name = part.name.read();
      const given = !part.file && this.#set.has(name);
      if (!given) append(form, name, part);
      else if (open.has(name)) setField(form, name, open.get(name));
      if (given) open.delete(name);
    }
    for (const [name, value] of open) setField(form, name, value);
    return form;
  }
}

function setField(form: FormData, name: string, value: string | undefined): void {
  if (value !== undefined) form.append(name, value);
}

function append(form: FormData, name: string, { file, text, json }: Part): void {
  if (!file) {
    form.append(name, text?.read() ?? '');
    return;
  }
  const edited = json?.edited ? json.toString() : text?.written;
  const type = file.type.read();
  const content = edited ?? file.came;
  form.append(
    name,
    new File([content], file.name.read() + file.extension, { type, lastModified: file.came.lastModified }),
  );
}

function isEdited({ name, text, file, json }: Part): boolean {
  const slots = [name, text, file?.name, file?.type];
  return json?.edited === true || slots.some((slot) => slot?.written !== undefined);
}

function slotsOf({ name, text, file, json }: Part, shape: BodyShape): TextSlot[] {
  const names = MAY_HOLD_A_VALUE.test(name.read()) ? [name] : [];
  if (!file) return [...names, ...(isText(name.read(), shape) ? [text!] : [])];
  const type = PLAIN_TYPE.test(file.type.read()) ? [] : [file.type];
  return [...names, file.name, ...type, ...(text ? [text] : []), ...(json?.slots ?? [])];
}

/** `image[]` and `expires_after[anchor]` are what the shape says of `image` and `expires_after`. */
function isText(name: string, shape: BodyShape): boolean {
  const field = shape.keys?.get(name.replace(/\[.*$/s, ''));
  const tag = field?.value === undefined ? (shape.value ?? MESSAGE) : field.value;
  return tag !== null;
}

function bytesOf({ name, text, file }: Part): number {
  return Buffer.byteLength(name.read()) + (file ? file.came.size : Buffer.byteLength(text?.read() ?? ''));
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
