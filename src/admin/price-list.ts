/**
 * Prices that people wrote, in the configuration and at the admin API, put into a price book together: the next call is priced by
 * them. Tables that are read from elsewhere are the book's own affair.
 */
import type { StateDocument } from '../core/state.ts';
import { isOwnError } from '../errors.ts';
import type { PriceBody, PriceResource, PricesResource } from '../resources/spend.ts';
import { readOverrides } from '../spend/price-overrides.ts';
import type { PriceBook, PriceOverride, PriceOverrides } from '../spend/prices.ts';
import type { ServerState } from '../state/server-state.ts';
import { type ChangeBy, fieldChanges, isEmpty } from './changes.ts';
import type { Logger } from './logger.ts';
import { conflict, invalid, notFound } from './problem.ts';

export interface PriceListOptions {
  readonly state: ServerState;
  readonly book: PriceBook;
  /** `prices` of the configuration. */
  readonly configured?: PriceOverrides | undefined;
  readonly logger?: Logger | undefined;
  readonly now?: (() => number) | undefined;
}

/** Prices that are set at the admin API. */
const MAX_PRICES = 1_000;

export class PriceList {
  readonly #state: ServerState;
  readonly #book: PriceBook;
  readonly #logger: Logger | undefined;
  readonly #now: () => number;
  readonly #unsubscribe: () => void;
  #configured: PriceOverrides;
  #applied = '';

  /** @throws GatewayError `invalid_option` */
  constructor({ state, book, configured = {}, logger, now = Date.now }: PriceListOptions) {
    this.#state = state;
    this.#book = book;
    this.#logger = logger;
    this.#now = now;
    this.#configured = configured;
    this.#apply(configured);
    this.#unsubscribe = state.onChange(() => this.#refresh());
  }

  close(): void {
    this.#unsubscribe();
  }

  /** @throws GatewayError `invalid_option`; the prices before hold on then */
  setConfigured(configured: PriceOverrides): void {
    this.#apply(configured);
    this.#configured = configured;
  }

  resource(): PricesResource {
    const { version, asOf } = this.#book;
    const configured = Object.entries(this.#configured).map(([model, price]) => configuredResource(model, price));
    const stored = this.#stored().map((body): PriceResource => ({ ...body, source: 'api' }));
    const overrides = [...configured, ...stored.filter(({ model }) => !this.#isConfigured(model))];
    return { version, as_of: asOf, stale: this.#book.isStale(this.#now()), overrides };
  }

  /** @throws AdminError `conflict`, GatewayError `invalid_option` */
  async set(given: PriceBody, { actor, requestId }: ChangeBy): Promise<PriceResource> {
    const body = { ...given, model: given.model.toLowerCase() };
    if (this.#isConfigured(body.model)) throw configured();
    await this.#state.change((view) => {
      const known = view.document('price', body.model);
      if (!known && view.documents('price').length >= MAX_PRICES)
        throw conflict(`No more than ${MAX_PRICES} prices can be set here.`);
      const changes = fieldChanges(known?.value, body);
      if (isEmpty(changes)) return undefined;
      checkPrice(body);
      return {
        entry: {
          actor,
          requestId,
          operation: known ? 'update_gateway_price' : 'create_gateway_price',
          resource: { type: 'gateway_price', id: body.model, name: body.model },
          changes,
        },
        writes: [{ kind: 'price', id: body.model, value: body }],
        result: undefined,
      };
    });
    this.#refresh();
    return { ...body, source: 'api' };
  }

  /** @throws AdminError `not_found`, `conflict` */
  async delete(given: string, { actor, requestId }: ChangeBy): Promise<void> {
    const model = given.toLowerCase();
    if (this.#isConfigured(model)) throw configured();
    await this.#state.change((view) => {
      const known = view.document('price', model);
      if (!known) throw notFound('price');
      return {
        entry: {
          actor,
          requestId,
          operation: 'delete_gateway_price',
          resource: { type: 'gateway_price', id: model, name: model },
          changes: fieldChanges(known.value, undefined),
        },
        writes: [{ kind: 'price', id: model, value: null }],
        result: undefined,
      };
    });
    this.#refresh();
  }

  #isConfigured(model: string): boolean {
    return Object.keys(this.#configured).some((name) => name.toLowerCase() === model);
  }

  /** What cannot be read of what another version wrote changes nothing: the prices before hold on. */
  #refresh(): void {
    try {
      this.#apply(this.#configured);
    } catch {
      this.#logger?.error({ event: 'prices_unreadable' });
    }
  }

  #apply(configured: PriceOverrides): void {
    const stored = this.#stored();
    const key = JSON.stringify([configured, stored]);
    if (key === this.#applied) return;
    // A price of the configuration wins over one of the same name that was set here before.
    this.#book.override({
      ...Object.fromEntries(stored.map((body) => [body.model, priceOverrideOf(body)])),
      ...lower(configured),
    });
    this.#applied = key;
  }

  #stored(): PriceBody[] {
    return this.#state.documents('price').map(({ value }: StateDocument) => value as unknown as PriceBody);
  }
}

function configured() {
  return conflict('The price of this model stands in the configuration, where alone it can be changed.', 'model');
}

function lower(prices: PriceOverrides): PriceOverrides {
  return Object.fromEntries(Object.entries(prices).map(([model, price]) => [model.toLowerCase(), price]));
}

/** @throws AdminError `invalid_request` that names the rate */
function checkPrice(body: PriceBody): void {
  try {
    readOverrides({ price: priceOverrideOf(body) });
  } catch (error) {
    const [, rate = 'input'] = (isOwnError(error) && /\.(\w+)$/.exec(error.param ?? '')) || [];
    const field = rate.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    throw invalid(
      `${field}: USD per million tokens with at most six decimal places, and not more than nine billion.`,
      field,
    );
  }
}

/** Output without a price of its own costs what input does: never nothing. */
export function priceOverrideOf({ input, output = input, cache_read, cache_write }: PriceBody): PriceOverride {
  return {
    ...{ input, output },
    ...(cache_read === undefined ? {} : { cacheRead: cache_read }),
    ...(cache_write === undefined ? {} : { cacheWrite: cache_write }),
  };
}

/** Of several prices of a model the last; what else the configuration says of it (tiers, fees) is not told here. */
function configuredResource(model: string, price: PriceOverrides[string]): PriceResource {
  if (price === 'free') return { model, input: '0', output: '0', source: 'config' };
  const { input, output, cacheRead, cacheWrite } = (Array.isArray(price) ? price.at(-1) : price) as PriceOverride;
  return {
    ...{ model, input, output },
    ...(cacheRead === undefined ? {} : { cache_read: cacheRead }),
    ...(cacheWrite === undefined ? {} : { cache_write: cacheWrite }),
    source: 'config',
  };
}
