/** The gateway that is measured, with what a team would set; and nothing of what is done with it. */
import type { Policy } from '../src/core/policy.ts';
import type { Fetch } from './mock.ts';

export type Build = typeof import('../src/index.ts');
export type Gateway = ReturnType<Build['createGateway']>;

const LIMIT_USD = 1_000_000;
export const CALLER = { user: 'ada', workspace: 'bench' };

/** What was built, by the URL of its folder. */
export const loadBuild = (folder: string): Promise<Build> => import(`${folder}index.js`) as Promise<Build>;

/** Redaction both ways and two caps. */
export const usualPolicies = ({ redact, spendCap }: Build): Policy[] => [
  redact(),
  spendCap({ name: 'per user', limitUsd: LIMIT_USD, window: 'daily', per: 'user' }),
  spendCap({ name: 'all', limitUsd: LIMIT_USD, window: 'lifetime' }),
];

export function gatewayOver(
  build: Build,
  baseURL: string,
  fetch: Fetch | undefined,
  policies: readonly Policy[] = usualPolicies(build),
): Gateway {
  return build.createGateway({ policies, providers: [{ name: 'openai', baseURL, streamUsage: true }], fetch });
}
