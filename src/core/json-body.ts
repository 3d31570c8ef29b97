/**
 * A JSON body as text slots: reads texts out of it and splices edits back into its bytes. What the paths mean is the
 * dialect's business.
 */
import { keepDocument } from '../json/known-values.ts';
import {
  clearingMember,
  type MemberChange,
  type Splice,
  settingMember,
  splice,
  spliceBytes,
  withChanges,
} from '../json/splice.ts';
import {
  decodeJsonString,
  encodeJsonString,
  type JsonDocument,
  type Leaf,
  parseJson,
  pathOf,
  type Shape,
  walkJson,
} from '../json/walk.ts';
import type { RequestBody } from './request-body.ts';
import type { KeyPath, TextScope, TextSlot } from './text.ts';

/** What a dialect says about the texts below a path. */
export interface TextTag {
  readonly scope: TextScope;
  /** The string is itself JSON text, or often is (tool results). */
  readonly json?: true | undefined;
  /** A `data:` URL or bare base64 here is a file, not text. */
  readonly media?: true | undefined;
  /** The strings below are pieces of streamed texts. */
  readonly streamed?: true | undefined;
  /** The strings below were streamed before and stand here once more, whole: they are guarded, and counted no second time. */
  readonly repeats?: true | undefined;
  /** The strings below are the whole of a streamed text until here, once more in each event. */
  readonly grows?: true | undefined;
  /**
   * A string that decides what the texts beside it and below it are (`type`, `signature`), or says whose (`role`); it is structure
   * itself.
   */
  readonly decides?: true | undefined;
  /** Random characters that say nothing, different in each event of a stream: not looked at. */
  readonly filler?: true | undefined;
  /** Text under a signature that must not change: not looked at, but it is paid for, so it is counted as it passes. */
  readonly verbatim?: true | undefined;
}

export interface BodySlot extends TextSlot {
  /** Where its text begins in the body; for one that is nested in a string that holds JSON, where that string begins. */
  readonly at: number;
  readonly isNested: boolean;
  /** A piece of a text that goes on in other events. */
  readonly streamed: boolean;
  /** It passed before, in pieces. */
  readonly repeats: boolean;
  /** It ends where a text that goes on in other events is now. */
  readonly grows: boolean;
  /** A file may stand here instead. */
  readonly media: boolean;
}

export type BodyShape = Shape<TextTag>;
/** As `walkJson`. @throws JsonSyntaxError */
export type BodyWalk = (text: string, shape: BodyShape) => JsonDocument<TextTag>;

/** The deciding string of a key in the nearest object around a leaf that has one. */
export type Decided = (leaf: Leaf<TextTag>, key: string) => string | undefined;
export type Resolve = (leaf: Leaf<TextTag>, decided: Decided) => TextTag | null;

export interface BodyOptions {
  /** Finds what a text really is, once all deciding strings are known; `null`: structure. */
  readonly resolve?: Resolve | undefined;
  /** Take strings that hold JSON apart into slots of their own. Not for answers: their filters do that as text arrives. */
  readonly nested?: boolean | undefined;
  /** Default `refuse`. */
  readonly duplicateKeys?: 'refuse' | 'allow' | undefined;
  /** The text as it came, in UTF-8: it is sent as bytes then. */
  readonly bytes?: Uint8Array | undefined;
}

/** Media strings start so; the bytes behind are counted by a fixed allowance instead of as text. */
const MEDIA =
  /^(?:data:(?:image|audio|video|application|font|model)\/[\w.+-]{1,80}(?:;[\w.+=-]{1,80})*;base64,|[A-Za-z0-9+/_-]{256})/;

/** Most tool results are no JSON, which their first characters tell before anything is decoded. */
const MAY_OPEN = /(?:\s|\\[nrt])*(?:[[{]|\\[uf])/y;

function mayOpen(text: string, at: number): boolean {
  MAY_OPEN.lastIndex = at;
  return MAY_OPEN.test(text);
}

/** @throws JsonSyntaxError */
export class JsonBody implements RequestBody {
  readonly document: JsonDocument<TextTag>;
  readonly slots: readonly BodySlot[];
  /** Texts that nobody may change. */
  readonly verbatim: readonly BodySlot[];
  /** Characters that stand in media strings, and how many there are. */
  readonly media: { count: number; characters: number } = { count: 0, characters: 0 };
  readonly #own: LeafSlot[] = [];
  readonly #nested: { leaf: Leaf<TextTag>; body: JsonBody }[] = [];
  readonly #changes: MemberChange[] = [];
  readonly #bytes: Uint8Array | undefined;

  /** Takes JSON text, or what a walk of it found. */
  constructor(
    source: string | JsonDocument<TextTag>,
    shape: BodyShape,
    options: BodyOptions = {},
    parentPath: KeyPath = [],
    parentAt?: number,
  ) {
    this.document =
      typeof source === 'string' ? walkJson(source, shape, { duplicateKeys: options.duplicateKeys }) : source;
    this.#bytes = options.bytes;
    const slots: BodySlot[] = [];
    const verbatim: BodySlot[] = [];
    const decided = this.#decided();
    for (const leaf of this.document.leaves) {
      if (leaf.tag.decides || leaf.tag.filler) continue;
      const tag = options.resolve ? options.resolve(leaf, decided) : leaf.tag;
      if (tag === null) continue;
      if (tag.verbatim) {
        verbatim.push(new LeafSlot(this.document.text, leaf, tag, decided, parentPath, parentAt));
        continue;
      }
      if (tag.media && leaf.kind === 'string' && this.#isMedia(leaf)) continue;
      const inner =
        options.nested && tag.json && leaf.kind === 'string' ? this.#open(leaf, tag, parentPath, parentAt) : undefined;
      if (inner) slots.push(...inner.slots);
      else slots.push(this.#slot(leaf, tag, decided, parentPath, parentAt));
    }
    this.slots = slots;
    this.verbatim = verbatim;
  }

  /** Sets a field of the body by its path; later edits of the same path win. */
  set(path: KeyPath, value: unknown): void {
    this.#changes.push(settingMember(path, value));
  }

  /** Empties what stands at a path (`null`, or a list without items); nothing happens where nothing stands. */
  clear(path: KeyPath): void {
    this.#changes.push(clearingMember(path));
  }

  get edited(): boolean {
    return (
      this.#changes.length > 0 ||
      this.#own.some(({ written }) => written !== undefined) ||
      this.#nested.some(({ body }) => body.edited)
    );
  }

  /** Byte-level tokenizers make no more tokens than there are bytes (measured on 32 corpora, tight on NULs). */
  get textBytes(): number {
    return (this.#bytes?.length ?? Buffer.byteLength(this.document.text)) - this.media.characters;
  }

  encoded(): string | Uint8Array<ArrayBuffer> {
    return this.#bytes ? spliceBytes(this.#bytes, this.document.text, this.#edits()) : this.toString();
  }

  /** The body with its edits; the text as it came when there are none. */
  toString(): string {
    return splice(this.document.text, this.#edits());
  }

  #edits(): readonly Splice[] {
    const edits = this.#own.flatMap(({ leaf, written }) => (written === undefined ? [] : [edit(leaf, written)]));
    for (const { leaf, body } of this.#nested) if (body.edited) edits.push(edit(leaf, body.toString()));
    return withChanges(this.document, edits, this.#changes);
  }

  /** The value of a member of the root object, parsed; `undefined` when it is absent. */
  member(key: string): unknown {
    const range = this.document.members.get(key);
    return range && parseJson(this.document.text.slice(range.start, range.end));
  }

  /** Nothing is read before somebody asks: of most events of a stream nobody does. */
  #decided(): Decided {
    let deciding: Map<string, Map<Leaf<TextTag>['container'], string>> | undefined;
    return (leaf, key) => {
      deciding ??= this.#deciding();
      const ofKey = deciding.get(key);
      if (!ofKey) return undefined;
      for (let at: Leaf<TextTag>['container'] | undefined = leaf.container; at; at = at.parent) {
        const value = ofKey.get(at);
        if (value !== undefined) return value;
      }
      return undefined;
    };
  }

  /** Deciding strings by their key and by what they stand in. */
  #deciding(): Map<string, Map<Leaf<TextTag>['container'], string>> {
    const deciding = new Map<string, Map<Leaf<TextTag>['container'], string>>();
    for (const leaf of this.document.leaves) {
      if (!leaf.tag.decides || leaf.kind !== 'string') continue;
      const ofKey = deciding.get(String(leaf.key)) ?? new Map();
      deciding.set(String(leaf.key), ofKey.set(leaf.container, this.#decode(leaf)));
    }
    return deciding;
  }

  #isMedia(leaf: Leaf<TextTag>): boolean {
    const text = this.document.text.slice(leaf.start, leaf.end);
    // No base64 has these: words stand behind it.
    if (!MEDIA.test(text.slice(0, 512)) || text.includes('@') || text.includes(' ')) return false;
    this.media.count++;
    this.media.characters += leaf.end - leaf.start;
    return true;
  }

  /** The JSON inside a string as a body of its own, if it is JSON. */
  #open(leaf: Leaf<TextTag>, { scope }: TextTag, parentPath: KeyPath, parentAt?: number): JsonBody | undefined {
    const document = this.#inside(leaf, scope);
    if (!document) return undefined;
    const path = [...parentPath, ...pathOf(leaf)];
    const body = new JsonBody(document, { value: { scope } }, {}, path, parentAt ?? leaf.start);
    this.#nested.push({ leaf, body });
    return body;
  }

  /** Of a string that stood in the text before the walk is known. */
  #inside(leaf: Leaf<TextTag>, scope: TextScope): JsonDocument<TextTag> | undefined {
    const { known, decoded } = leaf;
    if (known !== undefined && known.by === scope) return known.fact as JsonDocument<TextTag>;
    if (!mayOpen(this.document.text, leaf.start)) return undefined;
    const text = this.#decode(leaf);
    if (!/^\s*[[{]/.test(text)) return undefined;
    try {
      const document = walkJson<TextTag>(text, { value: { scope } }, { duplicateKeys: 'allow' });
      // A string without escapes is a part of this text, and would keep it alive.
      return known && decoded !== undefined ? keepDocument(known, scope, document) : document;
    } catch {
      return undefined;
    }
  }

  #slot(leaf: Leaf<TextTag>, tag: TextTag, decided: Decided, parentPath: KeyPath, parentAt?: number): BodySlot {
    const slot = new LeafSlot(this.document.text, leaf, tag, decided, parentPath, parentAt);
    this.#own.push(slot);
    return slot;
  }

  #decode(leaf: Leaf<TextTag>): string {
    return leaf.decoded ?? decodeJsonString(this.document.text, leaf.start, leaf.end);
  }
}

/** A class, for a literal with accessors and closures costs a microsecond, and a stream makes one for each piece. */
class LeafSlot implements BodySlot {
  readonly leaf: Leaf<TextTag>;
  readonly scope: TextScope;
  readonly streamed: boolean;
  readonly repeats: boolean;
  readonly grows: boolean;
  readonly media: boolean;
  readonly encoding: 'text' | 'json';
  written: string | undefined;
  readonly #text: string;
  readonly #decided: Decided;
  readonly #parentPath: KeyPath;
  readonly #parentAt: number | undefined;
  #path: KeyPath | undefined;
  #came: string | undefined;

  constructor(
    text: string,
    leaf: Leaf<TextTag>,
    tag: TextTag,
    decided: Decided,
    parentPath: KeyPath,
    parentAt: number | undefined,
  ) {
    this.leaf = leaf;
    this.#decided = decided;
    this.#parentAt = parentAt;
    this.scope = tag.scope;
    // Keys and numbers come whole.
    this.streamed = tag.streamed === true && leaf.kind === 'string';
    this.repeats = tag.repeats === true;
    this.grows = tag.grows === true && leaf.kind === 'string';
    this.media = tag.media === true;
    this.encoding = tag.json && leaf.kind === 'string' ? 'json' : 'text';
    this.#text = text;
    this.#parentPath = parentPath;
  }

  get kind(): TextSlot['kind'] {
    return this.leaf.kind;
  }

  get role(): string | undefined {
    return this.#decided(this.leaf, 'role');
  }

  get key(): string | undefined {
    return typeof this.leaf.key === 'string' ? this.leaf.key : undefined;
  }

  get at(): number {
    return this.#parentAt ?? this.leaf.start;
  }

  get isNested(): boolean {
    return this.#parentAt !== undefined;
  }

  get path(): KeyPath {
    this.#path ??= [...this.#parentPath, ...pathOf(this.leaf)];
    return this.#path;
  }

  /** Resolved once, however many ask: of a 200 KB body that takes JSON.parse a quarter of a millisecond. */
  read(): string {
    if (this.written !== undefined) return this.written;
    this.#came ??= this.leaf.decoded ?? decodeJsonString(this.#text, this.leaf.start, this.leaf.end);
    return this.#came;
  }

  write(text: string): void {
    this.written = text;
  }

  fact<Fact>(of: (text: string) => Fact): Fact {
    const { known } = this.leaf;
    if (known === undefined || this.written !== undefined) return of(this.read());
    if (known.by !== of) {
      known.fact = of(this.read());
      known.by = of;
    }
    return known.fact as Fact;
  }
}

const edit = (leaf: Leaf<TextTag>, text: string): { start: number; end: number; text: string } => ({
  start: leaf.start,
  end: leaf.end,
  text: leaf.kind === 'number' ? JSON.stringify(text) : encodeJsonString(text),
});
