/**
 * A small OTLP/HTTP receiver on 127.0.0.1 for tests and examples. Its decoder is written from the field numbers of the OTLP
 * protocol and shares nothing with the exporter, so that what it shows is what went over the wire.
 */
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type Server } from 'node:http';
import { gunzipSync } from 'node:zlib';
import protobuf from 'protobufjs';

export type AttributeValue = string | number | boolean | null | AttributeValue[] | { [key: string]: AttributeValue };
export type AttributeMap = Record<string, AttributeValue>;

export interface ReceivedSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for a root. */
  readonly parentSpanId: string;
  /** OTLP's number: 1 internal, 2 server, 3 client. */
  readonly kind: number;
  /** `code`: 0 unset, 1 ok, 2 error. */
  readonly status: { readonly code: number; readonly message: string };
  readonly attributes: AttributeMap;
  readonly events: readonly { readonly name: string; readonly attributes: AttributeMap }[];
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly resource: AttributeMap;
  /** Name and version of the instrumentation: `postern@0.1.0`. */
  readonly scope: string;
}

export interface ReceivedBatch {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** The protobuf bytes, unzipped. */
  readonly bytes: Buffer;
}

export interface OtlpReceiver {
  /** `http://127.0.0.1:<port>` */
  readonly origin: string;
  /** Every batch that came in, also those that were refused. */
  readonly batches: ReceivedBatch[];
  /** Spans of the batches that were accepted, in the order they came in. */
  readonly spans: ReceivedSpan[];
  /** True when the text stands anywhere in the bytes of any batch. */
  saw(text: string): boolean;
  close(): Promise<void>;
}

export interface OtlpReceiverOptions {
  /** HTTP status of the answer to each batch. Default 200. */
  readonly status?: number | undefined;
  /** Awaited before a batch is decoded and answered. */
  readonly onBatch?: ((batch: ReceivedBatch) => void | Promise<void>) | undefined;
}

const SCHEMA = `syntax = "proto3";
message ExportTraceServiceRequest { repeated ResourceSpans resource_spans = 1; }
message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; }
message ScopeSpans { Scope scope = 1; repeated Span spans = 2; }
message Resource { repeated KeyValue attributes = 1; }
message Scope { string name = 1; string version = 2; }
message Span {
  bytes trace_id = 1; bytes span_id = 2; bytes parent_span_id = 4; string name = 5; int32 kind = 6;
  repeated KeyValue attributes = 9; repeated Event events = 11;
  repeated Link links = 13; Status status = 15;
}
message Event { fixed64 time_unix_nano = 1; string name = 2; repeated KeyValue attributes = 3; }
message Link { bytes trace_id = 1; bytes span_id = 2; }
message Status { string message = 2; int32 code = 3; }
message KeyValue { string key = 1; AnyValue value = 2; }
message KeyValueList { repeated KeyValue values = 1; }
message ArrayValue { repeated AnyValue values = 1; }
message AnyValue { oneof value {
  string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4;
  ArrayValue array_value = 5; KeyValueList kvlist_value = 6; bytes bytes_value = 7;
} }`;

const REQUEST = protobuf.parse(SCHEMA).root.lookupType('ExportTraceServiceRequest');

/** The decoded message as plain objects: 64-bit numbers as numbers, bytes as base64, every repeated field an array. */
interface Decoded {
  resourceSpans: {
    resource?: { attributes: KeyValue[] };
    scopeSpans: { scope?: { name: string; version: string }; spans: DecodedSpan[] }[];
  }[];
}
interface DecodedSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  attributes: KeyValue[];
  events: { name: string; attributes: KeyValue[] }[];
  links: { traceId: string; spanId: string }[];
  status?: { message?: string; code?: number };
}
interface KeyValue {
  key: string;
  value?: AnyValue;
}
interface AnyValue {
  stringValue?: string;
  boolValue?: boolean;
  intValue?: number;
  doubleValue?: number;
  arrayValue?: { values: AnyValue[] };
  kvlistValue?: { values: KeyValue[] };
  bytesValue?: string;
}

export async function startOtlpReceiver({ status = 200, onBatch }: OtlpReceiverOptions = {}): Promise<OtlpReceiver> {
  const batches: ReceivedBatch[] = [];
  const spans: ReceivedSpan[] = [];
  const server = createServer(async (request, response) => {
    const batch = await readBatch(request);
    batches.push(batch);
    await onBatch?.(batch);
    if (status === 200) spans.push(...decodeSpans(batch.bytes));
    response.writeHead(status, { 'content-type': 'application/x-protobuf' }).end();
  });
  return {
    origin: await listen(server),
    batches,
    spans,
    saw: (text) => batches.some(({ bytes }) => bytes.includes(text)),
    close: () => close(server),
  };
}

export function decodeSpans(bytes: Uint8Array): ReceivedSpan[] {
  const decoded = REQUEST.toObject(REQUEST.decode(bytes), { longs: Number, bytes: String, arrays: true }) as Decoded;
  return decoded.resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ scope, spans }) =>
      spans.map((span) =>
        toSpan(span, attributesOf(resource?.attributes), `${scope?.name ?? ''}@${scope?.version ?? ''}`),
      ),
    ),
  );
}

function toSpan(span: DecodedSpan, resource: AttributeMap, scope: string): ReceivedSpan {
  return {
    name: span.name,
    traceId: hex(span.traceId),
    spanId: hex(span.spanId),
    parentSpanId: hex(span.parentSpanId),
    kind: span.kind,
    status: { code: span.status?.code ?? 0, message: span.status?.message ?? '' },
    attributes: attributesOf(span.attributes),
    events: span.events.map(({ name, attributes }) => ({ name, attributes: attributesOf(attributes) })),
    links: span.links.map(({ traceId, spanId }) => ({ traceId: hex(traceId), spanId: hex(spanId) })),
    resource,
    scope,
  };
}

function attributesOf(pairs: readonly KeyValue[] = []): AttributeMap {
  return Object.fromEntries(pairs.map(({ key, value }) => [key, plainValue(value)]));
}

function plainValue(value: AnyValue = {}): AttributeValue {
  if (value.arrayValue) return value.arrayValue.values.map(plainValue);
  if (value.kvlistValue) return attributesOf(value.kvlistValue.values);
  return value.stringValue ?? value.boolValue ?? value.intValue ?? value.doubleValue ?? value.bytesValue ?? null;
}

function hex(base64 = ''): string {
  return Buffer.from(base64, 'base64').toString('hex');
}

async function readBatch(request: IncomingMessage): Promise<ReceivedBatch> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  const bytes = request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
  return { path: request.url ?? '', headers: request.headers, bytes };
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The receiver has no port.');
  return `http://127.0.0.1:${address.port}`;
}

function close(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
