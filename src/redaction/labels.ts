/**
 * Reads what stands directly before a value: the label in `api_key: "`, `password=`, `<token>`, `IDENTIFIED BY '` or
 * `password is `, and how the value is quoted. Looks at most 64 characters back; knows nothing of the value.
 */
import { type Keywords, LEFT_CONTEXT_CHARS } from './detector.ts';
import { createKeywordScanner } from './keyword-scanner.ts';

/**
 * `password`: what people choose. `secret`: what machines make. `vendor`: the name of a service, or `key` alone, which says
 * less. `scheme`: the word before credentials in a header, `Bearer`.
 */
export type LabelKind = 'password' | 'secret' | 'vendor' | 'scheme' | 'account';

export interface Label {
  readonly kind: LabelKind;
  /** Lower-case, as it was read. */
  readonly phrase: string;
  /** Character code of the quote that ends the value, `<` for one between tags; 0 for none. */
  readonly quote: number;
  /** An operator stands between label and value, not only a space. */
  readonly assigned: boolean;
}

const MAX_PHRASE_CHARS = 48;
const MAX_BLANK_CHARS = 24;
const BACKTICK = 0x60;
const FIRST_CJK = 0x3000;
/** A value in a tag ends where the next one begins. */
const TAG = 0x3c;

const QUOTES = '"\'`';
const OPERATORS = ':=>~?+.!|-#';
const STRING_PREFIXES = 'bBrRuUfFL@N';
/** What ends an operator; a full stop or a dash alone does not. */
const ASSIGNS = ':=>~';

const PASSWORD_WORDS =
  /(?:pa?s{1,2}w(?:or?s?d?|rd|d)s?|passwor[sd]{1,3}|passphrase|pass ?code|passwort|kennwort|contrase(?:ñ|n)a|contrasenha|mot de passe|(?:^|[^a-z])(?:pw|psw|pswd|mdp|clave|senha|parola|wachtwoord|has(?:ł|l)o|l(?:ö|o)senord|salasana|sifre|şifre)(?![a-z])|pwd|(?:^|[^a-z]|db|sql|root|user|admin|login|ssh|ftp|smtp|mail|redis|mongo|ldap|wifi|my)pass(?![a-z])|비밀번호|비번|암호|패스워드|パスワード|暗証番号|密码|密碼|口令|пароль|пароля)/;
const SECRET_WORDS =
  /(?:secrets?(?:e|_?v\d)?(?![a-df-rt-z])|token(?![a-z])|apikey|api[_ .-]?keys?(?![a-z])|(?:access|auth|private|priv|encryption|encrypt|signing|sign|signature|account|shared|master|service|client|license|app|application|session|subscription|webhook|secret|deploy|ssh|server|admin|consumer|publish(?:able)?|personal|storage|host|function|sas|hmac|jwt|sdk|rsa|aes|integration|ingest(?:ion)?|read|write|write[_-]?read|bot|user|iam|platform|project|org(?:anization)?|security)[_ .-]?keys?(?![a-z])|(?:access|api|secret)[_ .-]?key[_ .-]?id(?![a-z])|credentials?(?![a-z])|creds?(?![a-z])|authorization|auth[_ .-]?header|(?:^|[_-])auth$|bearer|(?:^|[^a-z])(?:dsn|jwt|pat|otp_seed|seed|mnemonic|sso|sid_token)$|webhook[_ .-]?url|(?:access|security)[_ .-]?code|api[_ .-]?password)/;
const VENDORS = (
  'adafruit adobe airtable aiven algolia alibaba aliyun amplitude anthropic apify artifactory asana assemblyai ' +
  'atlassian auth0 aws axiom azure baidu beamer binance bitbucket bitfinex bitly bitrise bittrex braintree brave ' +
  'brevo browserstack bugsnag buildkite bybit canva cerebras circleci civo clarifai clearbit clerk clickhouse ' +
  'clickup clojars cloudant cloudflare cloudinary cockroach codacy codeclimate codecov cohere coinbase confluence ' +
  'confluent contentful contribsys coralogix coveralls customerio databricks datadog deepgram deepl deepseek ' +
  'digitalocean discord disqus docker docusign doppler drone droneci dropbox duffel dynatrace easypost elastic ' +
  'elevenlabs endor endorlabs etherscan exoscale facebook fastly figma finicity finnhub firebase flickr ' +
  'flutterwave foursquare freshbooks freshdesk gemini giphy gitea github gitlab gitter gocardless google grafana ' +
  'greptile groq harness hashicorp helius heroku hetzner honeycomb hubspot huggingface infura instagram intercom ' +
  'ionic ipinfo jenkins jfrog jira jumpcloud keygen klaviyo kraken kucoin lark launchdarkly linear linkedin ' +
  'linode loggly logz looker mailchimp mailgun mailjet mapbox mapquest mattermost maxmind message-bird ' +
  'message_bird messagebird microsoft mistral mixpanel moralis netlify new-relic new_relic newrelic ngrok notion ' +
  'nvidia nytimes octopus okta onesignal openai opencage openrouter openweather opsgenie optimizely oracle ' +
  'pagerduty paypal paystack pexels pinecone pinterest plaid planetscale poly polygon posthog postman postmark ' +
  'prefect pulumi pusher pyowm qdrant quicknode rapidapi rapyd razorpay reddit replicate rollbar salesforce ' +
  'scaleway sendbird sendgrid sendinblue sentry serpapi shippo shodan shopify sidekiq slack snyk softlayer sonar ' +
  'sonarqube sourcegraph splunk spotify square squarespace stability stripe sumo sumologic supabase tavily ' +
  'telegram telnyx tencent tiktok together togetherai tomorrow travis travisci trello twilio twitch twitter ' +
  'typeform unsplash upcloud upstage upstash vault vercel virustotal vonage vultr wakatime wandb weatherstack ' +
  'weaviate webex webflow wepay workos yandex yelp zapier zendesk zoom'
).split(' ');
const VENDOR_WORDS = new RegExp(`(?:^|[^a-z])(?:${VENDORS.join('|')})(?![a-z])`);

/** What says that the value is about a credential and not one: `password_length`, `tokenUrl`, `secretName`. */
const ABOUT =
  /^(?:s?[_ .-]?(?:hash(?:ed|er|ing)?_?(?:algo\w*|type)?|len(?:gth)?|min|max|field|label|polic(?:y|ies)|urls?|uri|link|path|file(?:name)?|dir|names?|ids?|at|types?|strength|regex|pattern|manager|required|errors?|message|msg|hint|prompt|input|placeholder|reset|expir\w*|expires?_?(?:in|at)?|ttl|attempts?|count|limit|budget|usage|salt|env|var(?:iable)?|rules?|valid\w*|generator|options?|config|provider|store|storage|service|class|column|header|param\w*|arn|refs?|reference|version|format|size|index|status|state|endpoint|scopes?|method|mode|description|title|text|help|page|form|confirm\w*text|rotation\w*|enabled|needed|s?used|details?|info|list|map|set|source|kind|algorithm|prefix|suffix|owner|created\w*|updated\w*|audience|issuer|mask|pos(?:ition)?|offset|start|end))(?![a-z])/;
/** Tokens that are cursors, and keys of tables. */
const NO_SECRET =
  /(?:next|prev(?:ious)?|page|sync|continuation|pagination|cursor|start|resume|cancel(?:lation)?|eos|bos|pad|sep|unk|mask|stop|csrf_?param|max|min|input|output|prompt|completion|total|special|text|first|last|primary|foreign|public|partition|sort|cache|object|row|column|hash|shortcut|hot|group|unique|index|idempotency|map|translation|i18n|message)[_ .-]?(?:token|key|secret)s?$/;

const SCHEMES = new Set(['bearer', 'basic', 'token', 'apikey', 'negotiate', 'digest', 'splunk', 'ssws']);
const CONNECTIVES = new Set('is was are ist est es lautet jest by as equals'.split(' '));
/** Words that a value without quotes may follow directly. */
const LEADING_WORDS = new Set([...SCHEMES, ...CONNECTIVES, 'password', 'pw']);
const MAX_LEADING_CHARS = 9;
const IDENTIFIED = /identified\s+(?:with\s+\S{1,40}\s+)?$/i;
/** Of netrc (`login ada password x`) and of chats (`pw x`). */
const STANDS_ALONE = /(?:login\s+\S{1,32}\s+password|(?:^|[^\w])pw)$/;
const DEFINED = /(?:define|global|set|const)\s+\S+$|\slogin\s+password$/i;
const MAX_NAME_CHARS = 40;
const ENDS_PHRASE = '\n\r\t,;{}()[]"\'`<>|=!?&/';
const CONNECTIVE_CJK = '는은이가는を은がは是为為：:';
/** `password: String =`, `var token string =`, `secret[25] =`. */
const TYPE_NOTE = /(?:\s?:\s?[A-Za-z][\w.<>?]{0,20}|\s(?:string|str|text|String|NSString \*|varchar))$/;
const ANY_WORD = /[a-zà-ÿżółşа-я]{2}|[\u3000-\ud7ff]/i;

/** The label of a value that would start at `start`; `undefined` when nothing before it says that it is a secret. */
export function labelBefore(text: string, start: number): Label | undefined {
  const min = Math.max(0, start - LEFT_CONTEXT_CHARS);
  let at = start;
  let quote = 0;
  if (at > min && QUOTES.includes(text[at - 1]!)) {
    quote = text.charCodeAt(--at);
    while (at > min && text[at - 1] === '\\') at--;
    if (at > min + 1 && STRING_PREFIXES.includes(text[at - 1]!) && ' =:(,'.includes(text[at - 2]!)) at--;
  }
  const end = skipBlanks(text, at, min);
  if (end === min) return undefined;
  const last = text[end - 1]!;
  if (last === '$') return text.slice(min, end).endsWith('access_token$') ? paypal(quote) : undefined;
  if (ASSIGNS.includes(last)) return assigned(text, min, end, quote, text.slice(end, at).includes('\n'));
  if (last === ',' && quote !== 0) return secondArgument(text, min, end - 1, quote);
  if (last === '(' && quote !== 0) return classify(text, min, end - 1, quote, true);
  if (last.charCodeAt(0) >= FIRST_CJK) return afterCjk(text, min, end, quote);
  return end < at && isWordEnd(last) ? afterWord(text, min, end, quote) : undefined;
}

function paypal(quote: number): Label {
  return { kind: 'secret', phrase: 'access_token', quote, assigned: true };
}

function skipBlanks(text: string, from: number, min: number): number {
  let at = from;
  while (at > min && from - at < MAX_BLANK_CHARS && isBlank(text.charCodeAt(at - 1))) at--;
  return at;
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0xa0 || (code >= 0x09 && code <= 0x0d);
}

function isWordEnd(character: string): boolean {
  return /[A-Za-z]/.test(character);
}

/** `label :=`, `label =>`, `<label>`. */
function assigned(text: string, min: number, end: number, quote: number, onNextLine: boolean): Label | undefined {
  let at = end;
  while (at > min && end - at < 4 && OPERATORS.includes(text[at - 1]!)) at--;
  const operator = text.slice(at, end);
  if (operator === '>' || (operator.endsWith('>') && /[\w"']/.test(operator.at(-2) ?? 'a')))
    return tag(text, min, end - 1, quote);
  if (onNextLine && operator.includes('=')) return undefined;
  // A label may hold operator characters of its own: `SONAR.LOGIN`, `user:`.
  return classify(text, min, at, quote, true);
}

/** The name in an opening tag that ends at `end`. */
function tag(text: string, min: number, end: number, quote: number): Label | undefined {
  const open = text.lastIndexOf('<', end);
  if (open < min || quote !== 0) return undefined;
  const name = /^<([A-Za-z][\w.:-]*)(?:\s[^<>]*)?$/.exec(text.slice(open, end))?.[1];
  return name === undefined ? undefined : classifyPhrase(name, TAG, true);
}

/** `setProperty("API_TOKEN", "`. */
function secondArgument(text: string, min: number, end: number, quote: number): Label | undefined {
  const first = /["'`]([\w.-]{2,48})["'`]\s?$/.exec(text.slice(min, end))?.[1];
  return first === undefined ? undefined : classifyPhrase(first, quote, true);
}

/** A particle, a full-width colon or the label itself, in a script without spaces. */
function afterCjk(text: string, min: number, end: number, quote: number): Label | undefined {
  const at = CONNECTIVE_CJK.includes(text[end - 1]!) ? skipBlanks(text, end - 1, min) : end;
  return classify(text, min, at, quote, at < end);
}

/** `Bearer `, `password is `, `IDENTIFIED BY '`, `--api-key `, `PASSWORD '`. */
function afterWord(text: string, min: number, end: number, quote: number): Label | undefined {
  let from = end;
  while (from > min && end - from < MAX_NAME_CHARS && isNameChar(text.charCodeAt(from - 1))) from--;
  const isFlag = text[from] === '-';
  const word = text.slice(from, end);
  const lower = word.length <= MAX_LEADING_CHARS ? word.toLowerCase() : '';
  if (!isFlag && quote === 0 && !LEADING_WORDS.has(lower)) return undefined;
  if (SCHEMES.has(lower)) return { kind: 'scheme', phrase: lower, quote, assigned: false };
  if (CONNECTIVES.has(lower)) return afterConnective(text, min, from, lower, quote);
  if (lower === '-u' || lower === '--user') return { kind: 'account', phrase: lower, quote, assigned: false };
  if (lower === 'pass' && quote === BACKTICK) return undefined;
  if (quote === 0 && !isFlag && word !== 'PASSWORD' && !STANDS_ALONE.test(text.slice(min, end))) return undefined;
  return classify(text, min, end, quote, isFlag || word === 'PASSWORD' || DEFINED.test(text.slice(min, end)));
}

/** `identified by`, `password is`. */
function afterConnective(text: string, min: number, from: number, word: string, quote: number): Label | undefined {
  if (word !== 'by' && word !== 'as') return classify(text, min, skipBlanks(text, from, min), quote, true);
  return quote !== BACKTICK && IDENTIFIED.test(text.slice(min, from))
    ? { kind: 'password', phrase: 'password', quote, assigned: true }
    : undefined;
}

function isNameChar(code: number): boolean {
  return (
    (code >= 0x61 && code <= 0x7a) ||
    (code >= 0x41 && code <= 0x5a) ||
    (code >= 0x30 && code <= 0x39) ||
    code === 0x2d ||
    code === 0x5f
  );
}

/** What the words that end at `end` say of the value behind them: a name with its dots and dashes, or some words of prose. */
function classify(text: string, min: number, end: number, quote: number, isAssigned: boolean): Label | undefined {
  const from = Math.max(min, end - MAX_PHRASE_CHARS);
  if (!LABEL_SCANNER.occurs(text, from, end)) return undefined;
  return classifyPhrase(phraseIn(text.slice(from, end)), quote, isAssigned);
}

function classifyPhrase(given: string, quote: number, isAssigned: boolean): Label | undefined {
  if (given.length < 2) return undefined;
  const phrase = wordsOf(given);
  const kind = kindOfLabel(phrase);
  return kind === undefined ? undefined : { kind, phrase, quote, assigned: isAssigned };
}

/** Without closing quotes, brackets and types, and without what belongs to another statement. */
function phraseIn(before: string): string {
  const bare = before
    .trimEnd()
    .replace(/\[\d{0,6}\]$/, '')
    .replace(/[\])"'`}\\\s]{1,6}$/, '');
  const typed = lastPhrase(bare.replace(TYPE_NOTE, ''));
  return typed !== '' && ANY_WORD.test(typed) ? typed : lastPhrase(bare);
}

function lastPhrase(text: string): string {
  let from = text.length;
  while (from > 0 && !ENDS_PHRASE.includes(text[from - 1]!)) from--;
  return text.slice(from);
}

/** `dbPassword` -> `db_password`. */
function wordsOf(label: string): string {
  return label
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/([A-Z]{2,})([A-Z][a-z])/g, '$1_$2')
    .toLowerCase()
    .trim();
}

/** What a label, lower-case with `_` between words, says of its value. */
export function kindOfLabel(phrase: string): LabelKind | undefined {
  const password = PASSWORD_WORDS.exec(phrase);
  if (password !== null) return isAbout(phrase, password) || isVerb(phrase, password) ? undefined : 'password';
  if (NO_SECRET.test(phrase)) return undefined;
  const secret = SECRET_WORDS.exec(phrase);
  if (secret !== null && !isAbout(phrase, secret)) return 'secret';
  if (secret === null && VENDOR_WORDS.test(phrase)) return 'vendor';
  return /(?:^|[^a-z])key$/.test(phrase) ? 'vendor' : undefined;
}

/** `pass_through`, `pass_with_no_tests`: only `pass` at the end, or with a number, is a password. */
function isVerb(phrase: string, match: RegExpExecArray): boolean {
  return match[0].endsWith('pass') && !/^[_ -]?\d*$/.test(phrase.slice(match.index + match[0].length));
}

function isAbout(phrase: string, match: RegExpExecArray): boolean {
  return ABOUT.test(phrase.slice(match.index + match[0].length));
}

const inAllCases = (words: string): string[] =>
  words.split(' ').flatMap((word) => [word, word.toUpperCase(), word[0]!.toUpperCase() + word.slice(1)]);

/** Parts of labels, one of which is in each: what the prefilter looks for. Each in small letters, capitals, and with a capital. */
const STRONG_KEYWORDS = inAllCases(
  'passw passp passc pssw paswd paswrd pasword psw pass pwd pw mdp kennwort contrase clave senha parola wachtwoord hasło haslo senord ' +
    'salasana ifre secret token cred bearer basic identified 비밀번호 비번 암호 패스워드 パスワード 暗証番号 密码 密碼 口令 парол',
);
const WEAK_KEYWORDS = inAllCases(`key auth dsn jwt pat seed mnemonic sso webhook ${VENDORS.join(' ')}`);
/** Behind these a label needs no operator. */
const LABEL_KEYWORDS: readonly string[] = [...new Set([...STRONG_KEYWORDS, ...WEAK_KEYWORDS])];
/** What leads a value without being part of a label. */
const LEADERS: readonly string[] = [...'splunk ssws negotiate digest'.split(' '), '-u'];
/** One of these stands near before every labelled value. */
export const LABEL_WORDS: Keywords = { words: [...LABEL_KEYWORDS, ...LEADERS], reach: LEFT_CONTEXT_CHARS };
const LABEL_SCANNER = createKeywordScanner(LABEL_KEYWORDS);

const USERINFO = /:\/\/[^\s/@:]{0,64}:(?!\d{1,5}(?:[^\w@]|$))[^\s/@]{0,100}$/;
const INLINE_LABEL = /(?:pass(?:word|wd)?|pwd|pw|token|secret|key):[^\s:]{0,100}$/i;

/** Whether a word that goes on is a URL in its password, or a label with a colon and its value. */
export function opensInline(word: string): boolean {
  return USERINFO.test(word) || INLINE_LABEL.test(word);
}
