/** Bot tokens of Discord: three parts with dots, told by their shape. */
import { DOT } from '../../characters.ts';
import { candidates, defineDetector } from '../../detector.ts';
import { isFiller } from './values.ts';

/** A user's snowflake id in base64 (decimal digits, of which the first three become these), six characters of time, the signature. */
const TOKEN = /(?<![\w.-])[MNO][DTjz][\w-]{22,26}\.[\w-]{6}\.[\w-]{27,38}(?![\w.-])/g;
const BEGINNINGS = ['MD', 'MT', 'Mj', 'Mz', 'ND', 'NT', 'Nj', 'Nz', 'OD', 'OT', 'Oj', 'Oz'];
const ID_CHARS = 22;
const ID = /^[\w-]{22}/;

export const discordToken = defineDetector({
  name: 'discord-token',
  group: 'secrets',
  entities: ['DISCORD_BOT_TOKEN'],
  needs: { kinds: DOT, digits: 0, length: 59 },
  anchors: {
    keywords: BEGINNINGS,
    reach: 0,
    mayHold: (text, _, end) => text.length < end + ID_CHARS || ID.test(text.slice(end, end + ID_CHARS)),
  },
  find: (text, from) => candidates(TOKEN, text, from, 'DISCORD_BOT_TOKEN', (value) => (isFiller(value) ? 0 : 0.95)),
});
