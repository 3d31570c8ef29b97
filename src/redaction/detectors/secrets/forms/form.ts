/** What a published form of a key is, and the alphabets that keys are written in. Knows no vendor. */

/**
 * The source of a regular expression for what follows the mark; or for what stands before it and what follows. A bound of
 * `MAX_BODY_CHARS` says that the value may go on past any window.
 */
export type TokenForm = string | readonly [before: string, after: string];

/** Forms by their mark. A mark is compared as it is written. */
export type TokenForms = Readonly<Record<string, TokenForm>>;

/** As far as a window shows. */
export const MAX_BODY_CHARS = 320;

export const HEX = '[a-f0-9]';
export const ANY_HEX = '[A-Fa-f0-9]';
export const LOWER_ALNUM = '[a-z0-9]';
export const ALNUM = '[A-Za-z0-9]';
export const WORD = '[A-Za-z0-9_-]';
export const BASE64 = '[A-Za-z0-9+/]';
/** RFC 4648 section 6, as the alphabet of one-time passwords and of several vendors. */
export const BASE32 = '[a-z2-7]';
export const UUID = `${HEX}{8}-${HEX}{4}-${HEX}{4}-${HEX}{4}-${HEX}{12}`;
export const ANY_UUID = `${ALNUM}{8}-${ALNUM}{4}-${ALNUM}{4}-${ALNUM}{4}-${ALNUM}{12}`;
/** What a run must hold in order not to be a word, written in front of it. */
export const WITH_DIGIT = '(?=[A-Za-z0-9_-]*\\d)';
export const WITH_UPPER = '(?=[A-Za-z0-9_-]*[A-Z])';
export const WITH_LOWER = '(?=[A-Za-z0-9_-]*[a-z])';
