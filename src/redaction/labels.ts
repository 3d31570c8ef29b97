/**
 * Reads what stands directly before a value: the label in `api_key: "`, `password=`, `<token>`, `IDENTIFIED BY '` or
 * `password is `, and how the value is quoted. Looks at most 64 characters back; knows nothing of the value.
 */
import { LEFT_CONTEXT_CHARS } from './detector.ts';
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
/** In a string inside of another one. */
const ESCAPED_BLANKS = ['\\t', '\\n', '\\r'];
const BACKTICK = 0x60;
const FIRST_CJK = 0x3000;
/** A value in a tag ends where the next one begins. */
const TAG = 0x3c;

const QUOTES = '"\'`';
const OPERATORS = ':=>~?+.!|-#';
const STRING_PREFIXES = 'bBrRuUfFL@N';
/** `process.env.TOKEN || '`. */
const FALLBACKS = ['||', '??'];
/** What ends an operator; a full stop or a dash alone does not. */
const ASSIGNS = ':=>~';

const PASSWORD_WORDS =
  /(?:pa?s{1,2}w(?:or?s?d?|rd|d)s?|passwor[sd]{1,3}|passphrase|pass ?code|passord(?:et)?|passwort|kennwort|contrase(?:ñ|n)a|contrasenya|contrasenha|palavra[- ]passe|mot de passe|(?:^|[^a-z0-9])pw\d?(?![a-z0-9])|(?:^|[^a-z])(?:psw|pswd|mdp|clave|senha|parola|wachtwoord|has(?:ł|l)o|heslo|l(?:ö|o)senord(?:et)?|adgangskoden?|salasana|parool|jelszo|jelszó|lozinka|geslo|slapta[zž]odis|parole|sifre|şifre|kata ?sandi|mat khau|mật khẩu)(?![a-z])|pwd|(?:^|[^a-z]|db|sql|root|user|admin|login|ssh|ftp|smtp|mail|redis|mongo|ldap|wifi|my)pass(?![a-z])|비밀번호|비번|암호|패스워드|パスワード|暗証番号|密码|密碼|口令|парол|पासवर्ड|كلمة (?:ال)?(?:مرور|سر)|סיסמ|รหัสผ่าน)/;
const SECRET_WORDS =
  /(?:secrets?(?:e|_?v\d)?(?![a-df-rt-z])|token(?![a-z])|apikey|api[_ .-]?keys?(?![a-z])|(?:access|auth|private|priv|encryption|encrypt|signing|sign|signature|account|shared|master|service|client|license|app|application|session|subscription|webhook|secret|deploy|ssh|server|admin|consumer|publish(?:able)?|personal|storage|host|function|sas|hmac|jwt|sdk|rsa|aes|integration|ingest(?:ion)?|read|write|write[_-]?read|bot|user|iam|platform|project|org(?:anization)?|security)[_ .-]?keys?(?![a-z])|(?:access|api|secret)[_ .-]?key[_ .-]?id(?![a-z])|credentials?(?![a-z])|creds?(?![a-z])|authorization|auth[_ .-]?header|^x[_-][\w-]{0,24}key$|(?:^|[^a-z])(?:set[_-])?cookies?$|(?:^|[^a-z])(?:php|j|asp[._]?net_?)?sess(?:ion)?_?id$|[a-z]_session$|connect\.sid$|(?:^|[\s_-])auth$|bearer|(?:^|[^a-z])(?:dsn|jwt|pat|otp_seed|seed|mnemonic|sso|sid_token)$|webhook[_ .-]?url|(?:access|security)[_ .-]?code|api[_ .-]?password)/;
const VENDORS = (
  'abuseipdb adafruit adobe aikido airtable aiven alchemy algolia alibaba aliyun amplitude anthropic apify ' +
  'artifactory asana assemblyai atlassian auth0 aws axiom azure baidu baseten beamer binance bintray bitbucket ' +
  'bitfinex bitly bitrise bittrex bitwarden blockfrost box braintree braintrust brave brevo browserbase ' +
  'browserstack bugsnag buildkite bybit canva capella cartesia cerebras checkout circleci civo clarifai ' +
  'clearbit clerk clickhouse clickup clojars cloudant cloudflare cloudinary cloudsmith cockroach codacy ' +
  'codeclimate codecov cohere coinbase composio configcat confluence confluent contentful contribsys coralogix ' +
  'couchbase coveralls customerio dashscope data.gov databento databricks datadog datagov deepgram deepl ' +
  'deepseek deno descope devcycle devin digitalocean discord disqus docker docusign doppler drone droneci ' +
  'dropbox duffel dynatrace e2b easypost ebay elastic elevenlabs endor endorlabs etherscan etsy exoscale ' +
  'facebook fastly figma finicity finnhub firebase fireworks flickr flutterwave foursquare freshbooks freshdesk ' +
  'fullstory gemini giphy gitea github gitlab gitter gladia gocardless google grafana greptile groq gumroad ' +
  'harness hashicorp helicone helius heroku hetzner highnote honeycomb hubspot huggingface humanloop hyperbolic ' +
  'ibm ibmcloud ideogram imagekit influx influxdata influxdb infomaniak infracost infura inngest instagram ' +
  'intercom ionic ipinfo jenkins jfrog jina jira jumpcloud kaggle kagi keygen kimi klaviyo kraken kucoin ' +
  'lambdalabs langfuse langsmith lark launchdarkly lighton lightstep linear linked-in linked_in linkedin linode ' +
  'litellm livekit loggly logz looker mailchimp mailersend mailgun mailjet mapbox mapquest mattermost maxmind ' +
  'mem0 meraki mercadopago message-bird message_bird messagebird microsoft minimax miro mistral mixpanel ' +
  'moonshot moralis nebius neon netlify new-relic new-york-times new_relic newrelic newyorktimes ngrok nomic ' +
  'notion novita nvidia nytimes octopus okta onesignal onfido openai opencage openrouter openshift openweather ' +
  'opsgenie optimizely oracle ovh paddle pagerduty paypal paystack perplexity pexels pinecone pinterest plaid ' +
  'planetscale plivo poly polygon polymarket portkey posthog postman postmark prefect private-ai private_ai ' +
  'privateai pulumi pusher pyowm qdrant qwen rapidapi rapyd razorpay reddit redshift reka replicate replit ' +
  'roboflow rollbar rootly runpod runway salesforce sambanova samsara scaleway scalingo scalr scw sendbird ' +
  'sendgrid sendinblue sentry serpapi serper settlemint shippo shodan shopify sidekiq signalwire slack ' +
  'snowflake snyk softlayer sonar sonarqube sourcegraph speechmatics splunk spotify square squarespace sslmate ' +
  'stability statsig stripe stytch sumo sumologic supabase tableau tatum tavily telegr telegram telnyx tencent ' +
  'tencentcloud tiktok together togetherai tomorrow travis travisci trello turso twilio twitch twitter typeform ' +
  'unkey unsplash upcloud upstage upstash vapi vault vectara vercel virustotal vonage voyageai vultr waka-time ' +
  'waka_time wakatime wandb weatherstack weaviate webex webflow weightsandbiases wepay workato workos xai xray ' +
  'yandex yelp z.ai z_ai zai zapier zendesk zhipu zhipuai zlm zoom'
).split(' ');
const VENDOR_WORDS = new RegExp(`(?:^|[^a-z])(?:${VENDORS.join('|').replaceAll('.', '\\.')})(?![a-z])`);

const CLIENT_ID = /(?:client|access|access_key|api_key|app|application|api)[_ .-]?id(?:_token)?$/;

/** What says that the value is about a credential and not one: `password_length`, `tokenUrl`, `secretName`. */
const ABOUT =
  /^(?:s?[_ .-]?(?:hash(?:ed|er|ing)?_?(?:algo\w*|type)?|len(?:gth)?|min|max|field|label|polic(?:y|ies)|urls?|uri|link|path|file(?:name)?|dir|names?|ids?|at|types?|strength|regex|pattern|manager|required|errors?|message|msg|hint|prompt|input|placeholder|reset|expir\w*|expires?_?(?:in|at)?|ttl|attempts?|count|limit|budget|usage|salt|env|var(?:iable)?|rules?|valid\w*|generator|options?|config|provider|store|storage|service|class|column|header|param\w*|arn|refs?|reference|version|format|size|index|status|state|endpoint|scopes?|method|mode|description|title|text|help|page|form|confirm\w*text|rotation\w*|check(?:s|er|ed)?|results?|outcome|success|failure|chang\w*|verif\w*|match\w*|mismatch|visib\w*|show|toggle|icon|component|screen|view|modal|dialog|section|tab|button|event|action|handler|callback|helper|utils?|enabled|needed|s?used|details?|info|list|map|set|source|kind|algorithm|prefix|suffix|owner|created\w*|updated\w*|audience|issuer|mask|pos(?:ition)?|offset|start|end))(?![a-z])/;
/** Tokens that are cursors, and keys of tables. */
const NO_SECRET =
  /(?:next|prev(?:ious)?|page|sync|continuation|pagination|cursor|start|resume|cancel(?:lation)?|eos|bos|pad|sep|unk|mask|stop|csrf_?param|max|min|input|output|prompt|completion|total|special|text|first|last|primary|foreign|public|partition|sort|cache|object|row|column|hash|shortcut|hot|group|unique|index|idempotency|map|translation|i18n|message)[_ .-]?(?:token|key|secret)s?$/;

const SCHEMES = new Set(
  'bearer basic token apikey api-key api-token apikey-v1 geniekey oauth negotiate digest splunk ssws'.split(' '),
);
/** Of curl; the value is a user and a password. */
const ACCOUNT_FLAGS = new Set(['-u', '--user', '--proxy-user']);
const ACCOUNT_ASSIGNED = /(?:^|\s)(?:-u|--(?:proxy-)?user)$/;
const CONNECTIVES = new Set('is was are ist est es lautet jest by as equals è é är er'.split(' '));
/** Words that a value without quotes may follow directly. */
const LEADING_WORDS = new Set([...SCHEMES, ...CONNECTIVES, 'password', 'pw']);
const MAX_LEADING_CHARS = 12;
const IDENTIFIED = /identified\s+(?:with\s+\S{1,40}\s+)?$/i;
/** Of netrc (`login ada password x`) and of chats (`pw x`). */
const STANDS_ALONE = /(?:login\s+\S{1,32}\s+password|(?:^|[^\w])pw)$/;
const DEFINED = /(?:define|global|set|const)\s+\S+$|\slogin\s+password$/i;
const MAX_NAME_CHARS = 40;
const ENDS_PHRASE = '\n\r\t,;{}()[]"\'`<>|=!?&/';
const CONNECTIVE_CJK = '는은이가는を은がは是为為：:';
/** `<add key="DbPassword" value="`, `{"name": "DB_PASSWORD", "value": "`, `- name: DB_PASSWORD` and `value: ` in the next line. */
const VALUE_WORDS = new Set([
  'value',
  'val',
  'default',
  'default_value',
  'defaultvalue',
  'content',
  'text',
  'plaintext',
]);
const NAMED =
  /(?:name|key|id|field|variable|header|property|option|param)\\?["']?\s{0,4}[:=]\s{0,4}\\?["']?([\w.-]{2,40})\\?["']?\s{0,4}[,;]?\s{0,24}-?\s?\\?["']?\w{3,12}\\?["']?\s{0,4}$/i;
const ATTRIBUTE = /\s(?:name|key|id)=["']([\w.-]{2,48})["']/;
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
  if (quote !== 0 && FALLBACKS.includes(text.slice(end - 2, end))) return classify(text, min, end - 2, quote, true);
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
  while (at > min && from - at < MAX_BLANK_CHARS) {
    if (isBlank(text.charCodeAt(at - 1))) at--;
    else if (ESCAPED_BLANKS.includes(text.slice(at - 2, at))) at -= 2;
    else break;
  }
  return at;
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0xa0 || (code >= 0x09 && code <= 0x0d);
}

function isWordEnd(character: string): boolean {
  return /[A-Za-z\u00c0-\u024f\u0400-\u04ff]/.test(character);
}

/** `label :=`, `label =>`, `<label>`. */
function assigned(text: string, min: number, end: number, quote: number, onNextLine: boolean): Label | undefined {
  let at = end;
  while (at > min && end - at < 4 && OPERATORS.includes(text[at - 1]!)) at--;
  const operator = text.slice(at, end);
  if (operator === '>' || (operator.endsWith('>') && /[\w"']/.test(operator.at(-2) ?? 'a')))
    return tag(text, min, end - 1, quote);
  if (onNextLine && operator.includes('=')) return undefined;
  if (operator === '=' && ACCOUNT_ASSIGNED.test(text.slice(min, at)))
    return { kind: 'account', phrase: '--user', quote, assigned: true };
  // A label may hold operator characters of its own: `SONAR.LOGIN`, `user:`.
  return classify(text, min, at, quote, true);
}

/** The name in an opening tag that ends at `end`. */
function tag(text: string, min: number, end: number, quote: number): Label | undefined {
  const open = text.lastIndexOf('<', end);
  if (open < min || quote !== 0) return undefined;
  const opened = /^<([A-Za-z][\w.:-]*)((?:\s[^<>]*)?)$/.exec(text.slice(open, end));
  if (opened === null) return undefined;
  const attribute = ATTRIBUTE.exec(opened[2]!)?.[1];
  return (
    classifyPhrase(opened[1]!, TAG, true) ??
    (attribute === undefined ? undefined : classifyPhrase(attribute, TAG, true))
  );
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
  if (ACCOUNT_FLAGS.has(lower)) return { kind: 'account', phrase: lower, quote, assigned: false };
  if (lower === '-p')
    return /sshpass\s+-p$/.test(text.slice(min, end))
      ? { kind: 'password', phrase: 'sshpass', quote, assigned: true }
      : undefined;
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
    code === 0x5f ||
    (code >= 0xc0 && code <= 0x4ff)
  );
}

/** `src/secrets/token.ts: `. */
const FILE = /\.(?:[cm]?[jt]sx?|py|go|rb|rs|java|kt|php|cs|c|h|cpp|swift|md|txt|html?|css|lock|sh|sql)$/;

/** What the words that end at `end` say of the value behind them: a name with its dots and dashes, or some words of prose. */
function classify(text: string, min: number, end: number, quote: number, isAssigned: boolean): Label | undefined {
  const from = Math.max(min, end - MAX_PHRASE_CHARS);
  if (!LABEL_SCANNER.occurs(text, from, end)) return undefined;
  const phrase = phraseIn(text.slice(from, end));
  const name = VALUE_WORDS.has(phrase.trim().toLowerCase()) ? NAMED.exec(text.slice(min, end))?.[1] : undefined;
  return classifyPhrase(name ?? phrase, quote, isAssigned);
}

function classifyPhrase(given: string, quote: number, isAssigned: boolean): Label | undefined {
  if (given.length < 2 || FILE.test(given)) return undefined;
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

/** Whether a label, lower-case with `_` between words, names a service. */
export function namesVendor(phrase: string): boolean {
  return VENDOR_WORDS.test(phrase);
}

/** `ADOBE_CLIENT_ID`: the public half of a service's credentials, and no id of a thing. */
export function namesClient(phrase: string): boolean {
  return CLIENT_ID.test(phrase) && VENDOR_WORDS.test(phrase);
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
  'passw passp passc pssw paswd paswrd pasword psw pass pwd pw mdp kennwort contrase clave senha parola parole wachtwoord hasło haslo heslo senord ' +
    'salasana parool jelszo jelszó lozinka geslo slapta adgangskode sandi khau khẩu ifre secret token cred bearer basic identified 비밀번호 비번 암호 패스워드 パスワード 暗証番号 密码 密碼 口令 парол पास كلم סיס รหั',
);
const WEAK_KEYWORDS = inAllCases(
  `key auth dsn jwt pat seed mnemonic sso webhook cookie sess connect.sid ${VENDORS.join(' ')}`,
);
/** Behind these a label needs no operator. */
export const LABEL_KEYWORDS: readonly string[] = [...new Set([...STRONG_KEYWORDS, ...WEAK_KEYWORDS])];
/** What leads a value without being part of a label. */
export const LEADERS: readonly string[] = [...inAllCases('splunk ssws negotiate digest'), '-u', '--user'];
const WEAK = new Set(WEAK_KEYWORDS.filter((keyword) => !STRONG_KEYWORDS.includes(keyword)));
const LABEL_SCANNER = createKeywordScanner(LABEL_KEYWORDS);
const WATCH_SCANNER = createKeywordScanner([...LABEL_KEYWORDS, ...LEADERS]);

/** What can stand between a label's keyword and its value, as far as the first sign that a value follows. */
const OPERATOR = '[\\w.-]{0,40}[\\])"\'`}\\\\]{0,4}\\s{0,12}(?:[:=>,(~?+.|!]|[\\u3000-\\uffff])';
/** `" value="`: the name of a pair, and the word before its value. */
const PAIR = `[\\w.-]{0,24}\\\\?["']?[\\s,;]{1,24}-?\\s?\\\\?["']?(?:val|default|content|text|plaintext)`;
const LEADS = new RegExp(
  `(?:${OPERATOR}|[\\w.-]{0,24}["'\`]?\\s{1,12}(?:["'\`]|(?:is|was|are|ist|est|es|by|as|lautet|jest|equals|è|é|är|er)\\s|(?=\\S{0,64}\\d)\\S{4})|[ \\w./#-]{0,40}[:=]|\\\\[tnr]|${PAIR})`,
  'iy',
);
/** A weaker label needs an operator, and a value of eight characters or more with a digit in it. */
const WEAK_LEADS = new RegExp(
  '(?:[\\w.-]{0,24}[\\])"\'`}\\\\]{0,4}\\s{0,4}[:=>,(?~+.|!]|[ \\w-]{0,24}\\s?[:=]|[\\w-]{0,24}\\s["\'`])[:=>.|?]{0,3}\\s{0,16}\\\\?["\'`]?(?=[^\\s"\'`]{0,128}[\\d:#$%&*@{}])[^\\s"\'`]{8}' +
    `|[\\w-]{0,24}\\s(?=\\S{0,64}\\d)\\S{8}|${PAIR}`,
  'iy',
);

/** Whether a value may follow a label keyword of a text; yes where the text ends too early to tell. */
export function mayLead(text: string, start: number, end: number): boolean {
  if (end + LEFT_CONTEXT_CHARS > text.length) return true;
  const isWeak = WEAK.has(text.slice(start, end));
  const pattern = isWeak ? WEAK_LEADS : LEADS;
  pattern.lastIndex = end;
  return pattern.test(text);
}

const USERINFO = /:\/\/[^\s/@:]{0,64}:(?!\d{1,5}(?:[^\w@]|$))[^\s/@]{0,100}$/;
const INLINE_LABEL = /(?:pass(?:word|wd)?|pwd|pw|token|secret|key):[^\s:]{0,100}$/i;

/** Whether a word that goes on is a URL in its password, or a label with a colon and its value. */
export function opensInline(word: string): boolean {
  return USERINFO.test(word) || INLINE_LABEL.test(word);
}

/** Tells cheaply where no label can be near: reads the text along with the segmenter. */
export class LabelWatch {
  private readonly tracker = WATCH_SCANNER.track();
  /** Offsets in the whole text. */
  private readTo = 0;
  private lastEnd = Number.NEGATIVE_INFINITY;

  /** Whether a word that makes or leads a label ends in the 64 characters before `at`, an offset in `text`, which begins at `base`. */
  isNear(text: string, base: number, at: number): boolean {
    const from = Math.max(this.readTo, base + at - LEFT_CONTEXT_CHARS);
    if (from > this.readTo) this.tracker.restart();
    const end = this.tracker.read(text, from - base, at);
    if (end >= 0) this.lastEnd = base + end;
    this.readTo = base + at;
    return base + at - this.lastEnd <= LEFT_CONTEXT_CHARS;
  }
}
