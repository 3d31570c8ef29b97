/** Doors of OpenAI's responses. */
import OpenAI7 from 'openai';
import OpenAI6 from 'openai-6';
import {
  type ClientOptions,
  type DoorKind,
  GPT_4O_MINI,
  inProcess,
  PROVIDER_KEY,
  type Question,
  throughServer,
  USER_HEADER,
  type World,
} from './world.ts';

const MODEL = GPT_4O_MINI.model;

const responses =
  (Client: typeof OpenAI7) =>
  async ({ user, ...options }: ClientOptions, question: Question): Promise<string> => {
    const { text: input, model = MODEL, stream = false, maxTokens = 50 } = question;
    const client = new Client({ apiKey: PROVIDER_KEY, ...options, defaultHeaders: { [USER_HEADER]: user ?? null } });
    const params = { model, input, max_output_tokens: maxTokens };
    if (!stream) return (await client.responses.create(params)).output_text;
    let shown = '';
    for await (const event of await client.responses.create({ ...params, stream: true }))
      if (event.type === 'response.output_text.delta') shown += event.delta;
    return shown;
  };

const base = ({ provider }: World): string => provider.baseURL;
const bill = GPT_4O_MINI;
const own = ({ model = MODEL }: Question): string => model;

export const RESPONSES_DOORS: readonly DoorKind[] = [
  { name: 'gateway.fetch under openai 7, responses', bill, ask: inProcess(base, responses(OpenAI7)) },
  {
    name: 'gateway.fetch under openai 6, responses',
    bill,
    ask: inProcess(base, responses(OpenAI6 as unknown as typeof OpenAI7)),
  },
  {
    name: 'server at /openai/v1, responses',
    bill,
    remote: true,
    ask: throughServer('/openai/v1', responses(OpenAI7), own),
  },
  {
    name: 'server at /v1, responses',
    bill,
    remote: true,
    ask: throughServer('/v1', responses(OpenAI7), (question) => `openai/${own(question)}`),
  },
];
