/** An exchange with invented facts, for tests of spend and of policies. */
import type { Exchange } from '../../src/core/exchange.ts';

export function exchangeWith(facts: Partial<Exchange> = {}): Exchange {
  return {
    id: 'attempt-1',
    callId: 'call-1',
    identity: {},
    provider: 'openai',
    dialect: 'openai.chat',
    operation: 'chat',
    model: 'gpt-4o-mini',
    stream: false,
    maxOutputTokens: 100,
    choices: 1,
    inputTokenBound: 1_000,
    parameters: {},
    readable: { texts: true, cost: true },
    texts: [],
    startedAt: Date.parse('2026-11-21T12:00:00Z'),
    ...facts,
  };
}
