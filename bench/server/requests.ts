/**
 * What is sent. `@@@@@@@@` in a body is a number that grows with every request, so that no text is known from the last one where the
 * scenario says so. Which answer the provider gives stands in `user`, which every gateway hands on.
 */
import { agentRequest, type ChatRequest, type Message, smallRequest } from '../bodies.ts';

/** Eight characters, as the number that takes its place. */
export const COUNTER = '@@@@@@@@';
/** What gateways that guard send to the provider; clients have another key. */
export const GUARDS_KEY = 'sk-bench-guards';

/** How a stream is paced: pieces, and milliseconds between two of them. */
export interface Pace {
  readonly pieces: number;
  readonly everyMs: number;
}

const userOf = (pace: Pace | undefined): string => (pace ? `bench-c${pace.pieces}-d${pace.everyMs}` : 'bench');
const PACE = /"user":"bench-c(\d+)-d(\d+)"/;

/** What a request asks for; `undefined` for a whole answer. */
export function paceIn(beginning: string): Pace | undefined {
  const [, pieces, everyMs] = PACE.exec(beginning) ?? [];
  return pieces === undefined ? undefined : { pieces: Number(pieces), everyMs: Number(everyMs) };
}

function bodyOf({ model, ...request }: ChatRequest, pace?: Pace): string {
  const streamed = pace ? { stream: true, stream_options: { include_usage: true } } : {};
  return JSON.stringify({ model, user: userOf(pace), ...streamed, ...request });
}

/** The same body for another name of the model. */
export const withModel = (body: string, model: string): string =>
  body.replace('"model":"gpt-4o-mini"', `"model":${JSON.stringify(model)}`);

const numbered = (message: Message): Message => ({ ...message, content: `${COUNTER} ${message.content}` });

/** 1 KB, another text each time. */
export function smallBody(pace?: Pace): string {
  const request = smallRequest();
  return bodyOf({ ...request, messages: [request.messages[0]!, numbered(request.messages[1]!)] }, pace);
}

/** 200 KB of which all but the last message was sent before. */
export function knownAgentBody(): string {
  const request = agentRequest();
  return bodyOf({ ...request, messages: [...request.messages.slice(0, -1), numbered(request.messages.at(-1)!)] });
}

/** 200 KB that nobody sent before: every message differs. */
export function coldAgentBody(): string {
  const request = agentRequest();
  return bodyOf({ ...request, messages: request.messages.map(numbered) });
}
