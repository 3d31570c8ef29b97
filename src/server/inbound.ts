/** What a client's headers say about where a request comes from. Knows headers alone; who may be believed is decided elsewhere. */
import type { InboundTrace } from '../core/exchange.ts';
import { GatewayError } from '../errors.ts';
import { EXCHANGE_HEADER, HOP_HEADER } from '../http/handle.ts';
import type { HeaderList } from '../http/header-list.ts';
import type { GatewayServerOptions } from './options.ts';

const EXCHANGE_ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** An app, a gateway of the team and one of the company are three; more go round in a circle. */
const MAX_HOPS = 3;

export function exchangeIdIn(headers: HeaderList): string | undefined {
  const id = headers.get(EXCHANGE_HEADER);
  return id !== null && EXCHANGE_ID.test(id) ? id : undefined;
}

/** Posterns before this one; a header that is no number counts as none. @throws GatewayError `loop_detected` */
export function hopsIn(headers: HeaderList): number {
  const given = headers.get(HOP_HEADER) ?? '';
  const hops = /^\d{1,4}$/.test(given) ? Number(given) : 0;
  if (hops <= MAX_HOPS) return hops;
  throw new GatewayError(
    'loop_detected',
    `This request went through ${hops} Posterns already, and more than ${MAX_HOPS} are taken for a circle. Look for a provider or upstream whose base URL leads back to this server.`,
    { details: { hops, limit: MAX_HOPS } },
  );
}

export function inboundTrace(
  headers: HeaderList,
  traceContext: GatewayServerOptions['traceContext'],
): InboundTrace | undefined {
  if (traceContext !== 'link' && traceContext !== 'parent') return undefined;
  const given = (name: string): string | undefined => headers.get(name) ?? undefined;
  return {
    as: traceContext,
    traceparent: given('traceparent'),
    tracestate: given('tracestate'),
    langsmithTrace: given('langsmith-trace'),
    baggage: given('baggage'),
  };
}
