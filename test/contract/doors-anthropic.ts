/** Doors of Anthropic's messages. */
import { createAnthropic } from '@ai-sdk/anthropic';
import Anthropic from '@anthropic-ai/sdk';
import { ChatAnthropic } from '@langchain/anthropic';
import { generateText, streamText } from 'ai';
import {
  CLAUDE_OPUS,
  type ClientOptions,
  type DoorKind,
  inProcess,
  PROVIDER_KEY,
  type Question,
  throughServer,
  USER_HEADER,
  type World,
} from './world.ts';

const MODEL = CLAUDE_OPUS.model;

async function anthropic({ user, ...options }: ClientOptions, question: Question): Promise<string> {
  const { text, model = MODEL, stream = false, maxTokens = 50 } = question;
  const headers = { [USER_HEADER]: user ?? null };
  const client = new Anthropic({ apiKey: PROVIDER_KEY, ...options, defaultHeaders: headers });
  const params = { model, max_tokens: maxTokens, messages: [{ role: 'user' as const, content: text }] };
  if (stream) return await client.messages.stream(params).finalText();
  const { content } = await client.messages.create(params);
  return content.map((block) => (block.type === 'text' ? block.text : '')).join('');
}

async function aiSdk({ baseURL, fetch }: ClientOptions, question: Question): Promise<string> {
  const { text: prompt, model = MODEL, stream = false, maxTokens = 50, maxRetries = 2 } = question;
  const provider = createAnthropic({ apiKey: PROVIDER_KEY, baseURL: `${baseURL}/v1`, fetch: fetch! });
  const options = { model: provider(model), prompt, maxOutputTokens: maxTokens, maxRetries };
  if (!stream) return (await generateText(options)).text;
  let failed: unknown;
  const onError = ({ error }: { error: unknown }): void => {
    failed = error;
  };
  const { textStream } = streamText({ ...options, onError });
  let shown = '';
  for await (const piece of textStream) shown += piece;
  if (failed !== undefined) throw failed;
  return shown;
}

async function langChain({ baseURL, fetch }: ClientOptions, question: Question): Promise<string> {
  const { text, model = MODEL, stream = false, maxTokens = 50, maxRetries } = question;
  const chat = new ChatAnthropic({
    apiKey: PROVIDER_KEY,
    model,
    maxTokens,
    ...(maxRetries === undefined ? {} : { maxRetries }),
    anthropicApiUrl: baseURL,
    clientOptions: { fetch: fetch! },
  });
  if (!stream) return (await chat.invoke(text)).text;
  let shown = '';
  for await (const chunk of await chat.stream(text)) shown += chunk.text;
  return shown;
}

const base = ({ provider }: World): string => `${provider.origin}/anthropic`;
const bill = CLAUDE_OPUS;
const own = ({ model = MODEL }: Question): string => model;

export const ANTHROPIC_DOORS: readonly DoorKind[] = [
  { name: 'gateway.fetch under @anthropic-ai/sdk', bill, ask: inProcess(base, anthropic) },
  {
    name: 'gateway.fetch under ai with @ai-sdk/anthropic',
    bill,
    limits: { streamedDetails: true },
    ask: inProcess(base, aiSdk),
  },
  { name: 'gateway.fetch under ChatAnthropic', bill, ask: inProcess(base, langChain) },
  { name: 'server at /anthropic', bill, remote: true, ask: throughServer('/anthropic', anthropic, own) },
  {
    name: 'server at /v1, messages',
    bill,
    remote: true,
    ask: throughServer('', anthropic, (question) => `anthropic/${own(question)}`),
  },
];
