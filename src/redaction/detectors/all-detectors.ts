/** The detectors that ship, and the entity names they make. A new family is a folder beside these and a line here. */
import type { Detector } from '../detector.ts';
import { email } from './email/email.ts';
import { iban } from './iban/iban.ts';
import { ipv4, ipv6 } from './ip-address/ip-address.ts';
import { paymentCard } from './payment-card/payment-card.ts';
import { phone } from './phone/phone.ts';
import { jwt } from './secrets/jwt.ts';
import { privateKey } from './secrets/private-key.ts';
import {
  anthropicKey,
  awsAccessKey,
  awsSecretKey,
  githubToken,
  googleKey,
  openaiKey,
  slackToken,
  stripeKey,
} from './secrets/tokens.ts';
import { usSsn } from './us-ssn/us-ssn.ts';

export const ALL_DETECTORS = [
  email,
  paymentCard,
  usSsn,
  phone,
  iban,
  ipv4,
  ipv6,
  githubToken,
  awsAccessKey,
  awsSecretKey,
  openaiKey,
  anthropicKey,
  slackToken,
  stripeKey,
  googleKey,
  privateKey,
  jwt,
] as const;

type EntityOf<D> = D extends Detector<infer Entity> ? Entity : never;

/** `EMAIL_ADDRESS`, `CREDIT_CARD`, ...: the names follow Presidio where it has one. */
export type EntityName = EntityOf<(typeof ALL_DETECTORS)[number]>;

/** All personal data, or all secrets. */
export type EntityGroup = 'pii' | 'secrets';

export const ENTITY_GROUPS: readonly EntityGroup[] = ['pii', 'secrets'];

export const ENTITY_NAMES: readonly EntityName[] = [
  ...new Set(ALL_DETECTORS.flatMap((detector): readonly EntityName[] => detector.entities)),
];
