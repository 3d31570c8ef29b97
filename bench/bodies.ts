/**
 * The requests that are measured, and what is in them: a small chat, and what a coding agent sends on its 60th message.
 * Deterministic; every value is invented.
 */

/** Stands once in each request; what the provider must never see. */
export const EMAIL = 'ada@postern-bench.example';
/** What it must see in its place. */
export const PLACEHOLDER = '<EMAIL_ADDRESS_1>';

export interface Message {
  readonly role: 'system' | 'user' | 'assistant' | 'tool';
  readonly content: string;
  readonly tool_calls?: readonly object[];
  readonly tool_call_id?: string;
}

export interface ChatRequest {
  readonly model: string;
  readonly temperature: number;
  readonly max_tokens: number;
  readonly messages: readonly Message[];
  readonly tools?: readonly object[];
}

const WORDS =
  'function returns value from module when request handler reads stream of tokens and updates budget ledger for workspace user session before upstream provider answers with partial delta while retry policy waits for backoff window config schema validation error stack trace line column import export const async await promise resolve buffer chunk parse index table query select where join order limit docs readme install usage example result output input tool call agent plan step review commit branch merge test pass fail'.split(
    ' ',
  );

/** Numbers below `n` from a seed (mulberry32). */
function random(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % n;
  };
}

function prose(next: (n: number) => number, length: number): string {
  let text = '';
  while (text.length < length) text += WORDS[next(WORDS.length)] + (next(14) === 0 ? '.\n' : ' ');
  return text.slice(0, length);
}

function code(next: (n: number) => number, length: number): string {
  const word = (): string => WORDS[next(60)]!;
  let text = '';
  for (let line = 1; text.length < length; line++)
    text += `  ${line}: const ${word()}_${line} = await ${word()}(${next(9)}, "${word()}", { ${word()}: ${next(2) === 1}, path: "/src/${word()}/${word()}.ts" });\n`;
  return text.slice(0, length);
}

const lengthOf = (request: ChatRequest): number => Buffer.byteLength(JSON.stringify(request));
const asking = (text: string): string => `${text} Answer to ${EMAIL}, please.`;
const ask = (text: string): Message => ({ role: 'user', content: asking(text) });
const line = (next: (n: number) => number, length: number): string => prose(next, length).replaceAll('\n', ' ');
const PARAMETERS = { model: 'gpt-4o-mini', temperature: 0.2, max_tokens: 512 };
const BRIEF: Message = { role: 'system', content: 'You are a helpful assistant that answers briefly.' };
const SEED = 7;
export const KIB = 1024;

/** 1 KB: two messages. Another seed gives another text throughout, but for the system prompt. */
export function smallRequest(seed = SEED): ChatRequest {
  const empty = { ...PARAMETERS, messages: [BRIEF, ask('')] };
  return { ...empty, messages: [BRIEF, ask(line(random(seed), KIB - lengthOf(empty)))] };
}

/** 1 KB: the second turn of a chat, four messages of which the last is a third. */
export function smallConversation(seed = SEED): ChatRequest {
  const next = random(seed);
  const turns = [ask(line(next, 250)), { role: 'assistant', content: line(next, 200) } as const];
  const empty = { ...PARAMETERS, messages: [BRIEF, ...turns, ask('')] };
  return { ...empty, messages: [BRIEF, ...turns, ask(line(next, KIB - lengthOf(empty)))] };
}

/** What makes an agent's request large or long. */
export interface AgentSize {
  readonly bytes: number;
  /** Turns before the last: a question, a call of a tool and what the tool answered. */
  readonly turns: number;
  readonly tools: number;
  readonly systemChars: number;
}

/** 60 messages with 16 tools and 19 tool calls, most of it what the tools answered. */
export const AGENT_200KB: AgentSize = { bytes: 200 * KIB, turns: 19, tools: 16, systemChars: 6_000 };
/** The tenth turn of a smaller one: 30 messages with 4 tools. */
export const AGENT_20KB: AgentSize = { bytes: 20 * KIB, turns: 9, tools: 4, systemChars: 1_500 };

/** An agent's request. Another seed gives another text in every message and tool. */
export function agentRequest(seed = SEED, size: AgentSize = AGENT_200KB): ChatRequest {
  const next = random(seed);
  const tools = Array.from({ length: size.tools }, (_, index) => tool(next, index));
  const system: Message = { role: 'system', content: prose(next, size.systemChars) };
  const left = size.bytes - lengthOf({ ...PARAMETERS, tools, messages: [system] });
  const share = Math.max(left / (size.turns + 1), 1);
  const turns = Array.from({ length: size.turns }, (_, index) => turn(next, index, share, size.tools));
  const last = [{ role: 'assistant', content: prose(next, 200) } as const, ask(prose(next, share * 0.8))];
  return { ...PARAMETERS, ...(size.tools > 0 && { tools }), messages: [system, ...turns.flat(), ...last] };
}

function tool(next: (n: number) => number, index: number): object {
  const properties = {
    path: { type: 'string', description: prose(next, 60) },
    limit: { type: 'integer' },
    query: { type: 'string', description: prose(next, 60) },
  };
  const parameters = { type: 'object', properties, required: ['path'] };
  return { type: 'function', function: { name: `tool_${index}`, description: prose(next, 300), parameters } };
}

function turn(next: (n: number) => number, index: number, share: number, tools: number): Message[] {
  const id = `call_${index}`;
  const args = JSON.stringify({ path: `/src/file_${index}.ts`, limit: 200, query: prose(next, 80) });
  const call = { id, type: 'function', function: { name: `tool_${index % Math.max(tools, 1)}`, arguments: args } };
  return [
    { role: 'user', content: prose(next, share * 0.1) },
    { role: 'assistant', content: prose(next, share * 0.12), tool_calls: [call] },
    { role: 'tool', tool_call_id: id, content: code(next, share * 0.68) },
  ];
}

/** The same conversation with another last message, new from its first word: all of it but that is known. */
export function grown(request: ChatRequest, nth: number): ChatRequest {
  const last = request.messages.at(-1)!;
  const text = prose(random(nth + 1_000_003), last.content.length - asking('').length);
  return { ...request, messages: [...request.messages.slice(0, -1), ask(text)] };
}
