import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Operation, Usage } from '../../src/core/exchange.ts';
import { createMeter } from '../../src/spend/meter.ts';
import { createPriceBook } from '../../src/spend/prices.ts';
import { openaiUsage } from '../../src/spend/usage.ts';
import { exchangeWith } from './exchange.ts';

interface GoldenRow {
  id: string;
  provider: string;
  api: string;
  model: string;
  at: string;
  response: { model?: string; usage: Record<string, unknown> };
  cost_nano_usd: string;
  feature: string;
}

const rows = readFileSync(new URL('golden-openai.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line): GoldenRow => JSON.parse(line));

/** The Responses API tells the same facts by other names. */
function asChatUsage(usage: Record<string, unknown>): Record<string, unknown> {
  const { input_tokens, input_tokens_details, output_tokens, output_tokens_details, total_tokens } = usage;
  return {
    prompt_tokens: input_tokens,
    prompt_tokens_details: input_tokens_details,
    completion_tokens: output_tokens,
    completion_tokens_details: output_tokens_details,
    total_tokens,
  };
}

function usageOf({ api, response }: GoldenRow): Usage | undefined {
  return openaiUsage(api === 'responses' ? asChatUsage(response.usage) : response.usage);
}

describe('golden bills', () => {
  const meter = createMeter({ priceBook: createPriceBook() });

  it.each(rows.map((row) => [row.id, row.feature, row] as const))('%s: %s', (_id, _feature, row) => {
    const operation: Operation = row.api === 'embeddings' ? 'embeddings' : 'chat';
    const { provider, model } = row;
    const exchange = exchangeWith({
      provider,
      model,
      operation,
      startedAt: Date.parse(row.at),
      response: row.response,
    });
    exchange.usage = usageOf(row);

    const cost = meter.cost(exchange);

    expect(cost?.nanoUsd).toBe(Number(row.cost_nano_usd));
    expect(cost?.assumed).toBe(false);
    expect(cost!.inputNanoUsd + cost!.outputNanoUsd).toBe(cost!.nanoUsd);
  });
});
