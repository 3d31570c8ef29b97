/** What the paths of Amazon Bedrock's runtime say: the model, and whether its answer is streamed. */
import type { Route } from './dialect.ts';

/** A model in a path, URL-encoded by the SDKs; of an ARN that is not, the slash belongs to it. */
export const MODEL_PATH = '/model/(?<model>arn:[^/]+/[^/]+|[^/]+)';

/** ARNs whose last part is a model's id. Those of application profiles, provisioned models and prompts tell none. */
const NAMING_ARN = /^arn:[^:]+:bedrock:[^:]*:[^:]*:(?:foundation-model|inference-profile)\/(.+)$/;

/** `us.anthropic.claude-...` of the ARN of its inference profile; other ids as they are, for their price can be set by them. */
export function modelId(id: string): string {
  return NAMING_ARN.exec(id)?.[1] ?? id;
}

export const modelOf = ({ model = '' }: Route): string => modelId(model);

export const isStreamed = ({ path }: Route): boolean => /-stream$/.test(path);

/** The same operation of another model. */
export function pathFor(path: string, model: string): string {
  return path.replace(/^\/model\/.+(?=\/[^/]+$)/, () => `/model/${encodeURIComponent(model)}`);
}
