/** The detectors that ship, and the entity names they make. A new family is a folder beside these and a line here. */
import type { Detector } from '../detector.ts';
import { address } from './address/address.ts';
import { postalCode } from './address/postal-code.ts';
import { bankCode, bankNumber } from './bank/bank.ts';
import { base58Address, codedAddress } from './crypto-address/crypto-address.ts';
import { dateOfBirth } from './date-of-birth/date-of-birth.ts';
import { email } from './email/email.ts';
import { geoCoordinates } from './geo-coordinates/geo-coordinates.ts';
import { iban } from './iban/iban.ts';
import { identity } from './identity/identity.ts';
import { ipv4, ipv6 } from './ip-address/ip-address.ts';
import { macAddress } from './mac-address/mac-address.ts';
import { paymentCard } from './payment-card/payment-card.ts';
import { person } from './person/person.ts';
import { phone } from './phone/phone.ts';
import { awsSecretKey } from './secrets/aws-secret-key.ts';
import { discordToken } from './secrets/discord-token.ts';
import { jwt } from './secrets/jwt.ts';
import { inlineSecret, labelledSecret } from './secrets/labelled.ts';
import { privateKey } from './secrets/private-key.ts';
import { splitToken } from './secrets/split-tokens.ts';
import { longVendorToken, vendorToken } from './secrets/tokens.ts';
import { urlCredentials } from './secrets/url-credentials.ts';
import { usSsn } from './us-ssn/us-ssn.ts';

export const ALL_DETECTORS = [
  email,
  paymentCard,
  usSsn,
  phone,
  iban,
  ipv4,
  ipv6,
  macAddress,
  base58Address,
  codedAddress,
  bankNumber,
  bankCode,
  dateOfBirth,
  address,
  postalCode,
  geoCoordinates,
  vendorToken,
  longVendorToken,
  splitToken,
  discordToken,
  awsSecretKey,
  privateKey,
  jwt,
  urlCredentials,
  labelledSecret,
  inlineSecret,
  identity,
  person,
] as const;

/** In neither group: found only when their names are given. */
const OPT_IN: ReadonlySet<string> = new Set(['PERSON']);

type EntityOf<D> = D extends Detector<infer Entity> ? Entity : never;

/** `EMAIL_ADDRESS`, `CREDIT_CARD`, ...: the names follow Presidio where it has one. */
export type EntityName = EntityOf<(typeof ALL_DETECTORS)[number]>;

/** All personal data, or all secrets. */
export type EntityGroup = 'pii' | 'secrets';

export const ENTITY_GROUPS: readonly EntityGroup[] = ['pii', 'secrets'];

export function isOptIn(entity: string): boolean {
  return OPT_IN.has(entity);
}

/** What a group stands for. */
export function entitiesOfGroup(group: EntityGroup): readonly EntityName[] {
  return ALL_DETECTORS.flatMap((detector): readonly EntityName[] =>
    detector.group === group ? detector.entities : [],
  ).filter((name) => !isOptIn(name));
}

export const ENTITY_NAMES: readonly EntityName[] = [
  ...new Set(ALL_DETECTORS.flatMap((detector): readonly EntityName[] => detector.entities)),
];
