/** How one API answers at the fake provider: what it was asked, and its answer whole or as events. */

export interface FakeCall {
  readonly path: string;
  /** The parsed body; an empty object when it is no JSON. */
  readonly body: FakeBody;
  /** What the model says. */
  readonly text: string;
  /** A tool that the model calls instead of saying anything. */
  readonly tool: FakeToolCall | undefined;
  /** Different in each call. */
  readonly number: number;
}

export interface FakeToolCall {
  readonly name: string;
  readonly input: Readonly<Record<string, unknown>>;
}

/** JSON of a client: anything may stand in it. */
export type FakeBody = Readonly<Record<string, unknown>>;

export interface FakeAnswer {
  readonly json?: object | undefined;
  /** Whole events, as they go over the wire. */
  readonly events?: readonly string[] | undefined;
}

export interface FakeApi {
  answers(path: string): boolean;
  /** The text of the last thing that the caller said. */
  prompt(body: FakeBody): string | undefined;
  answer(call: FakeCall): FakeAnswer;
}

/** A text as models stream it. */
export const wordsOf = (text: string): string[] => text.split(/(?<= )/);

export const event = (data: unknown, name?: string): string =>
  `${name === undefined ? '' : `event: ${name}\n`}data: ${JSON.stringify(data)}\n\n`;

/** The text of a message: a string, or the texts of its parts. */
export function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content.map((part: { text?: unknown }) => (typeof part.text === 'string' ? part.text : '')).join('');
}

/** Of the last of a list of messages. */
export function lastText(messages: unknown, field: 'content' | 'parts' = 'content'): string {
  const last = Array.isArray(messages) ? (messages.at(-1) as Record<string, unknown> | undefined) : undefined;
  return textOf(last?.[field]);
}
