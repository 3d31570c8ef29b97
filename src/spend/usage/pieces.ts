/**
 * What pictures and sound come to: tokens of a picture by its quality and size, of speech by its characters, of listening by the
 * seconds. Pure; knows no price.
 */
import type { Units, Usage } from '../../core/exchange.ts';
import { type Fields, text } from './fields.ts';

export interface PieceTokens {
  /** Beside those of the request's texts. */
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** Whether to take what is probable, or what is hardly ever exceeded. */
export type Degree = 'likely' | 'most';

/** Of a text that is spoken, at the tokens a minute that its price by the minute comes to. */
export const SPOKEN_TOKENS_PER_CHARACTER = 1.4;
/** Audio comes to a token in 100 ms; OpenAI's price a minute to 1,000 a minute at most. */
const HEARD_TOKENS_PER_SECOND: Readonly<Record<Degree, number>> = { likely: 10, most: 17 };
/** Speech has some three words a second, and hardly ever more than five. */
const WRITTEN_TOKENS_PER_SECOND: Readonly<Record<Degree, number>> = { likely: 4, most: 8 };
/** Pauses, and languages whose characters are syllables. */
const SPOKEN_AT_MOST = 2;

export function pieceTokens(units: Units, asked: Fields, degree: Degree): PieceTokens {
  const { image = 0, character = 0, audioSecond = 0 } = units;
  const spoken = character * SPOKEN_TOKENS_PER_CHARACTER * (degree === 'most' ? SPOKEN_AT_MOST / slowness(asked) : 1);
  const written = audioSecond * WRITTEN_TOKENS_PER_SECOND[degree];
  return {
    inputTokens: Math.ceil(audioSecond * HEARD_TOKENS_PER_SECOND[degree]),
    outputTokens: Math.ceil(image * imageTokens(asked, degree) + spoken + written),
  };
}

/** `speed` below 1 draws the sound out. */
function slowness({ speed }: Fields): number {
  return typeof speed === 'number' && speed >= 0.25 && speed < 1 ? speed : 1;
}

/**
 * Tokens of a square picture of 1024 pixels: OpenAI's table for GPT image models. `xhigh` and `max` are in no table; each is taken to
 * double.
 */
const TOKENS_BY_QUALITY: Readonly<Record<string, number>> = {
  low: 272,
  medium: 1_056,
  high: 4_160,
  xhigh: 8_320,
  max: 16_640,
};
const SQUARE = 1024 * 1024;
/** Of the sizes that `auto` may mean. */
const LARGEST = 1.5;
/** GPT Image 2 takes 7,024 tokens where the models before took 4,160. */
const NEWER_MODELS = 1.7;
/** Each picture that is shown before it is complete. */
const PARTIAL_IMAGE_TOKENS = 100;

/** What is not said may be the dearest of the usual: high quality, 1024 by 1536. */
function imageTokens({ quality, size, partial_images: partial }: Fields, degree: Degree): number {
  const base = TOKENS_BY_QUALITY[text(quality) ?? ''] ?? TOKENS_BY_QUALITY.high!;
  const [, width, height] = /^(\d{2,5})x(\d{2,5})$/.exec(text(size) ?? '') ?? [];
  const area = width === undefined ? LARGEST : (Number(width) * Number(height)) / SQUARE;
  const made = degree === 'most' ? base * NEWER_MODELS * Math.max(1, area) : base * area;
  return made + (typeof partial === 'number' ? partial * PARTIAL_IMAGE_TOKENS : 0);
}

/** The usual grade (`standard`, 1024 by 1024) has none: `hd`, `1024x1792`, `hd-1024x1792`. */
export function imageGrade({ quality, size }: Fields): string | undefined {
  const words = [
    text(quality) === 'hd' ? 'hd' : undefined,
    /^\d{3,4}x\d{3,4}$/.test(text(size) ?? '') && size !== '1024x1024' ? text(size) : undefined,
  ];
  return words.filter((word) => word !== undefined).join('-') || undefined;
}

/** Tokens of a call as usage, for a model that is sold by them. */
export function tokensUsage({ image, character, audioSecond }: Units, tokens: PieceTokens): Usage {
  const { inputTokens, outputTokens } = tokens;
  return {
    inputTokens,
    outputTokens,
    ...(audioSecond === undefined ? {} : { audioInputTokens: inputTokens }),
    ...(character === undefined ? {} : { audioOutputTokens: outputTokens }),
    ...(image === undefined ? {} : { imageOutputTokens: outputTokens }),
    source: 'estimated',
  };
}
