/**
 * Events of a stream that say the same as one before but for their streamed texts, as nearly all of them do: recognised by their
 * characters, without a search for their ends, a walk, or a look at what else they tell. Knows no filter.
 */
import type { BodySlot, JsonBody, TextTag } from '../core/json-body.ts';
import type { Dialect, EventFacts } from '../dialects/dialect.ts';
import { clearMember } from '../json/splice.ts';
import { JsonTemplate } from '../json/template.ts';
import type { Frame, Framing } from './framing.ts';
import { quotesOf } from './quotes.ts';

/** Kinds of events that a stream changes between: choices, blocks, texts and arguments. */
const MAX_KNOWN = 4;

/** An event that was read. */
export interface ReadEvent {
  readonly frame: Frame;
  readonly body: JsonBody;
  readonly parsed: unknown;
  readonly facts: EventFacts;
}

/** A text of which such an event has a piece. */
export interface KnownText {
  /** As it stands in the event that was read. */
  readonly slot: BodySlot;
  /** Which of the places it is that a template tells. */
  readonly place: number;
  /** `undefined` for a text that nobody may change. */
  readonly channel: string | undefined;
}

export interface KnownEvent {
  readonly frame: Frame;
  /** Where its data stands in it. */
  readonly at: number;
  /** The whole event as it comes, where its framing says by which characters it is one. */
  readonly whole: JsonTemplate<TextTag> | undefined;
  /** Its data alone. */
  readonly data: JsonTemplate<TextTag>;
  /** In the order in which they are counted and filtered. */
  readonly texts: readonly KnownText[];
}

/** A known event, or its data, in a text. */
export interface Recognised {
  readonly known: KnownEvent;
  /** Where each text begins and ends, in turn. */
  readonly places: readonly number[];
  /** Where its data begins, and where all of it ends. */
  readonly json: number;
  readonly end: number;
}

export class KnownEvents {
  readonly #dialect: Dialect;
  readonly #framing: Framing;
  /** The last one first. */
  #events: KnownEvent[] = [];

  constructor(dialect: Dialect, framing: Framing) {
    this.#dialect = dialect;
    this.#framing = framing;
  }

  /** The event that begins at an offset of a text, and is there to its end. */
  find(text: string, at: number): Recognised | undefined {
    for (const known of this.#events) {
      const places = known.whole?.match(text, at);
      if (places) return { known, places, json: at + known.at, end: places.at(-1)! };
    }
    return undefined;
  }

  /** The same by the data alone of an event. */
  findData(data: string): Recognised | undefined {
    for (const known of this.#events) {
      const places = known.data.match(data);
      if (places?.at(-1) === data.length) return { known, places, json: 0, end: data.length };
    }
    return undefined;
  }

  keep(read: ReadEvent): void {
    if (!this.#saysTextsAlone(read)) return;
    const { frame, body } = read;
    const at = this.#framing.dataAt?.(frame);
    const options = { decides: ({ decides }: TextTag) => decides === true, counters: this.#dialect.counters };
    const data = new JsonTemplate(body.document, options);
    const whole =
      at === undefined ? undefined : new JsonTemplate(body.document, { ...options, within: { text: frame.raw, at } });
    const texts = this.#textsOf(read, data);
    this.#events = [{ frame, at: at ?? 0, whole, data, texts }, ...this.#events.slice(0, MAX_KNOWN - 1)];
  }

  /** Nothing else of it is to be learned, ended or cleared, whatever its texts are. */
  #saysTextsAlone({ body, facts }: ReadEvent): boolean {
    const { usage, usageOnly, closes = [], finished, failed } = facts;
    if (usage !== undefined || usageOnly || finished || failed || closes.length > 0 || body.media.count > 0)
      return false;
    return body.slots.every(
      ({ streamed, grows, media, path }) => streamed && !grows && !media && !this.#isQuoted(body, path),
    );
  }

  #isQuoted({ document: { text } }: JsonBody, path: BodySlot['path']): boolean {
    return quotesOf(this.#dialect, path).some((quoted) => clearMember(text, quoted) !== text);
  }

  #textsOf({ body, parsed }: ReadEvent, { leaves }: JsonTemplate<TextTag>): KnownText[] {
    const placeOf = (slot: BodySlot): number => leaves.findIndex(({ start }) => start === slot.at);
    return [
      ...body.verbatim.map((slot) => ({ slot, place: placeOf(slot), channel: undefined })),
      ...body.slots.map((slot) => ({
        slot,
        place: placeOf(slot),
        channel: this.#dialect.channel(parsed, slot.path),
      })),
    ];
  }
}
