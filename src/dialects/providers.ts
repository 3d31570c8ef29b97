/**
 * The hosts that are known: where they are, which APIs they speak, and in what they differ. Adding one is one object. Sources: each
 * provider's API reference, November 2026; what is not said there is left at its careful default.
 */
import type { Provider } from './dialect.ts';

/** Google's and Amazon's models go on to the end when the client leaves, and charge it (@google/genai on `abortSignal`; BerriAI/litellm#13245). */
const CHARGES_TO_THE_END = { abort: 'full' } as const;

export const PROVIDERS: readonly Provider[] = [
  { name: 'openai', baseURL: 'https://api.openai.com/v1', streamUsage: true, maxTokensField: 'max_completion_tokens' },
  // With data residency: https://eu.api.openai.com/v1.
  {
    name: 'openai',
    baseURL: 'https://*.api.openai.com/v1',
    streamUsage: true,
    maxTokensField: 'max_completion_tokens',
  },
  {
    name: 'azure.ai.openai',
    route: 'azure',
    // Below it stand both /openai/v1/... and /openai/deployments/{name}/...
    baseURL: 'https://*.openai.azure.com',
    speaks: { openai: '/openai/v1' },
    keyHeader: 'api-key',
    streamUsage: true,
    maxTokensField: 'max_completion_tokens',
  },
  {
    name: 'azure.ai.inference',
    route: 'azure-foundry',
    baseURL: 'https://*.services.ai.azure.com',
    speaks: { anthropic: '/anthropic', openai: '/openai/v1' },
    keyHeader: 'api-key',
    streamUsage: true,
  },
  {
    name: 'anthropic',
    family: 'anthropic',
    baseURL: 'https://api.anthropic.com',
    speaks: { openai: '/v1' },
    streamUsage: true,
  },
  {
    name: 'gcp.gemini',
    route: 'gemini',
    family: 'google',
    baseURL: 'https://generativelanguage.googleapis.com',
    speaks: { openai: '/v1beta/openai' },
    streamUsage: true,
    ...CHARGES_TO_THE_END,
  },
  {
    name: 'gcp.vertex_ai',
    route: 'vertex',
    family: 'google',
    // https://aiplatform.googleapis.com and https://europe-west1-aiplatform.googleapis.com
    baseURL: 'https://*aiplatform.googleapis.com',
    keyHeader: 'authorization',
    ...CHARGES_TO_THE_END,
  },
  {
    name: 'aws.bedrock',
    route: 'bedrock',
    family: 'aws',
    baseURL: 'https://bedrock-runtime.*.amazonaws.com',
    speaks: { openai: '/openai/v1' },
    ...CHARGES_TO_THE_END,
  },
  // Refuses fields that it does not know; usage comes with the last chunk unasked.
  { name: 'mistral_ai', route: 'mistral', baseURL: 'https://api.mistral.ai/v1' },
  { name: 'groq', baseURL: 'https://api.groq.com/openai/v1', streamUsage: true },
  {
    name: 'deepseek',
    baseURL: 'https://api.deepseek.com',
    speaks: { anthropic: '/anthropic' },
    streamUsage: true,
  },
  { name: 'x_ai', route: 'xai', baseURL: 'https://api.x.ai/v1', streamUsage: true },
  {
    name: 'openrouter',
    baseURL: 'https://openrouter.ai/api/v1',
    speaks: { anthropic: '/api' },
    streamUsage: true,
  },
  { name: 'together', baseURL: 'https://api.together.xyz/v1', streamUsage: true },
  { name: 'fireworks', baseURL: 'https://api.fireworks.ai/inference/v1', streamUsage: true },
  { name: 'cerebras', baseURL: 'https://api.cerebras.ai/v1', streamUsage: true },
  { name: 'perplexity', baseURL: 'https://api.perplexity.ai' },
  // Its compatible API refuses `stream_options`.
  { name: 'cohere', baseURL: 'https://api.cohere.ai/compatibility/v1' },
  { name: 'baseten', baseURL: 'https://inference.baseten.co/v1', streamUsage: true },
  { name: 'ollama', baseURL: 'http://localhost:11434/v1', streamUsage: true },
  { name: 'vllm', baseURL: 'http://localhost:8000/v1', streamUsage: true },
  { name: 'lmstudio', baseURL: 'http://localhost:1234/v1', streamUsage: true },
];

interface Place {
  readonly provider: Provider;
  readonly origin: RegExp;
  readonly paths: readonly string[];
}

/** Finds the provider that a URL belongs to: its host, and a path below one of its bases. Those that stand first go before. */
export function providerFinder(providers: readonly Provider[]): (url: URL) => Provider | undefined {
  const places = providers.map(placeOf);
  return ({ origin, pathname }) => {
    const name = origin.replace(LOCAL_HOST, '//localhost');
    return places.find((place) => place.origin.test(name) && place.paths.some((path) => isBelow(pathname, path)))
      ?.provider;
  };
}

const LOCAL_HOST = /\/\/(?:127\.0\.0\.1|\[::1\])(?=:|$)/;

function placeOf(provider: Provider): Place {
  const { origin, pathname } = new URL(provider.baseURL);
  const pattern = origin
    .replace(LOCAL_HOST, '//localhost')
    .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
    .replace('*', '[a-z0-9.-]*');
  return {
    provider,
    origin: new RegExp(`^${pattern}$`),
    paths: [pathname, ...Object.values(provider.speaks ?? {})].map((path) => path.replace(/\/+$/, '')),
  };
}

function isBelow(pathname: string, base: string): boolean {
  return pathname === base || pathname.startsWith(`${base}/`);
}

/** What a provider is called in the server's paths and before the slash of a model's id. */
export function routeName({ route, name }: Provider): string {
  return route ?? name;
}

/** Everything before the path of an operation of that API, at that provider; `undefined` when it does not speak it. */
export function baseFor(
  { family = 'openai', baseURL, speaks }: Provider,
  api: Provider['family'] & string,
): string | undefined {
  const path = speaks?.[api];
  if (path !== undefined) return new URL(baseURL).origin + path;
  return api === family ? baseURL.replace(/\/+$/, '') : undefined;
}
