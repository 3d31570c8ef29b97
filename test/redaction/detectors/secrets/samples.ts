/** Tokens made from the forms of the table, the same in every run: none of them was ever issued. */
import fc from 'fast-check';
import type { TokenForm } from '../../../../src/redaction/detectors/secrets/forms/form.ts';
import { TOKEN_FORMS } from '../../../../src/redaction/detectors/secrets/token-rules.ts';

export interface Form {
  readonly entity: string;
  readonly mark: string;
  readonly pattern: RegExp;
}

/** The generator knows no assertions; the forms that have some are tested by hand. */
const ASSERTION = /\(\?(?:[=!]|<[=!])/;

export const FORMS: readonly Form[] = Object.entries(TOKEN_FORMS).flatMap(([entity, forms]) =>
  Object.entries<TokenForm>(forms).flatMap(([mark, form]) => {
    const [before, after] = typeof form === 'string' ? ['', form] : form;
    const source = `^${before}${mark.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')}${after}$`;
    return ASSERTION.test(source) ? [] : [{ entity, mark, pattern: new RegExp(source) }];
  }),
);

const TRIES = 12;

/** Values of a form that look most like keys that a machine made: many different characters, digits among them. */
export function samples({ pattern }: Form, count: number): string[] {
  // Escapes are read in a way of their own.
  const likeness = (value: string) =>
    (value.includes('%') ? 0 : new Set(value).size) + Math.min(4, value.replace(/\D/g, '').length);
  const tries = fc.sample(fc.noBias(fc.stringMatching(pattern)), { numRuns: count * TRIES, seed: 2026 });
  return tries.sort((a, b) => likeness(b) - likeness(a)).slice(0, count);
}

/** One value an entity. */
export const SAMPLES: Readonly<Record<string, string>> = Object.fromEntries(
  [...new Map([...FORMS].reverse().map((form) => [form.entity, form]))].map(([entity, form]) => [
    entity,
    samples(form, 1)[0]!,
  ]),
);
