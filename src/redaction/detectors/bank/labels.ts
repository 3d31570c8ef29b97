/** What stands before a bank's number or code, in the languages that say it so. Each pattern reads the text up to the value. */

/** What may stand between a label and its value. */
const GAP =
  '[\\s:：=#"\'\\\\(*.,\\u2013-]{0,6}(?:(?:is|was|are|to|ist|lautet|est|es|[eé]|è|w|nr|no|number|are as follows)\\b[\\s:]{0,3})?["\'(]?$';
/** The account's kind or country in brackets, or a word for its number. */
const TAIL = '\\.?[ _-]?(?:number|num|no|nr|#|numero|n[°º])?\\.?(?: ?\\([^()\\d]{1,24}\\))?';

const ACCOUNTS = [
  '(?:bank|checking|chequing|savings?|current|deposit|beneficiary|payee|debit|giro|payroll|trust|escrow|salary) (?:account|acct|a\\/c)',
  '(?:account|acct|acc|a\\/c)\\.?[ _]?(?:number|num|no|nr|#)',
  'kontonummer|konto-?nr|bankkonto|bankverbindung|girokonto|rekeningnummer|bankrekening|rekeningnr',
  '(?:num[eé]ro|n[°º]|no\\.?) de compte|compte bancaire|compte courant|\\brib\\b',
  '(?:n[uú]mero|n[°º]|nro\\.?) de cuenta|cuenta (?:bancaria|corriente|de ahorros?)|\\bccc\\b',
  'conto corrente|conto bancario|numero (?:di )?conto|n[°º] conto|c\\/c',
  'conta (?:corrente|banc[aá]ria|poupan[cç]a)|n[uú]mero da conta|\\bnib\\b',
  '(?:nr|numer) (?:konta|rachunku)(?: bankowego)?|rachunek(?: bankowy)?|rachunku bankowego|konto bankowe',
  'tilinumero|pankkitili|bankkontonummer|kontonr|bankgiro|plusgiro|clearingnummer',
  '[cč][ií]slo [uú][cč]tu|bankovn[ií] [uú][cč]et|sz[aá]mlasz[aá]m|bankszámla|num[aă]r(?:ul)? (?:de )?cont|broj ra[cč]una|bankovni ra[cč]un',
  'hesap (?:no|numaras[iı])|nomor rekening|no\\.? rekening|no\\.? akaun|nombor akaun|s[oố] t[aà]i kho[aả]n',
  '(?:расч[её]тный|лицевой|банковский) сч[её]т|номер сч[её]та|р\\/с|рахунок|номер рахунку|αριθμ[οό]ς λογαριασμο[υύ]',
  '口座番号|(?:银行)?[账帐]号|賬號|帳號|银行卡号|계좌(?:번호)?|رقم الحساب|מספר חשבון|खाता संख्या|เลขที่บัญชี',
];

/** `account number`, `acct no.`, `bank a/c`: words that leave no doubt. */
export const ACCOUNT_LABEL = new RegExp(`(?:${ACCOUNTS.join('|')})${TAIL}${GAP}`, 'iu');

/** An account that need not be a bank's. */
export const PLAIN_LABEL = new RegExp(
  `(?<!(?:aws|azure|gcp|cloud|user|twitter|github|google|service|sub|organization|tenant)[ _-]?)\\b(?:account|acct|konto|cuenta|compte|conto|conta)${GAP}`,
  'i',
);

export const ROUTING_LABEL =
  /(?:routing|\baba\b|\brtn\b|transit|\bach\b|\bwire\b|fedwire|bank(?:ing)?\b)[^\d\n]{0,40}$/i;
export const SORT_CODE_LABEL = /sort[ _-]?code[^\d\n]{0,20}$|\bS\/C[ :]{1,3}$/i;
export const BSB_LABEL = /\bbsb\b[^\d\n]{0,20}$/i;
export const TRANSIT_LABEL =
  /\b(?:(?:bank |branch )?transit(?:[ -]?(?:number|no|num|code|#))|num[eé]ro de transit)[^\d\n]{0,12}$/i;
export const GERMAN_CODE_LABEL = /(?:\bblz|bankleitzahl)[^\d\n]{0,12}$/i;
/** "swift" alone is a word: a code of letters only stands behind "SWIFT", "BIC", "swift code" or a colon. */
export const BIC_LABEL =
  /(?:\b(?:SWIFT|BIC)\b|\b[Ss]wift[ _/-]?(?:code|bic|number|address|id)|\b[Bb]ic[ _/-]?(?:code|swift|number)|\b(?:[Ss]wift|[Bb]ic)["']{0,2}\s?[:=#])["'(/ ]{0,3}(?:SWIFT|BIC|code|Code)?["']{0,2}[\s:=#"'(]{0,5}(?:(?:is|ist|est|es|to)\s)?["'(]?$/;
export const SWIFT_NEAR = /(?:swift|\bbic\b)[^\n]{0,24}$/i;
export const IFSC_LABEL = /(?:ifsc|\bneft\b|\brtgs\b|\bbank|branch)[^\n]{0,32}$/i;
export const CLABE_LABEL = /(?:clabe|interbancaria|\bspei\b|cuenta|transferencia)[^\d\n]{0,40}$/i;
