/** Keys of payment, banking and shipping services, by entity. */
import type { TokenForms } from './form.ts';
import { ALNUM, ANY_HEX, HEX, LOWER_ALNUM, MAX_BODY_CHARS as MAX, UUID, WITH_DIGIT, WORD } from './form.ts';

const FLUTTERWAVE_KEY = `${ALNUM}{32}-X`;
const PADDLE_KEY = `${ALNUM}{26}_${ALNUM}{22}_${ALNUM}{3}`;
const MERCADOPAGO_KEY = `\\d{10,20}-\\d{6}-${HEX}{32}-\\d{6,12}`;

export const PAYMENT_FORMS = {
  STRIPE_API_KEY: {
    // Clerk, WorkOS, Highnote, Paystack and Moyasar write theirs alike; two of them in base64.
    sk_live_: '[A-Za-z0-9+/]{10,110}={0,2}',
    sk_test_: '[A-Za-z0-9+/]{10,110}={0,2}',
    sk_prod_: '[A-Za-z0-9+/]{10,110}={0,2}',
    rk_live_: `${ALNUM}{10,110}`,
    rk_test_: `${ALNUM}{10,110}`,
    rk_prod_: `${ALNUM}{10,110}`,
    whsec_: '[A-Za-z0-9+/]{24,100}={0,2}',
  },
  SQUARE_ACCESS_TOKEN: { EAAA: `${WORD}{22,60}`, 'sq0atp-': `${WORD}{22,60}`, 'sq0csp-': `${WORD}{43}` },
  PAYPAL_ACCESS_TOKEN: {
    production$: `${ALNUM}{16}\\$${HEX}{32}`,
    sandbox$: `${ALNUM}{16}\\$${HEX}{32}`,
    A21AA: `${WORD}{60,${MAX}}`,
  },
  ADYEN_API_KEY: { AQE: `[a-z]{1,3}hm[A-Za-z0-9+/=.-]{60,${MAX}}` },
  PLAID_ACCESS_TOKEN: { 'access-sandbox-': UUID, 'access-production-': UUID, 'access-development-': UUID },
  RAZORPAY_API_KEY: { rzp_live_: `${ALNUM}{14}`, rzp_test_: `${ALNUM}{14}` },
  FLUTTERWAVE_API_KEY: {
    'FLWSECK-': FLUTTERWAVE_KEY,
    'FLWSECK_TEST-': `(?:${FLUTTERWAVE_KEY}|${ALNUM}{12})`,
    'FLWPUBK-': FLUTTERWAVE_KEY,
    'FLWPUBK_TEST-': FLUTTERWAVE_KEY,
  },
  SHIPPO_API_TOKEN: { shippo_live_: `${ANY_HEX}{40}`, shippo_test_: `${ANY_HEX}{40}` },
  EASYPOST_API_KEY: { EZAK: `${ALNUM}{54}`, EZTK: `${ALNUM}{54}` },
  PADDLE_API_KEY: { pdl_live_apikey_: PADDLE_KEY, pdl_sdbx_apikey_: PADDLE_KEY },
  MERCADOPAGO_ACCESS_TOKEN: { 'APP_USR-': MERCADOPAGO_KEY, 'TEST-': MERCADOPAGO_KEY },
} as const satisfies Readonly<Record<string, TokenForms>>;

/** Under the name of all keys. */
export const OTHER_PAYMENT_FORMS = {
  // Checkout.com, GoCardless, Lob and Mollie, Duffel, Ramp, Brex, Mercury, Midtrans, Xendit, Asaas, Omise, Rainforest
  sk_: UUID,
  pk_: UUID,
  sk_sbox_: `${LOWER_ALNUM}{26,40}`,
  live_: `(?:pub_)?(?:${HEX}{31,35}|${WITH_DIGIT}[A-Za-z0-9_=-]{30,40})`,
  test_: `(?:pub_)?(?:${HEX}{31,35}|(?=[A-Za-z0-9]*\\d)(?=[A-Za-z0-9]*[A-Z])${ALNUM}{30,40})`,
  duffel_live_: '[A-Za-z0-9_=-]{43}',
  duffel_test_: '[A-Za-z0-9_=-]{43}',
  ramp_id_: `${ALNUM}{36,44}`,
  ramp_sec_: `${ALNUM}{44,52}`,
  bxt_: `${ALNUM}{32,48}`,
  mercury_production_: `[a-z]{3,6}_${ALNUM}{40,50}_yrucrem`,
  mercury_sandbox_: `[a-z]{3,6}_${ALNUM}{40,50}_yrucrem`,
  'Mid-server-': `${WORD}{10,36}`,
  'Mid-client-': `${WORD}{10,36}`,
  xnd_production_: `${ALNUM}{40,70}`,
  xnd_development_: `${ALNUM}{40,70}`,
  aact_: `(?:(?:prod|hmlg)_)?[A-Za-z0-9:_-]{20,${MAX}}`,
  skey_: `(?:test_|live_)?${WITH_DIGIT}${LOWER_ALNUM}{16,24}`,
  apikey_: `${HEX}{64}`,
  // Stytch, Onfido, Persona, MaxMind, Polar, Proof, eBay
  'secret-live-': `${WORD}{32,48}=?`,
  'secret-test-': `${WORD}{32,48}=?`,
  'api_live.': `[A-Za-z0-9_.-]{20,80}`,
  'api_live_ca.': `[A-Za-z0-9_.-]{20,80}`,
  'api_live_us.': `[A-Za-z0-9_.-]{20,80}`,
  'api_sandbox.': `[A-Za-z0-9_.-]{20,80}`,
  persona_production_: `${WORD}{20,80}`,
  persona_sandbox_: `${WORD}{20,80}`,
  _mmk: ['[A-Za-z0-9]{6}_[A-Za-z0-9]{29}', ''],
  polar_at_: `${WORD}{20,100}`,
  polar_oat_: `${WORD}{20,100}`,
  polar_pat_: `${WORD}{20,100}`,
  polar_rt_: `${WORD}{20,100}`,
  prf_: `(?:cli_)?${WORD}{20,80}`,
  '-PRD-': ['[A-Za-z0-9_]{1,40}(?:-[A-Za-z0-9_]{1,40}){1,3}', `${HEX}{8,12}-${HEX}{8,12}`],
  '-SBX-': ['[A-Za-z0-9_]{1,40}(?:-[A-Za-z0-9_]{1,40}){1,3}', `${HEX}{8,12}-${HEX}{8,12}`],
  'PRD-': `${HEX}{8,12}-${HEX}{4}-${HEX}{4}-${HEX}{4}-${HEX}{4,12}`,
  'SBX-': `${HEX}{8,12}-${HEX}{4}-${HEX}{4}-${HEX}{4}-${HEX}{4,12}`,
} as const satisfies TokenForms;
