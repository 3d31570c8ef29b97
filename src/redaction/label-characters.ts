/** What characters are in a label or beside one. Knows nothing of what labels say. */

export const ASCII = 0x80;
export const FIRST_CJK = 0x3000;
/** What a character may be in a label or beside one: bits, since these are asked for nearly every word behind a label's. */
export const QUOTE = 1;
/** The end of a label without quotes, or of its operator. */
export const ENDS_UNQUOTED = 1 << 1;
export const OPERATOR = 1 << 2;
/** What ends an operator; a full stop or a dash alone does not. */
export const ASSIGNS = 1 << 3;
export const STRING_PREFIX = 1 << 4;
export const ENDS_PHRASE = 1 << 5;
/** A name of a type may go on with it. */
export const IN_TYPE = 1 << 6;
/** The last letter of a name of a type. */
export const ENDS_TYPE = 1 << 7;
const ROLES = rolesOf([
  ['"\'`', QUOTE],
  ['$:=>~|/', ENDS_UNQUOTED],
  [':=>~?+.!|-#', OPERATOR],
  [':=>~', ASSIGNS],
  ['bBrRuUfFL@N', STRING_PREFIX],
  ['\n\r\t,;{}()[]"\'`<>|=!?&/', ENDS_PHRASE],
  ['grt*', ENDS_TYPE],
  ['abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.<>?', IN_TYPE],
]);

function rolesOf(given: readonly (readonly [characters: string, role: number])[]): Uint8Array {
  const roles = new Uint8Array(ASCII);
  for (const [characters, role] of given) {
    for (const character of characters) roles[character.charCodeAt(0)]! |= role;
  }
  return roles;
}

export function hasRole(code: number, role: number): boolean {
  return code < ASCII && (ROLES[code]! & role) !== 0;
}

/** What the last character of a label is, or of its operator, when its value is not quoted. */
export function mayEndLabel(code: number): boolean {
  return isWordEnd(code) || code >= FIRST_CJK || hasRole(code, ENDS_UNQUOTED);
}

export function isBlank(code: number): boolean {
  return code === 0x20 || code === 0xa0 || (code >= 0x09 && code <= 0x0d);
}

export function isWordEnd(code: number): boolean {
  return isLatin(code) || (code >= 0xc0 && code <= 0x24f) || (code >= 0x400 && code <= 0x4ff);
}

function isLatin(code: number): boolean {
  return (code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a);
}

export function isSmall(code: number): boolean {
  return code >= 0x61 && code <= 0x7a;
}

export function isNameChar(code: number): boolean {
  return (
    (code >= 0x61 && code <= 0x7a) ||
    (code >= 0x41 && code <= 0x5a) ||
    (code >= 0x30 && code <= 0x39) ||
    code === 0x2d ||
    code === 0x5f ||
    (code >= 0xc0 && code <= 0x4ff)
  );
}
