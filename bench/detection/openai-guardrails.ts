/** The guardrails of @openai/guardrails as one detector: the PII check masks, the Secret Keys check lists what it found. */
import { align, markOf } from './align.ts';
import { type Candidate, type Finding, loadPeer } from './candidate.ts';
import type { TypeNames } from './entities.ts';

type Config = { readonly parse: (options: object) => unknown };
interface PiiCheck {
  readonly PIIConfig: Config;
  pii(
    context: null,
    text: string,
    config: unknown,
  ): Promise<{
    readonly info: {
      readonly pii_detected: boolean;
      readonly checked_text: string;
      readonly detected_entities: Readonly<Record<string, unknown>>;
    };
  }>;
}
interface SecretCheck {
  readonly SecretKeysConfig: Config;
  secretKeysCheck(
    context: null,
    text: string,
    config: unknown,
  ): Promise<{ readonly info: { readonly detected_secrets: readonly string[] } }>;
}

const INVISIBLE = /\u200B|\u200C|\u200D|\u2060|\uFEFF/g;
const PLACEHOLDER = /<([A-Z_]+?)(?:_ENCODED)?>/g;

const NATIONAL_IDS = [
  'MEDICAL_LICENSE',
  'SG_UEN',
  'SG_NRIC_FIN',
  'IN_PAN',
  'IN_VEHICLE_REGISTRATION',
  'IN_VOTER',
  'ES_NIF',
  'ES_NIE',
  'UK_NHS',
  'UK_NINO',
  'KR_RRN',
  'PL_PESEL',
  'FI_PERSONAL_IDENTITY_CODE',
];
const TYPES: TypeNames = {
  ...Object.fromEntries(NATIONAL_IDS.map((name) => [name, 'NATIONAL_ID' as const])),
  US_ITIN: 'SSN',
  US_SSN: 'SSN',
  CVV: 'OTHER',
  LOCATION: 'ADDRESS',
  US_BANK_NUMBER: 'BANK',
  BIC_SWIFT: 'BANK',
  DATE_TIME: 'OTHER',
  URL: 'OTHER',
  CRYPTO: 'CRYPTO',
};

export function openaiGuardrails({ secretKeys }: { readonly secretKeys: boolean }): Candidate {
  const load = <T>(check: string): T => loadPeer<T>('openai-guardrails', `@openai/guardrails/dist/checks/${check}.js`);
  const { pii, PIIConfig } = load<PiiCheck>('pii');
  const { secretKeysCheck, SecretKeysConfig } = load<SecretCheck>('secret-keys');
  const config = PIIConfig.parse({});
  const secretConfig = SecretKeysConfig.parse({});

  async function personal(text: string): Promise<Finding[]> {
    const { info } = await pii(null, text, config);
    if (!info.pii_detected) return [];
    const marked = info.checked_text.replace(PLACEHOLDER, (found, type: string) =>
      Object.hasOwn(info.detected_entities, type) ? markOf(type) : found,
    );
    return onOriginal(text, marked);
  }

  async function secrets(text: string): Promise<Finding[]> {
    const { info } = await secretKeysCheck(null, text, secretConfig);
    return [...new Set(info.detected_secrets)].flatMap((value) => occurrences(text, value));
  }

  return {
    types: TYPES,
    async detect(text) {
      if (text === '') return [];
      const found = await personal(text);
      return secretKeys ? [...found, ...(await secrets(text))] : found;
    },
  };
}

/** It masks the text's compatibility form without invisible characters; the findings are carried back to the text itself. */
function onOriginal(text: string, marked: string): Finding[] {
  const checked = text.normalize('NFKC').replace(INVISIBLE, '');
  const { folded, places } = foldWithPlaces(text);
  const found = align(checked, marked);
  if (folded !== checked) return found;
  return found.map(({ start, end, type }) => ({ start: places[start]!, end: places[end] ?? text.length, type }));
}

/** The text folded character by character, and where each of its characters comes from. */
function foldWithPlaces(text: string): { folded: string; places: number[] } {
  let folded = '';
  const places: number[] = [];
  let at = 0;
  for (const character of text) {
    const kept = character.normalize('NFKC').replace(INVISIBLE, '');
    for (let index = 0; index < kept.length; index++) places.push(at);
    folded += kept;
    at += character.length;
  }
  places.push(text.length);
  return { folded, places };
}

function occurrences(text: string, value: string): Finding[] {
  const found: Finding[] = [];
  if (value === '') return found;
  for (let start = text.indexOf(value); start >= 0; start = text.indexOf(value, start + value.length))
    found.push({ start, end: start + value.length, type: 'SECRET' });
  return found;
}
