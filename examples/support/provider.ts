/**
 * Who answers an example: OpenAI when `OPENAI_API_KEY` is set, else the fake provider on this machine, which repeats what it
 * was told. Says which, so that nobody takes the one for the other.
 */
import { type ReceivedRequest, startFakeProvider } from './fake-provider.ts';

export interface ExampleProvider {
  readonly baseURL: string;
  readonly apiKey: string;
  /** The last prompt as it left the gateway; only the fake provider can tell. */
  prompt(): string;
  close(): Promise<void>;
}

export async function openProvider(): Promise<ExampleProvider> {
  const apiKey = process.env.OPENAI_API_KEY;
  if (apiKey) {
    console.log('OPENAI_API_KEY is set: OpenAI answers, and bills for it.\n');
    const prompt = (): string => '(OpenAI does not tell)';
    return { baseURL: 'https://api.openai.com/v1', apiKey, prompt, close: async () => {} };
  }
  console.log('OPENAI_API_KEY is not set: the fake provider on this machine answers.\n');
  const fake = await startFakeProvider();
  fake.reply = repeat;
  const prompt = (): string => promptOf(fake.requests.at(-1));
  return { baseURL: fake.baseURL, apiKey: 'sk-not-needed', prompt, close: () => fake.close() };
}

/** The text of the last message. */
export function promptOf(request: ReceivedRequest | undefined): string {
  return String(request?.prompt);
}

/** Quotes the prompt, so that what happens to it can be seen on both ways. */
export function repeat(request: ReceivedRequest): string {
  return `You said: ${promptOf(request)}`;
}
