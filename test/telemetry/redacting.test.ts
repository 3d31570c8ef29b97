import { SpanStatusCode, type Tracer } from '@opentelemetry/api';
import {
  InMemorySpanExporter,
  NodeTracerProvider,
  type ReadableSpan,
  SimpleSpanProcessor,
  type SpanExporter,
} from '@opentelemetry/sdk-trace-node';
import { describe, expect, it } from 'vitest';
import { createGateway, redact } from '../../src/index.ts';
import { redactingExporter, redactingSpanProcessor } from '../../src/telemetry/otel.ts';

const EMAIL = 'ada.lovelace@example.com';
const SSN = '521-44-9876';
const gateway = createGateway();

/** A span with a value in every place where one can stand. */
function record(tracer: Tracer): void {
  const other = tracer.startSpan('other');
  const span = tracer.startSpan(`GET /users/${EMAIL}`, {
    attributes: {
      'llm.input_messages.0.message.content': `I am ${EMAIL}`,
      'gen_ai.input.messages': JSON.stringify([{ role: 'user', parts: [{ type: 'text', content: EMAIL }], n: 1.0 }]),
      'cut.json': `[{"content":"${EMAIL}","mo`,
      list: ['one', EMAIL],
      numbers: [1, 2],
      'gen_ai.usage.input_tokens': 20,
      flag: true,
      'gen_ai.request.model': 'gpt-4o-mini',
      'gateway.user.id': EMAIL,
    },
    links: [{ context: other.spanContext(), attributes: { why: `asked by ${EMAIL}` } }],
  });
  span.addEvent('exception', { 'exception.message': `no such user: ${EMAIL}`, attempt: 2 });
  span.setStatus({ code: SpanStatusCode.ERROR, message: `SSN ${SSN}` });
  span.end();
}

const told = ({ name, attributes, events, links, status }: ReadableSpan): object => ({
  name,
  attributes,
  events: events.map(({ name, attributes }) => ({ name, attributes })),
  links: links.map(({ attributes }) => attributes),
  status,
});

const CLEAN = {
  name: 'GET /users/<EMAIL_ADDRESS_1>',
  attributes: {
    'llm.input_messages.0.message.content': 'I am <EMAIL_ADDRESS_1>',
    'gen_ai.input.messages': '[{"role":"user","parts":[{"type":"text","content":"<EMAIL_ADDRESS_1>"}],"n":1}]',
    'cut.json': '[{"content":"<EMAIL_ADDRESS_1>","mo',
    list: ['one', '<EMAIL_ADDRESS_1>'],
    numbers: [1, 2],
    'gen_ai.usage.input_tokens': 20,
    flag: true,
    'gen_ai.request.model': 'gpt-4o-mini',
    'gateway.user.id': EMAIL,
  },
  events: [{ name: 'exception', attributes: { 'exception.message': 'no such user: <EMAIL_ADDRESS_1>', attempt: 2 } }],
  links: [{ why: 'asked by <EMAIL_ADDRESS_1>' }],
  status: { code: 2, message: 'SSN <US_SSN_1>' },
};

describe('redactingExporter', () => {
  it('redacts every text of a span, and leaves keys, numbers and structure', () => {
    const memory = new InMemorySpanExporter();
    const provider = new NodeTracerProvider({
      spanProcessors: [new SimpleSpanProcessor(redactingExporter(memory, gateway))],
    });
    record(provider.getTracer('foreign'));
    expect(memory.getFinishedSpans().map(told)).toEqual([CLEAN]);
  });

  it('leaves the span of other exporters as it was, and its methods and context working', () => {
    const [redacted, raw] = [new InMemorySpanExporter(), new InMemorySpanExporter()];
    const provider = new NodeTracerProvider({
      spanProcessors: [new SimpleSpanProcessor(redactingExporter(redacted, gateway)), new SimpleSpanProcessor(raw)],
    });
    record(provider.getTracer('foreign'));
    const [clean, own] = [redacted.getFinishedSpans()[0]!, raw.getFinishedSpans()[0]!];
    expect(own.attributes.list).toEqual(['one', EMAIL]);
    expect(own.status.message).toBe(`SSN ${SSN}`);
    expect(own.events[0]!.attributes!['exception.message']).toContain(EMAIL);
    expect(clean.spanContext()).toEqual(own.spanContext());
    expect(clean.duration).toEqual(own.duration);
  });

  it('withholds a text that cannot be redacted, and never throws into the export', () => {
    const memory = new InMemorySpanExporter();
    const blocking = createGateway({ policies: [redact({ actions: { EMAIL_ADDRESS: 'block' } })] });
    const provider = new NodeTracerProvider({
      spanProcessors: [new SimpleSpanProcessor(redactingExporter(memory, blocking))],
    });
    record(provider.getTracer('foreign'));
    expect(
      JSON.stringify(memory.getFinishedSpans().map(told)).replaceAll(`"gateway.user.id":"${EMAIL}"`, ''),
    ).not.toContain(EMAIL);
    expect(memory.getFinishedSpans()[0]!.name).toBe('[withheld: not redacted]');
  });

  it('hands flush and shutdown on', async () => {
    const seen: string[] = [];
    const inner: SpanExporter = {
      export: (_spans, done) => done({ code: 0 }),
      shutdown: async () => void seen.push('shutdown'),
      forceFlush: async () => void seen.push('flush'),
    };
    const exporter = redactingExporter(inner, gateway);
    await exporter.forceFlush!();
    await exporter.shutdown();
    expect(seen).toEqual(['flush', 'shutdown']);
  });

  it.each([undefined, {}])('refuses %j as an exporter and as a gateway', (wrong) => {
    expect(() => redactingExporter(wrong as never, gateway)).toThrow(/exporter/);
    expect(() => redactingSpanProcessor(wrong as never)).toThrow(/gateway/);
  });
});

describe('redactingSpanProcessor', () => {
  it('redacts in place for every processor behind it', () => {
    const [first, second] = [new InMemorySpanExporter(), new InMemorySpanExporter()];
    const provider = new NodeTracerProvider({
      spanProcessors: [
        redactingSpanProcessor(gateway),
        new SimpleSpanProcessor(first),
        new SimpleSpanProcessor(second),
      ],
    });
    record(provider.getTracer('foreign'));
    expect(first.getFinishedSpans().map(told)).toEqual([CLEAN]);
    expect(second.getFinishedSpans().map(told)).toEqual([CLEAN]);
  });

  it('cannot redact what a processor adds after it: a limit', () => {
    const memory = new InMemorySpanExporter();
    const adding = {
      onStart() {},
      onEnding: (span: { setAttribute(key: string, value: string): unknown }) => void span.setAttribute('late', EMAIL),
      onEnd() {},
      forceFlush: async () => {},
      shutdown: async () => {},
    };
    const provider = new NodeTracerProvider({
      spanProcessors: [redactingSpanProcessor(gateway), adding, new SimpleSpanProcessor(memory)],
    });
    record(provider.getTracer('foreign'));
    expect(memory.getFinishedSpans()[0]!.attributes.late).toBe(EMAIL);
  });
});
