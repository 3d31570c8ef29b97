/** Where LangSmith takes OTLP spans, and what it wants to be told with them. Knows no SDK: a target is a URL and headers. */
import { optionError } from '../errors.ts';

/** One place that takes spans as OTLP over HTTP, in protobuf. */
export interface OtlpTarget {
  /** The whole URL of the traces endpoint, used as it is: `https://collector.example/v1/traces`. */
  readonly url: string;
  /** Sent with each batch. Headers of `OTEL_EXPORTER_OTLP_HEADERS` are not added to them. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** `postern`: only the spans of Postern. Default `all`. */
  readonly spans?: 'all' | 'postern' | undefined;
  /** It drops a span whose parent it does not get; such spans, and those of a remote parent, are sent as roots. Default false. */
  readonly needsParents?: boolean | undefined;
}

export type LangSmithRegion = 'us' | 'eu' | 'apac' | 'aws';

export interface LangSmithOptions {
  /** Default: `LANGSMITH_API_KEY`. */
  readonly apiKey?: string | undefined;
  /** The project that gets the runs. Default: `LANGSMITH_PROJECT`, then the one LangSmith chooses. */
  readonly project?: string | undefined;
  /** Where in LangSmith's cloud. Default: `LANGSMITH_ENDPOINT`, then `us`. */
  readonly region?: LangSmithRegion | undefined;
  /** A LangSmith of your own, with or without a base path: `https://langsmith.example`, `https://example/tools/api/v1`. */
  readonly url?: string | undefined;
  /**
   * `postern` (default): only the spans of Postern. `all`: also those of the app and of other instrumentation, which may hold prompts
   * (`redactingSpanProcessor`).
   */
  readonly spans?: 'postern' | 'all' | undefined;
  /** Default `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
}

const CLOUD_HOST = 'api.smith.langchain.com';
const REGION_HOSTS: Readonly<Record<LangSmithRegion, string>> = {
  us: CLOUD_HOST,
  eu: `eu.${CLOUD_HOST}`,
  apac: `apac.${CLOUD_HOST}`,
  aws: `aws.${CLOUD_HOST}`,
};
const CLOUD_PATH = '/otel/v1/traces';

/** How a path that people copy from elsewhere ends, and what is missing then. First match wins. */
const ENDINGS: readonly (readonly [ending: string, missing: string])[] = [
  ['/v1/traces', ''],
  ['/otel', '/v1/traces'],
  ['/api/v1', '/otel/v1/traces'],
  ['/api', '/v1/otel/v1/traces'],
];

/**
 * LangSmith as a target: its cloud by `region`, or one of your own by `url`. Explicit options win over `LANGSMITH_*`.
 *
 * LangSmith drops a span whose parent it never gets, without an error. So a span whose parent does not go there, or is remote,
 * goes there as a root, unless `langsmith.*` ids place it below a run; a backend beside it gets the true parents.
 * @throws GatewayError `invalid_option` without a key, with both `url` and `region`, and for a URL that is none.
 */
export function langsmith(options: LangSmithOptions = {}): OtlpTarget {
  const env = options.env ?? process.env;
  const apiKey = (options.apiKey ?? env.LANGSMITH_API_KEY)?.trim();
  if (!apiKey) throw optionError('apiKey', 'a LangSmith API key (or set LANGSMITH_API_KEY)', apiKey);
  const project = (options.project ?? env.LANGSMITH_PROJECT)?.trim();
  const headers = { 'x-api-key': apiKey, ...(project && { 'Langsmith-Project': project }) };
  const { spans = 'postern' } = options;
  if (spans !== 'postern' && spans !== 'all') throw optionError('spans', "'postern' or 'all'", spans);
  return { url: endpointOf(options, env.LANGSMITH_ENDPOINT?.trim()), headers, spans, needsParents: true };
}

function endpointOf({ url, region }: LangSmithOptions, fromEnv: string | undefined): string {
  if (url !== undefined && region !== undefined) throw optionError('region', 'left out when url is given', region);
  if (url !== undefined) return tracesUrl('url', url);
  if (region === undefined && fromEnv) return tracesUrl('LANGSMITH_ENDPOINT', fromEnv);
  const host = Object.hasOwn(REGION_HOSTS, region ?? 'us') ? REGION_HOSTS[region ?? 'us'] : undefined;
  if (!host) throw optionError('region', Object.keys(REGION_HOSTS).join(', '), region);
  return `https://${host}${CLOUD_PATH}`;
}

/** The traces endpoint of the LangSmith at `given`; what the path already holds of it is not doubled. */
function tracesUrl(option: string, given: string): string {
  const { origin, hostname, pathname } = httpUrl(option, given);
  if (hostname === CLOUD_HOST || hostname.endsWith(`.${CLOUD_HOST}`)) return `${origin}${CLOUD_PATH}`;
  const path = pathname.replace(/\/+$/, '');
  const [, missing] = ENDINGS.find(([ending]) => path.endsWith(ending)) ?? ['', '/api/v1/otel/v1/traces'];
  return `${origin}${path}${missing}`;
}

/** @throws GatewayError `invalid_option`, without quoting the value: URLs may hold credentials. */
export function httpUrl(option: string, given: unknown): URL {
  const url = typeof given === 'string' && URL.canParse(given) ? new URL(given) : undefined;
  if (url?.protocol === 'https:' || url?.protocol === 'http:') return url;
  throw optionError(
    option,
    'an http or https URL',
    typeof given === 'string' ? `${given.length} other characters` : given,
  );
}
