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

/** A provider on this machine whose model asks for one tool, with the address it was told, and then repeats what the tool said. */
export async function askForTool(name: string, parameter: string): Promise<ExampleProvider> {
  const fake = await startFakeProvider();
  fake.reply = repeat;
  fake.intercept = (request, response) => {
    if (request.json?.messages?.some(({ role }) => role === 'tool')) return false;
    const [value] = /<EMAIL_ADDRESS_\d+>|\S+@\S+/.exec(promptOf(request)) ?? ['nobody'];
    const call = {
      id: 'call_1',
      type: 'function',
      function: { name, arguments: JSON.stringify({ [parameter]: value }) },
    };
    const message = { role: 'assistant', content: null, tool_calls: [call] };
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify({
        id: 'chatcmpl-tool',
        object: 'chat.completion',
        created: 1,
        model: request.json?.model,
        choices: [{ index: 0, finish_reason: 'tool_calls', message }],
        usage: { prompt_tokens: 20, completion_tokens: 10, total_tokens: 30 },
      }),
    );
    return true;
  };
  const prompt = (): string => promptOf(fake.requests.at(-1));
  return { baseURL: fake.baseURL, apiKey: 'sk-not-needed', prompt, close: () => fake.close() };
}
