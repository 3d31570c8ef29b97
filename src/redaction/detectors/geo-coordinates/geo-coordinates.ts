/** Geographic positions in decimal degrees: a pair, or one of the two by its label. */
import { DASH, DIGIT, DOT, isDigit, OTHER, SPACE, UPPER } from '../../characters.ts';
import type { Candidate, Keywords } from '../../detector.ts';
import { defineDetector, LEFT_CONTEXT_CHARS } from '../../detector.ts';

/** Three decimals are about 100 metres; less is a town. */
const LATITUDE = '[+-]?(?:90(?:\\.0+)?|[1-8]?\\d\\.\\d{3,15})(?: ?°)?(?: ?[NS](?![A-Za-z]))?';
const LONGITUDE = '[+-]?(?:180(?:\\.0+)?|(?:1[0-7]\\d|[1-9]?\\d)\\.\\d{3,15})(?: ?°)?(?: ?[EWO](?![A-Za-z]))?';
const PAIR = new RegExp(`(?<![\\w.+-])${LATITUDE}(?:, ?|; ?| )${LONGITUDE}(?![\\w%]|\\.\\d)`, 'g');
const SINGLE = new RegExp(`(?<![\\w.+-])${LONGITUDE}(?![\\w%]|\\.\\d)`, 'g');

const PAIR_LABEL =
  /(?:\b(?:gps|geo(?:location|point|tag|json)?|coord(?:inate)?s?|co-ordinates|lat[ /,_-]{1,3}(?:lon|lng|long)|position|pinned|located at|latlng|koordinaten|coordonn[eé]es|coordenadas|coordinate|wsp[oó][lł]rz[eę]dne|ubicaci[oó]n|standort)\b[^\n]{0,24}|[?&]q=|\/@|geo:)$/i;
const SINGLE_LABEL =
  /(?:\b|_)(?:lat(?:itude)?|lng|lon(?:g(?:itude)?)?|breitengrad|l[aä]ngengrad|latitud|longitud)["']?\s{0,2}[:=]?\s{0,2}["']?$/i;
const DECIMAL = /^[^\d]{0,12}\d{1,3}\.\d{3,15}°?$/;
const MAX_WORD_CHARS = 32;
/** A sign, a digit, `°` or the letter of a direction. */
const SIGN_OR_DIGIT = DASH | DIGIT | OTHER | UPPER;

/** In each of the labels is one of these. */
const LABEL_PARTS: Keywords = {
  words: 'gps geo coord lat lng lon position pinned located koordinat wsp ubicaci standort q= /@ breiten läng'.split(
    ' ',
  ),
  reach: LEFT_CONTEXT_CHARS,
};

const context = {
  words: /(?!)/,
  keys: /(?:^|_)(?:lat(?:itude)?|lng|lon|long|longitude|gps|coord(?:inate)?s?|geo(?:location|point)?|lat_?lng)(?:_|$)/,
};

export const geoCoordinates = defineDetector({
  name: 'geo-coordinates',
  group: 'pii',
  entities: ['GEO_COORDINATES'],
  gates: [
    { kinds: DOT, digits: 4, length: 5, near: LABEL_PARTS },
    { kinds: DOT | OTHER, digits: 4, length: 5 },
  ],
  context,
  phrase: { opens: [{ kinds: DIGIT | DOT, next: SIGN_OR_DIGIT }], joins: joinsPair },
  find(text, from, window) {
    if (!mayHoldDegrees(text, from)) return [];
    const isKeyed = window.isKey(context);
    return [
      ...positions(PAIR, PAIR_LABEL, text, from, isKeyed),
      ...positions(SINGLE, SINGLE_LABEL, text, from, isKeyed),
    ];
  },
});

/** A cheap look: a digit, a point, and three digits. */
function mayHoldDegrees(text: string, from: number): boolean {
  for (let at = text.indexOf('.', from + 1); at > 0; at = text.indexOf('.', at + 1)) {
    if (isDigit(text.charCodeAt(at - 1)) && isDigit(text.charCodeAt(at + 1)) && isDigit(text.charCodeAt(at + 3)))
      return true;
  }
  return false;
}

function positions(
  pattern: RegExp,
  label: RegExp,
  text: string,
  from: number,
  isKeyed: boolean,
): Candidate<'GEO_COORDINATES'>[] {
  const found: Candidate<'GEO_COORDINATES'>[] = [];
  pattern.lastIndex = from;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    const [value] = match;
    const before = text.slice(Math.max(0, match.index - LEFT_CONTEXT_CHARS), match.index);
    if (!isKeyed && !value.includes('°') && !label.test(before)) continue;
    found.push({ start: match.index, end: match.index + value.length, type: 'GEO_COORDINATES', score: 0.85 });
  }
  return found;
}

/** "40.7128, -74.0060", "40.7128° N, 74.0060° W". */
function joinsPair(text: string, from: number, word: number, at: number): number {
  if (at - word > MAX_WORD_CHARS) return 0;
  const code = text.charCodeAt(at);
  if (code !== 0x20 && code !== 0x2c) return 0;
  const last = text.slice(word, at);
  if (from < 0) return DECIMAL.test(last) ? (code === 0x2c ? SPACE | SIGN_OR_DIGIT : SIGN_OR_DIGIT) : 0;
  if (last === '') return text[at - 1] === ',' ? SIGN_OR_DIGIT : 0;
  if (DECIMAL.test(last)) return code === 0x20 ? SIGN_OR_DIGIT : 0;
  return /^[NSEWO°]{1,2}$/.test(last) ? SPACE | SIGN_OR_DIGIT : 0;
}
