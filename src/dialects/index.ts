/** The dialects that are spoken, and the hosts that are known. Which dialect a request speaks is read from its path. */
import type { Dialect, Provider } from './dialect.ts';
import { openaiChat } from './openai-chat.ts';
import { openaiEmbeddings } from './openai-embeddings.ts';

export const DIALECTS: readonly Dialect[] = [openaiChat, openaiEmbeddings];

export function dialectForPath(pathname: string): Dialect | undefined {
  return DIALECTS.find(({ path }) => pathname.endsWith(path));
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
