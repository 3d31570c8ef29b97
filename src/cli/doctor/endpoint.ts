/** Where traces are to go, as `setupTracing` reads it, and what people get wrong in such a URL. Sends nothing. */
import { isOwnError } from '../../errors.ts';
import { langsmith } from '../../telemetry/langsmith.ts';
import { CommandError } from '../command.ts';
import { type Environment, variable } from './check.ts';
import { toldUrl } from './request.ts';

export interface EndpointOptions {
  readonly target: 'langsmith' | 'otlp' | undefined;
  readonly url: string | undefined;
  readonly project: string | undefined;
}

export interface Endpoint {
  readonly target: 'langsmith' | 'otlp';
  /** The traces endpoint. */
  readonly url: string;
  /** What decided on the URL: an option or a variable. */
  readonly source: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Whether LangSmith answers there, whichever way it is set up. */
  readonly isLangSmith: boolean;
}

export const CLOUD_REGIONS = ['api', 'eu.api', 'apac.api', 'aws.api'].map((name) => `${name}.smith.langchain.com`);
const CLOUD = /(?:^|\.)smith\.langchain\.com$/;
const LANGSMITH_PATH = /\/otel\/v1\/traces\/?$/;
const TRACES = 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT';
const GENERAL = 'OTEL_EXPORTER_OTLP_ENDPOINT';

export const isCloud = (url: string): boolean => CLOUD.test(new URL(url).hostname);

/** @throws CommandError for a URL that is none */
export function endpointOf(options: EndpointOptions, env: Environment): Endpoint {
  const target = options.target ?? targetOf(env);
  return target === 'langsmith' ? langsmithEndpoint(options, env) : otlpEndpoint(options, env);
}

/** LangSmith, unless only a backend of OpenTelemetry's variables is set up. */
function targetOf(env: Environment): 'langsmith' | 'otlp' {
  if (variable(env, 'LANGSMITH_API_KEY') ?? variable(env, 'LANGSMITH_ENDPOINT')) return 'langsmith';
  return (variable(env, TRACES) ?? variable(env, GENERAL)) ? 'otlp' : 'langsmith';
}

function langsmithEndpoint({ url, project }: EndpointOptions, env: Environment): Endpoint {
  const key = variable(env, 'LANGSMITH_API_KEY');
  const fromEnv = variable(env, 'LANGSMITH_ENDPOINT');
  // Without a key there is no target; that is told, and the rest is looked at all the same.
  const made = readable(() => langsmith({ url, project, apiKey: key ?? 'none', env }));
  const { 'x-api-key': _, ...others } = made.headers as Record<string, string>;
  return {
    target: 'langsmith',
    url: made.url,
    source: url === undefined ? (fromEnv ? 'LANGSMITH_ENDPOINT' : 'the default') : '--url',
    headers: key ? { ...made.headers } : others,
    isLangSmith: true,
  };
}

function otlpEndpoint({ url: given, project }: EndpointOptions, env: Environment): Endpoint {
  const { url, source } = otlpUrl(given, env);
  if (!/^https?:/.test(URL.canParse(url) ? new URL(url).protocol : ''))
    throw new CommandError(`${source} is no http or https URL.`);
  const own = given === undefined || sameOrigin(given, otlpUrl(undefined, env).url);
  // Headers of the environment belong to the backend that stands there; no other gets them.
  const headers = own
    ? { ...pairs(env.OTEL_EXPORTER_OTLP_HEADERS), ...pairs(env.OTEL_EXPORTER_OTLP_TRACES_HEADERS) }
    : {};
  if (project !== undefined) headers['langsmith-project'] = project;
  return {
    target: 'otlp',
    url,
    source,
    headers,
    isLangSmith: isCloud(url) || LANGSMITH_PATH.test(new URL(url).pathname),
  };
}

/** By OpenTelemetry's specification: the one for traces is used as it is, the general one gets `/v1/traces`. */
function otlpUrl(given: string | undefined, env: Environment): { url: string; source: string } {
  if (given !== undefined) return { url: given, source: '--url' };
  const traces = variable(env, TRACES);
  if (traces) return { url: traces, source: TRACES };
  const general = variable(env, GENERAL);
  if (general) return { url: `${general.replace(/\/$/, '')}/v1/traces`, source: GENERAL };
  return { url: 'http://localhost:4318/v1/traces', source: 'the default' };
}

/** `a=1,b=2`, percent-encoded as W3C baggage is. */
function pairs(text = ''): Record<string, string> {
  const found: Record<string, string> = {};
  for (const pair of text.split(',')) {
    const at = pair.indexOf('=');
    if (at > 0) found[pair.slice(0, at).trim().toLowerCase()] = decoded(pair.slice(at + 1).trim());
  }
  return found;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function readable<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (isOwnError(error)) throw new CommandError(error.message);
    throw error;
  }
}

const sameOrigin = (a: string, b: string): boolean =>
  URL.canParse(a) && URL.canParse(b) && new URL(a).origin === new URL(b).origin;

export interface UrlAdvice {
  readonly mistakes: readonly string[];
  readonly corrected: string;
}

type Rule = (url: URL, isLangSmith: boolean) => string | undefined;

/** Each corrects the URL it is given and says what was wrong. In order: a later one sees the path as an earlier one left it. */
const RULES: readonly Rule[] = [
  (url) => {
    if (url.port !== '4317') return undefined;
    url.port = '4318';
    return 'port 4317 is for gRPC, and this exporter speaks HTTP, for which 4318 is';
  },
  (url) => {
    const host = /^((?:eu|apac|aws)\.)?smith\.langchain\.com$/.exec(url.hostname);
    if (!host) return undefined;
    url.hostname = `${host[1] ?? ''}api.smith.langchain.com`;
    return "smith.langchain.com is LangSmith's web page; its API is at api.smith.langchain.com";
  },
  (url) => {
    if (url.protocol !== 'http:' || !CLOUD.test(url.hostname)) return undefined;
    url.protocol = 'https:';
    return 'http stands where https has to';
  },
  (url) => {
    const path = url.pathname.replace(/\/{2,}/g, '/').replace(/(?<=.)\/$/, '');
    if (path === url.pathname) return undefined;
    url.pathname = path;
    return 'it ends with a slash or has a double one';
  },
  doubled('/v1/traces', '/v1/traces'),
  doubled('/otel', '/otel'),
  doubled('/api/v1', '/api/v1'),
  (url) => {
    if (url.pathname.endsWith('/v1/traces')) return undefined;
    url.pathname = `${url.pathname.replace(/\/$/, '').replace(/\/v1$/, '')}/v1/traces`;
    return '/v1/traces is missing at its end';
  },
  (url, isLangSmith) => {
    if (!isLangSmith || /\/otel\/v1\/traces$/.test(url.pathname)) return undefined;
    url.pathname = url.pathname.replace(/\/v1\/traces$/, '/otel/v1/traces');
    return 'LangSmith takes traces below /otel';
  },
  (url, isLangSmith) => {
    if (!isLangSmith || CLOUD.test(url.hostname) || /\/api\/v1\/otel\/v1\/traces$/.test(url.pathname)) return undefined;
    url.pathname = url.pathname.replace(/\/otel\/v1\/traces$/, '/api/v1/otel/v1/traces');
    return '/api/v1 is missing before /otel, which a LangSmith of your own needs';
  },
];

function doubled(part: string, once: string): Rule {
  const twice = new RegExp(`(?:${part.replaceAll('/', '\\/')}){2,}`);
  return (url) => {
    if (!twice.test(url.pathname)) return undefined;
    url.pathname = url.pathname.replace(twice, once);
    return `${part} stands there twice`;
  };
}

/** What is likely wrong with the URL, and the URL that was meant. */
export function adviceFor({ url, isLangSmith }: Pick<Endpoint, 'url' | 'isLangSmith'>): UrlAdvice {
  const corrected = new URL(url);
  const mistakes = RULES.flatMap((rule) => rule(corrected, isLangSmith) ?? []);
  return { mistakes, corrected: toldUrl(corrected.href) };
}

/** What to write where the URL came from; the general variable gets `/v1/traces` added by the exporter. */
export function correction({ source }: Pick<Endpoint, 'source'>, corrected: string): string {
  if (source === GENERAL) return `Set ${GENERAL}=${corrected.replace(/\/v1\/traces$/, '')}`;
  return source === '--url' ? `Use ${corrected}` : `Set ${source === 'the default' ? TRACES : source}=${corrected}`;
}

/** Base of LangSmith's own API beside a traces endpoint: `https://api.smith.langchain.com/api/v1`. */
export function apiBase(tracesUrl: string): string {
  const { origin, pathname } = new URL(tracesUrl);
  const path = pathname.replace(LANGSMITH_PATH, '').replace(/\/+$/, '');
  return `${origin}${path.endsWith('/api/v1') ? path : `${path}/api/v1`}`;
}
