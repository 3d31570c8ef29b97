/** Bot tokens of Discord: three parts with dots, told by their shape. */
import { DOT, UPPER } from '../../characters.ts';
import { candidates, defineDetector } from '../../detector.ts';
import { isFiller } from './values.ts';

/** A user's snowflake id in base64 (decimal digits, of which the first three become these), six characters of time, the signature. */
const TOKEN = /(?<![\w.-])[MNO][DTjz][\w-]{22,26}\.[\w-]{6}\.[\w-]{27,38}(?![\w.-])/g;

export const discordToken = defineDetector({
  name: 'discord-token',
  group: 'secrets',
  entities: ['DISCORD_BOT_TOKEN'],
  gates: [{ kinds: DOT | UPPER, length: 59 }],
  find: (text, from) => candidates(TOKEN, text, from, 'DISCORD_BOT_TOKEN', (value) => (isFiller(value) ? 0 : 0.95)),
});
