/** A gateway in front of a fake of Gemini's API, anew for each test of a file, and what all of them say to it. */
import { afterEach, beforeEach, expect } from 'vitest';
import { type FakeGoogle, startFakeGoogle } from '../../examples/support/fake-google.ts';
import {
  type CallEvent,
  createGateway,
  type Gateway,
  type GatewayOptions,
  memoryLedger,
  type PolicyEvent,
  redact,
  spendCap,
} from '../../src/index.ts';

export const EMAIL = 'ada.lovelace@example.com';
export const MADE_UP = 'grace.hopper@example.org';
export const PLACEHOLDER = '<EMAIL_ADDRESS_1>';
export const KEY = 'AIza-invented-key-of-the-client';
export const MODEL = 'gemini-2.5-flash';
/** gemini-2.5-flash, and what the fake says of each answer: 20 tokens at 0.30 USD a million, 10 at 2.50. */
export const CALL_NANO_USD = 20 * 300 + 10 * 2_500;
/** What `echo` comes to for whoever wrote to `EMAIL`. */
export const ECHOED = `I wrote to ${EMAIL} and to <EMAIL_ADDRESS_2> for you.`;

export class GoogleWorld {
  google!: FakeGoogle;
  gateway!: Gateway;
  store = memoryLedger();
  calls: CallEvent[] = [];
  events: PolicyEvent[] = [];

  start(options: GatewayOptions = {}): void {
    this.store = memoryLedger();
    this.gateway = createGateway({ policies: [redact()], store: this.store, ...options });
    this.calls = [];
    this.events = [];
    this.gateway.on('call', (call) => this.calls.push(call));
    this.gateway.on('policy', (event) => this.events.push(event));
  }

  /** Whoever is written to in a request is answered with somebody else. */
  echo(): void {
    this.google.reply = `I wrote to ${PLACEHOLDER} and to ${MADE_UP} for you.`;
  }

  /** The body of the last request that arrived. */
  sent(): string {
    return this.google.requests.at(-1)!.body;
  }

  /** What was posted and is held under the cap of `capped`. */
  books(): { posted: number; held: number } {
    const { posted, held } = this.store.read(['cap|all=all|lifetime'])[0]!;
    return { posted, held };
  }
}

export function googleWorld(): GoogleWorld {
  const world = new GoogleWorld();
  beforeEach(async () => {
    world.google = await startFakeGoogle();
  });
  afterEach(async () => {
    expect(world.gateway.stats).toEqual({ open: 0, observerFailures: 0 });
    await world.google.close();
  });
  return world;
}

export const capped = (limitUsd: string): GatewayOptions => ({
  policies: [redact(), spendCap({ name: 'cap', limitUsd, window: 'lifetime' })],
});

export const caught = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );
