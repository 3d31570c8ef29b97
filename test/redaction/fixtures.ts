/** Invented values that the tests of redaction share. Token-like ones are put together here, so that no scanner takes them for real. */
import { createHmac } from 'node:crypto';
import { SAMPLES } from './detectors/secrets/samples.ts';

const base64url = (text: string) => Buffer.from(text).toString('base64url');
/** Characters that look random and are the same in every run. */
export function noise(length: number, alphabet = 'base64url' as 'base64' | 'base64url' | 'hex'): string {
  let text = '';
  for (let n = 0; text.length < length; n++)
    text += createHmac('sha256', 'invented').update(String(n)).digest(alphabet);
  return text.slice(0, length);
}

const alnum = (length: number) =>
  noise(length * 2)
    .replace(/[^A-Za-z0-9]/g, '')
    .slice(0, length);

export const EMAIL = 'ada.lovelace@example.org';
export const CARD = '4111 1111 1111 1111';
export const PHONE = '+1 (555) 010-4477';
export const SSN = '219-09-9999';
export const IBAN = 'GB82 WEST 1234 5698 7654 32';
export const IP = '203.0.113.54';
export const GITHUB = `ghp_${alnum(36)}`;
export const AWS = `AKIA${'Q3EGRIYZ2KX5NTWB'}`;
export const AWS_SECRET = `wJ4${noise(80, 'base64')
  .replace(/[^A-Za-z0-9]/g, '')
  .slice(0, 37)}`;
export const OPENAI = `sk-proj-${noise(148)}`;
export const ANTHROPIC = `sk-ant-api03-${noise(93)}AA`;
export const SLACK = `xoxb-${'2480130459723'}-${'2490130459724'}-${alnum(24)}`;
export const STRIPE = `sk_live_${alnum(24)}`;
export const GOOGLE = `AIza${alnum(35)}`;
export const JWT = `${base64url('{"alg":"HS256","typ":"JWT"}')}.${base64url('{"sub":"42","name":"Ada"}')}.${noise(43)}`;
/** Longer than a window. */
export const LONG_JWT = `${base64url('{"alg":"RS256","kid":"k1"}')}.${base64url(JSON.stringify({ roles: noise(600) }))}.${noise(342)}`;
const body = noise(1600, 'base64')
  .replace(/=/g, '')
  .match(/.{1,64}/g)!
  .join('\n');
export const PEM = `-----BEGIN RSA PRIVATE KEY-----\n${body}\n-----END RSA PRIVATE KEY-----`;

/** Names that stand for the values above in the texts of the detector folders. */
export const VALUES: Readonly<Record<string, string>> = {
  ...SAMPLES,
  GITHUB,
  AWS,
  AWS_SECRET,
  OPENAI,
  ANTHROPIC,
  SLACK,
  STRIPE,
  GOOGLE,
  JWT,
  LONG_JWT,
  PEM,
};
