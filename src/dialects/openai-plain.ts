/** What OpenAI's smaller APIs have in common: one model, an answer that comes whole or in typed events, one error form. */
import type { KeyPath } from '../core/text.ts';
import type { AnswerFacts, Dialect, EventFacts, RequestFacts } from './dialect.ts';
import { asObject, asString, type JsonObject, shape } from './fields.ts';
import { openaiErrors } from './openai-error.ts';

export const NO_EVENTS = shape(null);
export const ERROR = shape(undefined, { type: null, code: null, param: null });

/** Facts of a call that makes no text. */
export function plainFacts(model: string, more: Partial<RequestFacts> = {}): RequestFacts {
  return { model, stream: false, maxOutputTokens: undefined, choices: 1, parameters: {}, ...more };
}

export function answerFacts(body: unknown): AnswerFacts {
  const object = asObject(body) ?? {};
  return { response: { id: asString(object.id), model: asString(object.model) || undefined }, usage: object };
}

/** An event with a `type`: the last one of its kind ends in `.done` or `.completed`. */
export function typedEventFacts(event: unknown): EventFacts {
  const object = asObject(event) ?? {};
  const failed = object.type === 'error' || (object.error ?? undefined) !== undefined;
  const done = /\.(?:done|completed)$/.test(asString(object.type) ?? '');
  return {
    usage: object.usage === undefined || object.usage === null ? undefined : object,
    closes: failed || done ? [''] : [],
    failed,
    // Usage comes with it, and what follows is nothing that is charged.
    ...(done ? { response: { finishReasons: ['completed'] } } : {}),
  };
}

/** The event again with nothing in it but the text. */
export function typedContinuation(event: unknown, path: KeyPath, text: string): unknown {
  const { type, segment_id } = (asObject(event) ?? {}) as JsonObject;
  return { type, ...(segment_id === undefined ? {} : { segment_id }), [path[0]!]: text };
}

export const plain = {
  family: 'openai',
  event: NO_EVENTS,
  assign: ({ model }) => (model === undefined ? [] : [{ path: ['model'], value: model }]),
  answer: answerFacts,
  eventFacts: typedEventFacts,
  channel: () => '',
  continuation: typedContinuation,
  errors: openaiErrors,
} satisfies Partial<Dialect>;
