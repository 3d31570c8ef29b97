/** Keys and tokens with a published form: found by their mark, told from look-alikes by their form and checksum. */
import type { Candidate } from '../../detector.ts';
import { defineDetector, LEFT_CONTEXT_CHARS } from '../../detector.ts';
import { createKeywordScanner } from '../../keyword-scanner.ts';
import { hasBase62Checksum } from './checksums.ts';
import { isTokenChar } from './labelled.ts';
import type { TokenEntity, TokenForm } from './token-rules.ts';
import { MAX_BODY_CHARS, TOKEN_FORMS } from './token-rules.ts';
import { isFiller } from './values.ts';

interface TokenRule {
  readonly entity: TokenEntity;
  readonly mark: string;
  /** What stands before the mark, anchored at its end. */
  readonly before: RegExp | undefined;
  /** The mark and what follows, sticky. */
  readonly form: RegExp;
  /** Its length has no bound but the window's. */
  readonly isOpen: boolean;
}

/** Forms that other things have as well (`sk-` and a short name): without a label they do not count. */
const WEAK_SCORE = 0.4;
const LONG_TOKEN_CHARS = 23;
/** Marks of fewer characters need a free place before them; longer ones are known even behind `_`. */
const SHORT_MARK_CHARS = 5;
const MAX_BEFORE_CHARS = LEFT_CONTEXT_CHARS + 32;
const ESCAPE_BEFORE = /(?:\\[nrtbf]|%[0-9A-Fa-f]{2}|\\u00[0-9a-f]{2})$/;

const RULES: readonly TokenRule[] = Object.entries(TOKEN_FORMS).flatMap(([entity, forms]) =>
  Object.entries<TokenForm>(forms).map(([mark, form]) => compile(entity as TokenEntity, mark, form)),
);

function compile(entity: TokenEntity, mark: string, form: TokenForm): TokenRule {
  const [before, after] = typeof form === 'string' ? [undefined, form] : form;
  const literal = mark.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
  return {
    entity,
    mark,
    before: before === undefined ? undefined : new RegExp(`${before}$`),
    form: new RegExp(`${literal}${after}(?![A-Za-z0-9_])(?!-[A-Za-z0-9])`, 'y'),
    isOpen: after.includes(`,${MAX_BODY_CHARS}}`),
  };
}

/** Tokens that fit into a window, whole. */
export const vendorToken = tokenDetector('vendor-token', false);
/** Tokens of any length: what goes on behind the window belongs to them. */
export const longVendorToken = tokenDetector('long-vendor-token', true);

function tokenDetector(name: string, isOpen: boolean) {
  const rules = RULES.filter((rule) => rule.isOpen === isOpen);
  const marks = [...new Set(rules.map(({ mark }) => mark))];
  const rulesOfMark = marks.map((mark) => rules.filter((rule) => rule.mark === mark));
  const scanner = createKeywordScanner(marks);
  return defineDetector<TokenEntity>({
    name,
    group: 'secrets',
    entities: [...new Set(rules.map(({ entity }) => entity))],
    gates: [{ length: 14, near: { words: marks, reach: 0 } }],
    context: {
      words: /api[_ -]?key|secret|token/i,
      keys: /(?:^|_)(?:api_?key|secret|token|key)$/,
    },
    continues: isOpen ? isTokenChar : undefined,
    find(text, from) {
      const found: Candidate<TokenEntity>[] = [];
      const reader = scanner.reader();
      for (let end = reader.next(text, from); end >= 0; end = reader.next(text, end)) {
        for (const rule of reader.found.flatMap((index) => rulesOfMark[index]!)) {
          const candidate = tokenAt(rule, text, from, end - rule.mark.length);
          if (candidate !== undefined) found.push(candidate);
        }
      }
      return found;
    },
  });
}

function tokenAt(rule: TokenRule, text: string, from: number, mark: number): Candidate<TokenEntity> | undefined {
  rule.form.lastIndex = mark;
  const matched = rule.form.exec(text)?.[0];
  if (matched === undefined) return undefined;
  const lead = rule.before === undefined ? 0 : leadLength(rule.before, text, from, mark);
  const start = mark - lead;
  if (lead < 0 || !isFree(text, start, rule.mark.length + lead)) return undefined;
  const value = text.slice(start, mark + matched.length);
  const score = isFiller(value.slice(rule.mark.length)) ? 0 : scoreOf(rule, value);
  return score === 0 ? undefined : { start, end: start + value.length, type: rule.entity, score };
}

/** How many characters before the mark belong to the token; -1 when they are not as they must be. */
function leadLength(before: RegExp, text: string, from: number, mark: number): number {
  return before.exec(text.slice(Math.max(from, mark - MAX_BEFORE_CHARS), mark))?.[0].length ?? -1;
}

/** A token is no part of a word; an escaped line break or a percent-encoded character before it is no part of it. */
function isFree(text: string, start: number, markLength: number): boolean {
  const before = text.charCodeAt(start - 1);
  if (start === 0 || !/[A-Za-z0-9_-]/.test(String.fromCharCode(before))) return true;
  if (before === 0x5f || before === 0x2d) return markLength >= SHORT_MARK_CHARS;
  return ESCAPE_BEFORE.test(text.slice(Math.max(0, start - 6), start));
}

function scoreOf({ entity, mark }: TokenRule, value: string): number {
  const body = value.slice(mark.length);
  if (entity === 'OPENAI_API_KEY') return openaiScore(value);
  if (entity === 'SLACK_TOKEN') return (value.match(/\d/g)?.length ?? 0) > 3 ? 1 : 0;
  if (entity === 'GITHUB_TOKEN' || entity === 'NPM_TOKEN') return hasBase62Checksum(body) ? 1 : 0.95;
  if (entity === 'ANTHROPIC_API_KEY' || value.length < 40) return /\d/.test(body) || !/[a-z]-[a-z]/.test(body) ? 1 : 0;
  return 1;
}

/** Names such as `sk-estimator-doc-link` have the prefix and no digit; a short key needs a label beside it. */
function openaiScore(value: string): number {
  const digits = value.replace(/\D/g, '').length;
  if (digits < 2) return 0;
  return value.length >= LONG_TOKEN_CHARS ? 1 : WEAK_SCORE;
}
