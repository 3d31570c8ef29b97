/** International bank account numbers: country, length and mod-97 checksum. */
import { DIGIT } from '../../characters.ts';
import type { Candidate } from '../../detector.ts';
import { defineDetector } from '../../detector.ts';

/** Characters of an IBAN by country (SWIFT IBAN registry, release 99). */
const LENGTHS: Readonly<Record<string, number>> = Object.fromEntries(
  (
    'AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 ES24 ' +
    'FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 ' +
    'LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 ' +
    'RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30'
  )
    .split(' ')
    .map((entry) => [entry.slice(0, 2), Number(entry.slice(2))]),
);

const START = /(?<![A-Za-z0-9])[A-Za-z]{2}[ \u00a0-]?\d{2}/g;

export const iban = defineDetector({
  name: 'iban',
  group: 'pii',
  entities: ['IBAN_CODE'],
  needs: { kinds: DIGIT, digits: 4, length: 15 },
  trace: '\\d\\d(?<=[A-Za-z]{2}[ \\u00a0-]?\\d\\d)',
  normalise: (value) => value.replace(/[^A-Za-z0-9]/g, '').toUpperCase(),
  find(text, from) {
    const found: Candidate<'IBAN_CODE'>[] = [];
    START.lastIndex = from;
    for (let match = START.exec(text); match !== null; match = START.exec(text)) {
      const end = ibanEnd(text, match.index);
      if (end > 0) found.push({ start: match.index, end, type: 'IBAN_CODE', score: 1 });
    }
    return found;
  },
});

/** End of the account number that starts here, or -1. */
function ibanEnd(text: string, start: number): number {
  const length = LENGTHS[text.slice(start, start + 2).toUpperCase()];
  if (length === undefined) return -1;
  let compact = '';
  let at = start;
  for (; compact.length < length; at++) {
    const character = text[at];
    if (character === undefined) return -1;
    if (/[A-Za-z0-9]/.test(character)) compact += character;
    else if (!/[ \u00a0-]/.test(character) || !/[A-Za-z0-9]/.test(text[at - 1]!)) return -1;
  }
  return !/[A-Za-z0-9]/.test(text[at] ?? ' ') && passesMod97(compact.toUpperCase()) ? at : -1;
}

/** ISO 13616: the country and check digits go last, letters count from 10, the whole modulo 97 is 1. */
export function passesMod97(iban: string): boolean {
  let rest = 0;
  for (const character of iban.slice(4) + iban.slice(0, 4)) {
    const value = Number.parseInt(character, 36);
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
  }
  return rest === 1;
}
