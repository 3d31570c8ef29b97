/**
 * The texts of LangChain messages as slots. Core hands a callback the very messages it will send: setting a message's
 * `content` changes the request, replacing the message does not (measured, docs/langchain.md). So fields are replaced by
 * copies, and given back when the call has ended.
 */
import type { BaseMessage } from '@langchain/core/messages';
import { JsonBody } from '../core/json-body.ts';
import type { KeyPath, TextScope, TextSlot } from '../core/text.ts';

const SCOPE: Readonly<Record<string, TextScope>> = {
  system: 'system',
  developer: 'system',
  tool: 'tool-output',
  function: 'tool-output',
};
const FIELDS = ['content', 'tool_calls', 'additional_kwargs'] as const;
/** Members that are ids, names of kinds, or files. */
const STRUCTURE = new Set([
  'type',
  'id',
  'tool_call_id',
  'name',
  'index',
  'mime_type',
  'mimeType',
  'cache_control',
  'signature',
  'data',
  'source_type',
]);

type Fields = Partial<Record<(typeof FIELDS)[number], unknown>>;

/** @param scope what the texts are; by default what the message's type says */
export function messageSlots(
  message: BaseMessage,
  position: number,
  scope: TextScope = SCOPE[message.getType()] ?? 'message',
): TextSlot[] {
  const fields = message as unknown as Fields;
  return FIELDS.flatMap((field) => {
    if (fields[field] === undefined) return [];
    const copies: Fields = { [field]: copied(fields[field]) };
    const changed = (): void => {
      fields[field] = copies[field];
    };
    const slots = leaves(copies, field, [position, field], field === 'content' ? scope : 'tool-input', changed);
    return slots.map((slot) => ({ ...slot, role: message.getType() }));
  });
}

/** Gives messages back as they were, once no call uses them any more. */
export class Originals {
  readonly #held = new WeakMap<BaseMessage, { fields: Fields; users: number }>();

  keep(messages: readonly BaseMessage[]): void {
    for (const message of messages) {
      const { content, tool_calls, additional_kwargs } = message as unknown as Fields;
      const held = this.#held.get(message) ?? { fields: { content, tool_calls, additional_kwargs }, users: 0 };
      held.users++;
      this.#held.set(message, held);
    }
  }

  giveBack(messages: readonly BaseMessage[]): void {
    for (const message of messages) {
      const held = this.#held.get(message);
      if (!held || --held.users > 0) continue;
      this.#held.delete(message);
      for (const field of FIELDS)
        if (held.fields[field] !== undefined) (message as unknown as Fields)[field] = held.fields[field];
    }
  }
}

/** Every string below `holder[key]`; `changed` is told after each write. */
function leaves(
  holder: object,
  key: string | number,
  path: KeyPath,
  scope: TextScope,
  changed: () => void,
): TextSlot[] {
  const fields = holder as Record<string | number, unknown>;
  const value = fields[key];
  if (typeof value === 'string') {
    const write = (text: string): void => {
      fields[key] = text;
      changed();
    };
    return value === '' || /^data:\w+\/[\w.+-]+;base64,/.test(value)
      ? []
      : stringSlots(value, path, scope, () => fields[key] as string, write);
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.keys(value).flatMap((name) => {
    if (STRUCTURE.has(name)) return [];
    const inner = Array.isArray(value) ? Number(name) : name;
    return leaves(value, inner, [...path, inner], scope, changed);
  });
}

/** Tool arguments may be JSON text (OpenAI's own form in `additional_kwargs`): then its strings are the texts. */
function stringSlots(
  value: string,
  path: KeyPath,
  scope: TextScope,
  read: () => string,
  write: (text: string) => void,
): TextSlot[] {
  const body =
    (scope === 'tool-input' || scope === 'tool-output') && /^\s*[[{]/.test(value) ? jsonBody(value, scope) : undefined;
  if (!body) return [{ scope, kind: 'string', encoding: 'text', path, read, write }];
  return body.slots.map((slot) => ({
    scope,
    kind: slot.kind,
    encoding: 'text',
    path: [...path, ...slot.path],
    read: () => slot.read(),
    write: (text) => {
      slot.write(text);
      write(body.toString());
    },
  }));
}

function jsonBody(text: string, scope: TextScope): JsonBody | undefined {
  try {
    return new JsonBody(text, { value: { scope } }, { duplicateKeys: 'allow' });
  } catch {
    return undefined;
  }
}

function copied(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copied);
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, copied(inner)]));
}
