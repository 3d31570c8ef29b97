/** What the provider answers: a whole text, or a stream of 64 pieces. The same for the server and for the mocked fetch. */
import { PLACEHOLDER } from './bodies.ts';

export const STREAM_CHUNKS = 64;
const PIECE = 'partial delta while ';
const COMMON = { id: 'chatcmpl-bench', created: 1, model: 'gpt-4o-mini' };
const USAGE = { prompt_tokens: 220, completion_tokens: 64, total_tokens: 284 };

export const WHOLE_TEXT = PIECE.repeat(16);
export const STREAMED_TEXT = PIECE.repeat(STREAM_CHUNKS);

/** A whole answer with this text. */
export function wholeAnswer(text: string): string {
  const message = { role: 'assistant', content: text, refusal: null };
  const choices = [{ index: 0, message, logprobs: null, finish_reason: 'stop' }];
  return JSON.stringify({ ...COMMON, object: 'chat.completion', choices, usage: USAGE });
}

/** Server-sent events, each as it is written: the pieces, the end, usage and `[DONE]`. */
export function streamEvents(pieces: readonly string[]): string[] {
  const event = (fields: object): string =>
    `data: ${JSON.stringify({ ...COMMON, object: 'chat.completion.chunk', ...fields })}\n\n`;
  const chunk = (delta: object, finish_reason: string | null = null): string =>
    event({ choices: [{ index: 0, delta, logprobs: null, finish_reason }] });
  return [
    chunk({ role: 'assistant', content: '' }),
    ...pieces.map((content) => chunk({ content })),
    chunk({}, 'stop'),
    event({ choices: [], usage: USAGE }),
    'data: [DONE]\n\n',
  ];
}

export const PIECES: readonly string[] = Array.from({ length: STREAM_CHUNKS }, () => PIECE);

/** An answer that says what the provider was told, the placeholder cut where it can only be found by holding back. */
export const ECHO_PIECES: readonly string[] = ['Sent to ', ...PLACEHOLDER.split(/(?<=_)/), '.'];
/** How that has to read for the client. */
export const echoOf = (address: string): string => ECHO_PIECES.join('').replace(PLACEHOLDER, address);
