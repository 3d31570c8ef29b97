/** Keys and tokens with a published form: found by their mark, told from look-alikes by their form and checksum. */
import type { Candidate } from '../../detector.ts';
import { defineDetector, LEFT_CONTEXT_CHARS } from '../../detector.ts';
import { createKeywordScanner } from '../../keyword-scanner.ts';
import { hasBase62Checksum } from './checksums.ts';
import type { TokenForm } from './forms/form.ts';
import { MAX_BODY_CHARS } from './forms/form.ts';
import { isTokenChar } from './labelled.ts';
import { looksRandom } from './randomness.ts';
import type { TokenEntity } from './token-rules.ts';
import { TOKEN_FORMS } from './token-rules.ts';
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

type Found = Candidate<TokenEntity>;

const NONE: readonly Found[] = [];
/** Forms that other things have as well (`sk-` and a short name): without a label they do not count. */
const WEAK_SCORE = 0.4;
const LONG_TOKEN_CHARS = 23;
/** So many small letters in a row are no word. */
const LONG_WORD_CHARS = 24;
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
      // Most windows hold no mark at all, and saying so costs less than reading on from mark to mark.
      if (!scanner.occurs(text, from, text.length)) return NONE;
      const found: Found[] = [];
      const reader = scanner.reader();
      for (let end = reader.next(text, from); end >= 0; end = reader.next(text, end)) {
        for (const index of reader.found) {
          for (const rule of rulesOfMark[index]!) {
            const candidate = tokenAt(rule, text, from, end - rule.mark.length);
            if (candidate !== undefined) found.push(candidate);
          }
        }
      }
      return found;
    },
  });
}

function tokenAt(rule: TokenRule, text: string, from: number, mark: number): Found | undefined {
  rule.form.lastIndex = mark;
  const matched = rule.form.exec(text)?.[0];
  if (matched === undefined) return undefined;
  const lead = rule.before === undefined ? 0 : leadLength(rule.before, text, from, mark);
  const start = mark - lead;
  if (lead < 0 || !isFree(text, start, rule.mark.length + lead)) return undefined;
  const end = mark + matched.length;
  const score = scoreOf(rule, text.slice(start, mark), matched.slice(rule.mark.length));
  return score === 0 ? undefined : { start, end, type: rule.entity, score };
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

/** What stands around the mark tells a key from a placeholder and from a name that begins like one. */
function scoreOf({ entity, mark }: TokenRule, lead: string, body: string): number {
  if (isFiller(lead === '' ? body : lead + body)) return 0;
  if (entity === 'OPENAI_API_KEY') return openaiScore(mark + body);
  if (entity === 'SLACK_TOKEN') return (body.match(/\d/g)?.length ?? 0) > 3 || looksRandom(body) ? 1 : 0;
  if (entity === 'GITHUB_TOKEN' || entity === 'NPM_TOKEN') return hasBase62Checksum(body) ? 1 : 0.95;
  return lead !== '' || looksLikeKey(mark, body) ? 1 : 0;
}

/** A name has capitals or digits, seldom both. */
const ANY_CASE = /^(?=.*[a-z])(?=.*[A-Z])(?=.*\d)/;

/** `tss_some_function_name`, `lip_sync`: names have words between dashes, or are one. Long marks begin few names. */
function looksLikeKey(mark: string, body: string): boolean {
  if (!/[-_.]/.test(body)) return body.length >= LONG_WORD_CHARS || !/^[A-Z]?[a-z]+$/.test(body);
  if (mark.length >= SHORT_MARK_CHARS) return /[\dA-Z]/.test(body) || !/[a-z][-_.][a-z]/.test(body);
  return looksRandom(body) || ANY_CASE.test(body) || !/[a-z][-_.]?[a-z]/.test(body);
}

/** Names such as `sk-estimator-doc-link` have the prefix and no digit; a short key needs a label beside it. */
function openaiScore(value: string): number {
  const digits = value.replace(/\D/g, '').length;
  if (digits < 2) return 0;
  return value.length >= LONG_TOKEN_CHARS ? 1 : WEAK_SCORE;
}
