/** OpenAI's error forms, which every OpenAI-compatible client reads. */
import type { GatewayError } from '../errors.ts';
import type { ErrorForm } from './dialect.ts';

/** The outer `type` makes the body readable for Anthropic's and LangSmith's readers too. */
function body(error: GatewayError): unknown {
  const { message, code, param = null, details } = error;
  return {
    type: 'error',
    error: { type: errorType(error.status), code, param, message, ...(details ? { details } : {}) },
  };
}

function errorType(status: number): string {
  if (status === 402) return 'insufficient_quota';
  if (status === 429) return 'rate_limit_error';
  if (status === 401) return 'authentication_error';
  return status < 500 ? 'invalid_request_error' : 'gateway_error';
}

/** OpenAI's SDKs raise an error for a `data:` line that holds one, whatever the event's name. */
export const openaiErrors: ErrorForm = { body, event: (error) => ({ data: body(error) }) };
