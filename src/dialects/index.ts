/** The APIs that are spoken and their paths, and the hosts that are known. Which API a request speaks is read from its path. */
import { anthropicEndpoints } from './anthropic.ts';
import { anthropicErrors } from './anthropic-error.ts';
import { awsEndpoints } from './aws.ts';
import { awsErrors } from './aws-error.ts';
import type { ApiFamily, Endpoint, ErrorForm, Provider, Route } from './dialect.ts';
import { googleEndpoints } from './google.ts';
import { googleErrors } from './google-error.ts';
import { openaiEndpoints } from './openai.ts';
import { openaiErrors } from './openai-error.ts';

const OWN: Readonly<Record<ApiFamily, readonly Endpoint[]>> = {
  openai: openaiEndpoints,
  anthropic: anthropicEndpoints,
  google: googleEndpoints,
  aws: awsEndpoints,
};
/** A host's own API first: many speak another one too. */
const ENDPOINTS_OF: ReadonlyMap<string, readonly Endpoint[]> = new Map(
  Object.entries(OWN).map(([family, own]) => [family, [...own, ...Object.values(OWN).flat()]]),
);

/** `undefined` for a path that no dialect speaks. Of two APIs with the same path (`/v1/files`) the host's own is meant. */
export function routeFor(method: string, pathname: string, family?: ApiFamily): Route | undefined {
  for (const endpoint of ENDPOINTS_OF.get(family ?? 'openai')!) {
    const found = endpoint.method === method ? endpoint.path.exec(pathname) : null;
    if (!found) continue;
    const { model, answer } = found.groups ?? {};
    return { dialect: endpoint.dialect, path: found[0], model: model && decoded(model), answerId: answer };
  }
  return undefined;
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

const ERRORS: Readonly<Record<ApiFamily, ErrorForm>> = {
  openai: openaiErrors,
  anthropic: anthropicErrors,
  google: googleErrors,
  aws: awsErrors,
};

/** How a host's own clients read errors; OpenAI's form, which most can read, where nothing is known of the host. */
export function errorsFor(provider: Provider | undefined): ErrorForm {
  return ERRORS[provider?.family ?? 'openai'];
}

/** Sources: each provider's API reference, November 2026. */
export const PROVIDERS: readonly Provider[] = [
  { name: 'openai', baseURL: 'https://api.openai.com/v1', streamUsage: true, maxTokensField: 'max_completion_tokens' },
  { name: 'groq', baseURL: 'https://api.groq.com/openai/v1', streamUsage: true },
  { name: 'deepseek', baseURL: 'https://api.deepseek.com', streamUsage: true },
  { name: 'x_ai', baseURL: 'https://api.x.ai/v1', streamUsage: true },
  { name: 'mistral_ai', baseURL: 'https://api.mistral.ai/v1' },
  { name: 'openrouter', baseURL: 'https://openrouter.ai/api/v1', streamUsage: true },
];

/** The provider that a URL belongs to: same origin, path below its base. */
export function providerForUrl(url: URL, providers: readonly Provider[]): Provider | undefined {
  return providers.find(({ baseURL }) => {
    const base = new URL(baseURL);
    return base.origin === url.origin && url.pathname.startsWith(base.pathname);
  });
}
