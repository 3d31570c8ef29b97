/** Keys of chat, mail, telephony and push services, and the URLs that let anybody post there, by entity. */
import type { TokenForms } from './form.ts';
import { ALNUM, ANY_HEX, ANY_UUID, HEX, LOWER_ALNUM, MAX_BODY_CHARS as MAX, UUID, WORD } from './form.ts';

const SCHEME = '(?:https?:\\/\\/)?';
const MAKE_HOOK: readonly [string, string] = [SCHEME, '[a-z0-9]{32}'];

export const MESSAGING_FORMS = {
  SLACK_TOKEN: {
    'xoxb-': '[A-Za-z0-9-]{10,200}',
    'xoxp-': '[A-Za-z0-9-]{10,200}',
    'xoxa-': '[A-Za-z0-9-]{10,200}',
    'xoxr-': '[A-Za-z0-9-]{8,200}',
    'xoxs-': '[A-Za-z0-9-]{10,200}',
    'xoxo-': '[A-Za-z0-9-]{10,200}',
    'xoxc-': '[A-Za-z0-9-]{10,200}',
    'xoxd-': `[A-Za-z0-9%+/=\\\\-]{20,${MAX}}`,
    'xoxe-': `[A-Za-z0-9-]{10,${MAX}}`,
    'xoxe.xox': `[bp]-\\d-[A-Za-z0-9]{40,${MAX}}`,
    'xapp-': '\\d-[A-Za-z0-9-]{10,200}',
    'xwfp-': '[A-Za-z0-9-]{10,200}',
  },
  WEBHOOK_URL: {
    'hooks.slack.com/': [SCHEME, '(?:services|workflows|triggers)/[A-Za-z0-9+/]{16,100}'],
    '.webhook.office.com/webhookb2/': [
      'https?:\\/\\/[\\w.-]{1,48}',
      `${ANY_UUID}@${ANY_UUID}/IncomingWebhook/${ALNUM}{32}/[\\w/-]{20,${MAX}}`,
    ],
    'discord.com/api/webhooks/': [`${SCHEME}(?:\\w{3,8}\\.)?`, `\\d{17,20}/${WORD}{60,80}`],
    'discordapp.com/api/webhooks/': [`${SCHEME}(?:\\w{3,8}\\.)?`, `\\d{17,20}/${WORD}{60,80}`],
    'hooks.zapier.com/hooks/catch/': [SCHEME, '\\d{4,10}/[A-Za-z0-9]{5,16}'],
    'open.feishu.cn/open-apis/bot/v2/hook/': [SCHEME, UUID],
    'open.larksuite.com/open-apis/bot/v2/hook/': [SCHEME, UUID],
    'hook.eu1.make.com/': MAKE_HOOK,
    'hook.eu2.make.com/': MAKE_HOOK,
    'hook.us1.make.com/': MAKE_HOOK,
    'hook.us2.make.com/': MAKE_HOOK,
    'maker.ifttt.com/trigger/': [SCHEME, `${WORD}{1,40}/(?:json/)?with/key/${WORD}{20,50}`],
  },
  TELEGRAM_BOT_TOKEN: { ':AA': ['(?<![A-Za-z0-9])(?:bot)?\\d{6,16}', `${WORD}{33}`] },
  SENDGRID_API_KEY: { 'SG.': '(?:[A-Za-z0-9_=-]{16,24}\\.[A-Za-z0-9_=-]{16,64}|[A-Za-z0-9_=.-]{66})' },
  MAILGUN_API_KEY: { 'key-': `${HEX}{32}`, 'pubkey-': `${HEX}{32}` },
  MAILCHIMP_API_KEY: { '-us': [`${ALNUM}{32}`, '\\d{1,2}'], 'md-': `${WORD}{22}` },
  BREVO_API_KEY: { 'xkeysib-': `${ANY_HEX}{64}-${ALNUM}{16}`, 'xsmtpsib-': `${ANY_HEX}{64}-${ALNUM}{16}` },
  TWILIO_API_KEY: { SK: `${ANY_HEX}{32}` },
  RESEND_API_KEY: { re_: `${ALNUM}{6,10}_${ALNUM}{22,26}` },
  KLAVIYO_API_KEY: { pk_: `(?:${LOWER_ALNUM}{34}|\\d{6,12}_[A-Za-z0-9]{32})` },
} as const satisfies Readonly<Record<string, TokenForms>>;

/** Under the name of all keys. */
export const OTHER_MESSAGING_FORMS = {
  // MailerSend, OneSignal, PubNub, Courier, GC Notify, Lark, Daily, Telnyx
  'mlsn.': `${ALNUM}{30,100}`,
  os_v2_app_: '[a-z2-7]{60,110}',
  os_v2_org_: '[a-z2-7]{60,110}',
  'sec-c-': `${ALNUM}{40,60}`,
  'sub-c-': UUID,
  'pub-c-': UUID,
  pk_prod_: `${ALNUM}{28}`,
  'gcntfy-': `[a-z0-9_]{1,40}-${UUID}-${UUID}`,
  cli_: `(?=[A-Za-z0-9]*[A-Z0-9])${ALNUM}{16}`,
  KEY01: `[A-F0-9]{30}_${ALNUM}{22}`,
} as const satisfies TokenForms;
