/** What the list of names says of a word. */
export const GIVEN = 1;
export const SURNAME = 2;
/** An ordinary word as well, or nothing else. */
export const WORD = 4;
/** A town, a state or a country as well. */
export const PLACE = 8;
/** Among the commonest given names or surnames. */
export const COMMON = 16;
