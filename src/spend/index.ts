/** `postern/spend`: prices, usage and cost on their own, and reports of a ledger; re-exports only. */
export type { Cost, OtherUsage, Usage, UsageUnit } from '../core/exchange.ts';
export { type AccountParts, accountName, accountParts } from './accounts.ts';
export type { BillLine } from './bill.ts';
export type { RollingSpendWindow, SpendCapMatch, SpendCapOptions, SpendCapOverride } from './cap.ts';
export { scaleCost } from './cost.ts';
export { estimateTokens } from './estimate.ts';
export { type Factor, nanoUsdToUsd, parseFactor } from './money.ts';
export type { PriceFile, WildMove } from './price-file.ts';
export type { PriceOverride, PriceOverrides, RateOverride, VariantOverride } from './price-overrides.ts';
export {
  type PriceRefresh,
  type PriceRefreshOptions,
  type PriceRefreshResult,
  refreshPrices,
} from './price-refresh.ts';
export {
  type PricedResponse,
  type PriceResponseInput,
  type PriceResponseOptions,
  priceResponse,
  type UsedPrice,
} from './price-response.ts';
export { createPriceBook, type Price, type PriceBook, type PriceBookOptions, type Rates } from './prices.ts';
export type { Fees, RateName, RateTier } from './rates.ts';
export { rollupCsv, rollupJson } from './rollup-export.ts';
export { type Rollup, type RollupQuery, rollup, type SpendRow } from './rollups.ts';
export {
  type AccountRow,
  type SpendReport,
  type SpendReportOptions,
  spendReport,
} from './spend-report.ts';
export type { SpendWindowKind } from './windows.ts';
