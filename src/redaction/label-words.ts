/**
 * The words of labels, in the languages of the world's keyboards, and what each says of the value behind it. Knows nothing of
 * where labels stand.
 */
import { type Keywords, LEFT_CONTEXT_CHARS } from './detector.ts';

/**
 * `password`: what people choose. `secret`: what machines make. `vendor`: the name of a service, or `key` alone, which says
 * less. `scheme`: the word before credentials in a header, `Bearer`.
 */
export type LabelKind = 'password' | 'secret' | 'vendor' | 'scheme' | 'account';

const PASSWORD_WORDS =
  /(?:pa?s{1,2}w(?:or?s?d?|rd|d)s?|passwor[sd]{1,3}|passphrase|pass ?code|passord(?:et)?|passwort|kennwort|contrase(?:ñ|n)a|contrasenya|contrasenha|palavra[- ]passe|mot de passe|(?:^|[^a-z0-9])pw\d?(?![a-z0-9])|(?:^|[^a-z])(?:psw|pswd|mdp|clave|senha|parola|wachtwoord|has(?:ł|l)o|heslo|l(?:ö|o)senord(?:et)?|adgangskoden?|salasana|parool|jelszo|jelszó|lozinka|geslo|slapta[zž]odis|parole|sifre|şifre|kata ?sandi|mat khau|mật khẩu)(?![a-z])|pwd|(?:^|[^a-z]|db|sql|root|user|admin|login|ssh|ftp|smtp|mail|redis|mongo|ldap|wifi|my)pass(?![a-z])|비밀번호|비번|암호|패스워드|パスワード|暗証番号|密码|密碼|口令|парол|पासवर्ड|كلمة (?:ال)?(?:مرور|سر)|סיסמ|รหัสผ่าน)/;
const SECRET_WORDS =
  /(?:secrets?(?:e|_?v\d)?(?![a-df-rt-z])|token(?![a-z])|apikey|api[_ .-]?keys?(?![a-z])|(?:access|auth|private|priv|encryption|encrypt|signing|sign|signature|account|shared|master|service|client|license|app|application|session|subscription|webhook|secret|deploy|ssh|server|admin|consumer|publish(?:able)?|personal|storage|host|function|sas|hmac|jwt|sdk|rsa|aes|integration|ingest(?:ion)?|read|write|write[_-]?read|bot|user|iam|platform|project|org(?:anization)?|security)[_ .-]?keys?(?![a-z])|(?:access|api|secret)[_ .-]?key[_ .-]?id(?![a-z])|credentials?(?![a-z])|creds?(?![a-z])|authorization|auth[_ .-]?header|^x[_-][\w-]{0,24}key$|^sig$|x[_-]amz[_-]signature$|(?:^|[^a-z])(?:set[_-])?cookie$|(?:^|[^a-z])(?:php|j|asp[._]?net_?)?sess(?:ion)?_?id$|[a-z]_session$|connect\.sid$|(?:^|[\s_-])auth$|bearer|(?:^|[^a-z])(?:dsn|jwt|(?:otp|wallet|recovery|backup)[_ .-]?seed|mnemonic|seed[_ .-]?(?:phrase|words?)|sso|sid_token)$|webhook[_ .-]?url|(?:access|security)[_ .-]?code|api[_ .-]?password)/;
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
  /(?:next|prev(?:ious)?|page|sync|continuation|pagination|cursor|start|resume|cancel(?:lation)?|eos|bos|pad|sep|unk|mask|stop|csrf_?param|max|min|input|output|prompt|completion|total|special|text|first|last|request|action|starting|update|lock|primary|foreign|s3|public|partition|sort|cache|object|row|column|hash|shortcut|hot|group|unique|index|idempotency|map|translation|i18n|message)[_ .-]?(?:token|key|secret)s?$/;

/** What a label, lower-case with `_` between words, says of its value. */
export function kindOfLabel(phrase: string): LabelKind | undefined {
  const password = PASSWORD_WORDS.exec(phrase);
  if (password !== null) return isAbout(phrase, password) || isVerb(phrase, password) ? undefined : 'password';
  if (NO_SECRET.test(phrase)) return undefined;
  const secret = SECRET_WORDS.exec(phrase);
  if (secret !== null && !isAbout(phrase, secret)) return 'secret';
  if (secret === null && !phrase.includes('::') && VENDOR_WORDS.test(phrase)) return 'vendor';
  return /(?:^|[^a-z])(?:key|pat)$/.test(phrase) ? 'vendor' : undefined;
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

/** Parts of labels, one of which is in each; in small letters. */
const KEYWORDS = (
  'passw passp passc pssw paswd paswrd pasword psw pass pwd pw mdp kennwort contrase clave senha parola parole wachtwoord hasło haslo ' +
  'heslo senord salasana parool jelszo jelszó lozinka geslo slapta adgangskode sandi khau khẩu ifre secret token cred bearer basic ' +
  'identified 비밀번호 비번 암호 패스워드 パスワード 暗証番号 密码 密碼 口令 парол पास كلم סיס รหั key auth dsn jwt pat seed mnemonic ' +
  'sso webhook cookie sess connect.sid &sig ?sig x-amz-sig'
).split(' ');
export const LABEL_KEYWORDS: readonly string[] = [...new Set([...KEYWORDS, ...VENDORS])];
/**
 * One of these is in each phrase that has a kind: parts of labels, and what makes one only while a part of another stands near. The
 * Kelvin sign is a k in small letters.
 */
export const PHRASE_KEYWORDS: readonly string[] = [...LABEL_KEYWORDS, 'pasw', 'code', 'sig', '\u212a'];
/** What leads a value without being part of a label. */
const LEADERS = ['splunk', 'ssws', 'negotiate', 'digest', 'geniekey', 'oauth', 'curl', '-u', '--user', '--proxy-user'];
/** One of these stands near before every labelled value. */
export const LABEL_WORDS: Keywords = { words: [...LABEL_KEYWORDS, ...LEADERS], reach: LEFT_CONTEXT_CHARS };
