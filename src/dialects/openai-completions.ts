/** OpenAI's older completions, text after a prompt, as vLLM and others still speak them. */
import type { TextTag } from '../core/json-body.ts';
import type { RequestBody } from '../core/request-body.ts';
import type { KeyPath } from '../core/text.ts';
import type { Dialect, RequestFacts, Route } from './dialect.ts';
import {
  alternativesOf,
  asArray,
  asObject,
  listOf,
  modelOf,
  optionalBoolean,
  optionalCount,
  parameters,
  shape,
} from './fields.ts';
import { openaiChat } from './openai-chat.ts';
import { ERROR } from './openai-plain.ts';

const PARAMETERS = ['temperature', 'top_p', 'seed', 'frequency_penalty', 'presence_penalty'];

function facts(body: RequestBody, route: Route): RequestFacts {
  const prompt = body.member('prompt');
  return {
    model: modelOf(body, route),
    alternatives: alternativesOf(body),
    stream: optionalBoolean(body, 'stream') ?? false,
    maxOutputTokens: optionalCount(body, 'max_tokens'),
    choices: promptCount(prompt) * Math.max(optionalCount(body, 'n') ?? 1, optionalCount(body, 'best_of') ?? 1),
    parameters: parameters(body, PARAMETERS),
    streamUsage: asObject(body.member('stream_options'))?.include_usage === true,
    unreadable: asArray(prompt).some((item) => typeof item !== 'string'),
  };
}

/** Each prompt of a list has answers of its own; a list of numbers is one prompt of token ids. */
function promptCount(prompt: unknown): number {
  const items = asArray(prompt);
  return items.every((item) => typeof item === 'number') ? 1 : items.length;
}

function answerShape(text: TextTag): ReturnType<typeof shape> {
  return shape(
    { scope: 'output' },
    {
      id: null,
      object: null,
      model: null,
      system_fingerprint: null,
      service_tier: null,
      usage: null,
      choices: listOf(shape(undefined, { finish_reason: null, logprobs: null, text })),
      error: ERROR,
    },
  );
}

function channel(event: unknown, path: KeyPath): string {
  const choice = asObject(asArray(asObject(event)?.choices)[Number(path[1])]);
  return `${Number(choice?.index ?? 0)}:${path.slice(2).join('.')}`;
}

/** As chat completions, but for where the text stands. */
export const openaiCompletions: Dialect = {
  ...openaiChat,
  id: 'openai.completions',
  operation: 'completion',
  request: shape({ scope: 'message' }, { model: null, service_tier: null }),
  resolve: undefined,
  response: answerShape({ scope: 'output' }),
  event: answerShape({ scope: 'output', streamed: true }),
  facts,
  assign: ({ model, maxOutputTokens }) => [
    ...(model === undefined ? [] : [{ path: ['model'], value: model }]),
    ...(maxOutputTokens === undefined ? [] : [{ path: ['max_tokens'], value: maxOutputTokens }]),
  ],
  channel,
};
