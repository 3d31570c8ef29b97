/**
 * `postern/otel`: sends traces somewhere for apps that have no tracing of their own yet, and joins a target to the tracing of
 * those that have. A convenience: the gateway itself needs none of this.
 */
import { type Attributes, type TracerProvider, trace } from '@opentelemetry/api';
import type { BufferConfig, SpanProcessor } from '@opentelemetry/sdk-trace-node';
import { GatewayError, optionError } from '../errors.ts';
import {
  type Channel,
  createChannel,
  createResource,
  type ExportFailure,
  failureFrom,
  loadSdk,
  type Sdk,
} from './exporter.ts';
import type { OtlpTarget } from './langsmith.ts';
import { registeredProvider } from './provider.ts';

export type { ExportFailure } from './exporter.ts';
export { type LangSmithOptions, type LangSmithRegion, langsmith, type OtlpTarget } from './langsmith.ts';
export { redactingExporter, redactingSpanProcessor, type TextRedactor } from './redacting.ts';

export interface SpanProcessorOptions {
  /** Sizes and delays of the batches. Default: `OTEL_BSP_*`, then the SDK's (512 spans or 5 s, at most 2,048 waiting). */
  readonly batch?: BufferConfig | undefined;
  /** Told of each batch that did not arrive, also of those sent in the background. What it throws is dropped. */
  readonly onExportFailure?: ((failure: ExportFailure) => void) | undefined;
}

export interface TracingOptions extends SpanProcessorOptions {
  /** Each target gets every span, `langsmith()` those of Postern unless asked for all. Default: what `OTEL_EXPORTER_OTLP_*` say. */
  readonly target?: OtlpTarget | readonly OtlpTarget[] | undefined;
  /** Default: `OTEL_SERVICE_NAME`. Without effect when the app already has a provider. */
  readonly serviceName?: string | undefined;
  /** Added to those of `OTEL_RESOURCE_ATTRIBUTES`. Without effect when the app already has a provider. */
  readonly resourceAttributes?: Attributes | undefined;
}

/** Whether all that was waiting arrived. */
export interface FlushReport {
  readonly ok: boolean;
  /** Batches that did not arrive since the last report; the newest 100. */
  readonly failures: readonly ExportFailure[];
}

export interface Tracing {
  /** The provider that spans come from: the app's, when it had one. */
  readonly provider: TracerProvider;
  /** Sends what is waiting. Never rejects; bounded by the exporter's timeout (`OTEL_EXPORTER_OTLP_TIMEOUT`, default 10 s). */
  forceFlush(): Promise<FlushReport>;
  /** Sends what is waiting and stops these targets, once. The app's own provider and its other processors go on. Never rejects. */
  shutdown(): Promise<FlushReport>;
}

/** More failures than this between two reports tell nothing new. */
const MAX_FAILURES = 100;

/**
 * Registers a tracer provider that sends spans to the targets. When the app has registered one already, it is kept: targets are
 * added to it where it takes span processors, and refused where it does not. `OTEL_SDK_DISABLED=true` makes this do nothing.
 * @throws GatewayError `not_supported` when the SDK is not installed or the app's provider takes no processors,
 * `invalid_option` for a target that is none.
 */
export async function setupTracing(options: TracingOptions = {}): Promise<Tracing> {
  if (process.env.OTEL_SDK_DISABLED?.trim().toLowerCase() === 'true')
    return tracingOf(trace.getTracerProvider(), [], createFailureLog());
  const sdk = await loadSdk();
  const existing = registeredProvider();
  const attach = existing && attacherOf(existing);
  const log = createFailureLog(options.onExportFailure);
  const channels = targetsOf(options.target).map((target) => createChannel(sdk, target, options.batch ?? {}, log.add));
  for (const { processor } of channels) attach?.(processor);
  return tracingOf(existing ?? register(sdk, channels, options), channels, log);
}

/**
 * A processor for one target, for apps that make their own provider:
 * `new NodeTracerProvider({ spanProcessors: [await createSpanProcessor(langsmith())] })`. Without a target,
 * `OTEL_EXPORTER_OTLP_*` say where.
 * @throws GatewayError `not_supported` when the SDK is not installed.
 */
export async function createSpanProcessor(
  target?: OtlpTarget,
  options: SpanProcessorOptions = {},
): Promise<SpanProcessor> {
  const log = createFailureLog(options.onExportFailure);
  return createChannel(await loadSdk(), target, options.batch ?? {}, log.add).processor;
}

function targetsOf(target: TracingOptions['target']): readonly (OtlpTarget | undefined)[] {
  if (!isList(target)) return [target];
  if (target.length === 0) throw optionError('target', 'at least one target', target);
  return target;
}

/** `Array.isArray` does not narrow a readonly array. */
function isList(target: TracingOptions['target']): target is readonly OtlpTarget[] {
  return Array.isArray(target);
}

/** SDK 1 takes processors as well, but its spans have a form that this exporter cannot read. */
function attacherOf(provider: TracerProvider): (processor: SpanProcessor) => void {
  const { addSpanProcessor, getActiveSpanProcessor } = provider as {
    addSpanProcessor?: unknown;
    getActiveSpanProcessor?: unknown;
  };
  if (typeof addSpanProcessor === 'function' && getActiveSpanProcessor === undefined)
    return (processor) => addSpanProcessor.call(provider, processor);
  throw new GatewayError(
    'not_supported',
    'A tracer provider is already registered and takes no more span processors; it was left as it is. Call setupTracing first, or add the ' +
      'target where that provider is made: new NodeTracerProvider({ spanProcessors: [..., await createSpanProcessor(target)] }).',
  );
}

function register(
  sdk: Sdk,
  channels: readonly Channel[],
  { serviceName, resourceAttributes }: TracingOptions,
): TracerProvider {
  const attributes = { ...resourceAttributes, ...(serviceName && { 'service.name': serviceName }) };
  const spanProcessors = channels.map(({ processor }) => processor);
  const provider = new sdk.node.NodeTracerProvider({ resource: createResource(sdk, attributes), spanProcessors });
  provider.register();
  // register() does not tell when the API refuses, as it does when two versions of it are loaded.
  if (registeredProvider() !== provider) {
    throw new GatewayError(
      'not_supported',
      'OpenTelemetry refused the tracer provider: more than one version of @opentelemetry/api is loaded. Run: npm ls @opentelemetry/api',
    );
  }
  return provider;
}

function tracingOf(provider: TracerProvider, channels: readonly Channel[], log: FailureLog): Tracing {
  const forceFlush = async (): Promise<FlushReport> => {
    await Promise.all(channels.map((channel) => flush(channel, log)));
    return log.report();
  };
  let stopped: Promise<FlushReport> | undefined;
  const stop = async (): Promise<FlushReport> => {
    // A flush of its own first: a processor whose last flush fails never shuts its exporter down.
    await Promise.all(channels.map((channel) => flush(channel, log)));
    await Promise.all(channels.map((channel) => attempt(channel, log, () => channel.processor.shutdown())));
    return log.report();
  };
  return {
    provider,
    forceFlush,
    shutdown() {
      stopped ??= stop();
      return stopped;
    },
  };
}

/** The processor's flush does not wait for batches that its timer sent; the exporter's does. */
async function flush(channel: Channel, log: FailureLog): Promise<void> {
  await attempt(channel, log, () => channel.processor.forceFlush());
  await attempt(channel, log, () => channel.exporter.forceFlush?.());
}

/** A rejection is most often the batch failure that the exporter has told already; then it is not told twice. */
async function attempt({ target }: Channel, log: FailureLog, step: () => Promise<void> | undefined): Promise<void> {
  const before = log.count(target);
  try {
    await step();
  } catch (error) {
    if (log.count(target) === before) log.add(failureFrom(target, error));
  }
}

interface FailureLog {
  add(failure: ExportFailure): void;
  /** How many failures of a target were told so far. */
  count(target: string): number;
  /** Those since the last report. */
  report(): FlushReport;
}

function createFailureLog(listener?: (failure: ExportFailure) => void): FailureLog {
  const counts = new Map<string, number>();
  let waiting: ExportFailure[] = [];
  return {
    add(failure) {
      counts.set(failure.target, (counts.get(failure.target) ?? 0) + 1);
      waiting = [...waiting, failure].slice(-MAX_FAILURES);
      notify(listener, failure);
    },
    count: (target) => counts.get(target) ?? 0,
    report() {
      const failures = waiting;
      waiting = [];
      return { ok: failures.length === 0, failures };
    },
  };
}

function notify(listener: ((failure: ExportFailure) => void) | undefined, failure: ExportFailure): void {
  try {
    listener?.(failure);
  } catch {
    // A listener that fails must not fail the export.
  }
}
