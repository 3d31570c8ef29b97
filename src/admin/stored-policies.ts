/** Policies and overrides as documents of the state: how they are read, and what they are together with the configuration's. */
import type * as z from 'zod';
import type { StateDocument } from '../core/state.ts';
import { GatewayError } from '../errors.ts';
import { describeZodError } from '../resources/describe-zod-error.ts';
import { type PolicyBody, type PolicyResource, policyBody } from '../resources/policy.ts';
import { type OverrideBody, overrideBody } from '../resources/spend.ts';
import type { StateView } from '../state/state-view.ts';

type Mode = 'enforce' | 'monitor';

/** A policy of the configuration; its id is made of its name, so that it stays the same from start to start. */
export interface ConfiguredPolicy {
  readonly id: string;
  readonly body: PolicyBody;
}

/** A policy as it is in force. */
export interface EffectivePolicy {
  readonly id: string;
  readonly source: 'config' | 'api';
  /** With the mode that it has now. */
  readonly body: PolicyBody & { readonly mode: Mode };
  readonly modeOverridden: boolean;
  /** Of a spend cap, the newest first, which is the one that counts where several match; also those that have ended. */
  readonly overrides: readonly OverrideBody[];
  /** What its accounts are named by. One of the configuration has its name: there nothing else stays the same when it is changed. */
  readonly account: string;
  readonly createdAt?: string | undefined;
  readonly updatedAt?: string | undefined;
}

export interface StoredPolicy {
  readonly id: string;
  readonly body: PolicyBody;
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** A policy as the API tells of it. */
export function policyResourceOf(policy: EffectivePolicy, spendUsd?: number): PolicyResource {
  const { id, source, body, modeOverridden, createdAt, updatedAt } = policy;
  return {
    ...body,
    enabled: body.enabled !== false,
    ...{ id, source, mode_overridden: modeOverridden },
    ...(createdAt === undefined ? {} : { created_at: createdAt }),
    ...(updatedAt === undefined ? {} : { updated_at: updatedAt }),
    ...(spendUsd === undefined ? {} : { current_spend_usd: spendUsd }),
  };
}

export function effectiveOf(
  policy: ConfiguredPolicy & Partial<Pick<StoredPolicy, 'createdAt' | 'updatedAt'>>,
  source: EffectivePolicy['source'],
  switched: Mode | undefined,
  overrides: readonly OverrideBody[],
): EffectivePolicy {
  const { id, body, createdAt, updatedAt } = policy;
  const own = body.mode ?? 'enforce';
  const mode = switched ?? own;
  const account = source === 'api' ? id : body.name;
  const modeOverridden = mode !== own;
  return { id, source, body: { ...body, mode }, modeOverridden, overrides, account, createdAt, updatedAt };
}

export function switchedMode(document: StateDocument | undefined): Mode | undefined {
  const mode = document?.value.mode;
  return mode === 'enforce' || mode === 'monitor' ? mode : undefined;
}

export function overridesOf(view: Documents, policyId: string): OverrideBody[] {
  return view
    .documents('override')
    .filter(({ value }) => value.policy_id === policyId)
    .map(storedOverride)
    .sort((a, b) => compare(b.created_at, a.created_at))
    .map(({ created_at: _, created_by: __, ...body }) => readStored(overrideBody, body, `An override of ${policyId}`));
}

/** An override with what is known of it besides what somebody wrote. */
export type StoredOverride = OverrideBody & { readonly created_at: string; readonly created_by: string };

export function storedOverride({ value }: StateDocument): StoredOverride {
  return value as unknown as StoredOverride;
}

type Documents = Pick<StateView, 'documents'>;

/** In the order they were made. @throws GatewayError `invalid_option` */
export function storedPolicies(view: Documents): StoredPolicy[] {
  return view
    .documents('policy')
    .map(storedOf)
    .sort((a, b) => compare(a.createdAt, b.createdAt) || compare(a.id, b.id));
}

function storedOf({ id, value }: StateDocument): StoredPolicy {
  return {
    id,
    body: readStored(policyBody, value.body, `Policy ${id}`),
    createdAt: String(value.created_at),
    updatedAt: String(value.updated_at),
  };
}

/** @throws GatewayError `invalid_option` when a name of the configuration is one that was taken at the admin API */
export function checkNames(configured: readonly ConfiguredPolicy[], state: Documents): void {
  const names = new Set(storedPolicies(state).map(({ body }) => body.name));
  const taken = configured.find(({ body }) => names.has(body.name));
  if (taken)
    throw new GatewayError(
      'invalid_option',
      `Policy "${taken.body.name}" of the configuration has the name of one that was made at the admin API. Rename it, or take that one out there first.`,
      { param: 'policies' },
    );
}

/** What another version wrote may say more than this one understands. @throws GatewayError `invalid_option` */
function readStored<T extends z.ZodType>(schema: T, value: unknown, what: string): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [problem] = describeZodError(result.error);
  const message = `${what} in the state cannot be read by this version: ${problem?.path} ${problem?.message}.`;
  throw new GatewayError('invalid_option', message, { param: problem?.path });
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
