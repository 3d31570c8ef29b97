/** Anthropic's messages at the fake provider. */
import { event, type FakeAnswer, type FakeApi, type FakeBody, type FakeCall, lastText, wordsOf } from './fake-api.ts';
import { halves } from './fake-openai.ts';

/** Together as many tokens as those of the other APIs here: 20 in, 4 of them from the cache, and 10 out. */
const USAGE = { input_tokens: 16, cache_read_input_tokens: 4, cache_creation_input_tokens: 0, output_tokens: 10 };

function messages({ body, text, tool, number }: FakeCall): FakeAnswer {
  const content = tool
    ? { type: 'tool_use', id: 'toolu_1', name: tool.name, input: tool.input }
    : { type: 'text', text };
  const message = {
    id: `msg_${number}`,
    type: 'message',
    role: 'assistant',
    model: body.model ?? 'fake-model',
    content: [content],
    stop_reason: tool ? 'tool_use' : 'end_turn',
    stop_sequence: null,
    usage: USAGE,
  };
  if (body.stream !== true) return { json: message };
  const start = tool ? { ...content, input: {} } : { type: 'text', text: '' };
  const deltas = tool
    ? halves(JSON.stringify(tool.input)).map((partial_json) => ({ type: 'input_json_delta', partial_json }))
    : wordsOf(text).map((word) => ({ type: 'text_delta', text: word }));
  const first = { ...message, content: [], stop_reason: null, usage: { ...USAGE, output_tokens: 1 } };
  const events = [
    { type: 'message_start', message: first },
    { type: 'content_block_start', index: 0, content_block: start },
    { type: 'ping' },
    ...deltas.map((delta) => ({ type: 'content_block_delta', index: 0, delta })),
    { type: 'content_block_stop', index: 0 },
    {
      type: 'message_delta',
      delta: { stop_reason: message.stop_reason, stop_sequence: null },
      usage: { output_tokens: USAGE.output_tokens },
    },
    { type: 'message_stop' },
  ];
  return { events: events.map((one) => event(one, one.type)) };
}

const prompt = (body: FakeBody): string => lastText(body.messages);

export const fakeMessages: FakeApi = {
  answers: (path) => path.endsWith('/v1/messages'),
  prompt,
  answer: messages,
};

export const fakeCountTokens: FakeApi = {
  answers: (path) => path.endsWith('/v1/messages/count_tokens'),
  prompt,
  answer: () => ({ json: { input_tokens: 20 } }),
};
