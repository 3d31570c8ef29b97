/** Negotiated prices: a factor on what calls cost, by who makes them and at which provider. Knows no price. */
import type { Exchange } from '../core/exchange.ts';
import { checkMatch, checkOneOf, type IdentityMatch, isOneOf, matchesIdentity } from '../core/match.ts';
import { describe, optionError } from '../errors.ts';
import { type Factor, ONE, parseFactor } from './money.ts';

/** The first entry that matches a call counts. */
export interface PriceFactor {
  /** Whose calls. Default: all. */
  readonly match?: IdentityMatch | undefined;
  /** `gen_ai.provider.name` of the providers whose prices are meant. Default: all. */
  readonly provider?: string | readonly string[] | undefined;
  /** A decimal string: `'0.85'` for 15 % off. What a provider reports as billed is left as it is. */
  readonly factor: string;
}

const KEYS = ['match', 'provider', 'factor'];

/** @throws GatewayError `invalid_option` that names the entry */
export function readPriceFactors(factors: unknown = []): (exchange: Exchange) => Factor {
  if (!Array.isArray(factors)) throw optionError('priceFactors', 'a list of { match, factor }', factors);
  const entries = (factors as unknown[]).map((entry, index) => readFactor(`priceFactors[${index}]`, entry));
  if (entries.length === 0) return () => ONE;
  return ({ identity, provider }) => {
    const entry = entries.find((one) => isOneOf(provider, one.provider) && matchesIdentity(one.match, identity));
    return entry?.factor ?? ONE;
  };
}

function readFactor(option: string, entry: unknown): Required<Pick<PriceFactor, 'match'>> & ReadFactor {
  if (typeof entry !== 'object' || entry === null) throw optionError(option, '{ match, factor }', entry);
  const { match = {}, provider, factor } = entry as Partial<PriceFactor>;
  const unknown = Object.keys(entry).find((key) => !KEYS.includes(key));
  if (unknown !== undefined) throw optionError(option, `made of ${KEYS.join(', ')}`, unknown);
  checkMatch(`${option}.match`, match);
  checkOneOf(`${option}.provider`, provider);
  const parsed = typeof factor === 'string' ? parseFactor(factor) : undefined;
  if (parsed === undefined || parsed.numerator === 0)
    throw optionError(
      `${option}.factor`,
      `a decimal string above 0 like '0.85'`,
      typeof factor === 'string' ? describe(factor) : factor,
    );
  return { match, provider, factor: parsed };
}

interface ReadFactor {
  readonly match: IdentityMatch;
  readonly provider: string | readonly string[] | undefined;
  readonly factor: Factor;
}
