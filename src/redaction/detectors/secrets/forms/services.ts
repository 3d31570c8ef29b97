/** Keys of observability, office, commerce, identity and social services, by entity. */
import type { TokenForms } from './form.ts';
import { ALNUM, ANY_HEX, BASE64, HEX, MAX_BODY_CHARS as MAX, UUID, WORD } from './form.ts';

const AUTHRESS_KEY = '[a-z0-9]{5,30}\\.[a-z0-9]{4,6}\\.(?:acc[_-][a-z0-9-]{10,32})\\.[A-Za-z0-9+/_=-]{30,120}';

export const SERVICE_FORMS = {
  NEWRELIC_API_KEY: {
    'NRAK-': '[A-Za-z0-9]{27}',
    'NRJS-': `${HEX}{19}`,
    'NRII-': `${WORD}{32}`,
    'NRAA-': `${HEX}{27}`,
    'NRRA-': `${HEX}{42}`,
    NRAL: [`${HEX}{36}`, ''],
  },
  GRAFANA_TOKEN: {
    glsa_: '[A-Za-z0-9]{32}_[A-Fa-f0-9]{8}',
    glc_: `[A-Za-z0-9+/=]{32,${MAX}}`,
    eyJrIjoi: `[A-Za-z0-9+/=]{40,${MAX}}`,
  },
  SENTRY_TOKEN: { sntrys_: `eyJ[A-Za-z0-9+/=_-]{40,${MAX}}`, sntryu_: `${HEX}{64}`, sntrya_: `${HEX}{64}` },
  DYNATRACE_TOKEN: {
    'dt0c01.': `${ALNUM}{24}\\.${ALNUM}{64}`,
    'dt0s16.': `${ALNUM}{8}\\.${ALNUM}{64}`,
    'dt0s01.': `${ALNUM}{24}\\.${ALNUM}{64}`,
  },
  POSTHOG_API_KEY: {
    phc_: `${WORD}{40,60}`,
    phx_: `${WORD}{40,60}`,
    phs_: `${WORD}{40,60}`,
    phr_: `${WORD}{40,60}`,
    pha_: `${WORD}{40,60}`,
  },
  HONEYCOMB_API_KEY: {
    hcaik_: `[0-9a-z]{58,64}`,
    hcbik_: `[0-9a-z]{58,64}`,
    hcxik_: `[0-9a-z]{58,64}`,
    hcxmk_: `[0-9a-z]{58,64}`,
  },
  NOTION_TOKEN: { ntn_: `\\d{11}${ALNUM}{35}`, secret_: `(?=[A-Za-z0-9]*\\d)${ALNUM}{43}` },
  LINEAR_API_KEY: { lin_api_: `${ALNUM}{40}`, lin_oauth_: `${HEX}{64}`, lin_wh_: `${ALNUM}{32,48}` },
  AIRTABLE_TOKEN: {
    pat: `${ALNUM}{14}\\.${HEX}{64}`,
    '.v1.': [`(?:APP|app|oaa)${ALNUM}{13,16}`, `[A-Za-z0-9_-]{10,64}\\.${HEX}{50,64}`],
  },
  SHOPIFY_TOKEN: {
    shpat_: `${ANY_HEX}{32}`,
    shpca_: `${ANY_HEX}{32}`,
    shppa_: `${ANY_HEX}{32}`,
    shpss_: `${ANY_HEX}{32}`,
    shptka_: `${ANY_HEX}{32}`,
    shpua_: `${ANY_HEX}{32}`,
  },
  HUBSPOT_TOKEN: { 'pat-na': `\\d-${UUID}`, 'pat-eu': `\\d-${UUID}`, 'pat-ap': `\\d-${UUID}` },
  FIGMA_TOKEN: { figd_: `${WORD}{36,64}`, figu_: `${WORD}{36,64}`, figr_: `${WORD}{36,64}`, figo_: `${WORD}{36,64}` },
  CONTENTFUL_TOKEN: { 'CFPAT-': `${WORD}{43}` },
  DROPBOX_TOKEN: { 'sl.': `(?:u\\.)?${WORD}{80,${MAX}}` },
  META_ACCESS_TOKEN: { EAA: `[A-Za-z0-9]{80,${MAX}}`, IGQ: `${WORD}{80,${MAX}}`, IGAA: `${WORD}{80,${MAX}}` },
  TWITTER_TOKEN: { AAAAAAAAAAAAAAAAAAAA: '(?:[A-Za-z0-9+/=]|%2[BF]|%3D){60,108}' },
  TYPEFORM_TOKEN: { tfp_: '[A-Za-z0-9_=.-]{40,64}' },
  MAPBOX_TOKEN: {
    'pk.': '(?:eyJ)?[A-Za-z0-9_-]{57,110}\\.[A-Za-z0-9_-]{22}',
    'sk.': '(?:eyJ)?[A-Za-z0-9_-]{57,110}\\.[A-Za-z0-9_-]{22}',
    'tk.': '(?:eyJ)[A-Za-z0-9_-]{57,110}\\.[A-Za-z0-9_-]{22}',
  },
  POSTMAN_API_KEY: { 'PMAK-': `${HEX}{24}-${HEX}{34}` },
  SALESFORCE_TOKEN: { '3MVG': '[A-Za-z0-9_.]{70,120}' },
  TRELLO_TOKEN: { ATTA: `${HEX}{64,72}` },
  RIOT_API_KEY: { 'RGAPI-': UUID },
} as const satisfies Readonly<Record<string, TokenForms>>;

/** Under the name of all keys. */
export const OTHER_SERVICE_FORMS = {
  // Adobe, Upstage, Smartcar, ReadMe, Samsara, Canva, Defined Networking, Frame.io, Alchemy, Census, Foursquare, Pinterest
  'p8e-': `${ALNUM}{32}`,
  up_: '(?=[A-Za-z0-9]*\\d)(?=[A-Za-z0-9]*[A-Z])[A-Za-z0-9]{29}',
  'scp-live-': `${HEX}{32}`,
  rdme_: '[a-z0-9]{70}',
  samsara_api_: `${ALNUM}{26,32}`,
  cnvca: `${WORD}{50,60}`,
  'OC-': '(?=[A-Za-z0-9_-]*[A-Z0-9])[A-Za-z0-9_-]{8,16}',
  'dnkey-': '[a-z0-9=_-]{26}-[a-z0-9=_-]{52}',
  'fio-u-': '[A-Za-z0-9=_-]{64}',
  alcht_: `${ALNUM}{30}`,
  'secret-token:': '[\\w%-]{20,120}',
  fsq3: `${BASE64}{44}=?`,
  pina_: `${WORD}{20,${MAX}}`,
  // Authress, Cal.com, n8n, GrowthBook, Tinybird, ImageKit, Cronofy, WooCommerce, Rootly, Lichess, Thunderstore, Workato
  sc_: AUTHRESS_KEY,
  ext_: AUTHRESS_KEY,
  scauth_: AUTHRESS_KEY,
  authress_: AUTHRESS_KEY,
  cal_live_: `${HEX}{32}`,
  n8n_api_: `${HEX}{40,80}`,
  gb_api_: `${WORD}{30,64}`,
  'p.eyJ': `[A-Za-z0-9_.-]{40,${MAX}}`,
  private_: `${BASE64}{27}=`,
  cu_: '[a-z0-9]{32}',
  'prod-': `${HEX}{64}v\\d`,
  'activ-': `${HEX}{64}v\\d`,
  ck_: `${HEX}{40}`,
  cs_: `${HEX}{40}`,
  rootly_: `${HEX}{64}`,
  lip_: `[A-Za-z0-9_]{16,60}`,
  tss_: `${WORD}{20,80}`,
  wrka: `(?:[a-z]{2})?-eyJ${WORD}{8,80}\\.${WORD}{16,160}\\.${WORD}{40,${MAX}}`,
} as const satisfies TokenForms;
