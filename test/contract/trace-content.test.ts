/** What spans hold of texts and what metrics count, over real calls: content only when asked for, and never raw. */
import { AIMessage, HumanMessage } from '@langchain/core/messages';
import { ChatOpenAI } from '@langchain/openai';
import { metrics } from '@opentelemetry/api';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type OtlpReceiver, type ReceivedSpan, startOtlpReceiver } from '../../examples/support/otlp-receiver.ts';
import { createGateway, type GatewayOptions, redact, spendCap } from '../../src/index.ts';
import { GatewayCallbackHandler } from '../../src/langchain/index.ts';
import { setupTracing, type Tracing } from '../../src/telemetry/otel.ts';
import { PROVIDER_KEY, startWorld, type World } from './world.ts';

const EMAIL = 'ada.lovelace@example.com';
const MADE_UP = 'grace.hopper@example.org';

let receiver: OtlpReceiver;
let tracing: Tracing;
let world: World;

beforeAll(async () => {
  receiver = await startOtlpReceiver();
  tracing = await setupTracing({ target: { url: `${receiver.origin}/v1/traces` } });
});
afterAll(async () => {
  await tracing.shutdown();
  await receiver.close();
});
afterEach(async () => {
  await world.stop();
  receiver.spans.length = 0;
});

interface Asked {
  readonly stream?: boolean;
  readonly path?: string;
  readonly body?: object;
  readonly signal?: AbortSignal;
}

/** Asks and reads the answer to its end; gives the text and the span of the call. */
async function ask(
  options: GatewayOptions,
  { stream = false, path = 'chat/completions', body, signal }: Asked = {},
  prepare?: (made: World) => void,
) {
  world = await startWorld(options);
  world.provider.reply = ({ prompt }) => `You said ${prompt}, and ${MADE_UP} knows.`;
  prepare?.(world);
  const messages = [
    { role: 'system', content: `Be kind to ${EMAIL}` },
    { role: 'user', content: `Write to ${EMAIL}` },
  ];
  let text = '';
  try {
    const response = await world.gateway.fetch(`${world.provider.baseURL}/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body ?? { model: 'gpt-4o-mini', messages, stream }),
      ...(signal && { signal }),
    });
    text = await response.text();
  } catch {
    // Some of these calls are to fail; their span says how.
  }
  await world.gateway.close();
  return { text, span: await exported() };
}

/** The span of the call, as it arrived. */
async function exported(): Promise<ReceivedSpan> {
  await tracing.forceFlush();
  return receiver.spans.find(({ scope, name }) => scope.startsWith('postern@') && !name.startsWith('gateway.policy '))!;
}

const CONTENT = ['gen_ai.system_instructions', 'gen_ai.input.messages', 'gen_ai.output.messages'];
const contentOf = ({ attributes }: ReceivedSpan) => CONTENT.map((name) => JSON.parse(attributes[name] as string));

describe.each([{ stream: false }, { stream: true }])('content (stream: $stream)', ({ stream }) => {
  it('is off by default', async () => {
    const { span } = await ask({ policies: [redact()] }, { stream });
    for (const name of CONTENT) expect(span.attributes).not.toHaveProperty(name);
  });

  it.each([
    { name: 'enforcing', policies: [redact()] },
    { name: 'monitoring', policies: [redact({ mode: 'monitor' })] },
    { name: 'no', policies: [] },
  ])('is redacted under $name policies, and the caller gets what was said', async ({ policies }) => {
    const { text, span } = await ask({ policies, captureContent: true }, { stream });

    // A stream's pieces break the address apart.
    if (!stream) expect(text).toContain(EMAIL);
    else expect(text).toContain('data: ');
    const [system, input, output] = contentOf(span);
    expect(system).toEqual([{ type: 'text', content: expect.stringMatching(/^Be kind to \[?<?EMAIL/) }]);
    expect(input).toEqual([{ role: 'user', parts: [{ type: 'text', content: expect.stringContaining('EMAIL') }] }]);
    expect(output).toEqual([
      {
        role: 'assistant',
        parts: [{ type: 'text', content: expect.stringMatching(/^You said Write to .*knows\.$/) }],
        finish_reason: 'stop',
      },
    ]);
    for (const raw of [EMAIL, MADE_UP]) expect(receiver.saw(raw)).toBe(false);
  });

  it('is redacted by the policies that the call began with, whatever came after', async () => {
    const policies = [redact({ entities: ['EMAIL_ADDRESS'] })];
    const { span } = await ask({ policies, captureContent: true }, { stream }, ({ gateway, provider }) => {
      provider.intercept = () => {
        gateway.setPolicies([redact({ entities: ['US_SSN'] })]);
        return false;
      };
    });
    expect(contentOf(span)[2]).toMatchObject([{ parts: [{ content: expect.stringContaining('EMAIL') }] }]);
    for (const raw of [EMAIL, MADE_UP]) expect(receiver.saw(raw)).toBe(false);
  });

  it('is bounded, and stays JSON', async () => {
    const { span } = await ask({ captureContent: { maxChars: 10 } }, { stream });
    for (const list of contentOf(span)) {
      const content: string = (list[0].parts?.[0] ?? list[0]).content;
      expect(content).toHaveLength(11);
      expect(content.endsWith('…')).toBe(true);
    }
  });
});

/** What was asked, answered, called and told before, as each API has it. */
const CONVERSATIONS = [
  {
    path: 'chat/completions',
    body: {
      model: 'gpt-4o-mini',
      messages: [
        { role: 'user', content: 'Which?' },
        // A role may stand behind what it is the role of.
        { content: 'That one.', role: 'assistant' },
        { role: 'user', content: 'Why?' },
      ],
    },
  },
  {
    path: '../anthropic/v1/messages',
    body: {
      model: 'claude-haiku-4-5',
      max_tokens: 50,
      messages: [
        { role: 'user', content: 'Which?' },
        { role: 'assistant', content: [{ type: 'text', text: 'That one.' }] },
        { role: 'user', content: 'Why?' },
      ],
    },
  },
  {
    path: 'responses',
    body: {
      model: 'gpt-4o-mini',
      input: [
        { role: 'user', content: 'Which?' },
        {
          type: 'message',
          id: 'msg_1',
          role: 'assistant',
          status: 'completed',
          content: [{ type: 'output_text', text: 'That one.', annotations: [] }],
        },
        { role: 'user', content: [{ type: 'input_text', text: 'Why?' }] },
      ],
    },
  },
  {
    path: '../google/v1beta/models/gemini-2.5-flash:generateContent',
    body: {
      contents: [
        { role: 'user', parts: [{ text: 'Which?' }] },
        { role: 'model', parts: [{ text: 'That one.' }] },
        { role: 'user', parts: [{ text: 'Why?' }] },
      ],
    },
  },
  {
    path: '../bedrock/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse',
    body: {
      messages: [
        { role: 'user', content: [{ text: 'Which?' }] },
        { role: 'assistant', content: [{ text: 'That one.' }] },
        { role: 'user', content: [{ text: 'Why?' }] },
      ],
    },
  },
  {
    path: '../bedrock/model/us.amazon.nova-lite-v1%3A0/invoke',
    body: {
      messages: [
        { role: 'user', content: [{ text: 'Which?' }] },
        { role: 'assistant', content: [{ text: 'That one.' }] },
        { role: 'user', content: [{ text: 'Why?' }] },
      ],
    },
  },
];

describe('whose a message is', () => {
  const inputOf = ({ attributes }: ReceivedSpan): unknown => JSON.parse(attributes[CONTENT[1]!] as string);
  const text = (content: string) => [{ type: 'text', content }];

  it.each(CONVERSATIONS)('stands in $path', async ({ path, body }) => {
    const { span } = await ask({ captureContent: true }, { path, body });

    expect(inputOf(span)).toEqual([
      { role: 'user', parts: text('Which?') },
      { role: 'assistant', parts: text('That one.') },
      { role: 'user', parts: text('Why?') },
    ]);
  });

  it('stands in the messages of LangChain', async () => {
    world = await startWorld({ captureContent: true });
    const callbacks = [new GatewayCallbackHandler(world.gateway, { mode: 'enforce' })];
    const configuration = { baseURL: world.provider.baseURL };
    const model = new ChatOpenAI({ apiKey: PROVIDER_KEY, model: 'gpt-4o-mini', callbacks, configuration });

    await model.invoke([new HumanMessage('Which?'), new AIMessage('That one.'), new HumanMessage('Why?')]);

    const roles = inputOf(await exported()) as { role: string }[];
    expect(roles.map(({ role }) => role)).toEqual(['user', 'assistant', 'user']);
  });

  it('is never told in the words of the caller', async () => {
    const messages = [{ role: EMAIL, content: 'Hello' }];

    const { span } = await ask({ captureContent: true }, { body: { model: 'gpt-4o-mini', messages } });

    expect(inputOf(span)).toEqual([{ role: 'user', parts: text('Hello') }]);
    expect(receiver.saw(EMAIL)).toBe(false);
  });

  it('is the tool for what a tool said, and the assistant for what it asks a tool', async () => {
    const messages = [
      { role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_1', name: 'look', input: { at: 'the sea' } }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: 'It is blue.' }] },
    ];
    const body = { model: 'claude-haiku-4-5', max_tokens: 50, messages };

    const { span } = await ask({ captureContent: true }, { path: '../anthropic/v1/messages', body });

    expect(inputOf(span)).toEqual([
      { role: 'assistant', parts: [{ type: 'tool_input', content: 'the sea' }] },
      { role: 'tool', parts: [{ type: 'tool_output', content: 'It is blue.' }] },
    ]);
  });
});

it('what asynchronous detectors find cannot be kept out of a trace, so both together are refused', () => {
  const late = redact({ analyzers: [{ name: 'late', entities: ['X'], analyze: async () => [] }] } as never);
  expect(() => createGateway({ captureContent: true, policies: [late] })).toThrow(/captureContent must be left off/);
  expect(() => createGateway({ captureContent: { maxChars: 0 } })).toThrow(/captureContent\.maxChars/);
  expect(() => createGateway({ captureContent: 'yes' as never })).toThrow(/captureContent must be/);
  expect(() => createGateway({ spans: 'all' as never })).toThrow(/spans must be/);
});

describe('metrics', () => {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const provider = new MeterProvider({
    readers: [new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })],
  });
  beforeAll(() => void metrics.setGlobalMeterProvider(provider));
  afterAll(async () => {
    metrics.disable();
    await provider.shutdown();
  });

  /** The sum, or the count and sum, of each point by its labels. */
  const read = async (name: string) => {
    await provider.forceFlush();
    const all = exporter
      .getMetrics()
      .at(-1)!
      .scopeMetrics.flatMap((scope) => scope.metrics);
    return all.find(({ descriptor }) => descriptor.name === name)!;
  };

  it('count tokens, time, spend, holds, redactions and refusals, and never who called', async () => {
    const cap = spendCap({ name: 'cap', limitUsd: 1, window: 'daily' });
    await ask({ policies: [redact(), cap] }, { stream: true });
    await world.stop();
    await ask({ policies: [spendCap({ name: 'tiny', limitUsd: 0, window: 'lifetime' })] });

    const tokens = await read('gen_ai.client.token.usage');
    expect(tokens.descriptor.unit).toBe('{token}');
    expect(
      tokens.dataPoints.map(({ attributes, value }) => [
        attributes['gen_ai.token.type'],
        (value as { sum: number }).sum,
      ]),
    ).toEqual([
      ['input', 20],
      ['output', 10],
    ]);
    expect((tokens.dataPoints[0]!.value as { buckets: { boundaries: number[] } }).buckets.boundaries).toContain(
      67108864,
    );
    expect(tokens.dataPoints[0]!.attributes).toEqual({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'gpt-4o-mini',
      'gen_ai.token.type': 'input',
      'server.address': '127.0.0.1',
    });
    expect(
      (await read('gen_ai.client.operation.duration')).dataPoints.map(({ attributes }) => attributes['error.type']),
    ).toEqual([undefined, 'spend_cap_reached']);
    expect((await read('gen_ai.client.operation.time_to_first_chunk')).dataPoints).toHaveLength(1);
    expect((await read('gateway.spend')).dataPoints[0]!.value).toBeGreaterThan(0);
    expect((await read('gateway.holds.open')).dataPoints.map(({ value }) => value)).toEqual([0]);
    expect((await read('gateway.refusals')).dataPoints).toMatchObject([
      {
        value: 1,
        attributes: {
          'gateway.policy.name': 'tiny',
          'gateway.policy.decision': 'deny',
          'error.type': 'spend_cap_reached',
        },
      },
    ]);
    const redactions = (await read('gateway.redactions')).dataPoints;
    expect(redactions.every(({ attributes }) => attributes['gateway.pii.type'] === 'EMAIL_ADDRESS')).toBe(true);
    const operations = (await read('gateway.store.operation.duration')).dataPoints.map(
      ({ attributes }) => attributes['gateway.store.operation'],
    );
    expect(operations).toEqual(expect.arrayContaining(['reserve', 'settle']));
  });
});
