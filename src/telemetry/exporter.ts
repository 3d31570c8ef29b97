/**
 * The only file that touches the OpenTelemetry SDK, which is an optional peer and loaded when it is asked for: processors that
 * send spans to one target each, and the resource they carry. Decides nothing about whose provider is used.
 */
import type { Attributes } from '@opentelemetry/api';
import type { BufferConfig, SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace-node';
import { GatewayError } from '../errors.ts';
import { httpUrl, type OtlpTarget } from './langsmith.ts';
import { forTarget } from './target-spans.ts';

/** A batch that did not arrive. */
export interface ExportFailure {
  /** Origin and path of the target, without credentials or query. */
  readonly target: string;
  /** HTTP status, when there was an answer. */
  readonly status?: number | undefined;
  readonly message: string;
}

/** A processor with the exporter behind it, so that a flush can wait for batches that are already on their way. */
export interface Channel {
  readonly target: string;
  readonly processor: SpanProcessor;
  readonly exporter: SpanExporter;
}

/** The peers, as their packages export them. */
export interface Sdk {
  readonly node: typeof import('@opentelemetry/sdk-trace-node');
  readonly proto: typeof import('@opentelemetry/exporter-trace-otlp-proto');
  readonly resources: typeof import('@opentelemetry/resources');
}

const INSTALL =
  'npm install @opentelemetry/sdk-trace-node@^2 @opentelemetry/resources@^2 @opentelemetry/exporter-trace-otlp-proto@^0.223';
const MISSING_CODES: readonly unknown[] = ['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND'];

/** `ExportResultCode.FAILED`; its package is not among the peers. */
const EXPORT_FAILED = 1;

/** An exporter merges these into headers given in code, so one backend's credentials would reach another. */
const HEADER_VARIABLES = ['OTEL_EXPORTER_OTLP_HEADERS', 'OTEL_EXPORTER_OTLP_TRACES_HEADERS'] as const;

/** @throws GatewayError `not_supported` with the command to run, when a peer is not installed. */
export async function loadSdk(load: () => Promise<Sdk> = importPeers): Promise<Sdk> {
  try {
    return await load();
  } catch (cause) {
    const missing = MISSING_CODES.includes((Object(cause) as { code?: unknown }).code);
    const reason = missing
      ? `is not installed. Run: ${INSTALL}`
      : `could not be loaded. Postern is made for: ${INSTALL}`;
    throw new GatewayError('not_supported', `The OpenTelemetry SDK that postern/otel needs ${reason}`, { cause });
  }
}

async function importPeers(): Promise<Sdk> {
  const [node, proto, resources] = await Promise.all([
    import('@opentelemetry/sdk-trace-node'),
    import('@opentelemetry/exporter-trace-otlp-proto'),
    import('@opentelemetry/resources'),
  ]);
  return { node, proto, resources };
}

/** Without a target, the exporter reads `OTEL_EXPORTER_OTLP_*` as the OpenTelemetry specification says. */
export function createChannel(
  sdk: Sdk,
  target: OtlpTarget | undefined,
  batch: BufferConfig,
  onFailure: (failure: ExportFailure) => void,
): Channel {
  const label = target ? labelOf(target.url) : 'OTEL_EXPORTER_OTLP_ENDPOINT';
  const exporter = watched(
    target ? explicitExporter(sdk, target) : new sdk.proto.OTLPTraceExporter(),
    label,
    onFailure,
  );
  // The processor writes what it reads from OTEL_BSP_* into the object it is given.
  const processor = forTarget(new sdk.node.BatchSpanProcessor(exporter, { ...batch }), target);
  return { target: label, exporter, processor };
}

/** `OTEL_RESOURCE_ATTRIBUTES` and `OTEL_SERVICE_NAME` are read here because the provider does not; what is given in code wins. */
export function createResource(
  { resources }: Sdk,
  attributes: Attributes,
): import('@opentelemetry/resources').Resource {
  const detected = resources.detectResources({ detectors: [resources.envDetector] });
  return resources.defaultResource().merge(detected).merge(resources.resourceFromAttributes(attributes));
}

export function failureFrom(target: string, error: unknown): ExportFailure {
  const { code, message } = Object(error) as { code?: unknown; message?: unknown };
  const text = typeof message === 'string' && message ? message : 'The export failed.';
  return { target, message: text, ...(typeof code === 'number' && { status: code }) };
}

/** An exporter of a stated target: neither headers nor client certificates that the environment holds for another backend. */
function explicitExporter({ proto }: Sdk, { url, headers = {} }: OtlpTarget): SpanExporter {
  const options = { url, headers: { ...headers }, httpAgentOptions: { keepAlive: true } };
  return withoutVariables(HEADER_VARIABLES, () => new proto.OTLPTraceExporter(options));
}

/** The exporter reads the variables once, while it is made; nothing else can run in between. */
function withoutVariables<T>(names: readonly string[], make: () => T): T {
  const saved = names.map((name) => [name, process.env[name]] as const);
  for (const name of names) delete process.env[name];
  try {
    return make();
  } finally {
    for (const [name, value] of saved) if (value !== undefined) process.env[name] = value;
  }
}

/** Tells of failures that the SDK would only write to a diagnostic log that is off by default; never throws into the app. */
function watched(exporter: SpanExporter, target: string, onFailure: (failure: ExportFailure) => void): SpanExporter {
  return {
    export(spans, done) {
      try {
        exporter.export(spans, (result) => {
          if (result.code === EXPORT_FAILED) onFailure(failureFrom(target, result.error));
          done(result);
        });
      } catch (error) {
        onFailure(failureFrom(target, error));
        done({ code: EXPORT_FAILED });
      }
    },
    shutdown: () => exporter.shutdown(),
    forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve(),
  };
}

function labelOf(url: string): string {
  const { origin, pathname } = httpUrl('target.url', url);
  return `${origin}${pathname}`;
}
