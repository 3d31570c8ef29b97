/**
 * Keeps the beginning of an answer's texts as they are shown to the caller, for whoever may record them. Knows nothing of
 * traces; nobody makes one unless content is to be captured.
 */
import type { ShownText } from './exchange.ts';
import { type AnswerFilter, type TextSlot, whenReady } from './text.ts';

/** An answer of more texts than this (strings in the arguments of tools above all) is kept in part. */
const MAX_TEXTS = 256;

type Described = Pick<TextSlot, 'scope' | 'path'>;

export class ShownTexts {
  /** Filled while the answer passes. */
  readonly texts: { scope: TextSlot['scope']; path: TextSlot['path']; text: string; cut: boolean }[] = [];
  #left: number;

  /** @param maxChars for all texts together */
  constructor(maxChars: number) {
    this.#left = maxChars;
  }

  /** The same filter, whose output is kept. */
  recorded<Filter extends AnswerFilter & { readonly changed?: boolean }>(
    { scope, path }: Described,
    filter: Filter,
  ): Filter {
    if (this.texts.length >= MAX_TEXTS) return filter;
    const entry = { scope, path, text: '', cut: false };
    this.texts.push(entry);
    const keep = (shown: string): string => {
      const kept = shown.slice(0, this.#left);
      entry.text += kept;
      entry.cut ||= kept.length < shown.length;
      this.#left -= kept.length;
      return shown;
    };
    // The filter's own getters (`changed`) stay behind it.
    return Object.create(filter, {
      push: { value: (piece: string) => keep(filter.push(piece)) },
      end: { value: () => whenReady(filter.end(), keep) },
      changed: { get: () => filter.changed },
      held: { value: filter.held && (() => filter.held?.() ?? '') },
    }) as Filter;
  }
}

export type { ShownText };
