/** The environment variables in which the providers' own clients look for keys and base URLs. Reads none of them. */

export interface ProviderVariables {
  /** Its name in the table of hosts. */
  readonly name: string;
  readonly keys: readonly [string, ...string[]];
  /** Default: as the first of the keys, but for `_BASE_URL` at its end. */
  readonly baseUrl?: string | undefined;
  /** What the base ends with, before the paths of operations. Default: clients differ in it. */
  readonly baseEnd?: '' | '/v1' | undefined;
  /** Behind the base; without it, nothing is asked. */
  readonly models?: string | undefined;
  readonly header?: ((key: string) => Record<string, string>) | undefined;
}

const compatible = (name: string, key: string, baseEnd?: '/v1'): ProviderVariables => ({
  name,
  keys: [key],
  baseEnd,
  models: '/models',
});

/**
 * The variables that the providers' clients read (their READMEs and sources, November 2026), of all in the table that take a key from
 * one: Vertex AI takes the credentials of Google Cloud, and servers of one's own often none.
 */
export const PROVIDER_VARIABLES: readonly ProviderVariables[] = [
  compatible('openai', 'OPENAI_API_KEY', '/v1'),
  {
    name: 'anthropic',
    keys: ['ANTHROPIC_API_KEY'],
    baseEnd: '',
    models: '/v1/models',
    header: (key) => ({ 'x-api-key': key, 'anthropic-version': '2023-06-01' }),
  },
  {
    name: 'gcp.gemini',
    keys: ['GOOGLE_API_KEY', 'GEMINI_API_KEY'],
    baseUrl: 'GOOGLE_GEMINI_BASE_URL',
    baseEnd: '',
    models: '/v1beta/models',
    header: (key) => ({ 'x-goog-api-key': key }),
  },
  { name: 'aws.bedrock', keys: ['AWS_BEARER_TOKEN_BEDROCK'], baseUrl: 'AWS_ENDPOINT_URL_BEDROCK_RUNTIME' },
  { name: 'azure.ai.openai', keys: ['AZURE_OPENAI_API_KEY'], baseUrl: 'AZURE_OPENAI_ENDPOINT' },
  { name: 'azure.ai.inference', keys: ['ANTHROPIC_FOUNDRY_API_KEY'] },
  compatible('mistral_ai', 'MISTRAL_API_KEY'),
  compatible('groq', 'GROQ_API_KEY'),
  compatible('deepseek', 'DEEPSEEK_API_KEY'),
  compatible('x_ai', 'XAI_API_KEY'),
  compatible('openrouter', 'OPENROUTER_API_KEY'),
  compatible('together', 'TOGETHER_API_KEY', '/v1'),
  compatible('fireworks', 'FIREWORKS_API_KEY'),
  compatible('cerebras', 'CEREBRAS_API_KEY'),
  compatible('baseten', 'BASETEN_API_KEY'),
  { name: 'perplexity', keys: ['PERPLEXITY_API_KEY'] },
  { name: 'cohere', keys: ['COHERE_API_KEY', 'CO_API_KEY'] },
];
