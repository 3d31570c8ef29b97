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

const ENDPOINTS: readonly Endpoint[] = [...openaiEndpoints, ...anthropicEndpoints, ...googleEndpoints, ...awsEndpoints];

/** `undefined` for a path that no dialect speaks. */
export function routeFor(method: string, pathname: string): Route | undefined {
  for (const endpoint of ENDPOINTS) {
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
