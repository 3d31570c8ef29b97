/** A text as a trace or a log may hold it. JSON is taken apart first, so that it stays JSON and its keys help to find values. */
import { isOwnError } from '../errors.ts';
import type { Redactor } from './redactor.ts';

const MAY_BE_JSON = /^\s*[[{"]/;

/** JSON that was cut (`OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT` cuts in the middle) is redacted as plain text. @throws GatewayError `content_blocked` */
export function redactTraceText(redactor: Redactor, text: string): string {
  if (!MAY_BE_JSON.test(text)) return redactor.redact(text);
  try {
    return redactor.redactJson(text);
  } catch (error) {
    if (isOwnError(error) && error.code === 'invalid_json') return redactor.redact(text);
    throw error;
  }
}
