/**
 * Answers that OpenAI has kept and that are asked for later: responses, their input, chat completions. They were charged when they were
 * made; where the call that made one is still open (`background`), `http/handle.ts` goes on with it.
 */
import type { Dialect } from './dialect.ts';
import { listOf, shape } from './fields.ts';
import { openaiChat } from './openai-chat.ts';
import { openaiResponses } from './openai-responses.ts';
import { RESPONSES_INPUT_ITEMS } from './openai-responses-shape.ts';

/** Nothing is asked of a model. */
function stored(dialect: Dialect): Dialect {
  return {
    ...dialect,
    id: `${dialect.id}.retrieve`,
    operation: 'retrieve',
    facts: () => ({ model: '', stream: false, maxOutputTokens: undefined, choices: 1, parameters: {} }),
    assign: () => [],
    streamUsage: () => [],
  };
}

export const openaiStoredResponse = stored(openaiResponses);

export const openaiResponseInput: Dialect = {
  ...stored(openaiResponses),
  response: RESPONSES_INPUT_ITEMS,
  answer: () => ({ response: {} }),
};

export const openaiStoredChat = stored(openaiChat);

const PAGE = { object: null, first_id: null, last_id: null };

/** A page of completions, or of the messages of one. */
function page(dialect: Dialect, items: Dialect['response'] | undefined): Dialect {
  const error = shape(undefined, { type: null, code: null, param: null });
  return {
    ...stored(dialect),
    response: shape({ scope: 'output' }, { ...PAGE, data: listOf(items ?? dialect.response), error }),
    resolveAnswer: dialect.resolve,
    answer: () => ({ response: {} }),
  };
}

export const openaiStoredChats = page(openaiChat, openaiChat.response);
export const openaiStoredMessages = page(openaiChat, openaiChat.request.keys?.get('messages')?.each);
