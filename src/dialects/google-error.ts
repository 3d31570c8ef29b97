/** Google's error form (AIP-193), which its SDK hands on whole in the message of `ApiError`. */
import type { GatewayError } from '../errors.ts';
import type { ErrorForm } from './dialect.ts';

const STATUSES: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  402: 'RESOURCE_EXHAUSTED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  413: 'INVALID_ARGUMENT',
  422: 'FAILED_PRECONDITION',
  424: 'FAILED_PRECONDITION',
  429: 'RESOURCE_EXHAUSTED',
  501: 'UNIMPLEMENTED',
  502: 'UNAVAILABLE',
  503: 'UNAVAILABLE',
};

/** `code` is the number that the SDK asks for; ours stands in `details`, as AIP-193 has it for reasons. */
function body({ status, code, message, param, details }: GatewayError): unknown {
  const info = { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: code.toUpperCase(), domain: 'postern' };
  const own = { code, message, ...(param === undefined ? {} : { param }), ...(details ? { details } : {}) };
  return { error: { code: status, message, status: STATUSES[status] ?? 'INTERNAL', details: [info, own] } };
}

export const googleErrors: ErrorForm = { body, event: (error) => ({ data: body(error) }) };
