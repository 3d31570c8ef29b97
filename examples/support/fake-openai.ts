/** OpenAI's chat completions, embeddings and list of models at the fake provider. */
import { event, type FakeAnswer, type FakeApi, type FakeCall, lastText, wordsOf } from './fake-api.ts';

const USAGE = {
  prompt_tokens: 20,
  completion_tokens: 10,
  total_tokens: 30,
  prompt_tokens_details: { cached_tokens: 4 },
  completion_tokens_details: { reasoning_tokens: 2 },
};

function chat({ body, text, tool, number }: FakeCall): FakeAnswer {
  const { model = 'fake-model', n = 1, stream } = body;
  const base = { id: `chatcmpl-${number}`, created: 1, model };
  const choices = Array.from({ length: Number(n) }, (_, index) => index);
  const call = tool && { name: tool.name, arguments: JSON.stringify(tool.input) };
  const reason = call ? 'tool_calls' : 'stop';
  if (stream !== true) {
    const said = call
      ? { content: null, tool_calls: [{ id: 'call_1', type: 'function', function: call }] }
      : { content: text };
    const message = { role: 'assistant', refusal: null, ...said };
    const whole = choices.map((index) => ({ index, finish_reason: reason, logprobs: null, message }));
    return { json: { ...base, object: 'chat.completion', choices: whole, usage: USAGE } };
  }
  const chunk = (index: number, delta: object, finish_reason: string | null = null): object => ({
    ...base,
    object: 'chat.completion.chunk',
    choices: [{ index, delta, finish_reason }],
  });
  const piece = (index: number, part: object): object => chunk(index, { tool_calls: [{ index: 0, ...part }] });
  const pieces = call
    ? choices.flatMap((index) => [
        piece(index, { id: 'call_1', type: 'function', function: { name: call.name, arguments: '' } }),
        ...halves(call.arguments).map((half) => piece(index, { function: { arguments: half } })),
      ])
    : wordsOf(text).flatMap((content) => choices.map((index) => chunk(index, { content })));
  const chunks = [
    ...choices.map((index) => chunk(index, { role: 'assistant', content: '' })),
    ...pieces,
    ...choices.map((index) => chunk(index, {}, reason)),
  ];
  const { include_usage: told } = (body.stream_options ?? {}) as { include_usage?: boolean };
  if (told) chunks.push({ ...base, object: 'chat.completion.chunk', choices: [], usage: USAGE });
  return { events: [...chunks.map((one) => event(one)), 'data: [DONE]\n\n'] };
}

/** Arguments of tools are streamed in pieces that break anywhere. */
export function halves(text: string): string[] {
  const middle = Math.ceil(text.length / 2);
  return [text.slice(0, middle), text.slice(middle)];
}

export const fakeChat: FakeApi = {
  answers: (path) => path.endsWith('/chat/completions'),
  prompt: ({ messages }) => lastText(messages),
  answer: chat,
};

export const fakeEmbeddings: FakeApi = {
  answers: (path) => path.endsWith('/embeddings'),
  prompt: ({ input }) => (typeof input === 'string' ? input : undefined),
  answer: ({ body: { input, model } }) => {
    const inputs = Array.isArray(input) ? input : [input];
    const data = inputs.map((_, index) => ({ object: 'embedding', index, embedding: [0.1, 0.2] }));
    return { json: { object: 'list', model, data, usage: { prompt_tokens: 5, total_tokens: 5 } } };
  },
};

export const fakeModels: FakeApi = {
  answers: (path) => path.endsWith('/models'),
  prompt: () => undefined,
  answer: () => ({
    json: { object: 'list', data: [{ id: 'fake-model', object: 'model', created: 1, owned_by: 'fake' }] },
  }),
};
