import { describe, expect, it } from 'vitest';
import type { ApiFamily } from '../../src/dialects/dialect.ts';
import { baseFor, PROVIDERS, providerFinder, routeName } from '../../src/dialects/providers.ts';
import { REMOTE_GATEWAYS } from '../../src/dialects/remote-gateways.ts';

const find = providerFinder(PROVIDERS);
const nameOf = (url: string): string | undefined => find(new URL(url))?.name;

describe('the provider of a URL', () => {
  it.each([
    ['https://api.openai.com/v1/chat/completions', 'openai'],
    ['https://eu.api.openai.com/v1/responses', 'openai'],
    ['https://acme.openai.azure.com/openai/deployments/gpt/chat/completions', 'azure.ai.openai'],
    ['https://acme.openai.azure.com/openai/v1/responses', 'azure.ai.openai'],
    ['https://acme.services.ai.azure.com/anthropic/v1/messages', 'azure.ai.inference'],
    ['https://api.anthropic.com/v1/messages', 'anthropic'],
    ['https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-flash:generateContent', 'gcp.gemini'],
    ['https://aiplatform.googleapis.com/v1/publishers/google/models/m:generateContent', 'gcp.vertex_ai'],
    ['https://europe-west1-aiplatform.googleapis.com/v1/projects/p/locations/l', 'gcp.vertex_ai'],
    ['https://bedrock-runtime.eu-central-1.amazonaws.com/model/m/converse', 'aws.bedrock'],
    ['https://api.mistral.ai/v1/chat/completions', 'mistral_ai'],
    ['https://api.groq.com/openai/v1/chat/completions', 'groq'],
    ['https://api.deepseek.com/chat/completions', 'deepseek'],
    ['https://api.deepseek.com/anthropic/v1/messages', 'deepseek'],
    ['https://openrouter.ai/api/v1/messages', 'openrouter'],
    ['https://api.cohere.ai/compatibility/v1/chat/completions', 'cohere'],
    ['http://localhost:11434/v1/chat/completions', 'ollama'],
    ['http://127.0.0.1:11434/v1/chat/completions', 'ollama'],
    ['http://[::1]:8000/v1/chat/completions', 'vllm'],
  ])('%s is %s', (url, name) => {
    expect(nameOf(url)).toBe(name);
  });

  it.each([
    'https://api.openai.com.evil.example/v1/chat/completions',
    'https://evil.example/https://api.openai.com/v1',
    'https://api.openai.com:8443/v1/chat/completions',
    'http://api.openai.com/v1/chat/completions',
    'https://api.groq.com/openai/v1x/chat/completions',
    'https://bedrock-runtime.eu-central-1.amazonaws.com.evil.example/model/m/converse',
    'https://evil.example/.openai.azure.com/openai',
  ])('%s is nobody’s', (url) => {
    expect(nameOf(url)).toBeUndefined();
  });

  it('is the first that fits, so that the app’s own go before', () => {
    const own = { name: 'mine', baseURL: 'https://api.openai.com/v1' };
    expect(providerFinder([own, ...PROVIDERS])(new URL('https://api.openai.com/v1/models'))).toBe(own);
  });
});

describe('the table of providers', () => {
  it('has each name in paths once, but for hosts of one provider', () => {
    const names = PROVIDERS.map(routeName);
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual(['openai']);
    for (const name of names) expect(name).toMatch(/^[a-z][a-z-]*$/);
  });

  it('tells where each API stands that a provider speaks', () => {
    const bases = (name: string): unknown => {
      const provider = PROVIDERS.find((one) => routeName(one) === name)!;
      return (['openai', 'anthropic', 'google', 'aws'] as const).map((api) => baseFor(provider, api));
    };
    expect(bases('openai')).toEqual(['https://api.openai.com/v1', undefined, undefined, undefined]);
    expect(bases('anthropic')).toEqual([
      'https://api.anthropic.com/v1',
      'https://api.anthropic.com',
      undefined,
      undefined,
    ]);
    expect(bases('gemini')).toEqual([
      'https://generativelanguage.googleapis.com/v1beta/openai',
      undefined,
      'https://generativelanguage.googleapis.com',
      undefined,
    ]);
    expect(bases('deepseek')).toEqual([
      'https://api.deepseek.com',
      'https://api.deepseek.com/anthropic',
      undefined,
      undefined,
    ]);
  });
});

describe('the table of remote gateways', () => {
  const at = (gateway: string, provider: string, api: ApiFamily): string | undefined =>
    REMOTE_GATEWAYS.find(({ name }) => name === gateway)!.pathFor(
      api,
      PROVIDERS.find((one) => routeName(one) === provider)!,
    );

  it.each([
    ['langsmith', 'openai', 'openai', '/openai/v1'],
    ['langsmith', 'fireworks', 'openai', '/fireworks/v1'],
    ['langsmith', 'anthropic', 'anthropic', '/anthropic'],
    ['langsmith', 'gemini', 'google', '/gemini'],
    ['langsmith', 'vertex', 'google', '/vertex'],
    ['langsmith', 'bedrock', 'aws', '/bedrock'],
    ['truefoundry', 'openai', 'openai', ''],
    ['truefoundry', 'anthropic', 'anthropic', ''],
    ['truefoundry', 'gemini', 'google', undefined],
    ['litellm', 'openai', 'openai', '/v1'],
    ['litellm', 'anthropic', 'anthropic', ''],
    ['litellm', 'gemini', 'google', ''],
    ['litellm', 'bedrock', 'aws', '/bedrock'],
    ['portkey', 'openai', 'openai', '/v1'],
    ['portkey', 'anthropic', 'anthropic', ''],
    ['portkey', 'gemini', 'google', undefined],
    ['cloudflare', 'openai', 'openai', '/openai'],
    ['cloudflare', 'anthropic', 'anthropic', '/anthropic'],
    ['cloudflare', 'gemini', 'google', '/google-ai-studio'],
    ['cloudflare', 'mistral', 'openai', '/mistral/v1'],
    ['cloudflare', 'vllm', 'openai', undefined],
    ['vercel', 'openai', 'openai', '/v1'],
    ['vercel', 'anthropic', 'anthropic', ''],
    ['postern', 'gemini', 'google', '/gemini'],
    ['postern', 'openai', 'openai', '/openai/v1'],
  ] as const)('%s has %s’s %s API at %s', (gateway, provider, api, path) => {
    expect(at(gateway, provider, api)).toBe(path);
  });
});
