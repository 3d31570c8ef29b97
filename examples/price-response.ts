/** What one answer cost, line by line, without a gateway: cached input, a flex tier and two web searches. */
import { createPriceBook, nanoUsdToUsd, priceResponse } from 'postern/spend';

const response = {
  model: 'gpt-5-2025-08-07',
  service_tier: 'flex',
  usage: { input_tokens: 10_000, input_tokens_details: { cached_tokens: 4_096 }, output_tokens: 2_000 },
  tool_usage: { web_search: { num_requests: 2 } },
};

const bill = priceResponse({ provider: 'openai', api: 'responses', model: 'gpt-5', response });
for (const { unit, quantity, usdPer, per, usd } of bill.lines) {
  console.log(`${unit.padEnd(12)} ${String(quantity).padStart(6)} at $${usdPer} per ${per}: $${usd}`);
}
console.log(`Together $${nanoUsdToUsd(bill.costNanoUsd)}, by ${bill.price.version}`);

const prices = createPriceBook({ overrides: { 'openai/gpt-5': { input: '1', output: '8', from: '2026-01-01' } } });
const own = priceResponse(
  { provider: 'openai', api: 'responses', model: 'gpt-5', response },
  { prices, factor: '0.9' },
);
console.log(`At a price of our own, less ten percent: $${nanoUsdToUsd(own.costNanoUsd)}`);
