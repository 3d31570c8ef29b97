/**
 * The guard of one event stream: every text of every event goes through the call's filters, texts that are streamed in
 * pieces each through one of their own. Text in, text out; it reads and writes no sockets.
 */
import { type BodySlot, JsonBody, type TextTag } from '../core/json-body.ts';
import type { Call, CallFilter } from '../core/pipeline.ts';
import { filterWhole } from '../core/text.ts';
import type { Dialect, EventFacts } from '../dialects/dialect.ts';
import { JsonTemplate } from '../json/template.ts';
import { JsonSyntaxError, parseJson } from '../json/walk.ts';
import { missingEnd, type SseEvent, SseReader, siblingEvent, withData } from './sse.ts';

export interface StreamOptions {
  readonly dialect: Dialect;
  readonly hideUsage: boolean;
  readonly now: () => number;
}

/** A text that is being streamed: its filter, and the last event that carried a piece of it. */
interface Channel {
  readonly filter: CallFilter;
  event: SseEvent;
  parsed: unknown;
  slot: BodySlot;
}

/** An event that holds JSON. */
interface ReadEvent {
  readonly body: JsonBody;
  readonly parsed: unknown;
  readonly facts: EventFacts;
}

export class StreamGuard {
  /** The provider reported an error in the stream. */
  failed = false;
  /** The provider said that this was all. Clients stop reading there, which is no abort. */
  finished = false;
  /** What went well before a failure, of the text that failed. */
  passedBefore = '';
  readonly #call: Call;
  readonly #options: StreamOptions;
  readonly #reader = new SseReader();
  readonly #channels = new Map<string, Channel>();
  #last: (Omit<ReadEvent, 'body'> & { readonly template: JsonTemplate<TextTag> }) | undefined;

  constructor(call: Call, options: StreamOptions) {
    this.#call = call;
    this.#options = options;
  }

  /** @throws GatewayError when a filter that fails closed failed */
  push(text: string): string {
    return this.#pass(this.#reader.push(text));
  }

  /** The end of the stream: the rest of every text, whatever the provider forgot to say. */
  end(text: string): string {
    const complete = this.push(text);
    const last = this.#reader.end();
    const shown = this.#pass(last);
    const rest = this.#close('');
    // What follows an event without a blank line would be read as more of it.
    return complete + shown + (rest === '' ? '' : missingEnd(last[0])) + rest;
  }

  #pass(events: readonly SseEvent[]): string {
    let shown = '';
    try {
      for (const event of events) shown += this.#event(event);
      return shown;
    } catch (error) {
      this.passedBefore = shown;
      throw error;
    }
  }

  #event(event: SseEvent): string {
    const { data } = event;
    if (data === undefined) return event.raw;
    const read = this.#read(data);
    if (!read) return this.#plain(event, data);
    const { body, parsed, facts } = read;
    if (facts.usageOnly && this.#options.hideUsage) return '';
    const closes = facts.closes ?? [];
    this.#filter(event, parsed, body, closes);
    const rest = closes.map((prefix) => this.#close(prefix)).join('');
    return rest + (body.edited ? withData(event, body.toString()) : event.raw);
  }

  /** An event that differs from one before in its texts alone has the same facts, and they are learned already. */
  #read(data: string): ReadEvent | undefined {
    const { event: shape, eventFacts } = this.#options.dialect;
    const document = this.#last?.template.match(data);
    if (document) return { ...this.#last!, body: new JsonBody(document, shape) };
    const body = this.#parse(data);
    if (!body) return undefined;
    const parsed = parseJson(data);
    const facts = eventFacts(parsed);
    this.#learn(facts);
    this.#last = { template: new JsonTemplate(body.document), parsed, facts };
    return { body, parsed, facts };
  }

  /** `[DONE]` ends every text; anything else that is no JSON is one whole text. */
  #plain(event: SseEvent, data: string): string {
    if (data === '[DONE]') {
      this.finished = true;
      return this.#close('') + event.raw;
    }
    if (!this.#call.filtering) return event.raw;
    const shown = filterWhole(this.#call.filter({ scope: 'output', kind: 'string', encoding: 'text', path: [] }), data);
    return shown === data ? event.raw : withData(event, shown);
  }

  #parse(data: string): JsonBody | undefined {
    if (data === '[DONE]' || !/^\s*[[{"]/.test(data)) return undefined;
    try {
      return new JsonBody(data, this.#options.dialect.event, { duplicateKeys: 'allow' });
    } catch (error) {
      if (error instanceof JsonSyntaxError) return undefined;
      throw error;
    }
  }

  #learn({ response, usage, failed }: EventFacts): void {
    const { exchange } = this.#call;
    const firstChunkAt = exchange.response?.firstChunkAt ?? this.#options.now();
    const known = Object.entries(response ?? {}).filter(([, value]) => value !== undefined);
    exchange.response = { ...exchange.response, firstChunkAt, ...Object.fromEntries(known) };
    this.#call.learnUsage(usage);
    this.failed ||= failed ?? false;
  }

  /** Filters the texts of one event in place; a text that ends with this event ends in it. */
  #filter(event: SseEvent, parsed: unknown, body: JsonBody, closes: readonly string[]): void {
    for (const slot of body.slots) {
      const came = slot.read();
      this.#call.count(came);
      if (!this.#call.filtering) continue;
      const name = slot.streamed ? this.#options.dialect.channel(parsed, slot.path) : undefined;
      const closing = name !== undefined && closes.some((prefix) => name.startsWith(prefix));
      const shown =
        name === undefined ? this.#whole(slot, came) : this.#piece(name, { event, parsed, slot }, came, closing);
      if (shown === came) continue;
      slot.write(shown);
      const quotes = this.#options.dialect.quotes?.(slot.path);
      if (quotes) body.clear(quotes);
    }
  }

  #whole(slot: BodySlot, came: string): string {
    const filter = this.#call.filter(slot);
    const shown = filterWhole(filter, came);
    return filter.changed === false ? came : shown;
  }

  #piece(name: string, carrier: Omit<Channel, 'filter'>, came: string, closing: boolean): string {
    const channel = this.#channels.get(name) ?? { filter: this.#call.filter(carrier.slot), ...carrier };
    Object.assign(channel, carrier);
    this.#channels.set(name, channel);
    const shown = channel.filter.push(came);
    if (!closing) return shown;
    this.#channels.delete(name);
    return shown + channel.filter.end();
  }

  /** Ends the channels below a prefix; what they still held goes out in events of its own, before the one that ends them. */
  #close(prefix: string): string {
    let out = '';
    for (const [name, { filter, event, parsed, slot }] of this.#channels) {
      if (!name.startsWith(prefix)) continue;
      this.#channels.delete(name);
      const rest = filter.end();
      if (rest !== '')
        out += siblingEvent(event, JSON.stringify(this.#options.dialect.continuation(parsed, slot.path, rest)));
    }
    return out;
  }
}
