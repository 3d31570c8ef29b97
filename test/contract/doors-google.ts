/** Doors of Gemini's API. */
import { createGoogle } from '@ai-sdk/google';
import { GoogleGenAI } from '@google/genai';
import { generateText, streamText } from 'ai';
import {
  type ClientOptions,
  type DoorKind,
  GEMINI_FLASH,
  inProcess,
  PROVIDER_KEY,
  type Question,
  throughServer,
  USER_HEADER,
  type World,
} from './world.ts';

const MODEL = GEMINI_FLASH.model;

async function genai({ baseURL: baseUrl, fetch, user }: ClientOptions, question: Question): Promise<string> {
  const { text: contents, model = MODEL, stream = false, maxTokens: maxOutputTokens = 50 } = question;
  const headers = user === undefined ? {} : { [USER_HEADER]: user };
  const { models } = new GoogleGenAI({
    apiKey: PROVIDER_KEY,
    httpOptions: { baseUrl, headers, ...(fetch ? { fetch } : {}) },
  });
  const request = { model, contents, config: { maxOutputTokens } };
  if (!stream) return (await models.generateContent(request)).text ?? '';
  let shown = '';
  for await (const chunk of await models.generateContentStream(request)) shown += chunk.text ?? '';
  return shown;
}

async function aiSdk({ baseURL, fetch }: ClientOptions, question: Question): Promise<string> {
  const { text: prompt, model = MODEL, stream = false, maxTokens: maxOutputTokens = 50, maxRetries = 2 } = question;
  const provider = createGoogle({ apiKey: PROVIDER_KEY, baseURL: `${baseURL}/v1beta`, fetch: fetch! });
  const options = { model: provider(model), prompt, maxOutputTokens, maxRetries };
  if (!stream) return (await generateText(options)).text;
  let failed: unknown;
  const onError = ({ error }: { error: unknown }): void => {
    failed = error;
  };
  let shown = '';
  for await (const piece of streamText({ ...options, onError }).textStream) shown += piece;
  if (failed !== undefined) throw failed;
  return shown;
}

const base = ({ provider }: World): string => `${provider.origin}/google`;
const bill = GEMINI_FLASH;
const own = ({ model = MODEL }: Question): string => model;

export const GOOGLE_DOORS: readonly DoorKind[] = [
  { name: 'gateway.fetch under @google/genai', bill, ask: inProcess(base, genai) },
  {
    name: 'gateway.fetch under ai with @ai-sdk/google',
    bill,
    limits: { streamedDetails: true },
    ask: inProcess(base, aiSdk),
  },
  { name: 'server at /gemini', bill, remote: true, ask: throughServer('/gemini', genai, own) },
];
