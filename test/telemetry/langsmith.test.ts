import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type LangSmithOptions, langsmith } from '../../src/telemetry/langsmith.ts';

const apiKey = 'lsv2_pt_invented';
const urlOf = (options: LangSmithOptions) => langsmith({ apiKey, env: {}, ...options }).url;

test.each([
  [{}, 'https://api.smith.langchain.com/otel/v1/traces'],
  [{ region: 'us' }, 'https://api.smith.langchain.com/otel/v1/traces'],
  [{ region: 'eu' }, 'https://eu.api.smith.langchain.com/otel/v1/traces'],
  [{ region: 'apac' }, 'https://apac.api.smith.langchain.com/otel/v1/traces'],
  [{ region: 'aws' }, 'https://aws.api.smith.langchain.com/otel/v1/traces'],
] as const)('the cloud, %j', (options, url) => {
  expect(urlOf(options)).toBe(url);
});

test.each([
  ['https://api.smith.langchain.com', 'https://api.smith.langchain.com/otel/v1/traces'],
  ['https://eu.api.smith.langchain.com/', 'https://eu.api.smith.langchain.com/otel/v1/traces'],
  ['https://api.smith.langchain.com/otel', 'https://api.smith.langchain.com/otel/v1/traces'],
  ['https://api.smith.langchain.com/api/v1', 'https://api.smith.langchain.com/otel/v1/traces'],
  ['https://langsmith.example', 'https://langsmith.example/api/v1/otel/v1/traces'],
  ['https://langsmith.example:8443/', 'https://langsmith.example:8443/api/v1/otel/v1/traces'],
  ['https://langsmith.example/tools', 'https://langsmith.example/tools/api/v1/otel/v1/traces'],
  ['https://langsmith.example/tools/', 'https://langsmith.example/tools/api/v1/otel/v1/traces'],
  ['https://langsmith.example/api', 'https://langsmith.example/api/v1/otel/v1/traces'],
  ['https://langsmith.example/api/v1', 'https://langsmith.example/api/v1/otel/v1/traces'],
  ['https://langsmith.example/tools/api/v1/', 'https://langsmith.example/tools/api/v1/otel/v1/traces'],
  ['https://langsmith.example/api/v1/otel', 'https://langsmith.example/api/v1/otel/v1/traces'],
  ['https://langsmith.example/otel', 'https://langsmith.example/otel/v1/traces'],
  ['https://langsmith.example/api/v1/otel/v1/traces', 'https://langsmith.example/api/v1/otel/v1/traces'],
  ['http://127.0.0.1:1984', 'http://127.0.0.1:1984/api/v1/otel/v1/traces'],
  ['https://api.smith.langchain.com.example', 'https://api.smith.langchain.com.example/api/v1/otel/v1/traces'],
])('%s, given as url or as LANGSMITH_ENDPOINT', (given, url) => {
  expect(urlOf({ url: given })).toBe(url);
  expect(urlOf({ env: { LANGSMITH_ENDPOINT: given } })).toBe(url);
});

test('a completed URL is left as it is, whatever the base path', () => {
  const segment = fc.stringMatching(/^[a-z0-9-]{1,8}$/);
  fc.assert(
    fc.property(fc.array(segment, { maxLength: 4 }), (segments) => {
      const once = urlOf({ url: ['https://langsmith.example', ...segments].join('/') });
      expect(once).toMatch(/\/v1\/traces$/);
      expect(urlOf({ url: once })).toBe(once);
    }),
  );
});

test('key and project come from the options, then from the environment', () => {
  const env = {
    LANGSMITH_API_KEY: ' lsv2_pt_env\n',
    LANGSMITH_PROJECT: 'from-env',
    LANGSMITH_ENDPOINT: 'https://langsmith.example',
  };

  expect(langsmith({ env })).toEqual({
    url: 'https://langsmith.example/api/v1/otel/v1/traces',
    headers: { 'x-api-key': 'lsv2_pt_env', 'Langsmith-Project': 'from-env' },
    spans: 'postern',
    needsParents: true,
  });
  expect(langsmith({ env, apiKey, project: 'mine', region: 'eu' })).toEqual({
    url: 'https://eu.api.smith.langchain.com/otel/v1/traces',
    headers: { 'x-api-key': apiKey, 'Langsmith-Project': 'mine' },
    spans: 'postern',
    needsParents: true,
  });
  expect(langsmith({ env: {}, apiKey }).headers).toEqual({ 'x-api-key': apiKey });
});

test.each([
  [{ env: {} }, 'LANGSMITH_API_KEY'],
  [{ apiKey, env: {}, url: 'langsmith.example' }, 'url must be an http or https URL'],
  [{ apiKey, env: {}, url: 'ftp://langsmith.example' }, 'url must be an http or https URL'],
  [{ apiKey, env: { LANGSMITH_ENDPOINT: 'nonsense' } }, 'LANGSMITH_ENDPOINT must be'],
  [{ apiKey, env: {}, url: 'https://langsmith.example', region: 'eu' }, 'region must be left out'],
  [{ apiKey, env: {}, region: 'mars' as 'eu' }, 'region must be us, eu, apac, aws'],
  [{ apiKey, env: {}, region: 'constructor' as 'eu' }, 'region must be us, eu, apac, aws'],
] as const)('%j is refused', (options, message) => {
  expect(() => langsmith(options)).toThrow(message);
});
