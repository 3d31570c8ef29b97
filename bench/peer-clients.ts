/** Clients as other makers guard or trace them. On current Node alone, and only where they are installed. */
import { OpenAIInstrumentation as OpenInference } from '@arizeai/openinference-instrumentation-openai';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { OpenAIInstrumentation as Traceloop } from '@traceloop/instrumentation-openai';
import type OpenAI from 'openai';
import type { Fetch } from './mock.ts';
import { fileOf, requireOf } from './peers.ts';

interface ClientOptions {
  readonly baseURL: string;
  readonly apiKey: string;
  readonly fetch: Fetch;
}
interface Guardrails {
  readonly GuardrailsOpenAI: { create(config: object, options: ClientOptions): Promise<OpenAI> };
}
interface PiiCheck {
  readonly PIIConfig: { parse(options: object): object };
}

const PEER = 'openai-guardrails';

/** As its documentation has it: personal data is masked on the way in, and looked for on the way out. Of all kinds that it knows. */
function pipeline(load: NodeJS.Require): object {
  const { PIIConfig } = load(fileOf(PEER, '@openai/guardrails/dist/checks/pii.js')) as PiiCheck;
  const check = (block: boolean): object => ({
    version: 1,
    guardrails: [{ name: 'Contains PII', config: { ...PIIConfig.parse({}), block } }],
  });
  return { version: 1, pre_flight: check(false), output: check(true) };
}

/** The client that @openai/guardrails brings along, bare or guarded. */
export async function olderClient(side: 'openai-4' | 'openai-guardrails', options: ClientOptions): Promise<OpenAI> {
  const load = requireOf(PEER);
  if (side === PEER) return (load('@openai/guardrails') as Guardrails).GuardrailsOpenAI.create(pipeline(load), options);
  const { default: Client } = load('openai') as { default: typeof OpenAI };
  return new Client(options);
}

/** Spans with the contents of messages, as both make them by default, in batches to `url`. */
export function instrumented(
  side: 'openinference' | 'traceloop',
  Client: typeof OpenAI,
  url: string,
): { forceFlush(): Promise<void> } {
  const provider = new NodeTracerProvider({ spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter({ url }))] });
  provider.register();
  const instrumentation = side === 'traceloop' ? new Traceloop() : new OpenInference();
  instrumentation.setTracerProvider(provider);
  instrumentation.manuallyInstrument(Client as never);
  return provider;
}
