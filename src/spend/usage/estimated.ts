/** Usage of an answer that tells none, counted from the texts that are there: a guess, and marked as one. Pure. */
import type { Usage } from '../../core/exchange.ts';
import { estimateTokens } from '../estimate.ts';
import { type Fields, list, record, text } from './fields.ts';
import { piecesUsage } from './openai.ts';
import { pieceTokens, tokensUsage } from './pieces.ts';

interface Answered {
  readonly model?: string | undefined;
  readonly request?: unknown;
  readonly body: Fields;
  readonly streamed: readonly unknown[];
}

/** Names and numbers of the wire, not text that a model reads or writes. */
const STRUCTURE = new Set(
  `id object type role model index name finish_reason stop_reason status created system_fingerprint service_tier
  call_id tool_call_id item_id response_id event_id signature encrypted_content modelVersion responseId mimeType mime_type
  media_type format detail created_at region error_type event stream`.split(/\s+/),
);
/** Base64 of images, sound and files is no text. */
const MEDIA = new Set([
  'data',
  'b64_json',
  'file_data',
  'image_url',
  'bytes',
  'inlineData',
  'inline_data',
  'source',
  'embedding',
]);
const MAX_DEPTH = 64;

export function estimatedUsage({ model = '', request, body, streamed }: Answered): Usage {
  const spoken = text(record(request).input);
  if (/^tts-|-tts\b/.test(model) && spoken !== undefined) return spokenUsage(model, spoken);
  const answer = streamed.length > 0 ? streamed.map(delta) : body;
  return { inputTokens: tokensIn(request), outputTokens: tokensIn(answer), source: 'estimated' };
}

/** Speech comes without usage. `tts-1` is sold by the character, later models by tokens of text and of audio. */
function spokenUsage(model: string, spoken: string): Usage {
  const units = { character: [...spoken].length };
  if (model.startsWith('tts-')) return piecesUsage(units, 'estimated');
  const { outputTokens } = pieceTokens(units, {}, 'likely');
  return tokensUsage(units, { inputTokens: estimateTokens(spoken), outputTokens });
}

/** Events that carry a piece of text; those that repeat the whole at the end do not count twice. */
function delta(event: unknown): unknown {
  const fields = record(event);
  return fields.delta ?? fields.choices ?? fields.candidates ?? record(fields.contentBlockDelta).delta;
}

function tokensIn(value: unknown, depth = 0): number {
  if (typeof value === 'string') return value.startsWith('data:') ? 0 : estimateTokens(value);
  if (depth > MAX_DEPTH || typeof value !== 'object' || value === null) return 0;
  if (Array.isArray(value)) return list(value).reduce<number>((sum, item) => sum + tokensIn(item, depth + 1), 0);
  return Object.entries(value)
    .filter(([key]) => !STRUCTURE.has(key) && !MEDIA.has(key))
    .reduce((sum, [, item]) => sum + tokensIn(item, depth + 1), 0);
}
