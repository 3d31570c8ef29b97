/** What to hold for a call, before it leaves and while its answer passes: the meter's prices with what answers were like before. */
import type { Exchange } from '../core/exchange.ts';
import type { CallEstimate, CallMeter, ExpectedTokens } from '../core/meter.ts';
import { AnswerHistory } from './answer-history.ts';
import type { SpendMeter } from './meter.ts';
import { type Factor, ONE } from './money.ts';

export interface CallMeterOptions {
  readonly meter: SpendMeter;
  /** The negotiated price of a call. Default: the price as it is. */
  readonly factorFor?: ((exchange: Exchange) => Factor) | undefined;
}

/** Held for each choice of a streamed answer of a model of which nothing is known: what more it takes is held as it comes. */
const FIRST_STREAMED_TOKENS = 1_024;

export function createCallMeter({ meter, factorFor = () => ONE }: CallMeterOptions): CallMeter {
  const history = new AnswerHistory();

  const held: CallMeter['held'] = (exchange, inputTokens, outputTokens) =>
    meter.held(exchange, inputTokens, outputTokens, factorFor(exchange));

  function estimate(exchange: Exchange): CallEstimate | undefined {
    const tokens = expected(exchange);
    const cost = held(exchange, tokens.inputTokens, tokens.outputTokens);
    return cost && { ...tokens, cost };
  }

  function expected(exchange: Exchange): ExpectedTokens {
    const known = meter.expected(exchange);
    const { inputTokenBound, mediaTokenBound = 0, readable, pieces } = exchange;
    // Token ids are no text: what they may come to is known, not what they do.
    const shown = readable.texts ? known.inputTokens + mediaTokenBound : inputTokenBound;
    // Sound is in no bound of texts.
    const inputTokens = pieces ? shown : Math.min(inputTokenBound, shown);
    const outputTokens = outputEstimate(exchange, known.outputTokens);
    return { scannedTokens: known.scannedTokens, inputTokens, outputTokens };
  }

  /** A streamed answer is topped up; of one that comes whole all that it mostly can be is held. */
  function outputEstimate(exchange: Exchange, usual: number): number {
    const { operation, maxOutputTokens, choices, stream, watchedOnly, pieces } = exchange;
    if (operation === 'embeddings') return 0;
    if (pieces) return usual;
    const limit = (maxOutputTokens ?? Infinity) * choices;
    const longest = history.longest(keyOf(exchange));
    const grows = stream && watchedOnly !== true;
    if (longest === undefined) return grows ? Math.min(usual, FIRST_STREAMED_TOKENS * choices) : usual;
    return Math.min(limit, grows ? usual : Math.max(usual, longest));
  }

  return {
    defaultMaxOutputTokens: meter.defaultMaxOutputTokens,
    estimateTokens: meter.estimateTokens,
    usage: (exchange, answer, headers) => meter.usage(exchange, answer, headers),
    fold: (dialect, known, event) => meter.fold(dialect, known, event),
    bound: (exchange) => meter.bound(exchange, factorFor(exchange)),
    cost: (exchange) => meter.cost(exchange, factorFor(exchange)),
    expected,
    estimate,
    held,
    passed: (exchange, countedTokens) => history.passed(keyOf(exchange), countedTokens),
    untold: (exchange, seen) => meter.untold(exchange, seen),
    typicalOutputTokens: (exchange) => history.typical(keyOf(exchange)),
    learn(exchange, countedTokens, scannedTokens) {
      const { usage, outcome } = exchange;
      // A call that was cut off had less output than it would have had.
      if (usage?.source !== 'provider' || outcome !== 'completed') return;
      // Of media no text tells how many tokens they are.
      meter.learn(exchange, (exchange.mediaTokenBound ?? 0) > 0 || exchange.pieces ? 0 : scannedTokens);
      const { outputTokens, reasoningTokens = 0 } = usage;
      history.learn(keyOf(exchange), { outputTokens, countedTokens, reasoningTokens });
    },
  };
}

function keyOf({ provider, model }: Exchange): string {
  return `${provider}\n${model}`;
}
