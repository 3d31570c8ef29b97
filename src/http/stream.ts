/**
 * The guard of one event stream: every text of every event goes through the call's filters, texts that are streamed in
 * pieces each through one of their own. Text in, text out; it reads and writes no sockets.
 */
import { type BodySlot, JsonBody } from '../core/json-body.ts';
import type { AnswerHeaders } from '../core/meter.ts';
import type { AnswerText, Call, CallFilter } from '../core/pipeline.ts';
import { filterWhole, handled, type Pending, whenReady } from '../core/text.ts';
import type { Dialect, EventFacts } from '../dialects/dialect.ts';
import { decodeJsonString, encodeJsonString, JsonSyntaxError, parseJson } from '../json/walk.ts';
import type { Frame, FrameReader, Framing } from './framing.ts';
import { KnownEvents, type ReadEvent, type Recognised } from './known-events.ts';
import { clearQuotes } from './quotes.ts';

export interface StreamOptions {
  readonly dialect: Dialect;
  readonly framing: Framing;
  readonly hideUsage: boolean;
  /** Of the answer: a tier or a cost may stand in them. */
  readonly headers?: AnswerHeaders | undefined;
  readonly now: () => number;
}

/** A piece of a streamed text: its event, and what the JSON of that stands in. */
interface Piece {
  frame: Frame;
  slot: BodySlot;
  text: string;
}

/** A text that is being streamed: its filter, and the last event that carried a piece of it. */
interface Channel extends Piece {
  readonly filter: CallFilter;
  /** Where its JSON stands. */
  from: number;
  to: number;
}

/** Events as they are shown, and where they end. */
interface Passed {
  readonly shown: string;
  readonly end: number;
}

/** A text that no JSON says anything of. */
const PLAIN_TEXT: AnswerText = { scope: 'output', kind: 'string', encoding: 'text', path: [] };

const linesOf = (text: string): number => text.split(/\r\n|\r|\n/).length;

export class StreamGuard {
  /** The provider reported an error in the stream. */
  failed = false;
  /** The provider said that this was all. Clients stop reading there, which is no abort. */
  finished = false;
  /** What went well before a failure, of the text that failed. */
  passedBefore = '';
  readonly #call: Call;
  readonly #options: StreamOptions;
  readonly #framing: Framing;
  readonly #reader: FrameReader;
  readonly #filtering: boolean;
  readonly #channels = new Map<string, Channel>();
  readonly #known: KnownEvents;

  constructor(call: Call, options: StreamOptions) {
    this.#call = call;
    this.#options = options;
    this.#framing = options.framing;
    this.#reader = options.framing.reader();
    this.#filtering = call.filtering;
    this.#known = new KnownEvents(options.dialect, options.framing);
  }

  /** @throws GatewayError when a filter that fails closed failed; later, when the filter takes its time */
  push(text: string): Pending<string> {
    if (this.#framing.separator === undefined) return this.#read(text);
    const passed = this.#reader.idle ? this.#pass(text, 0) : { shown: '', end: 0 };
    if (passed.end === text.length) return passed.shown;
    return this.#joined(this.#steps(text, passed), (step) => step());
  }

  /** What is left to do with a text: an event by itself where the reader is needed, known ones together. */
  *#steps(text: string, { shown, end }: Passed): Generator<() => Pending<string>> {
    yield () => shown;
    for (let at = end; at < text.length; ) {
      const behind = this.#separatorEnd(text, at);
      const piece = text.slice(at, behind);
      yield () => this.#read(piece);
      const passed = { shown: '', end: behind };
      if (this.#reader.idle) yield () => Object.assign(passed, this.#pass(text, behind)).shown;
      at = passed.end;
    }
  }

  /** Behind the next event that ends for certain. */
  #separatorEnd(text: string, from: number): number {
    const { separator = '' } = this.#framing;
    const at = text.indexOf(separator, from);
    return at < 0 ? text.length : at + separator.length;
  }

  #read(text: string): Pending<string> {
    return this.#joined(this.#reader.push(text), (event) => this.#event(event));
  }

  /** Known events from an offset on, up to the first that is none. What no filter changed is cut out in one piece. */
  #pass(text: string, from: number): Passed {
    let shown = '';
    let copied = from;
    let at = from;
    try {
      for (let found = this.#known.find(text, at); found; found = this.#known.find(text, at)) {
        const edited = this.#edited(found, found.known.frame, text, at);
        if (edited !== undefined) {
          shown += text.slice(copied, at) + edited;
          copied = found.end;
        }
        at = found.end;
      }
    } catch (error) {
      this.#broken(shown + text.slice(copied, at), error);
    }
    return { shown: shown + text.slice(copied, at), end: at };
  }

  /** What was recognised at an offset of a text, with its texts filtered; `undefined` when none changed. */
  #edited({ known, json, places, end }: Recognised, frame: Frame, text: string, from: number): string | undefined {
    let edited = '';
    let copied = from;
    for (const { slot, place, channel } of known.texts) {
      const at = places[2 * place]!;
      const to = places[2 * place + 1]!;
      const came = decodeJsonString(text, at, to);
      if (!slot.repeats) this.#call.count(came);
      if (!this.#filtering || channel === undefined) continue;
      const shown = this.#channel(channel, frame, slot, text, json, end).filter.push(came);
      if (shown === came) continue;
      edited += text.slice(copied, at) + encodeJsonString(shown);
      copied = to;
    }
    return copied === from ? undefined : edited + text.slice(copied, end);
  }

  /** The end of the stream: the rest of every text, whatever the provider forgot to say. */
  end(text: string): Pending<string> {
    let last: Frame[] = [];
    const steps = [
      () => this.push(text),
      () => {
        last = this.#reader.end();
        return this.#joined(last, (event) => this.#event(event));
      },
      // What follows an event without a blank line would be read as more of it.
      () => whenReady(this.#close(''), (rest) => (rest === '' ? '' : this.#framing.missingEnd(last[0])) + rest),
    ];
    return this.#joined(steps, (step) => step());
  }

  /** The rest of every text, for a stream that ends here though the provider had more to say. */
  cut(): Pending<string> {
    return this.#close('');
  }

  /** What all have to show, in order; all are asked at once. What went well before a failure is kept for whoever ends the stream. */
  #joined<Part>(parts: Iterable<Part>, show: (part: Part) => Pending<string>): Pending<string> {
    let before: Pending<string> = '';
    for (const part of parts) {
      let next: Pending<string>;
      try {
        next = show(part);
      } catch (error) {
        return whenReady(before, (shown) => this.#broken(shown, error));
      }
      before = typeof before === 'string' && typeof next === 'string' ? before + next : this.#after(before, next);
    }
    return before;
  }

  #after(before: Pending<string>, next: Pending<string>): Pending<string> {
    if (typeof next === 'string') return whenReady(before, (shown) => shown + next);
    // When the part before fails, nobody asks for the next one any more.
    handled(next);
    return whenReady(before, (shown) =>
      handled(
        next.then(
          (more) => shown + more,
          (error: unknown) => this.#broken(shown, error),
        ),
      ),
    );
  }

  #broken(before: string, error: unknown): never {
    this.passedBefore = before + this.passedBefore;
    throw error;
  }

  #event(event: Frame): Pending<string> {
    const { beside } = event;
    // What is no event at all may be the answer.
    if (beside !== undefined && event.data === undefined && !beside.startsWith(':')) this.#call.count(beside);
    if (beside === undefined || !this.#filtering) return this.#guarded(event);
    const filter = this.#call.filter(PLAIN_TEXT, true);
    const shown = filterWhole(filter, beside);
    const rewritten = (text: string): Frame => (text === beside ? event : this.#framing.withBeside!(event, text));
    if (event.data === undefined) return whenReady(shown, (text) => rewritten(text).raw);
    // Nobody misses it. Events are in order, so none waits for what stands beside another; and a value of several lines would end it.
    const fits = typeof shown === 'string' && linesOf(shown) === linesOf(beside);
    return this.#guarded(rewritten(fits ? shown : ''));
  }

  #guarded(event: Frame): Pending<string> {
    const { data } = event;
    if (event.last) return whenReady(this.#close(''), (rest) => rest + event.raw);
    if (data === undefined) return event.raw;
    const found = this.#known.findData(data);
    if (found) {
      const edited = this.#edited(found, event, data, 0);
      return edited === undefined ? event.raw : this.#framing.withData(event, edited);
    }
    const read = this.#readData(event, data);
    if (!read) return this.#plain(event, data);
    const { body, facts } = read;
    if (facts.usageOnly && this.#options.hideUsage) return '';
    const closes = facts.closes ?? [];
    const filtered = this.#filter(read, closes);
    const closed = this.#joined(closes, (prefix) => this.#close(prefix));
    return whenReady(filtered, () =>
      whenReady(closed, (rest) => rest + (body.edited ? this.#framing.withData(event, body.toString()) : event.raw)),
    );
  }

  #readData(frame: Frame, data: string): ReadEvent | undefined {
    const body = this.#parse(data);
    if (!body) return undefined;
    const parsed = parseJson(data);
    const facts = this.#options.dialect.eventFacts(parsed);
    this.#learn(facts);
    const read = { frame, body, parsed, facts };
    this.#known.keep(read);
    return read;
  }

  /** `[DONE]` ends every text; anything else that is no JSON is one whole text. */
  #plain(event: Frame, data: string): Pending<string> {
    if (data === '[DONE]') {
      this.finished = true;
      return whenReady(this.#close(''), (rest) => rest + event.raw);
    }
    if (!this.#filtering) return event.raw;
    return whenReady(filterWhole(this.#call.filter(PLAIN_TEXT, true), data), (shown) =>
      shown === data ? event.raw : this.#framing.withData(event, shown),
    );
  }

  #parse(data: string): JsonBody | undefined {
    if (data === '[DONE]' || !/^\s*[[{"]/.test(data)) return undefined;
    try {
      const { event, resolveAnswer: resolve } = this.#options.dialect;
      return new JsonBody(data, event, { duplicateKeys: 'allow', resolve });
    } catch (error) {
      if (error instanceof JsonSyntaxError) return undefined;
      throw error;
    }
  }

  #learn({ response, usage, finished, failed }: EventFacts): void {
    const { exchange } = this.#call;
    const firstChunkAt = exchange.response?.firstChunkAt ?? this.#options.now();
    const known = Object.entries(response ?? {}).filter(([, value]) => value !== undefined);
    exchange.response = { ...exchange.response, firstChunkAt, ...Object.fromEntries(known) };
    if (usage !== undefined) this.#call.learnEvent(usage, this.#options.headers);
    this.finished ||= finished ?? false;
    this.failed ||= failed ?? false;
  }

  /** Filters the texts of one event in place; a text that ends with this event ends in it. */
  #filter({ frame, body, parsed }: ReadEvent, closes: readonly string[]): Pending<void> {
    const { text } = body.document;
    const waiting: Promise<void>[] = [];
    for (const signed of body.verbatim) this.#call.count(signed.read());
    for (const slot of body.slots) {
      const came = slot.read();
      if (!slot.repeats) this.#call.count(came);
      if (!this.#filtering) continue;
      const name = slot.streamed || slot.grows ? this.#options.dialect.channel(parsed, slot.path) : undefined;
      const closing = name !== undefined && closes.some((prefix) => name.startsWith(prefix));
      const shown = slot.grows
        ? this.#soFar(slot, came, closing)
        : name === undefined
          ? this.#whole(slot, came)
          : this.#piece(name, { frame, slot, text }, came, closing);
      if (typeof shown === 'string') this.#write(body, slot, came, shown);
      else waiting.push(handled(shown.then((text) => this.#write(body, slot, came, text))));
    }
    return waiting.length === 0 ? undefined : handled(Promise.all(waiting).then(() => {}));
  }

  #write(body: JsonBody, slot: BodySlot, came: string, shown: string): void {
    if (shown === came) return;
    slot.write(shown);
    clearQuotes(body, this.#options.dialect, slot);
  }

  #whole(slot: BodySlot, came: string): Pending<string> {
    const filter = this.#call.filter(slot, true);
    return whenReady(filterWhole(filter, came), (shown) => (filter.changed === false ? came : shown));
  }

  /** As far as it may be shown now: a value at its end may be half of one. */
  #soFar(slot: BodySlot, came: string, closing: boolean): Pending<string> {
    const filter = this.#call.filter(slot, true);
    const shown = filter.push(came);
    return closing ? whenReady(filter.end(), (rest) => shown + rest) : shown;
  }

  #piece(name: string, { frame, slot, text }: Piece, came: string, closing: boolean): Pending<string> {
    const { filter } = this.#channel(name, frame, slot, text, 0, text.length);
    const shown = filter.push(came);
    if (!closing) return shown;
    this.#channels.delete(name);
    return whenReady(filter.end(), (rest) => shown + rest);
  }

  /** Arguments by themselves: an object for each piece of a stream is one too many. */
  #channel(name: string, frame: Frame, slot: BodySlot, text: string, from: number, to: number): Channel {
    let channel = this.#channels.get(name);
    if (!channel) {
      channel = { filter: this.#call.filter(slot, true), frame, slot, text, from, to };
      this.#channels.set(name, channel);
    } else {
      channel.frame = frame;
      channel.slot = slot;
      channel.text = text;
      channel.from = from;
      channel.to = to;
    }
    return channel;
  }

  /** Ends the channels below a prefix; what they still held goes out in events of its own, before the one that ends them. */
  #close(prefix: string): Pending<string> {
    const ended = [...this.#channels].filter(([name]) => name.startsWith(prefix));
    return this.#joined(ended, ([name, channel]) => {
      this.#channels.delete(name);
      return whenReady(channel.filter.end(), (rest) => (rest === '' ? '' : this.#more(channel, rest)));
    });
  }

  /** An event of its own for the rest of a text. */
  #more({ frame, slot, text, from, to }: Channel, rest: string): string {
    const { dialect } = this.#options;
    const more = dialect.continuation(parseJson(text.slice(from, to)), slot.path, rest);
    return this.#framing.sibling(frame, JSON.stringify(more), dialect.eventName?.(more));
  }
}
