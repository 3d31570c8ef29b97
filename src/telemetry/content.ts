/**
 * What a span may hold of texts, where the app asks for it: messages in the form of OpenTelemetry's GenAI conventions, as JSON.
 * Every text goes through the gateway's redaction first, also where its policies only monitor. A text that cannot be redacted
 * is withheld.
 */
import type { Attributes } from '@opentelemetry/api';
import type { Exchange, ShownText } from '../core/exchange.ts';
import type { KeyPath, TextScope } from '../core/text.ts';
import { known } from './attributes.ts';

export interface ContentOptions {
  /** For each of the three attributes. */
  readonly maxChars: number;
  redactText(text: string): string;
}

/** Default of `maxChars`. */
export const DEFAULT_CONTENT_CHARS = 16_384;
/** More than this is kept of an answer than is shown: a value that was cut in two is longer than no value that is found. */
export const CUT_MARGIN_CHARS = 4_096;

const WITHHELD = '[withheld]';
const CUT = '…';

interface Part {
  /** `text` and `reasoning` are the conventions' own; they leave further types to whoever needs them. */
  readonly type: 'text' | 'reasoning' | 'tool_input' | 'tool_output';
  readonly content: string;
}

interface Message {
  readonly role: string;
  readonly parts: Part[];
}

interface Text {
  readonly scope: TextScope;
  readonly role?: string | undefined;
  readonly path: KeyPath;
  read(): string;
}

export function contentAttributes(exchange: Exchange, options: ContentOptions): Attributes {
  const { texts, shown = [], response } = exchange;
  const isSystem = ({ scope }: Text): boolean => scope === 'system';
  const system = parts(texts.filter(isSystem), options).map(([part]) => part);
  const input = messages(
    texts.filter((text) => !isSystem(text)),
    options,
  );
  const output = messages(shown.map(asText), options).map((message, i) => ({
    ...message,
    role: 'assistant',
    finish_reason: response?.finishReasons?.[i] ?? '',
  }));
  return known({
    'gen_ai.system_instructions': json(system),
    'gen_ai.input.messages': json(input),
    'gen_ai.output.messages': json(output),
  });
}

function json(list: readonly object[]): string | undefined {
  return list.length === 0 ? undefined : JSON.stringify(list);
}

/** Only its beginning was kept: what stands at its end may be half of a value, which no detector knows. */
function asText({ scope, path, text, cut }: ShownText): Text & { readonly cut: boolean } {
  return { scope, path, cut, read: () => text };
}

/** Texts that stand below the same entry of the same list are one message. */
function messages(texts: readonly Text[], options: ContentOptions): Message[] {
  const found = new Map<string, Message>();
  for (const [part, text] of parts(texts, options)) {
    const key = messageOf(text.path);
    const message = found.get(key);
    if (message) message.parts.push(part);
    else found.set(key, { role: roleOf(text), parts: [part] });
  }
  return [...found.values()];
}

/** What the APIs call a model. Other roles are a caller's, or have a scope of their own; none is shown as it came. */
const ASSISTANTS: ReadonlySet<string> = new Set(['assistant', 'model', 'ai', 'chatbot']);

/** What tools said is theirs, whoever the API lets bring it. */
function roleOf({ scope, role = '' }: Text): string {
  return scope === 'message' && ASSISTANTS.has(role.toLowerCase()) ? 'assistant' : ROLES[scope];
}

const ROLES: Readonly<Record<TextScope, string>> = {
  system: 'system',
  message: 'user',
  'tool-input': 'assistant',
  'tool-output': 'tool',
  output: 'assistant',
  reasoning: 'assistant',
};
const TYPES: Readonly<Record<TextScope, Part['type']>> = {
  system: 'text',
  message: 'text',
  'tool-input': 'tool_input',
  'tool-output': 'tool_output',
  output: 'text',
  reasoning: 'reasoning',
};

function messageOf(path: KeyPath): string {
  return JSON.stringify(typeof path[1] === 'number' ? path.slice(0, 2) : path.slice(0, 1));
}

/** Each text redacted and as much of it as fits. Cut behind the redaction and before the JSON, so that both stay whole. */
function parts<Kind extends Text & { readonly cut?: boolean }>(
  texts: readonly Kind[],
  { maxChars, redactText }: ContentOptions,
): [Part, Kind][] {
  const result: [Part, Kind][] = [];
  let left = maxChars;
  for (const text of texts) {
    if (left <= 0) break;
    const content = shortened(redacted(text, redactText), left);
    left -= content.length;
    if (content !== '') result.push([{ type: TYPES[text.scope], content }, text]);
  }
  return result;
}

function redacted(text: Text & { readonly cut?: boolean }, redactText: ContentOptions['redactText']): string {
  try {
    const clean = redactText(text.read());
    return text.cut ? clean.slice(0, Math.max(0, clean.length - CUT_MARGIN_CHARS)) + CUT : clean;
  } catch {
    return WITHHELD;
  }
}

function shortened(text: string, length: number): string {
  if (text.length <= length) return text;
  // Not in the middle of a character of two units.
  return text.slice(0, length).replace(/[\uD800-\uDBFF]$/, '') + CUT;
}
