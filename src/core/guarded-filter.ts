/**
 * A policy's filter as the pipeline runs it: what it throws is dealt with as the policy declared, and in monitor mode everything
 * passes as it came. Knows nothing of policies beyond that.
 */
import type { GatewayError } from '../errors.ts';
import { type AnswerFilter, handled } from './text.ts';

export interface FilterRules {
  /** False in monitor mode: the filter sees the text and changes nothing. */
  readonly enforced: boolean;
  /** The filter's failure lets the text pass. */
  readonly open: boolean;
  /** Told once, when the filter throws. What it returns is thrown instead; else the text goes on. */
  failed(cause: unknown): GatewayError | undefined;
  /** Told of the end of a filter that no text waits for. */
  watched(end: Promise<unknown>): void;
}

export function guardedFilter(filter: AnswerFilter, rules: FilterRules): AnswerFilter {
  const { enforced } = rules;
  let failed = false;
  // Asked before the filter gets a piece: one that throws may have kept it.
  const kept = (): string => (enforced && rules.open ? (filter.held?.() ?? '') : '');
  const failing = (cause: unknown, instead: string): string => {
    failed = true;
    const refusal = rules.failed(cause);
    if (refusal) throw refusal;
    return instead;
  };
  return {
    push(piece) {
      if (failed) return piece;
      const held = kept();
      try {
        const shown = filter.push(piece);
        return enforced ? shown : piece;
      } catch (cause) {
        return failing(cause, held + piece);
      }
    },
    end() {
      if (failed) return '';
      const held = kept();
      try {
        const rest = filter.end();
        if (typeof rest === 'string') return enforced ? rest : '';
        const settled = handled(Promise.resolve(rest).catch((cause: unknown) => failing(cause, held)));
        if (enforced) return settled;
        rules.watched(settled);
        return '';
      } catch (cause) {
        return failing(cause, held);
      }
    },
    held: () => (enforced && !failed ? (filter.held?.() ?? '') : ''),
  };
}
