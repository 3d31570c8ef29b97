/**
 * The request of Gemini's `generateContent`, which other operations hold within theirs: where its texts stand, what it says of the call,
 * and where settings go. Sources: @google/genai 3.3 and the API's reference, November 2026.
 */
import type { RequestSettings } from '../core/policy.ts';
import type { RequestBody } from '../core/request-body.ts';
import type { Assignment, RequestFacts, Route } from './dialect.ts';
import { asString, invalidField, type JsonObject, shape } from './fields.ts';
import {
  contents,
  countIn,
  MESSAGE,
  namesOf,
  objectsOf,
  oneOrMore,
  type Shape,
  SYSTEM,
  spelled,
  spellingsIn,
  systemInstruction,
} from './google-parts.ts';

const FUNCTION = { name: null, behavior: null };

/** What a tool says is scanned; ids of stores, and keys that Google has to use for the caller, are not. */
const TOOL = spelled({
  functionDeclarations: oneOrMore(FUNCTION),
  googleMaps: shape(undefined, spelled({ authConfig: null })),
  fileSearch: shape(undefined, spelled({ fileSearchStoreNames: null })),
  computerUse: shape(undefined, spelled({ environment: null, excludedPredefinedFunctions: null })),
  mcpServers: oneOrMore(spelled({ name: null, streamableHttpTransport: shape(undefined, { headers: null }) })),
  exaAiSearch: shape(undefined, spelled({ apiKey: null })),
  parallelAiSearch: shape(undefined, spelled({ apiKey: null })),
  retrieval: shape(
    undefined,
    spelled({
      externalApi: shape(undefined, spelled({ apiAuth: null, authConfig: null, apiSpec: null })),
      vertexAiSearch: shape(undefined, { datastore: null, engine: null }),
      vertexRagStore: shape(undefined, spelled({ ragCorpora: null, ragResources: null })),
    }),
  ),
});

const VOICE = spelled({
  prebuiltVoiceConfig: null,
  replicatedVoiceConfig: shape(
    undefined,
    spelled({ mimeType: null, voiceSampleAudio: { scope: 'message', media: true } }),
  ),
});

const GENERATION_CONFIG = spelled({
  responseMimeType: null,
  responseModalities: null,
  mediaResolution: null,
  thinkingConfig: null,
  responseSchema: SYSTEM,
  responseJsonSchema: SYSTEM,
  responseFormat: SYSTEM,
  speechConfig: shape(
    undefined,
    spelled({
      languageCode: null,
      voiceConfig: shape(undefined, VOICE),
      multiSpeakerVoiceConfig: shape(
        undefined,
        spelled({ speakerVoiceConfigs: oneOrMore(spelled({ voiceConfig: shape(undefined, VOICE) })) }),
      ),
    }),
  ),
});

/** What `generateContent`, `countTokens`, batches and caches have in common. */
export const GENERATE_MEMBERS = spelled({
  model: null,
  contents,
  systemInstruction,
  tools: shape(SYSTEM, TOOL, shape(undefined, TOOL)),
  toolConfig: shape(
    undefined,
    spelled({
      functionCallingConfig: shape(undefined, spelled({ mode: null, allowedFunctionNames: null })),
      retrievalConfig: shape(undefined, spelled({ languageCode: null })),
    }),
  ),
  generationConfig: shape(undefined, GENERATION_CONFIG),
  safetySettings: null,
  cachedContent: null,
  serviceTier: null,
  continuationToken: null,
  modelArmorConfig: null,
});

export const generateRequest: Shape = shape(MESSAGE, GENERATE_MEMBERS);

/** Google's names of parameters, and those that traces have for them. */
const PARAMETERS: readonly (readonly [field: string, name: string])[] = [
  ['temperature', 'temperature'],
  ['topP', 'top_p'],
  ['topK', 'top_k'],
  ['seed', 'seed'],
  ['frequencyPenalty', 'frequency_penalty'],
  ['presencePenalty', 'presence_penalty'],
];

export const isStream = ({ path }: Route): boolean => path.endsWith(':streamGenerateContent');

export function generateFacts(body: RequestBody, route: Route): RequestFacts {
  const configs = objectsOf(body, 'generationConfig');
  const largest = (field: string): number | undefined => {
    const counts = configs.flatMap(([name, config]) => countIn(config, field, name) ?? []);
    return counts.length > 0 ? Math.max(...counts) : undefined;
  };
  return {
    model: modelOf(body, route),
    stream: isStream(route),
    maxOutputTokens: largest('maxOutputTokens'),
    choices: largest('candidateCount') ?? 1,
    parameters: { ...parameters(configs), ...serviceTier(body) },
  };
}

/** The path names it; where it does not (caches), the body. @throws GatewayError `invalid_request` */
export function modelOf(body: RequestBody, { model }: Route): string {
  const named = model ?? asString(body.member('model'));
  if (!named) throw invalidField('model', 'a non-empty string', body.member('model'));
  return named.replace(/^(?:.*\/)?models\//, '');
}

function parameters(configs: readonly [string, JsonObject][]): Record<string, number> {
  const found = configs.flatMap(([, config]) =>
    PARAMETERS.flatMap(([field, name]) =>
      spellingsIn(config, field).map((spelling): [string, unknown] => [name, config[spelling]]),
    ),
  );
  return Object.fromEntries(found.filter((entry): entry is [string, number] => typeof entry[1] === 'number'));
}

/** It decides the price list. A name, never a text. */
function serviceTier(body: RequestBody): { service_tier?: string } {
  const tier = namesOf(body, 'serviceTier').map((name) => asString(body.member(name)))[0];
  return tier !== undefined && /^[a-z_]{1,20}$/i.test(tier) ? { service_tier: tier.toLowerCase() } : {};
}

/** The limit in the spelling that the body has, and the model where the body repeats it. */
export function generateAssign({ model, maxOutputTokens }: RequestSettings, body: RequestBody): Assignment[] {
  return [
    ...(model === undefined ? [] : modelAssign(model, body)),
    ...(maxOutputTokens === undefined ? [] : limitPaths(body).map((path) => ({ path, value: maxOutputTokens }))),
  ];
}

function limitPaths(body: RequestBody): string[][] {
  const configs = objectsOf(body, 'generationConfig');
  const named = configs.flatMap(([name, config]) =>
    spellingsIn(config, 'maxOutputTokens').map((spelling) => [name, spelling]),
  );
  return named.length > 0 ? named : [[configs[0]?.[0] ?? 'generationConfig', 'maxOutputTokens']];
}

/** The path decides; a body that names another model would be refused. */
export function modelAssign(model: string, body: RequestBody): Assignment[] {
  const named = asString(body.member('model'));
  return named === undefined ? [] : [{ path: ['model'], value: renamed(named, model) }];
}

/** A resource name with another model in it: `models/a`, `publishers/google/models/a`, or the name alone. */
export function renamed(resource: string, model: string): string {
  return /(?:^|\/)models\/[^/]+$/.test(resource) && !model.includes('/')
    ? resource.replace(/[^/]+$/, () => model)
    : model;
}

/** A model of another kind than the path has stands where its kind stands: `models/`, or `publishers/google/models/` at Vertex AI. */
const RESOURCE = /\/(?:publishers\/[^/]+\/)?(?:models|tunedModels|dynamic|endpoints)\/[^/:]+(?=:[A-Za-z]+$)/;

export function pathFor(path: string, model: string): string {
  const encoded = model.split('/').map(encodeURIComponent).join('/');
  return path.replace(RESOURCE, (resource) => {
    if (model.includes('/')) return `/${encoded}`;
    if (resource.includes('/models/')) return resource.replace(/[^/]+$/, () => encoded);
    return resource.startsWith('/endpoints/') ? `/publishers/google/models/${encoded}` : `/models/${encoded}`;
  });
}
