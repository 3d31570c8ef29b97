/** Refusals and the metadata header: what a caller learns from Postern itself. */
import type { CallSummary } from '../core/pipeline.ts';
import type { ErrorForm } from '../dialects/dialect.ts';
import type { GatewayError } from '../errors.ts';
import { HeaderList } from './header-list.ts';
import { type HttpAnswer, jsonAnswer } from './http-answer.ts';

export const METADATA_HEADER = 'x-postern-metadata';

/** JSON with names and counts, never values. On a stream it says what is known before the first byte. */
export function metadata({ id, outcome, policies, redactions, costNanoUsd, clamped, reason }: CallSummary): string {
  const cost = costNanoUsd === undefined ? undefined : costNanoUsd / 1e9;
  const limit = clamped && { max_tokens: clamped.maxOutputTokens, asked: clamped.asked };
  // Policy names are the app's own and may hold any character; a header may not.
  return JSON.stringify({ id, outcome, reason, policies, redactions, cost_usd: cost, clamped: limit }).replace(
    /[^\x20-\x7e]/g,
    escapeUnicode,
  );
}
/** OpenAI's clients try again at once rather than wait longer than this, and Anthropic's wait for hours: neither helps anybody. */
const LONGEST_WAIT_MS = 60_000;
const escapeUnicode = (char: string): string => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;

/**
 * A refusal as an answer in the provider's own error form. A throw inside `fetch` would be tried three times by stock SDKs
 * and lose its status; a 402 is tried once and reaches the user whole (measured, docs/errors.md).
 */
export function refusalAnswer(error: GatewayError, form: ErrorForm, summary?: CallSummary): HttpAnswer {
  const headers = new HeaderList();
  for (const [name, value] of Object.entries(form.headers?.(error, summary?.id) ?? {})) headers.set(name, value);
  if (summary) headers.set('x-request-id', summary.id);
  if (summary) headers.set(METADATA_HEADER, metadata(summary));
  if (!error.retryable || (error.retryAfterMs ?? 0) > LONGEST_WAIT_MS) headers.set('x-should-retry', 'false');
  if (error.retryAfterMs !== undefined) {
    headers.set('retry-after', String(Math.ceil(error.retryAfterMs / 1000)));
    headers.set('retry-after-ms', String(Math.ceil(error.retryAfterMs)));
  }
  return jsonAnswer(form.body(error, summary?.id), error.status, headers);
}
