/** Who is measured, in the order of the tables. */
import { ENTITY_NAMES } from '../../src/redaction/index.ts';
import { versionOf } from './peers.ts';

export interface Entry {
  /** Its file in `candidates/`, and what `--only` calls it. */
  readonly name: string;
  /** Its folder under `peers/`; ours has none. */
  readonly peer?: string;
  /** What of the package is used, where that is not all. */
  readonly part?: string;
}

/** Ours, which comes first. */
export const OURS = 'postern';

/** Ours with its defaults, or with more than these. */
export const isOurs = (name: string): boolean => name === OURS || name.startsWith(`${OURS}-`);

const HAS_PERSON = ENTITY_NAMES.some((name: string) => name === 'PERSON');

export const ENTRIES: readonly Entry[] = [
  { name: OURS },
  ...(HAS_PERSON ? [{ name: `${OURS}-person`, part: 'with PERSON' }] : []),
  { name: 'langchain', peer: 'langchain', part: 'piiMiddleware' },
  { name: 'openai-guardrails', peer: 'openai-guardrails', part: 'PII' },
  { name: 'openai-guardrails-secrets', peer: 'openai-guardrails', part: 'PII + Secret Keys' },
  { name: 'openredaction', peer: 'openredaction' },
  { name: 'openredaction-scoped', peer: 'openredaction-scoped' },
  { name: 'redact-pii', peer: 'redact-pii' },
  { name: 'redactpii', peer: 'redactpii' },
  { name: 'remove-pii', peer: 'remove-pii' },
  { name: 'sanitize-pii', peer: 'sanitize-pii' },
  { name: 'hai-guardrails', peer: 'hai-guardrails' },
  { name: 'arcjet', peer: 'arcjet' },
  { name: 'secretlint', peer: 'secretlint', part: 'recommended preset' },
  { name: 'compromise', peer: 'compromise', part: 'people()' },
  { name: 'libphonenumber-js', peer: 'libphonenumber-js', part: 'search, default US' },
];

/** With the version that is pinned now. */
export function titleOf({ peer, part }: Entry): string {
  const name = peer === undefined ? 'Postern' : versionOf(peer);
  return part === undefined ? name : `${name} (${part})`;
}

/** @throws Error that names the one which is not known. */
export function entriesOf(names: readonly string[] | undefined): readonly Entry[] {
  const unknown = names?.find((name) => !ENTRIES.some((entry) => entry.name === name));
  if (unknown !== undefined) {
    throw new Error(`--only: ${unknown} is none of ${ENTRIES.map(({ name }) => name).join(', ')}`);
  }
  return names === undefined ? ENTRIES : ENTRIES.filter(({ name }) => names.includes(name));
}
