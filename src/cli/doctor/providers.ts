/** Keys and base URLs of model providers, as their own clients read them, and prices. Calls a provider only when it is asked to. */
import { PROVIDER_VARIABLES, type ProviderVariables } from '../../dialects/provider-variables.ts';
import { baseFor, PROVIDERS, routeName } from '../../dialects/providers.ts';
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

const bearer = (key: string): Record<string, string> => ({ authorization: `Bearer ${key}` });
const baseVariable = ({ baseUrl, keys: [key] }: ProviderVariables): string =>
  baseUrl ?? key.replace(/_API_KEY$/, '_BASE_URL');

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
  for (const variables of PROVIDER_VARIABLES) {
    const set = variables.keys.filter((name) => variable(env, name) !== undefined);
    keys += set.length;
    for (const name of set) checks.add('providers', `${variables.name} key`, keyFound(name, env[name]!));
    const base = variable(env, baseVariable(variables));
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

function baseFound(variables: ProviderVariables, base: string): Found {
  const name = baseVariable(variables);
  const { baseEnd } = variables;
  if (!/^https?:/.test(URL.canParse(base) ? new URL(base).protocol : ''))
    return failed(`${name} is no http or https URL`);
  const path = new URL(base).pathname.replace(/\/+$/, '');
  const told = toldUrl(base);
  const known = providerAt(base);
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
  if (known && !leadsTo(path, known))
    return failed(`${name} (${told}) has a path at which ${known.name} has no API`, `Set ${name}=${known.baseURL}`);
  const meant = (known && baseFor(known, 'openai')) ?? `${told.replace(/\/+$/, '')}/v1`;
  if (baseEnd === '/v1' && !/\/v\d/.test(path) && told.replace(/\/+$/, '') !== meant)
    return warning(
      `${name} (${told}) has no /v1: clients ask for ${path}/chat/completions`,
      `Set ${name}=${meant}, unless the host has it so`,
    );
  return ok(`${name} is ${told}`);
}

type KnownProvider = (typeof PROVIDERS)[number];

/** The provider in the table whose host that is, whichever variable names it: many are asked by clients of another. */
function providerAt(url: string): KnownProvider | undefined {
  return PROVIDERS.find(({ baseURL }) => new URL(baseURL).host === new URL(url).host);
}

/** Below one of its APIs, or on the way to one: some clients add all of the path themselves. */
function leadsTo(path: string, { baseURL, speaks = {} }: KnownProvider): boolean {
  return [new URL(baseURL).pathname, ...Object.values(speaks)]
    .map((base) => base.replace(/\/+$/, ''))
    .some((base) => `${path}/`.startsWith(`${base}/`) || `${base}/`.startsWith(`${path}/`));
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
  const base = modelsBase(name, given);
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

/** At the provider's own host the table knows the way, however much of it the variable holds. */
export function modelsBase(name: string, given: string | undefined): string | undefined {
  const own = PROVIDERS.find((provider) => provider.name === name)?.baseURL;
  const isOwn = given !== undefined && URL.canParse(given) && providerAt(given)?.name === name;
  return isOwn ? own : (given ?? own);
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
