/**
 * The guard of one event stream: every text of every event goes through the call's filters, texts that are streamed in
 * pieces each through one of their own. Text in, text out; it reads and writes no sockets.
 */
import { type BodySlot, JsonBody, type TextTag } from '../core/json-body.ts';
import type { AnswerHeaders } from '../core/meter.ts';
import type { AnswerText, Call, CallFilter } from '../core/pipeline.ts';
import { filterWhole, handled, type Pending, whenReady } from '../core/text.ts';
import type { Dialect, EventFacts } from '../dialects/dialect.ts';
import { JsonTemplate } from '../json/template.ts';
import { JsonSyntaxError, parseJson } from '../json/walk.ts';
import type { Frame, FrameReader, Framing } from './framing.ts';
import { clearQuotes } from './quotes.ts';

export interface StreamOptions {
  readonly dialect: Dialect;
  readonly framing: Framing;
  readonly hideUsage: boolean;
  /** Of the answer: a tier or a cost may stand in them. */
  readonly headers?: AnswerHeaders | undefined;
  readonly now: () => number;
}

/** A text that is being streamed: its filter, and the last event that carried a piece of it. */
interface Channel {
  readonly filter: CallFilter;
  event: Frame;
  parsed: unknown;
  slot: BodySlot;
}

/** An event that holds JSON. */
interface ReadEvent {
  readonly body: JsonBody;
  readonly parsed: unknown;
  readonly facts: EventFacts;
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
  readonly #channels = new Map<string, Channel>();
  #last: (Omit<ReadEvent, 'body'> & { readonly template: JsonTemplate<TextTag> }) | undefined;

  constructor(call: Call, options: StreamOptions) {
    this.#call = call;
    this.#options = options;
    this.#framing = options.framing;
    this.#reader = options.framing.reader();
  }

  /** @throws GatewayError when a filter that fails closed failed; later, when the filter takes its time */
  push(text: string): Pending<string> {
    return this.#joined(this.#reader.push(text), (event) => this.#event(event));
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
    if (beside === undefined || !this.#call.filtering) return this.#guarded(event);
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
    const read = this.#read(data);
    if (!read) return this.#plain(event, data);
    const { body, parsed, facts } = read;
    if (facts.usageOnly && this.#options.hideUsage) return '';
    const closes = facts.closes ?? [];
    const filtered = this.#filter(event, parsed, body, closes);
    const closed = this.#joined(closes, (prefix) => this.#close(prefix));
    return whenReady(filtered, () =>
      whenReady(closed, (rest) => rest + (body.edited ? this.#framing.withData(event, body.toString()) : event.raw)),
    );
  }

  /** An event that differs from one before in its texts alone has the same facts, and they are learned already. */
  #read(data: string): ReadEvent | undefined {
    const { event: shape, eventFacts, resolveAnswer: resolve } = this.#options.dialect;
    const document = this.#last?.template.match(data);
    if (document) return { ...this.#last!, body: new JsonBody(document, shape, { resolve }) };
    const body = this.#parse(data);
    if (!body) return undefined;
    const parsed = parseJson(data);
    const facts = eventFacts(parsed);
    this.#learn(facts);
    this.#last = { template: new JsonTemplate(body.document, ({ decides }) => decides === true), parsed, facts };
    return { body, parsed, facts };
  }

  /** `[DONE]` ends every text; anything else that is no JSON is one whole text. */
  #plain(event: Frame, data: string): Pending<string> {
    if (data === '[DONE]') {
      this.finished = true;
      return whenReady(this.#close(''), (rest) => rest + event.raw);
    }
    if (!this.#call.filtering) return event.raw;
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
  #filter(event: Frame, parsed: unknown, body: JsonBody, closes: readonly string[]): Pending<void> {
    const waiting: Promise<void>[] = [];
    for (const signed of body.verbatim) this.#call.count(signed.read());
    for (const slot of body.slots) {
      const came = slot.read();
      if (!slot.repeats) this.#call.count(came);
      if (!this.#call.filtering) continue;
      const name = slot.streamed || slot.grows ? this.#options.dialect.channel(parsed, slot.path) : undefined;
      const closing = name !== undefined && closes.some((prefix) => name.startsWith(prefix));
      const shown = slot.grows
        ? this.#soFar(slot, came, closing)
        : name === undefined
          ? this.#whole(slot, came)
          : this.#piece(name, { event, parsed, slot }, came, closing);
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

  #piece(name: string, carrier: Omit<Channel, 'filter'>, came: string, closing: boolean): Pending<string> {
    const channel = this.#channels.get(name) ?? { filter: this.#call.filter(carrier.slot, true), ...carrier };
    Object.assign(channel, carrier);
    this.#channels.set(name, channel);
    const shown = channel.filter.push(came);
    if (!closing) return shown;
    this.#channels.delete(name);
    return whenReady(channel.filter.end(), (rest) => shown + rest);
  }

  /** Ends the channels below a prefix; what they still held goes out in events of its own, before the one that ends them. */
  #close(prefix: string): Pending<string> {
    const ended = [...this.#channels].filter(([name]) => name.startsWith(prefix));
    return this.#joined(ended, ([name, { filter, event, parsed, slot }]) => {
      this.#channels.delete(name);
      return whenReady(filter.end(), (rest) => (rest === '' ? '' : this.#more(event, parsed, slot, rest)));
    });
  }

  /** An event of its own for the rest of a text. */
  #more(event: Frame, parsed: unknown, slot: BodySlot, rest: string): string {
    const { dialect } = this.#options;
    const more = dialect.continuation(parsed, slot.path, rest);
    return this.#framing.sibling(event, JSON.stringify(more), dialect.eventName?.(more));
  }
}
