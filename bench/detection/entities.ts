/** The entities that are scored, and which of them a detector means by its own name for a type. Knows no detector. */

export const ENTITIES = [
  'EMAIL',
  'PHONE',
  'CREDIT_CARD',
  'IBAN',
  'BANK',
  'IP',
  'MAC',
  'SSN',
  'NATIONAL_ID',
  'HEALTH_ID',
  'CRYPTO',
  'SECRET',
  'PERSON',
  'ADDRESS',
  'DOB',
] as const;
export type Entity = (typeof ENTITIES)[number];
/** `OTHER`: a type that is not scored (organisation, city, URL, ...). */
export type ScoredAs = Entity | 'OTHER';

const KNOWN: ReadonlySet<string> = new Set(ENTITIES);
const FREE_FORM: ReadonlySet<Entity> = new Set<Entity>(['PERSON', 'ADDRESS', 'DOB']);
/** What has a form of its own; names, addresses and dates of birth do not. */
export const STRUCTURED: readonly Entity[] = ENTITIES.filter((entity) => !FREE_FORM.has(entity));

export const isEntity = (name: string): name is Entity => KNOWN.has(name);

/** Usual names of types, read in this order. */
const NAMES: readonly (readonly [RegExp, Entity])[] = [
  [/^(MAC|MAC_ADDR|MAC_ADDRESS)$/, 'MAC'],
  [/EMAIL/, 'EMAIL'],
  [/PHONE|MOBILE|TELEPHONE|FAX/, 'PHONE'],
  [/CREDIT_?CARD|DEBIT_?CARD|PAYMENT_?CARD|^CARD(_NUMBER)?$/, 'CREDIT_CARD'],
  [/IBAN/, 'IBAN'],
  [/SSN|SOCIAL_SECURITY_NUMBER|ITIN/, 'SSN'],
  [/BANK|ROUTING|SWIFT|\bBIC|SORT_CODE|ACCOUNT_NUMBER|IFSC/, 'BANK'],
  [/^(IP|IPV4|IPV6|IP_?ADDRESS.*|IPV[46]_?ADDRESS)$|^IP_ADDR/, 'IP'],
  [/CRYPTO|BITCOIN|ETHEREUM|WALLET|^BTC|^ETH(_|$)/, 'CRYPTO'],
  [
    /SECRET|API_?KEY|TOKEN|PASSWORD|PASSWD|CREDENTIAL|PRIVATE_?KEY|JWT|ACCESS_?KEY|CONNECTION_STRING|BASIC_?AUTH|BEARER|WEBHOOK|AUTH/,
    'SECRET',
  ],
  [/MEDICAL_RECORD|MRN|HEALTH|NHS|MEDICARE|\bNPI|^NPI|^DEA_|PATIENT|PRESCRIPTION/, 'HEALTH_ID'],
  [
    /PASSPORT|DRIV|LICEN[CS]E|NATIONAL|TAX|NIF|NIE\b|NINO|INSURANCE|AADHAAR|PAN\b|PESEL|SIN\b|TFN|ABN|ACN|NRIC|CURP|RFC|RRN|CPF|CNPJ|VOTER|IDENTITY|ID_CARD|PERSONNUMMER|FISCAL|VAT|GOVERNMENT|CITIZEN/,
    'NATIONAL_ID',
  ],
  [/DATE_OF_BIRTH|DOB|BIRTH/, 'DOB'],
  [/^PERSON|^NAME|PERSON_?NAME|FULL_?NAME|FIRST_?NAME|LAST_?NAME|NAMES$/, 'PERSON'],
  [/STREET|ADDRESS(?!.*(IP|MAC|EMAIL))/, 'ADDRESS'],
];

export type TypeNames = Readonly<Record<string, ScoredAs>>;

/** What a detector's type is scored as: what the detector's own list says, or what its name usually means. */
export function namesToEntities(own: TypeNames = {}): (type: string) => ScoredAs {
  const known = new Map<string, ScoredAs>(Object.entries(own));
  return (type) => {
    const entity = isEntity(type) ? type : (known.get(type) ?? usualEntity(type));
    known.set(type, entity);
    return entity;
  };
}

function usualEntity(type: string): ScoredAs {
  const name = type
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toUpperCase()
    .replace(/[^A-Z0-9]+/g, '_');
  return NAMES.find(([pattern]) => pattern.test(name))?.[1] ?? 'OTHER';
}

/** Health ids are national ids in many countries, and the other way round. */
export function isSameEntity(a: string, b: Entity): boolean {
  if (a === b) return true;
  return (a === 'NATIONAL_ID' && b === 'HEALTH_ID') || (a === 'HEALTH_ID' && b === 'NATIONAL_ID');
}
