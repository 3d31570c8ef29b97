/**
 * The configuration of a gateway server, as it stands in `postern.config.{ts,json,yaml}`. Names are LangSmith's where it has one; keys and
 * passwords are references (`env:NAME`, `file:/path`), never values. Knows no files and opens nothing.
 */
import * as z from 'zod';
import { policyBody } from '../resources/policy.ts';
import { priceBody } from '../resources/spend.ts';
import { MAX_WORKERS } from './worker-limits.ts';

const secretRef = z
  .string()
  .regex(
    /^(?:env:[A-Za-z_][A-Za-z0-9_]*|file:.+)$/,
    "a reference, 'env:NAME' or 'file:/path' (keys stand in no configuration)",
  );
const port = z.int().min(0).max(65_535);
const count = z.int().min(1);
const headers = z.record(z.string().min(1), z.string());

/** What every way to a provider may say. */
const host = {
  base_url: z.url().optional(),
  /** Without it the client's own key is sent on, where it brings one beside the gateway's. */
  api_key: secretRef.optional(),
  /** An address of this machine or of a private network: Ollama, vLLM, a gateway of the team. Default false. */
  allow_private: z.boolean().optional(),
};

const providerConfig = z.strictObject({
  ...host,
  stream_usage: z.boolean().optional(),
  abort: z.enum(['estimate', 'drain', 'full']).optional(),
});

const customProviderConfig = z.strictObject({
  ...providerConfig.shape,
  base_url: z.url(),
  /** The model that every request asks for, whatever its body says. */
  model: z.string().min(1),
  operations: z.array(z.string().min(1)).optional(),
  headers: headers.optional(),
  /** `gen_ai.provider.name`. Default: the name in the configuration. */
  provider: z.string().min(1).optional(),
});

const storeConfig = z.discriminatedUnion('kind', [
  /** One file for the ledger, the keys, the policies and the audit log. */
  z.strictObject({ kind: z.literal('sqlite'), path: z.string().min(1).default('postern.db') }),
  z.strictObject({ kind: z.literal('redis'), url: z.string().min(1), tag: z.string().min(1).optional() }),
  z.strictObject({ kind: z.literal('postgres'), url: z.string().min(1), schema: z.string().min(1).optional() }),
  /** Forgets everything when the process ends. */
  z.strictObject({ kind: z.literal('memory') }),
]);

const serverConfig = z.strictObject({
  host: z.string().min(1).default('127.0.0.1'),
  port: port.default(4100),
  base_path: z.string().optional(),
  /** Names that requests may come to, beside the address that is listened on. */
  hosts: z.array(z.string().min(1)).optional(),
  /** `keys`: every request needs a virtual key. `open`: nobody is asked, on this machine alone. */
  auth: z.enum(['keys', 'open']).default('keys'),
  /** `X-Gateway-*` headers that are believed: each becomes a tag of the call. */
  customer_headers: z.array(z.string().min(1)).max(20).optional(),
  trace_context: z.enum(['ignore', 'link', 'parent']).optional(),
  trust_exchange_ids: z.boolean().optional(),
  trust_request_ids: z.boolean().optional(),
  /** What is taken of one client; docs/security.md has the defaults. */
  limits: z
    .strictObject({
      max_body_bytes: count.optional(),
      max_header_bytes: count.optional(),
      max_headers: count.optional(),
      headers_timeout_ms: count.optional(),
      body_idle_ms: count.optional(),
      request_timeout_ms: count.optional(),
      keep_alive_timeout_ms: count.optional(),
      max_connections: count.optional(),
      max_requests_per_socket: count.optional(),
    })
    .optional(),
  /** How long calls in flight may go on when the server is told to end. Default 30. */
  drain_seconds: z.number().min(0).max(3_600).default(30),
  /** Processes that take calls, on one store: `auto` is one for each core. Default 1: this process alone. */
  workers: z.union([z.literal('auto'), z.int().min(1).max(MAX_WORKERS)]).default(1),
  /** A line of JSON for each request, on standard error. Default true. */
  access_log: z.boolean().default(true),
});

const adminConfig = z.strictObject({
  /** Default true. */
  enabled: z.boolean().default(true),
  host: z.string().min(1).default('127.0.0.1'),
  port: port.default(4101),
  hosts: z.array(z.string().min(1)).optional(),
  /** Without one a token is made at each start, and printed. */
  tokens: z
    .array(z.strictObject({ name: z.string().min(1).max(64), role: z.enum(['admin', 'viewer']), token: secretRef }))
    .max(100)
    .optional(),
});

const telemetryConfig = z.strictObject({
  /** Default: what `OTEL_EXPORTER_OTLP_*` and `LANGSMITH_API_KEY` say; `off` sends nothing. */
  target: z.enum(['langsmith', 'otlp', 'off']).optional(),
  url: z.url().optional(),
  headers: z.record(z.string().min(1), secretRef).optional(),
  project: z.string().min(1).optional(),
  /** Link from an event to its trace: `https://.../{traceId}`. */
  trace_link: z.string().min(1).optional(),
  capture_content: z.boolean().optional(),
  /** Every decision as a line of JSON. */
  decision_log: z
    .strictObject({
      file: z.string().min(1).optional(),
      webhook: z.strictObject({ url: z.url(), secret: secretRef }).optional(),
    })
    .optional(),
});

/** Everything goes through another gateway. */
const upstreamConfig = z.strictObject({
  gateway: z.string().min(1),
  base_url: z.url().optional(),
  api_key: secretRef.optional(),
  headers: headers.optional(),
  allow_private: z.boolean().optional(),
});

/** By names that people choose; zod leaves out `__proto__`. */
const named = <T extends z.ZodType>(value: T) => z.record(z.string().min(1).max(256), value);

export const configSchema = z.strictObject({
  server: serverConfig.prefault({}),
  admin: adminConfig.prefault({}),
  store: storeConfig.prefault({ kind: 'sqlite' }),
  keys: z
    .strictObject({
      /** With it keys are hashed: at least 32 characters. Default: a file beside the SQLite store, made at the first start. */
      pepper: secretRef.optional(),
    })
    .prefault({}),
  /** By their names in paths. Default: those whose keys the environment holds (`OPENAI_API_KEY`, ...). */
  providers: named(providerConfig).optional(),
  custom_providers: named(customProviderConfig).optional(),
  upstream: upstreamConfig.optional(),
  /** In LangSmith's vocabulary, or the path of a file that was exported from its API. Default: a guard for personal data and secrets. */
  policies: z.union([z.array(policyBody), z.string().min(1)]).optional(),
  prices: z.array(priceBody).optional(),
  unknown_model: z.enum(['ceiling', 'block']).optional(),
  unguarded: z.enum(['refuse', 'pass']).optional(),
  telemetry: telemetryConfig.prefault({}),
});

/** As it is written. */
export type ServeConfig = z.input<typeof configSchema>;
/** With every default in its place. */
export type ReadConfig = z.output<typeof configSchema>;
