/** Who calls: by a virtual key, or by what the app's `authenticate` says. */
import type { CallContext } from '../core/context.ts';
import { GatewayError } from '../errors.ts';
import { type Asked, clientKey, clientKeys } from './client-key.ts';
import { customerTags } from './customer-tags.ts';
import type { GatewayServerOptions, KeyRefusal } from './options.ts';
import { checkOrigin } from './request-head.ts';

export interface Caller {
  readonly context: CallContext;
  readonly keyId?: string | undefined;
  /** The key of this gateway that the request carried: it is for nobody behind it. */
  readonly accepted?: string | undefined;
}

interface Call extends Asked {
  readonly method: string;
  readonly path: string;
}

/** @throws GatewayError `unauthorized`, `origin_not_allowed`, `invalid_request` */
export async function callerOf(call: Call, options: GatewayServerOptions): Promise<Caller> {
  const caller = options.keys ? await byKey(call, options.keys) : await byApp(call, options);
  const { customerHeaders = [] } = options;
  if (customerHeaders.length === 0) return caller;
  // What a key is bound to is said by its owner; a header cannot say otherwise.
  const tags = { ...customerTags(call.headers, customerHeaders), ...caller.context.tags };
  return { ...caller, context: { ...caller.context, tags } };
}

async function byApp(call: Call, { authenticate }: GatewayServerOptions): Promise<Caller> {
  const { method, path, headers } = call;
  if (!authenticate) {
    checkOrigin(headers);
    return { context: {} };
  }
  const context = await authenticate({ method, path, headers: headers.toHeaders(), key: clientKey(call) });
  if (!context) throw unauthorized('unknown');
  return { context, keyId: context.apiKey };
}

/** The client's own key for the provider may stand beside ours, in whatever header its API has for it. */
async function byKey(call: Call, keys: NonNullable<GatewayServerOptions['keys']>): Promise<Caller> {
  let refused: KeyRefusal | 'missing' = 'missing';
  for (const key of clientKeys(call)) {
    const answer = await keys.authenticate(key);
    if (!('refused' in answer)) {
      const { context, keyId } = answer;
      return { context: { apiKey: keyId, ...context }, keyId, accepted: key };
    }
    if (refused === 'missing' || refused === 'unknown') refused = answer.refused;
  }
  throw unauthorized(refused);
}

const REASONS = {
  missing:
    'This request carries no key. Send one of this gateway, as "Authorization: Bearer ..." or in the header of the API (x-api-key, x-goog-api-key, api-key).',
  unknown: 'This server does not know the key of this request. Check that it is whole, and a key of this gateway.',
  disabled: 'The key of this request is disabled. Ask whoever runs this gateway for another.',
  expired: 'The key of this request has expired. Ask whoever runs this gateway for another.',
};

function unauthorized(reason: KeyRefusal | 'missing'): GatewayError {
  return new GatewayError('unauthorized', REASONS[reason], { details: { reason } });
}
