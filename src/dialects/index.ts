/** The APIs that are spoken, by their paths: which one a request speaks is read from its path alone. */
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
export function errorsFor(provider: Pick<Provider, 'family'> | undefined): ErrorForm {
  return ERRORS[provider?.family ?? 'openai'];
}
