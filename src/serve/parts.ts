/** What a server has before it has a gateway: stores, state, keys, traces, prices, policies. Opened in this order, closed in reverse. */
import { createHmac } from 'node:crypto';
import { type EffectivePolicy, PolicyBook } from '../admin/policy-book.ts';
import { PriceList, priceOverrideOf } from '../admin/price-list.ts';
import type { Policy } from '../core/policy.ts';
import type { Secret } from '../core/secret.ts';
import { createPolicySet } from '../resources/policy-set.ts';
import type { Logger } from '../server/index.ts';
import { createPriceBook, type PriceBook, type PriceOverrides } from '../spend/prices.ts';
import { createKeys, type Keys } from '../state/keys.ts';
import { openState, type ServerState } from '../state/server-state.ts';
import type { ReadConfig } from './config.ts';
import type { LoadedConfig } from './load-config.ts';
import { openPepper, openStores, type Stores } from './stores.ts';
import { openTelemetry, type Telemetry } from './telemetry.ts';

export interface Parts {
  readonly ledger: Stores['ledger'];
  readonly state: ServerState;
  readonly keys: Keys;
  readonly telemetry: Telemetry;
  readonly policies: PolicyBook;
  /** The policies that are in force, made anew where they changed. */
  policiesInForce(): readonly Policy[];
  readonly priceBook: PriceBook;
  readonly prices: PriceList;
  close(): Promise<void>;
}

export interface PartsOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly logger?: Logger | undefined;
}

/** @throws GatewayError that names the field of the configuration, or says which store does not answer; nothing is left open then */
export async function openParts(loaded: LoadedConfig, options: PartsOptions): Promise<Parts> {
  const opened: (() => Promise<void> | void)[] = [];
  const close = async (): Promise<void> => {
    for (const one of opened.splice(0).reverse()) await one();
  };
  try {
    return { ...(await open(loaded, options, (end) => void opened.push(end))), close };
  } catch (cause) {
    await close().catch(() => {});
    throw cause;
  }
}

async function open(
  loaded: LoadedConfig,
  { env, logger }: PartsOptions,
  onClose: (end: () => Promise<void> | void) => void,
): Promise<Omit<Parts, 'close'>> {
  const { config } = loaded;
  const pepper = await openPepper(loaded);
  const stores = await openStores(loaded);
  onClose(() => stores.close());
  const state = await openState(stores.state, {
    onError: ({ message }) => logger?.error({ event: 'state_failed', message }),
  });
  onClose(() => state.close());
  const keys = createKeys(state, { pepper });
  if (keys.otherPepper > 0) logger?.warn({ event: 'keys_of_another_pepper', keys: keys.otherPepper });
  const telemetry = await openTelemetry(loaded, env);
  onClose(() => telemetry.close());
  const hmacKey = placeholderKey(pepper);
  const policies = new PolicyBook({ state, configured: loaded.policies, logger });
  onClose(() => policies.close());
  const policySet = createPolicySet({ hmacKey });
  const priceBook = createPriceBook({ unknownModel: config.unknown_model });
  const prices = new PriceList({ state, book: priceBook, configured: pricesOf(config), logger });
  onClose(() => prices.close());
  return {
    ledger: stores.ledger,
    state,
    keys,
    telemetry,
    policies,
    policiesInForce: () => policySet.policies(policies.entries().map(entryOf)),
    priceBook,
    prices,
  };
}

const entryOf = ({ id, body, overrides, account }: EffectivePolicy) => ({ id, body, overrides, account });

/** The same tags in all processes that share the keys, and nothing that the pepper could be told from. */
function placeholderKey(pepper: Secret): string {
  return createHmac('sha256', pepper.reveal()).update('placeholders').digest('hex');
}

export function pricesOf({ prices = [] }: ReadConfig): PriceOverrides {
  return Object.fromEntries(prices.map((body) => [body.model, priceOverrideOf(body)]));
}
