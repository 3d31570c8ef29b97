/** Keys and base URLs of model providers, as their own clients read them, and prices. Calls a provider only when it is asked to. */
import { PROVIDERS, routeName } from '../../dialects/providers.ts';
import { createPriceBook } from '../../spend/prices.ts';
import {
  type Checks,
  codeOf,
  type Environment,
  type Found,
  failed,
  keyMistake,
  keyTold,
  ok,
  skipped,
  variable,
  warning,
} from './check.ts';
import { toldUrl } from './request.ts';

interface ProviderVariables {
  /** Its name in the table of hosts. */
  readonly name: string;
  readonly keys: readonly string[];
  readonly baseUrl?: string | undefined;
  /** What the base ends with, before the paths of operations. */
  readonly baseEnd?: string | undefined;
  /** Behind the base; without it, nothing is asked. */
  readonly models?: string | undefined;
  readonly header?: ((key: string) => Record<string, string>) | undefined;
}

const bearer = (key: string): Record<string, string> => ({ authorization: `Bearer ${key}` });
const compatible = (name: string, key: string, baseUrl?: string): ProviderVariables => ({
  name,
  keys: [key],
  baseUrl,
  models: '/models',
});

/** The variables that the providers' clients read (their READMEs, November 2026). */
const VARIABLES: readonly ProviderVariables[] = [
  { name: 'openai', keys: ['OPENAI_API_KEY'], baseUrl: 'OPENAI_BASE_URL', baseEnd: '/v1', models: '/models' },
  {
    name: 'anthropic',
    keys: ['ANTHROPIC_API_KEY'],
    baseUrl: 'ANTHROPIC_BASE_URL',
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
  { name: 'aws.bedrock', keys: ['AWS_BEARER_TOKEN_BEDROCK'] },
  { name: 'azure.ai.openai', keys: ['AZURE_OPENAI_API_KEY'] },
  compatible('mistral_ai', 'MISTRAL_API_KEY'),
  compatible('groq', 'GROQ_API_KEY'),
  compatible('deepseek', 'DEEPSEEK_API_KEY'),
  compatible('x_ai', 'XAI_API_KEY'),
  compatible('openrouter', 'OPENROUTER_API_KEY'),
  compatible('together', 'TOGETHER_API_KEY'),
  compatible('fireworks', 'FIREWORKS_API_KEY'),
  compatible('cerebras', 'CEREBRAS_API_KEY'),
];

export interface ProviderQuestions {
  /** Whether providers are called for their lists of models. */
  readonly call: boolean;
  /** `openai/gpt-4o` */
  readonly models: readonly string[];
  readonly timeoutMs: number;
}

export async function checkProviders(
  checks: Checks,
  env: Environment,
  { call, models, timeoutMs }: ProviderQuestions,
): Promise<void> {
  let keys = 0;
  for (const variables of VARIABLES) {
    const set = variables.keys.filter((name) => variable(env, name) !== undefined);
    keys += set.length;
    for (const name of set) checks.add('providers', `${variables.name} key`, keyFound(name, env[name]!));
    const base = variables.baseUrl && variable(env, variables.baseUrl);
    if (base) checks.add('providers', `${variables.name} URL`, baseFound(variables, base));
    if (call && set[0] !== undefined)
      checks.add(
        'providers',
        `${variables.name} call`,
        await modelsFound(variables, env[set[0]]!.trim(), base, timeoutMs),
      );
  }
  if (keys === 0)
    checks.add(
      'providers',
      'keys',
      warning('no key of a provider is set', 'Set one, such as OPENAI_API_KEY; keys given in code are not seen here'),
    );
  for (const model of models) checks.add('providers', 'price', priceFound(model));
}

export function keyFound(name: string, given: string): Found {
  const mistake = keyMistake(given);
  return mistake === undefined ? ok(keyTold(name, given)) : failed(`${name} ${mistake}`, 'Set the key alone');
}

/** Ends that belong to an operation, which clients add themselves. */
const OPERATION = /\/(?:chat\/completions|completions|responses|embeddings|messages|models)\/?$/;

function baseFound({ baseUrl: name = '', baseEnd }: ProviderVariables, base: string): Found {
  if (!/^https?:/.test(URL.canParse(base) ? new URL(base).protocol : ''))
    return failed(`${name} is no http or https URL`);
  const { pathname } = new URL(base);
  const path = pathname.replace(/\/+$/, '');
  const told = toldUrl(base);
  if (OPERATION.test(path))
    return failed(
      `${name} (${told}) holds the path of an operation, which clients add`,
      `Cut ${OPERATION.exec(path)![0]} off`,
    );
  if (/\/v1\/v1$/.test(path))
    return failed(`${name} (${told}) has /v1 twice`, `Set ${name}=${told.replace(/\/v1\/v1\/*$/, '/v1')}`);
  if (baseEnd === '' && /\/v1(?:beta)?$/.test(path))
    return failed(
      `${name} (${told}) ends in ${path.slice(path.lastIndexOf('/'))}, which this client adds itself`,
      `Set ${name}=${told.replace(/\/v1(?:beta)?\/*$/, '')}`,
    );
  if (baseEnd === '/v1' && !/\/v\d/.test(path))
    return warning(
      `${name} (${told}) has no /v1: clients ask for ${path}/chat/completions`,
      `Set ${name}=${told.replace(/\/+$/, '')}/v1, unless the host has it so`,
    );
  return ok(`${name} is ${told}`);
}

const STATUS: Readonly<Record<number, string>> = {
  401: 'the key is wrong or revoked',
  403: 'the key may not list models, or this region is not served',
  404: 'no list of models there: the base URL may be wrong',
  429: 'the key is at its limit',
};

async function modelsFound(
  { name, models, header = bearer }: ProviderVariables,
  key: string,
  given: string | undefined,
  timeoutMs: number,
): Promise<Found> {
  const base = given ?? PROVIDERS.find((provider) => provider.name === name)?.baseURL;
  if (models === undefined || base === undefined || !URL.canParse(base))
    return skipped('has no list of models to ask for with this key');
  const url = `${base.replace(/\/+$/, '')}${models}`;
  try {
    // By fetch, as its clients go: also through a proxy, where Node uses one.
    const response = await fetch(url, {
      headers: header(key),
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    });
    await response.body?.cancel();
    if (response.ok) return ok(`${response.status} from ${toldUrl(url)}`);
    return failed(
      `${response.status} from ${toldUrl(url)}${STATUS[response.status] ? `: ${STATUS[response.status]}` : ''}`,
    );
  } catch (error) {
    return failed(
      `${toldUrl(url)} cannot be reached (${codeOf(error)})`,
      'Look at the base URL, the network and the proxy',
    );
  }
}

function priceFound(model: string): Found {
  const at = model.indexOf('/');
  const [route, id] = [model.slice(0, at), model.slice(at + 1)];
  const provider = PROVIDERS.find((one) => one.name === route || routeName(one) === route)?.name ?? route;
  const book = createPriceBook({ unknownModel: 'block' });
  if (book.lookup(provider, id, Date.now())) return ok(`${model} has a price (${book.version})`);
  return failed(
    `${model} has no known price: under a cap it costs as much as the dearest`,
    'Give createGateway({ prices }) its price',
  );
}
