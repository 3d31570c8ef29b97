/** OpenAI's responses at the fake provider; background ones are done when they are asked for the second time. */
import { event, type FakeAnswer, type FakeApi, type FakeBody, type FakeCall, lastText, wordsOf } from './fake-api.ts';
import { halves } from './fake-openai.ts';

const USAGE = {
  input_tokens: 20,
  output_tokens: 10,
  total_tokens: 30,
  input_tokens_details: { cached_tokens: 4 },
  output_tokens_details: { reasoning_tokens: 2 },
};

type Item = Readonly<Record<string, unknown>>;

function itemOf({ text, tool }: FakeCall): Item {
  if (tool) {
    const input = JSON.stringify(tool.input);
    return {
      id: 'fc_1',
      type: 'function_call',
      call_id: 'call_1',
      name: tool.name,
      arguments: input,
      status: 'completed',
    };
  }
  const content = [{ type: 'output_text', text, annotations: [], logprobs: [] }];
  return { id: 'msg_1', type: 'message', role: 'assistant', status: 'completed', content };
}

function responseOf(call: FakeCall, changes: object = {}): Item {
  return {
    id: `resp_${call.number}`,
    object: 'response',
    created_at: 1,
    status: 'completed',
    model: call.body.model ?? 'fake-model',
    output: [itemOf(call)],
    usage: USAGE,
    parallel_tool_calls: true,
    tool_choice: 'auto',
    tools: [],
    error: null,
    incomplete_details: null,
    instructions: null,
    metadata: {},
    temperature: 1,
    top_p: 1,
    ...changes,
  };
}

/** The text comes in pieces, and then three times more as a whole, as at OpenAI. */
function streamed(call: FakeCall): FakeAnswer {
  const item = itemOf(call);
  const at = { item_id: item.id, output_index: 0 };
  const begun = responseOf(call, { status: 'in_progress', output: [], usage: null });
  const events = [
    { type: 'response.created', response: begun },
    { type: 'response.in_progress', response: begun },
    { type: 'response.output_item.added', output_index: 0, item: { ...item, ...empty(item), status: 'in_progress' } },
    ...(call.tool ? argumentEvents(String(item.arguments), at) : textEvents(call.text, at)),
    { type: 'response.output_item.done', output_index: 0, item },
    { type: 'response.completed', response: responseOf(call) },
  ];
  return { events: events.map((one, sequence_number) => event({ ...one, sequence_number }, one.type)) };
}

const empty = (item: Item): Item => (item.type === 'message' ? { content: [] } : { arguments: '' });

function argumentEvents(text: string, at: object): { type: string }[] {
  return [
    ...halves(text).map((delta) => ({ type: 'response.function_call_arguments.delta', ...at, delta })),
    { type: 'response.function_call_arguments.done', ...at, ...{ arguments: text } },
  ];
}

function textEvents(text: string, item: object): { type: string }[] {
  const at = { ...item, content_index: 0 };
  const part = (whole: string): object => ({ type: 'output_text', text: whole, annotations: [], logprobs: [] });
  return [
    { type: 'response.content_part.added', ...at, ...{ part: part('') } },
    ...wordsOf(text).map((delta) => ({
      type: 'response.output_text.delta',
      ...at,
      delta,
      logprobs: [],
      obfuscation: 'x8Kq',
    })),
    { type: 'response.output_text.done', ...at, ...{ text, logprobs: [] } },
    { type: 'response.content_part.done', ...at, ...{ part: part(text) } },
  ];
}

const prompt = ({ input }: FakeBody): string => (typeof input === 'string' ? input : lastText(input));

/** A new one for each provider, which remembers what works in the background. */
export function fakeResponses(): FakeApi {
  const begun = new Map<string, { call: FakeCall; asked: number }>();
  return {
    answers: (path) => /\/responses(?:\/resp_\d+(?:\/cancel)?)?$/.test(path),
    prompt,
    answer: (call) => {
      const id = /resp_\d+/.exec(call.path)?.[0];
      if (id !== undefined) return { json: later(id, call.path.endsWith('/cancel')) };
      if (call.body.background === true && call.body.stream !== true) {
        begun.set(`resp_${call.number}`, { call, asked: 0 });
        return { json: responseOf(call, { status: 'queued', output: [], usage: null, background: true }) };
      }
      return call.body.stream === true ? streamed(call) : { json: responseOf(call) };
    },
  };

  function later(id: string, cancelled: boolean): object {
    const known = begun.get(id);
    if (!known)
      return { error: { message: 'No such response', type: 'invalid_request_error', code: null, param: null } };
    if (cancelled) return responseOf(known.call, { status: 'cancelled', output: [], usage: null });
    known.asked++;
    return known.asked < 2
      ? responseOf(known.call, { status: 'in_progress', output: [], usage: null })
      : responseOf(known.call);
  }
}
