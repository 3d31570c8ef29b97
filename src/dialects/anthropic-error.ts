/** Anthropic's error form: https://docs.claude.com/en/api/errors. Its SDK picks the class of the error by the status. */
import type { GatewayError } from '../errors.ts';
import type { ErrorForm } from './dialect.ts';

const TYPES: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  422: 'invalid_request_error',
  424: 'invalid_request_error',
  429: 'rate_limit_error',
  501: 'invalid_request_error',
  503: 'overloaded_error',
};

/** `code` beside `type` is ours; so is `details`, of which `error_code` is what the SDK shows as `errorCode`. */
function body({ status, code, message, param, details }: GatewayError, requestId?: string): unknown {
  return {
    type: 'error',
    error: {
      type: TYPES[status] ?? 'api_error',
      code,
      ...(param === undefined ? {} : { param }),
      message,
      details: { error_code: code, ...details },
    },
    ...(requestId === undefined ? {} : { request_id: requestId }),
  };
}

/** In a stream the SDK reads errors of events named `error` alone. */
export const anthropicErrors: ErrorForm = {
  body,
  event: (error) => ({ name: 'error', data: body(error) }),
  headers: (_error, requestId) => (requestId === undefined ? {} : { 'request-id': requestId }),
};
