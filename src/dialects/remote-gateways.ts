/**
 * Remote gateways that calls may be sent through: where each API stands at them, whose key goes where, and what they tell of costs.
 * Adding one is one object. Sources: each gateway's documentation, November 2026.
 */
import type { RemoteGateway } from './dialect.ts';
import { routeName } from './providers.ts';

/** LangSmith names providers as our own routes do; its OpenAI-compatible ones stand below a version. */
const langsmith: RemoteGateway = {
  name: 'langsmith',
  baseURL: 'https://gateway.smith.langchain.com',
  pathFor: (api, provider) => (api === 'openai' ? `/${routeName(provider)}/v1` : `/${routeName(provider)}`),
  keyHeader: 'x-api-key',
};

/** One path for all providers: model ids name the account (`openai-main/gpt-4o`). */
const truefoundry: RemoteGateway = {
  name: 'truefoundry',
  baseURL: 'https://gateway.truefoundry.ai',
  pathFor: (api) => (api === 'openai' || api === 'anthropic' ? '' : undefined),
  keyHeader: 'authorization',
  streamUsage: true,
};

/** What it billed stands in `x-litellm-response-cost`, but not for streams, whose headers go before their cost is known. */
const litellm: RemoteGateway = {
  name: 'litellm',
  pathFor: (api) => ({ openai: '/v1', anthropic: '', google: '', aws: '/bedrock' })[api],
  keyHeader: 'authorization',
  streamUsage: true,
};

const PORTKEY_NAMES: Readonly<Record<string, string>> = {
  'azure.ai.openai': 'azure-openai',
  'azure.ai.inference': 'azure-ai',
  'gcp.gemini': 'google',
  'gcp.vertex_ai': 'vertex-ai',
  'aws.bedrock': 'bedrock',
  mistral_ai: 'mistral-ai',
  x_ai: 'x-ai',
  together: 'together-ai',
  fireworks: 'fireworks-ai',
  perplexity: 'perplexity-ai',
};

/** The provider stands in a header, and its key is the client's, unless a virtual key or a configuration is set in `headers`. */
const portkey: RemoteGateway = {
  name: 'portkey',
  baseURL: 'https://api.portkey.ai',
  pathFor: (api) => ({ openai: '/v1', anthropic: '', google: undefined, aws: undefined })[api],
  keyHeader: 'x-portkey-api-key',
  forwardAuth: true,
  headersFor: ({ name }) => ({ 'x-portkey-provider': PORTKEY_NAMES[name] ?? name }),
};

const CLOUDFLARE_PATHS: Readonly<Record<string, string>> = {
  openai: '/openai',
  anthropic: '/anthropic',
  'gcp.gemini': '/google-ai-studio',
  'gcp.vertex_ai': '/google-vertex-ai',
  mistral_ai: '/mistral/v1',
  groq: '/groq',
  deepseek: '/deepseek',
  x_ai: '/grok/v1',
  openrouter: '/openrouter/v1',
  cerebras: '/cerebras',
  perplexity: '/perplexity-ai',
};

/** `baseURL` names account and gateway: `https://gateway.ai.cloudflare.com/v1/{account}/{gateway}`. Provider keys are the client's. */
const cloudflare: RemoteGateway = {
  name: 'cloudflare',
  pathFor: (api, { name, family = 'openai' }) => (api === family ? CLOUDFLARE_PATHS[name] : undefined),
  keyHeader: 'cf-aig-authorization',
  forwardAuth: true,
};

/** Model ids name the creator: `openai/gpt-5`. */
const vercel: RemoteGateway = {
  name: 'vercel',
  baseURL: 'https://ai-gateway.vercel.sh',
  pathFor: (api) => ({ openai: '/v1', anthropic: '', google: undefined, aws: undefined })[api],
  keyHeader: 'authorization',
  streamUsage: true,
};

/** Another Postern, whose paths are LangSmith's. It tells what it charged in `x-postern-metadata`. */
const postern: RemoteGateway = {
  name: 'postern',
  pathFor: langsmith.pathFor,
  keyHeader: 'authorization',
  namesExchange: true,
};

export const REMOTE_GATEWAYS: readonly RemoteGateway[] = [
  langsmith,
  truefoundry,
  litellm,
  portkey,
  cloudflare,
  vercel,
  postern,
];
