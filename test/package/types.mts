/** The package's types, as an app sees them; compiled as an ES module and as CommonJS. */
import { BatchSpanProcessor, InMemorySpanExporter, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import {
  createGateway,
  type DecisionLog,
  type DecisionRecord,
  decisionLog,
  type Gateway,
  type GatewayOptions,
  gatewayErrorOf,
  type Policy,
  redact,
  spendCap,
} from 'postern';
import { type BedrockClient, guardBedrock } from 'postern/bedrock';
import {
  GatewayCallbackHandler,
  type GatewayMiddleware,
  gatewayMiddleware,
  type LangSmithAnonymizer,
  langsmithAnonymizer,
} from 'postern/langchain';
import {
  createSpanProcessor,
  langsmith,
  redactingExporter,
  redactingSpanProcessor,
  setupTracing,
  type Tracing,
} from 'postern/otel';
import { type PostgresClient, postgresLedger } from 'postern/postgres';
import { createRedactor, type Detection, type EntityName, presidioAnalyzer, type Redactor } from 'postern/redaction';
import { type RedisClient, redisLedger } from 'postern/redis';
import { createGatewayServer, type GatewayServer } from 'postern/server';
import { type PricedResponse, priceResponse } from 'postern/spend';
import { type SharedLedger, sqliteLedger } from 'postern/sqlite';

const policies: Policy[] = [
  redact({ entities: ['pii', 'GITHUB_TOKEN'] }),
  spendCap({ limitUsd: '5', window: 'daily' }),
];
export const gateway: Gateway = createGateway({ policies });
export const likeFetch: typeof globalThis.fetch = gateway.fetch;
export const server: GatewayServer = createGatewayServer({
  gateway,
  providers: { openai: { apiKey: 'env:OPENAI_API_KEY' } },
});
export const handler = new GatewayCallbackHandler(gateway, { mode: 'enforce' });
export const guarded = (client: BedrockClient): BedrockClient => guardBedrock(client, gateway);
export const tracing: Promise<Tracing> = setupTracing({ target: langsmith({ apiKey: 'invented' }) });
export const spanProcessors = [
  redactingSpanProcessor(gateway),
  new BatchSpanProcessor(redactingExporter(new InMemorySpanExporter(), gateway)),
];
export const provider = async (): Promise<NodeTracerProvider> =>
  new NodeTracerProvider({ spanProcessors: [...spanProcessors, await createSpanProcessor(langsmith())] });
export const anonymizer: LangSmithAnonymizer = langsmithAnonymizer(gateway);
export const middleware: GatewayMiddleware = gatewayMiddleware(gateway, { tools: 'redact', denyTools: ['send'] });
export const log: DecisionLog = decisionLog({
  file: 'decisions.jsonl',
  onDecision: ({ policy, traceId }: DecisionRecord) => void [policy, traceId],
});
export const traced: GatewayOptions = { observers: [log], spans: 'auto', captureContent: { maxChars: 1_000 } };
export const status: number | undefined = gatewayErrorOf(new Error('none'))?.status;
export const redactor: Redactor = createRedactor({
  entities: ['pii', 'US_SSN'],
  actions: { CREDIT_CARD: 'mask', PROJECT: 'block', default: { action: 'mask', keepLast: 2 } },
  patterns: [{ name: 'PROJECT', pattern: /Project [A-Z]\w{2,9}/ }],
  analyzers: [presidioAnalyzer({ url: 'http://127.0.0.1:5002', failure: 'open' })],
});
export const found: Detection[] = redactor.detect('text');
export const entity: EntityName = 'EMAIL_ADDRESS';

export const priced: PricedResponse = priceResponse({ provider: 'openai', response: {}, at: new Date() });
export const nanoUsd: number = priced.costNanoUsd;

export const file: SharedLedger = sqliteLedger({ path: 'ledger.db' });
export const overRedis = (client: RedisClient): Gateway => createGateway({ store: redisLedger({ client }) });
export const overPostgres = (client: PostgresClient): Gateway =>
  createGateway({ store: postgresLedger({ client, unavailable: { allowUsd: 5 } }) });

// @ts-expect-error a window that does not exist
spendCap({ limitUsd: 5, window: 'fortnightly' });
// @ts-expect-error an entity that does not exist
redact({ entities: ['SHOE_SIZE'] });
// @ts-expect-error a form of spans that does not exist
createGateway({ spans: 'all' });
// @ts-expect-error what a tool answers is passed or redacted
gatewayMiddleware(gateway, { tools: 'drop' });
// @ts-expect-error an action that does not exist
createRedactor({ actions: { US_SSN: 'shred' } });
