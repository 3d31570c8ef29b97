/**
 * OpenAI's Responses API as a provider on this machine answers it, for examples and tests: a text of your choice, streamed word by word,
 * a tool call when a tool was offered and its result is not there yet, and background responses that are done once they were asked for.
 */
import type { ServerResponse } from 'node:http';
import type { ReceivedRequest } from './fake-provider.ts';

interface Item {
  readonly type?: string;
  readonly role?: string;
  readonly content?: unknown;
  readonly output?: unknown;
}

interface ResponsesBody {
  readonly model?: string;
  readonly input?: string | readonly Item[];
  readonly tools?: readonly { readonly type: string; readonly name?: string }[];
  readonly stream?: boolean;
  readonly background?: boolean;
}

export interface FakeResponses {
  /** What the model says; a function sees the last text of the input. */
  reply: string | ((prompt: string) => string);
  /** Arguments of the call that it makes of the first function it is offered; none when `undefined`. */
  toolArguments: ((prompt: string) => object) | undefined;
  /** How often a background response is asked for before it is done. */
  pollsUntilDone: number;
  usage: object;
  /** Streams that the client closed before they ended. */
  closedEarly: number;
  /** Answers a request to the API; false when it is none. */
  answer(request: ReceivedRequest, response: ServerResponse): Promise<boolean>;
}

const USAGE = {
  input_tokens: 20,
  input_tokens_details: { cached_tokens: 4 },
  output_tokens: 10,
  output_tokens_details: { reasoning_tokens: 2 },
  total_tokens: 30,
};

export function fakeResponses(): FakeResponses {
  const background = new Map<string, { polls: number; body: ResponsesBody }>();
  let made = 0;

  const fake: FakeResponses = {
    reply: 'Hello from the fake provider.',
    toolArguments: undefined,
    pollsUntilDone: 2,
    usage: USAGE,
    closedEarly: 0,
    async answer(request, response) {
      const [path = '', query = ''] = request.url.split('?');
      if (!/\/responses(?:\/|$)/.test(path)) return false;
      const [, id, action] = /\/responses\/([^/]+)(?:\/(\w+))?$/.exec(path) ?? [];
      const body = (request.json ?? {}) as ResponsesBody;
      if (id === 'input_tokens') json(response, { object: 'response.input_tokens', input_tokens: 20 });
      else if (id !== undefined) await stored(id, action, /stream=true/.test(query), response);
      else if (body.background) await begun(body, response);
      else await create(body, `resp_${++made}`, response);
      return true;
    },
  };

  async function create(body: ResponsesBody, id: string, response: ServerResponse): Promise<void> {
    const output = outputOf(body);
    if (!body.stream) return json(response, whole(body, id, 'completed', output));
    await streamed(body, id, output, response);
  }

  async function begun(body: ResponsesBody, response: ServerResponse): Promise<void> {
    const id = `resp_${++made}`;
    background.set(id, { polls: 0, body });
    if (body.stream) return streamed(body, id, outputOf(body), response);
    json(response, whole(body, id, 'queued', []));
  }

  async function stored(
    id: string,
    action: string | undefined,
    stream: boolean,
    response: ServerResponse,
  ): Promise<void> {
    const known = background.get(id);
    if (!known) return json(response, { error: { message: 'No such response.', type: 'invalid_request_error' } }, 404);
    const { body } = known;
    if (action === 'input_items')
      return json(response, { object: 'list', data: items(body), first_id: 'a', last_id: 'b', has_more: false });
    if (action === 'cancel') return json(response, whole(body, id, 'cancelled', []));
    if (stream) return streamed(body, id, outputOf(body), response);
    const done = ++known.polls >= fake.pollsUntilDone;
    json(response, whole(body, id, done ? 'completed' : 'in_progress', done ? outputOf(body) : []));
  }

  function whole(body: ResponsesBody, id: string, status: string, output: readonly object[]): object {
    const { model = 'fake-model', tools = [] } = body;
    const usage = status === 'completed' ? fake.usage : null;
    return {
      ...{ id, object: 'response', created_at: 1, status, model, output, usage, tools, error: null },
      ...{ incomplete_details: null, instructions: null, metadata: {}, parallel_tool_calls: true },
      ...{ temperature: 1, top_p: 1, tool_choice: 'auto' },
    };
  }

  function outputOf(body: ResponsesBody): OutputItem[] {
    const prompt = promptOf(body);
    const tool = body.tools?.find(({ type }) => type === 'function');
    const called = items(body).some(({ type }) => type === 'function_call_output');
    if (tool && fake.toolArguments && !called) {
      const args = JSON.stringify(fake.toolArguments(prompt));
      return [
        {
          type: 'function_call',
          id: 'fc_1',
          call_id: 'call_1',
          name: tool.name!,
          arguments: args,
          status: 'completed',
        },
      ];
    }
    const text = typeof fake.reply === 'string' ? fake.reply : fake.reply(prompt);
    const content = [{ type: 'output_text' as const, text, annotations: [], logprobs: [] }];
    return [{ type: 'message', id: 'msg_1', role: 'assistant', status: 'completed', content }];
  }

  /** One write an event, as providers do, so that a client really sees a stream. */
  async function streamed(
    body: ResponsesBody,
    id: string,
    output: readonly OutputItem[],
    response: ServerResponse,
  ): Promise<void> {
    const begun = { response: whole(body, id, 'in_progress', []) };
    const events = [
      { type: 'response.created', ...begun },
      { type: 'response.in_progress', ...begun },
      ...output.flatMap(itemEvents),
      { type: 'response.completed', response: whole(body, id, 'completed', output) },
    ];
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
    let closed = false;
    response.on('close', () => {
      closed = !response.writableFinished;
      if (closed) fake.closedEarly++;
    });
    for (const [sequence_number, { type, ...rest }] of events.entries()) {
      if (closed) return;
      response.write(`event: ${type}\ndata: ${JSON.stringify({ type, sequence_number, ...rest })}\n\n`);
      await new Promise((resolve) => setImmediate(resolve));
    }
    response.end();
  }

  return fake;
}

interface Message {
  readonly type: 'message';
  readonly id: string;
  readonly role: 'assistant';
  readonly status: string;
  readonly content: readonly { readonly type: 'output_text'; readonly text: string }[];
}
interface FunctionCall {
  readonly type: 'function_call';
  readonly id: string;
  readonly call_id: string;
  readonly name: string;
  readonly arguments: string;
  readonly status: string;
}
type OutputItem = Message | FunctionCall;
type Event = { readonly type: string } & Readonly<Record<string, unknown>>;

function itemEvents(item: OutputItem, output_index: number): Event[] {
  const at = { item_id: item.id, output_index };
  const added = { ...item, status: 'in_progress', ...(item.type === 'message' ? { content: [] } : { arguments: '' }) };
  const told = item.type === 'message' ? messageEvents(item, at) : argumentEvents(item, at);
  return [
    { type: 'response.output_item.added', output_index, item: added },
    ...told,
    { type: 'response.output_item.done', output_index, item },
  ];
}

function messageEvents({ content }: Message, item: object): Event[] {
  return content.flatMap((part, content_index) => {
    const at = { ...item, content_index };
    const words = part.text.split(/(?<= )/);
    return [
      { type: 'response.content_part.added', ...at, part: { ...part, text: '' } },
      ...words.map((delta) => ({
        type: 'response.output_text.delta',
        ...at,
        delta,
        logprobs: [],
        obfuscation: 'x7Q2',
      })),
      { type: 'response.output_text.done', ...at, text: part.text, logprobs: [] },
      { type: 'response.content_part.done', ...at, part },
    ];
  });
}

function argumentEvents({ arguments: args, name }: FunctionCall, at: object): Event[] {
  const pieces = args.match(/.{1,7}/gsu) ?? [];
  return [
    ...pieces.map((delta) => ({ type: 'response.function_call_arguments.delta', ...at, delta })),
    { type: 'response.function_call_arguments.done', ...at, name, arguments: args },
  ];
}

const items = ({ input = [] }: ResponsesBody): readonly Item[] =>
  typeof input === 'string' ? [{ type: 'message', role: 'user', content: input }] : input;

/** The last text that was said, by whomever. */
export function promptOf(body: ResponsesBody): string {
  const { content, output } = items(body).at(-1) ?? {};
  const said = content ?? output;
  if (typeof said === 'string') return said;
  return Array.isArray(said) ? said.map((part: { text?: string }) => part.text ?? '').join('') : '';
}

function json(response: ServerResponse, body: object, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json', 'x-request-id': 'req_fake' });
  response.end(JSON.stringify(body));
}
