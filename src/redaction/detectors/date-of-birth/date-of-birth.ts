/** Dates of birth: any usual form of a date, directly behind a word that says birth or under a key that does. */
import { DIGIT, isDigit, LOWER, OTHER, SEPARATOR, SPACE, UPPER } from '../../characters.ts';
import type { Candidate, Keywords } from '../../detector.ts';
import { defineDetector, LEFT_CONTEXT_CHARS } from '../../detector.ts';

/** The words for it, and what may follow one before the date: no digit, and no other date's name. */
const LABEL =
  /(?:(?<![\p{L}\p{N}])(?:d\.?o\.?b|date[ _-]of[ _-]birth|birth[ _-]?(?:date|day)|birth|born|b-?day|geburts(?:datum|tag)|geb(?:oren)?(?: am)?|date de naissance|n[eé]e?\(?e?\)? le|naissance|nacimiento|fecha (?:de )?nac|nacid[oa](?: el)?|naci[oó]|f\.? ?nac|data (?:di nascita|de nascimento)|nat[oa] il|nascid[oa](?: em)?|nascimento|nascita|data urodzenia|data ur|ur(?:odz(?:on[yaei]{1,2}|ił[a]?(?: się)?))?(?: dnia)?|geboorte(?:datum|dag)|geboren op|f[öø]delse(?:datum|dato|dag)|f[öø]dt?|syntym[äa](?:aika|p[äa]iv[äa])|syntynyt|do[gğ]um(?: tarihi|lu)?|datum (?:narozen[ií]|ro[dđ]enja)|narozen[aá]?|d[aá]tum narodenia|sz[uü]let[eé]si(?: id[oő]| d[aá]tum)|sz[uü]letett|data na[sș]terii|n[aă]scut[aă]?|tanggal lahir|tarikh lahir|ng[aà]y sinh|petsa ng kapanganakan|дата рождения|родил(?:ся|ась)|г\.? ?р|дата народження|народи(?:вся|лася)|ημερομηνία γέννησης|γεννήθηκε)(?![\p{L}\p{N}])|生年月日|出生日期|出生|생년월일|تاريخ الميلاد|תאריך לידה|जन्म ?तिथि|วันเกิด)(?:(?!admi|visit|expir|issue|died|death|deceas|hired|joined|start|valid|appoint)[^\d]){0,28}(?:\(?(?:YYYY|MM|DD|JJJJ|TT|AAAA|RRRR)[^\d]{0,14})?$/iu;

/** Where a date may begin and end. */
const FREE = '(?<![\\p{L}\\p{N}/.-])';
const END = '(?![\\p{N}]|[/-]\\d|\\.\\d)';
/** Scanned texts have `l` or `I` for 1 and `O` for 0. */
const ONE = '[1lI]';
const DIGIT_READ = '[\\dlIO]';
const DAY = `(?:[0O]?[1-9lI]|[12lI]${DIGIT_READ}|3[01lIO])`;
const MONTH = `(?:[0O]?[1-9lI]|${ONE}[0-2lIO])`;
const YEAR = `(?:${ONE}[89]|2[0O])${DIGIT_READ}{2}`;
const SHORT_YEAR = `(?:${YEAR}|'?\\d{2})`;
const ORDINAL = '(?:st|nd|rd|th|er|\\.|º|ª|°)?';
const NAME = '\\p{L}{3,12}\\.?';
const TIME = '(?:T\\d{2}:\\d{2}(?::\\d{2}(?:\\.\\d{1,6})?)?(?:Z|[+-]\\d{2}:?\\d{2})?)?';
const SEP = '(?: ?[-./\\u2010-\\u2015] ?| )';

const DATE = new RegExp(
  `${FREE}(?:${[
    // In Hungary a full stop ends the day as it does the year and the month; behind other dates it is the sentence's.
    `${YEAR}\\. ?${MONTH}\\. ?${DAY}\\.`,
    `${YEAR}${SEP}${MONTH}${SEP}${DAY}${TIME}`,
    `${DAY}${SEP}${MONTH}${SEP}${SHORT_YEAR}`,
    `${MONTH}${SEP}${DAY}${SEP}${SHORT_YEAR}`,
    `${DAY}${ORDINAL}[ -]?(?:de |of |d['’])?${NAME}[ ,-]{0,2}(?:de |del |of )?${SHORT_YEAR}`,
    `${NAME} ${DAY}${ORDINAL},? ${YEAR}`,
    `${YEAR}[. ]{1,2}${NAME} ${DAY}\\.?`,
    `${YEAR} ?年 ?${MONTH} ?月 ?${DAY} ?日?`,
    `${YEAR}년 ?${MONTH}월 ?${DAY}일?`,
    `${YEAR}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\\d|3[01])`,
  ].join('|')})${END}`,
  'giu',
);

/** A word that a date of several words begins with: a day, a year, an English month. */
const FIRST_WORD =
  /^(?:\d{1,2}(?:st|nd|rd|th|er|\.|º|ª|°)?|(?:18|19|20)\d{2}\.?|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.?)$/i;
const FIRST_LETTERS = '0123456789JFMASONDjfmasond';
const NEXT_WORD = /^(?:\p{L}{1,12}\.?|\d{1,4}(?:st|nd|rd|th|\.)?)$/u;
const MAX_WORD_CHARS = 16;
const ANYTHING = DIGIT | LOWER | UPPER | OTHER | SPACE | SEPARATOR;
/** 年, 月 and 日 are separators that belong to a date. */
const CJK_UNITS = '年月日년월일';

/** In each of the labels is one of these. */
const LABEL_PARTS: Keywords = {
  words: (
    'birth born dob d.o.b bday b-day geb naiss né nee naci nac nat nasc urodz ur. data dnia fodel fodt født födel föd synt dogum doğ naro szul szül ' +
    'nascut născ lahir sinh kapanganakan рожд родил г.р р. народ γεν 生年 出生 생년 ميلاد לידה जन्म เกิด'
  ).split(' '),
  reach: LEFT_CONTEXT_CHARS,
};

const context = {
  words: /(?!)/,
  keys: /(?:^|_)(?:dob|d_o_b|birth_?(?:date|day)?|date_?of_?birth|birth_dt|born(?:_on)?|bday|geburtsdatum|date_naissance|fecha_?(?:de_)?nacimiento|data_(?:di_nascita|de_nascimento|urodzenia|nascimento)|geboortedatum|f_?delsedatum)(?:_|$)/,
};

export const dateOfBirth = defineDetector({
  name: 'date-of-birth',
  group: 'pii',
  entities: ['DATE_OF_BIRTH'],
  gates: [{ digits: 2, length: 6, near: LABEL_PARTS }],
  context,
  phrase: {
    opens: [
      { next: DIGIT, near: LABEL_PARTS },
      { kinds: DIGIT, next: DIGIT | UPPER | LOWER | OTHER, near: LABEL_PARTS },
    ],
    joins: joinsDate,
  },
  find(text, from, window) {
    const found: Candidate<'DATE_OF_BIRTH'>[] = [];
    if (!mayHoldDate(text, from)) return found;
    DATE.lastIndex = from;
    for (let match = DATE.exec(text); match !== null; match = DATE.exec(text)) {
      const score = isLabelled(text, match.index) || window.isKey(context) ? 0.85 : 0;
      if (score === 0) continue;
      found.push({ start: match.index, end: match.index + match[0].length, type: 'DATE_OF_BIRTH', score });
    }
    return found;
  },
});

/** A cheap look: four digits, or those that stand for them in scanned texts. */
function mayHoldDate(text: string, from: number): boolean {
  let digits = 0;
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if ((code >= 0x30 && code <= 0x39) || code === 0x6c || code === 0x49 || code === 0x4f) digits++;
  }
  return digits >= 3;
}

function isLabelled(text: string, at: number): boolean {
  return LABEL.test(text.slice(Math.max(0, at - LEFT_CONTEXT_CHARS), at));
}

/** "12 March 1980", "March 12, 1980", "1980年3月12日", behind a label only. */
function joinsDate(text: string, from: number, word: number, at: number): number {
  const code = text.charCodeAt(at);
  if (code > 0x3000) return joinsUnit(text, from, word, at);
  if (at - word > MAX_WORD_CHARS || code === 0x0a) return 0;
  const last = text.slice(word, at);
  if (from >= 0) return goesOnWith(last, code);
  if (code !== 0x20 || !FIRST_LETTERS.includes(last[0]!) || !FIRST_WORD.test(last) || !isLabelled(text, word)) return 0;
  // Behind a month stands its day or its year.
  return isDigit(last.charCodeAt(0)) ? DIGIT | UPPER | LOWER | OTHER : DIGIT;
}

/** Behind a comma there is a space; a full year ends a date, or the day does. */
function goesOnWith(last: string, code: number): number {
  if (code === 0x2c) return /\d/.test(last) ? SPACE : 0;
  if (last !== '' && (!NEXT_WORD.test(last) || /^(?:18|19|20)\d{2}$/.test(last))) return 0;
  return DIGIT | LOWER | UPPER | OTHER;
}

function joinsUnit(text: string, from: number, word: number, at: number): number {
  const isOpen =
    from >= 0 || (/^[^\d]{0,2}(?:18|19|20)\d{2}$/.test(text.slice(word, at)) && '年년'.includes(text[at]!));
  return isOpen && CJK_UNITS.includes(text[at]!) ? ANYTHING : 0;
}
