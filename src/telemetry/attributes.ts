/**
 * What a call is called in a span: OpenTelemetry's GenAI names (semantic conventions 1.41, still in development), LangSmith's
 * own names where it maps no other, and `gateway.*` for the rest. Pure functions; none of them can see a text.
 */
import type { Attributes, AttributeValue } from '@opentelemetry/api';
import type { Cost, Exchange, Identity, Operation, Usage } from '../core/exchange.ts';
import { usageMetadata } from './usage-metadata.ts';

/** Request parameters that have a name in the conventions. Others stay out: their values may be free text. */
const REQUEST_NUMBERS = ['temperature', 'top_p', 'top_k', 'seed', 'frequency_penalty', 'presence_penalty'] as const;
const LANGSMITH_KINDS: Partial<Record<Operation, string>> = {
  chat: 'llm',
  completion: 'llm',
  image: 'llm',
  speech: 'llm',
  transcription: 'llm',
  embeddings: 'embedding',
};
/** Operations that the conventions name otherwise. They leave others to whoever instruments them. */
const OPERATION_NAMES: Partial<Record<Operation, string>> = {
  completion: 'text_completion',
  image: 'image_generation',
};
const NANO_PER_USD = 1e9;

type Optional = Record<string, AttributeValue | undefined>;

/** `genai`: a model call in the conventions' names. `gateway`: a step beside one, whose tokens no backend may add up. */
export type SpanForm = 'genai' | 'gateway';

/** `chat gpt-4o-mini`, `gateway chat gpt-4o-mini`; a request that could not be read is a `request`. */
export function spanName(exchange: Exchange, form: SpanForm): string {
  const name = `${operationName(exchange) ?? 'request'} ${exchange.model}`.trimEnd();
  return form === 'genai' ? name : `gateway ${name}`;
}

/** `gen_ai.operation.name`; `undefined` for a path that no dialect speaks. */
export function operationName({ operation, dialect }: Pick<Exchange, 'operation' | 'dialect'>): string | undefined {
  if (operation === 'unknown') return undefined;
  // Gemini's own API has its own name in the conventions.
  if (operation === 'chat' && dialect.startsWith('google.')) return 'generate_content';
  return OPERATION_NAMES[operation] ?? operation;
}

/**
 * The attributes in a form. Backends take every span with a `gen_ai.*` operation or usage for a model call of its own, and LangSmith
 * adds up `usage_metadata`; so a `gateway` span has them under `gateway.*`. The thread's name stays: it groups, and counts nothing.
 */
export function inForm(attributes: Attributes, form: SpanForm): Attributes {
  if (form === 'genai') return attributes;
  const result: Attributes = {};
  for (const [name, value] of Object.entries(attributes)) {
    if (name === 'gen_ai.system' || name === 'langsmith.usage_metadata') continue;
    const isOther = !name.startsWith('gen_ai.') || name === 'gen_ai.conversation.id';
    result[isOther ? name : name.replace('gen_ai.', 'gateway.')] = value;
  }
  if ('langsmith.span.kind' in result) result['langsmith.span.kind'] = 'chain';
  return result;
}

/** All that is known before the call, so that samplers can see it. */
export function startAttributes(exchange: Exchange): Attributes {
  return {
    ...known({
      'gen_ai.operation.name': operationName(exchange),
      'gen_ai.provider.name': exchange.provider,
      // LangSmith reads the provider from the older name only.
      'gen_ai.system': exchange.provider,
      'gen_ai.request.model': exchange.model || undefined,
      'gen_ai.request.max_tokens': exchange.maxOutputTokens,
      'gen_ai.request.choice.count': exchange.choices === 1 ? undefined : exchange.choices,
      'gen_ai.request.stream': exchange.stream || undefined,
      'langsmith.span.kind': LANGSMITH_KINDS[exchange.operation] ?? 'chain',
      'gateway.call.id': exchange.callId,
      'gateway.exchange.id': exchange.id,
      'gateway.dialect': exchange.dialect,
    }),
    ...parameterAttributes(exchange.parameters),
    ...serverAttributes(exchange.upstream),
    ...identityAttributes(exchange.identity),
  };
}

/** What the answer, the bill and the outcome add. */
export function endAttributes({ response, usage, cost, outcome, stream, startedAt }: Exchange): Attributes {
  const firstChunkAt = stream ? response?.firstChunkAt : undefined;
  return known({
    'gen_ai.response.id': response?.id,
    'gen_ai.response.model': response?.model,
    'gen_ai.response.finish_reasons': response?.finishReasons?.length ? [...response.finishReasons] : undefined,
    'gen_ai.response.time_to_first_chunk': firstChunkAt === undefined ? undefined : (firstChunkAt - startedAt) / 1000,
    'http.response.status_code': response?.status,
    'gateway.outcome': outcome,
    ...usageAttributes(usage),
    ...costAttributes(cost),
    'langsmith.usage_metadata': usageMetadata(usage, cost),
  });
}

/** An object without the fields that are undefined. */
export function known(attributes: Optional): Attributes {
  const result: Attributes = {};
  for (const key in attributes) if (attributes[key] !== undefined) result[key] = attributes[key];
  return result;
}

function parameterAttributes(parameters: Exchange['parameters']): Attributes {
  const result: Attributes = {};
  for (const name of REQUEST_NUMBERS) {
    const value = parameters[name];
    if (typeof value === 'number') result[`gen_ai.request.${name}`] = value;
  }
  return result;
}

function serverAttributes(upstream: string | undefined): Attributes {
  if (upstream === undefined || !URL.canParse(upstream)) return {};
  const { hostname, port, protocol } = new URL(upstream);
  return { 'server.address': hostname, 'server.port': port ? Number(port) : protocol === 'http:' ? 80 : 443 };
}

/**
 * Who called. LangSmith's table names no `gateway.*`, so what people filter by stands there as metadata too; `session_id` and
 * `thread_id` are what it groups threads by.
 */
function identityAttributes({ organization, workspace, user, apiKey, session, tags = {} }: Identity): Attributes {
  const result = known({
    'gateway.organization.id': organization,
    'gateway.workspace.id': workspace,
    'gateway.user.id': user,
    'gateway.api_key.id': apiKey,
    'gen_ai.conversation.id': session,
    'langsmith.metadata.gateway.organization_id': organization,
    'langsmith.metadata.gateway.workspace_id': workspace,
    'langsmith.metadata.gateway.user_id': user,
    'langsmith.metadata.gateway.api_key_id': apiKey,
    'langsmith.metadata.session_id': session,
    'langsmith.metadata.thread_id': session,
  });
  for (const [name, value] of Object.entries(tags)) {
    result[`gateway.tag.${name}`] = value;
    result[`langsmith.metadata.gateway.tag.${name}`] = value;
  }
  return result;
}

function usageAttributes(usage: Usage | undefined): Optional {
  if (!usage) return {};
  return {
    'gen_ai.usage.input_tokens': usage.inputTokens,
    'gen_ai.usage.output_tokens': usage.outputTokens,
    'gen_ai.usage.total_tokens': usage.inputTokens + usage.outputTokens,
    'gen_ai.usage.cache_read.input_tokens': usage.cacheReadTokens,
    'gen_ai.usage.cache_creation.input_tokens': usage.cacheWriteTokens,
    'gen_ai.usage.reasoning.output_tokens': usage.reasoningTokens,
    // LangSmith's table has this name for it.
    'gen_ai.usage.details.reasoning_tokens': usage.reasoningTokens,
    'gateway.usage.estimated': usage.source === 'estimated' || undefined,
    ...unitAttributes(usage.units),
  };
}

/** `gateway.usage.units.web_search`: what is sold by the piece. */
function unitAttributes(units: Usage['units'] = {}): Optional {
  return Object.fromEntries(
    Object.entries(units).map(([unit, count]) => [
      `gateway.usage.units.${unit.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`,
      count,
    ]),
  );
}

function costAttributes(cost: Cost | undefined): Optional {
  if (!cost) return {};
  return {
    'gateway.cost.usd': cost.nanoUsd / NANO_PER_USD,
    'gateway.cost.input_usd': cost.inputNanoUsd / NANO_PER_USD,
    'gateway.cost.output_usd': cost.outputNanoUsd / NANO_PER_USD,
    'gateway.cost.fees_usd': cost.feesNanoUsd ? cost.feesNanoUsd / NANO_PER_USD : undefined,
    'gateway.cost.assumed': cost.assumed || undefined,
    'gateway.cost.estimated': cost.estimated || undefined,
    'gateway.cost.price_version': cost.priceVersion,
  };
}
