/** `postern`: the public surface, re-exports only. */
export type { CallContext } from './core/context.ts';
export type { BufferedObserver, GatewayEvent, Observer, PolicyEvent, UnguardedEvent } from './core/events.ts';
export type { Cost, Exchange, Identity, Operation, Outcome, ResponseFacts, Usage } from './core/exchange.ts';
export type {
  AccountState,
  ExtendResult,
  LeaseReport,
  LedgerLine,
  LedgerStore,
  Reservation,
  ReserveResult,
  RollupDimension,
  RollupRow,
  SpendDimensions,
} from './core/ledger.ts';
export type { Dimension, IdentityMatch } from './core/match.ts';
export type {
  Decision,
  Edit,
  FilterFactory,
  Finding,
  Hold,
  HoldAmount,
  Policy,
  PolicyContext,
  Rate,
  RateMetric,
  RequestSettings,
  Warning,
  Watch,
} from './core/policy.ts';
export type { KeyPath, TextFilter, TextScope, TextSlot } from './core/text.ts';
export type { Provider } from './dialects/dialect.ts';
export {
  ERROR_CODES,
  type ErrorCode,
  GatewayError,
  type GatewayErrorFacts,
  gatewayErrorOf,
  isGatewayError,
} from './errors.ts';
export { createGateway, type Gateway } from './gateway/gateway.ts';
export type { CallEvent, GatewayEvents, RunEvent } from './gateway/listeners.ts';
export type { GatewayOptions } from './gateway/options.ts';
export type { Fetch } from './http/transport.ts';
export type { Upstream } from './http/upstream.ts';
export { type RateLimitOptions, type RateLimitRule, type RateWindow, rateLimit } from './policies/rate-limit.ts';
export { type RedactOptions, redact } from './policies/redact.ts';
export { scoped } from './policies/scoped.ts';
export {
  type RollingSpendWindow,
  type SpendCapMatch,
  type SpendCapOptions,
  type SpendCapOverride,
  spendCap,
} from './policies/spend-cap.ts';
export type { EntityGroup, EntityName } from './redaction/detectors/all-detectors.ts';
export type { PriceFactor } from './spend/price-factors.ts';
export type { PriceOverride, PriceOverrides } from './spend/prices.ts';
export type { Rollup, RollupQuery, SpendRow } from './spend/rollups.ts';
export type { SpendWindowKind } from './spend/windows.ts';
export { memoryLedger } from './stores/memory.ts';
export {
  type DecisionLog,
  type DecisionLogOptions,
  type DecisionLogStats,
  type DecisionRecord,
  decisionLog,
} from './telemetry/decision-log.ts';
export type { DecisionFile, DecisionWebhook } from './telemetry/decision-sinks.ts';
export { createPrometheus, type Prometheus, type PrometheusOptions } from './telemetry/prometheus.ts';
