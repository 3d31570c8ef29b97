/** Tells values that are secrets from what stands in their place in texts: placeholders, code, prose. Knows no vendor and no label. */
import {
  entropyOf,
  isCamel,
  isJumbled,
  isMixedPart,
  isRandomPart,
  isStirred,
  isUnspeakable,
  isWordy,
  stepsIn,
} from './randomness.ts';

/** Fewer different characters than any key has. */
const MIN_ENTROPY_BITS = 1.6;
const FILLER =
  /x{6,}|\*{3,}|•{3,}|\.{3}$|…|your[-_ ]?(?:own|api|key|token|secret|pass|app|account|project)|placeholder|redacted|change[-_ ]?(?:me|it|this)|replace[-_ ]?(?:me|this|with)|<[a-z_ -]+>|\$\{[\w.: -]+\}|\{\{ ?[\w.$-]+ ?\}\}|\$\([\w .-]+\)|%\(\w+\)s/i;

/** The access keys of AWS's manuals: `AKIAIOSFODNN7EXAMPLE`. */
const DOCUMENTED = /^[A-Z0-9]{2,16}EXAMPLE$/;

/** `xxxx`, `****`, `your-api-key`, `${TOKEN}`: stands where a secret would. For values with a vendor's prefix. */
export function isFiller(value: string): boolean {
  return FILLER.test(value) || DOCUMENTED.test(value) || entropyOf(value) < MIN_ENTROPY_BITS;
}

const STOP_WORDS = new Set(
  (
    'password passwd passwort passphrase secret token apikey api_key key credentials credential user username login admin default ' +
    'example sample demo test testing dummy fake placeholder changeme change_me change-me todo none null nil undefined true false ' +
    'string str text number integer boolean bool bytes object array char varchar any unknown void optional required hidden invalid ' +
    'valid incorrect wrong missing empty blank secure plain masked redacted removed omitted encrypted hashed disabled enabled ' +
    'current-password new-password one-time-code off on yes no auto bearer basic oauth oauth2 jwt apikeyauth http https header ' +
    'query cookie body path env environment vault file config settings password1 mypassword yourpassword your_password ' +
    'my_password pass pwd root-password value values input output field form reset forgot confirm newpassword oldpassword ' +
    'contraseña senha motdepasse wachtwoord lozinka пароль 密码 パスワード 비밀번호 this that self props params args options data ' +
    'process request response result error exception function return await async import const char* *string'
  ).split(' '),
);

/** Words of sentences and messages: `Enter your password`. */
const PROSE =
  /(?:^|\s)(?:the|is|are|was|be|a|an|your|my|their|must|should|can|cannot|not|no|please|enter|at|of|to|in|on|for|and|or|with|from|has|have|been|least|required|invalid|incorrect|contains?|needs?|will|this|that|it|if|by|as|characters?|der|die|das|le|la|les|el|los|et|und)(?:\s|[.,:;!?]|$)/i;

/** `getpass()`, `os.environ['X']`, `process.env.X`, `config.get("x")`, `self.password`, `$PASSWORD`, `%PASS%`, `:password`, `@pw`. */
const CODE =
  /^(?:[,;)].*|arn:.*|#\w+|\*[\w-]+\*|\$[A-Za-z_][\w:]*[-.[({)].*|\/[\^*].*|[$@:%&][\w.:[\]>-]*%?|[\w.$]+(?:\.[\w$]+)*\(.*|[A-Za-z_$][\w$]*(?:(?:\.|->|::|\?\.)[A-Za-z_$][\w$]*)+[;,)\]]*|[\w$.]+\[['"\w$.-]*\]?.*|\(?(?:string|str|int|bool|char|void|var|let|const|new|await|return|null|none|nil|undefined|true|false|self|this|function|lambda|typeof|import|require|def|class)\b.*|![a-z]+|os\.|process\.|env\.|ENV\[|.*=>.*|.*\bgetenv\b.*|.*\benviron\b.*|<[^>]*>?.*|\{[\w.$ ]*\}|\{\{.{0,60}\}\}|\$\{.{0,60}\}|\$\(.{0,60}\)|%[sdv]|\{\d*\}|\[.*|\.{1,2}\/.*|\/[\w.-]+\/.*|https?:\/\/[^@]*|[\w-]+:\/\/[^@:]*|.*\.(?:json|ya?ml|txt|pem|key|crt|env|js|ts|py|md|html?))$/s;

/** A constant of C. */
const HEX_NUMBER = /^0x[0-9a-f]{1,8}u?l{0,2}$/i;
/** `%s:%s`, `%d, %d`. */
const FORMAT = /^[^A-Za-z0-9%]{0,8}(?:%[-\d.]{0,4}[a-z][^A-Za-z0-9%]{0,8}){1,8}$/;

const TEMPLATE = /\$\{[\w.:?-]+\}|\{\{ ?[\w.$| -]+ ?\}\}|<[A-Za-z][\w -]*>|%\(\w+\)s|\$\([\w .-]+\)|%[A-Z_]{3,}%/;
const PLACEHOLDER_START =
  /^(?:your|my|the|some|any|insert|enter|put|add|use|set|get|replace|change|input|example|sample|dummy|fake|test|mock|todo|fixme|redacted|placeholder|secret[-_]?(?:value|here|name|key|arn|id)|redact)(?:[-_ ]|$|[A-Z])/;
const PLACEHOLDER_PART =
  /example|placeholder|changeme|change[-_]me|redacted|your[-_](?:\w+)|[-_]here$|xxxx|\*\*\*|\.\.\.$|…|^[x*.#•_-]+$|^<.*>$|_?(?:password|token|secret|api_?key)$/i;

/** A random part of a weak value, or of one that looks like a path. */
const MIN_LONG_CHARS = 14;

/** Whether a value only stands for a secret: a template, a stop word, an example, a look-up in code. */
export function isPlaceholder(value: string): boolean {
  return (
    STOP_WORDS.has(value.toLowerCase()) ||
    TEMPLATE.test(value) ||
    PLACEHOLDER_START.test(value) ||
    PLACEHOLDER_PART.test(value) ||
    new Set(value).size < 3 ||
    FORMAT.test(value) ||
    HEX_NUMBER.test(value) ||
    /^-?anonymous@/.test(value)
  );
}

export function isCode(value: string): boolean {
  return CODE.test(value) && !isKeyAlikeCode(value);
}

/** Keys with dots look like look-ups, and base64 that begins with a slash like a path. */
function isKeyAlikeCode(value: string): boolean {
  if (/^[\w.-]+$/.test(value)) return value.split('.').some((part) => isMixedPart(part) && !isWordy(part));
  return (
    /^[\w/+=-]+$/.test(value) &&
    value.split(/[/+=-]/).some((part) => part.length >= MIN_LONG_CHARS && isRandomPart(part))
  );
}

export function isProse(value: string): boolean {
  return /\s/.test(value) && (PROSE.test(value) || value.split(/\s+/).length > 5);
}

const MIN_STRONG_CHARS = 8;
const DIGIT = /\d/;
const LETTER = /[A-Za-z]/;
/** Not a letter, a digit, or what names and paths are joined with. */
const SPECIAL = /[^\w\s.\-/,:()[\]]/;

/** 0 to 1: how sure a value behind a password label is one. `isBare`: no quotes around it, as names and calls in code. */
export function passwordScore(value: string, isBare: boolean): number {
  if (value.length < 4 || isPlaceholder(value) || isCode(value) || isProse(value)) return 0;
  const isMixed = (DIGIT.test(value) && LETTER.test(value)) || (SPECIAL.test(value) && LETTER.test(value));
  if (isBare)
    return isMixed && value.length >= 6 && !/pass|pwd|secret|token|[({]$/i.test(value) && !isName(value) ? 0.7 : 0;
  if (isMixed) return 0.8;
  if (/^\d+$/.test(value)) return value.length >= 6 ? 0.6 : 0;
  if (/pass(?:w|phrase)|pwd|secret|token|wort\b/i.test(value) || isName(value) || /\s/.test(value)) return 0;
  return value.length >= 7 && !/^[A-Z][a-z]+$/.test(value) && !/[-_./:]/.test(value) && !/^[A-Z]+$/.test(value)
    ? 0.6
    : 0;
}

/** Letters of both cases and digits, or digits in the middle: what nobody writes behind `password` but a password. */
export function isStrongPassword(value: string): boolean {
  if (value.length < MIN_STRONG_CHARS || isPlaceholder(value) || isCode(value) || /^\d+[:.]\d/.test(value))
    return false;
  const kinds = [/[a-z]/, /[A-Z]/, DIGIT, SPECIAL].filter((kind) => kind.test(value)).length;
  return kinds >= 3 ? !isWordy(value) : stepsIn(value) >= 2 && !isWordy(value);
}

/** Some words that make no sentence. */
export function isPassphrase(value: string): boolean {
  return /^[A-Za-z]{2,16}(?:[ -][A-Za-z]{2,16}){2,7}$/.test(value) && !PROSE.test(value) && !isPlaceholder(value);
}

/** What things in code are called, with a number: `field1`, `sha256`, `utf8`. Another word with a number is what people choose: `sunshine99`. */
const NUMBERED_NAME =
  /^(?:arg|args|attr|base|bcrypt|block|buf|byte|bytes|case|cell|char|code|col|column|conf|config|count|data|entry|err|error|expected|field|file|func|group|hash|header|idx|img|index|input|int|item|key|label|len|level|line|list|login|member|msg|name|node|num|number|obj|object|option|output|page|param|part|pkcs|pos|prop|ref|res|result|root|row|rule|scrypt|sha|shadow|slot|state|step|str|string|temp|test|text|tier|tmp|token|type|unit|user|username|utf|val|value|var|version|xpath)[_-]?\d{1,3}$/;

/** A word with a number behind it, or words in camel or snake case: `user_id_2`, `myVariableName`. */
function isName(value: string): boolean {
  if (NUMBERED_NAME.test(value)) return true;
  if (/^[a-z]+\d{1,2}$/.test(value)) return /^[a-z]{1,3}\d/.test(value);
  return (
    (/^[a-z]+(?:[_-][a-z]+)*[_-]?\d{0,2}$/.test(value) && /\d|[_-]/.test(value)) ||
    /^[a-z]+(?:[A-Z][a-z]+)+\d?$/.test(value) ||
    /^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+$/.test(value) ||
    /^[\w-]+(?:\.[A-Za-z_]\w*)+$/.test(value)
  );
}

/** Characters of keys and tokens in any encoding. */
const TOKEN = /^[\w\-+/=.~:%@!$&*#|{}]+$/;
const UUID = /^[0-9a-z]{8}-[0-9a-z]{4}-[0-9a-z]{4}-[0-9a-z]{4}-[0-9a-z]{12}$/i;
/** User and password of a gem server. */
const HEX_PAIR = /^[a-f0-9]{8}:[a-f0-9]{8}$/;
const AWS_ID = /^(?:vpce?|subnet|sg|eni|ami|vol|snap|rtb|igw|nat|acl|eipalloc|lt|fs|i)-[a-z0-9]{8,20}$/;
const DATE_OR_VERSION = /^v?\d{1,4}(?:[-./:]\d{1,4})+(?:[T ].*)?$/;
/** 0 to 1: how sure a value behind a label for keys is one; `isStrong` for labels that say key, token or secret. */
export function keyScore(value: string, isStrong: boolean): number {
  if (value.length < 8 || isPlaceholder(value) || isCode(value)) return 0;
  if (!TOKEN.test(value)) return isStrong && isOdd(value) ? 0.6 : 0;
  if (HEX_PAIR.test(value)) return 0.6;
  if (UUID.test(value)) return /\d/.test(value) ? 0.6 : 0;
  if (DATE_OR_VERSION.test(value) || AWS_ID.test(value)) return 0;
  const entropy = entropyOf(value);
  if (/^\d+$/.test(value)) return value.length >= 20 && entropy > 2 ? 0.6 : 0;
  if (entropy < (value.length < 16 ? 2.6 : 2.8)) return 0;
  return randomScore(value, entropy, isStrong);
}

const MIN_JUMBLED_CHARS = 10;
/** Of eight characters: `jE0E06jL`. */
const MIN_SHORT_STEPS = 3;

/** What a weak label needs of a value without digits. */
function isLongRandom(part: string): boolean {
  return part.length >= MIN_LONG_CHARS && isRandomPart(part);
}

function randomScore(value: string, entropy: number, isStrong: boolean): number {
  const parts = value.split(/[^A-Za-z0-9]+/);
  const random = parts.filter((part) => isMixedPart(part) && !isWordy(part));
  const longest = Math.max(0, ...random.map((part) => part.length));
  const share = random.reduce((sum, part) => sum + part.length, 0) / value.length;
  if (longest >= 14 || (share >= 0.5 && value.length >= (isStrong ? 10 : 14))) return isStrong ? 0.8 : 0.65;
  if (isStirred(value)) return 0.6;
  if (!isStrong)
    return (parts.length >= 4 && share >= 0.25 && value.length >= 24 && entropy > 3.6) || parts.some(isLongRandom)
      ? 0.6
      : 0;
  if (
    isOdd(value) ||
    stepsIn(value) >= MIN_SHORT_STEPS ||
    parts.some((part) => part.length >= MIN_JUMBLED_CHARS && isJumbled(part))
  )
    return 0.6;
  if (
    DIGIT.test(value) &&
    LETTER.test(value) &&
    entropy >= 3.4 &&
    value.length >= 20 &&
    parts.some((part) => part.length >= 4 && isMixedPart(`${part}00`))
  )
    return share > 0.2 ? 0.6 : 0;
  return /^[A-Za-z]{20,}$/.test(value) && entropy >= 3.2 && isUnspeakable(value) && !isCamel(value) ? 0.55 : 0;
}

/** Letters and several special characters, as nobody names things. */
function isOdd(value: string): boolean {
  const specials = value.match(/[^\w\s.\-/:()[\],]/g)?.length ?? 0;
  return (
    specials >= 2 &&
    value.length >= 10 &&
    LETTER.test(value) &&
    !/\s/.test(value) &&
    !/["'`;]|=>|\)\s*$|&&|\|\|/.test(value)
  );
}
