/**
 * The policies of a server, of both sources: those of its configuration and those that were made at the admin API, with modes that were
 * switched and limits that were overridden there. Says which are in force and in which order. Asks nobody about a call.
 */
import type { StateWrite } from '../core/state.ts';
import { isOwnError } from '../errors.ts';
import { type PolicyBody, type PolicyPatch, policyBody } from '../resources/policy.ts';
import { capOptionsOf, checkPolicy } from '../resources/policy-factory.ts';
import type { OverrideBody } from '../resources/spend.ts';
import type { SpendCapOptions } from '../spend/cap.ts';
import type { ServerState } from '../state/server-state.ts';
import type { StateView } from '../state/state-view.ts';
import { type ChangeBy, fieldChanges, isEmpty } from './changes.ts';
import { checked } from './checked.ts';
import type { Logger } from './logger.ts';
import { AdminError, conflict, invalid, notFound } from './problem.ts';
import {
  type ConfiguredPolicy,
  checkNames,
  type EffectivePolicy,
  effectiveOf,
  overridesOf,
  type StoredPolicy,
  storedPolicies,
  switchedMode,
} from './stored-policies.ts';

export type { ConfiguredPolicy, EffectivePolicy };

/** A spend cap, with what it is made of. */
export interface PolicyCap {
  readonly policy: EffectivePolicy;
  readonly cap: SpendCapOptions;
}

export interface PolicyBookOptions {
  readonly state: ServerState;
  readonly configured?: readonly ConfiguredPolicy[] | undefined;
  readonly logger?: Logger | undefined;
  readonly now?: (() => number) | undefined;
  readonly newId?: (() => string) | undefined;
}

/** Policies that are made at the admin API. */
const MAX_POLICIES = 500;

export class PolicyBook {
  readonly #state: ServerState;
  readonly #logger: Logger | undefined;
  readonly #now: () => number;
  readonly #newId: () => string;
  readonly #listeners = new Set<() => void>();
  readonly #unsubscribe: () => void;
  #configured: readonly ConfiguredPolicy[];
  #policies: readonly EffectivePolicy[];
  #told: string;
  #warned: ReadonlySet<string> = new Set();

  /** @throws GatewayError where what is stored and what is configured do not go together */
  constructor({ state, configured = [], logger, now = Date.now, newId }: PolicyBookOptions) {
    this.#state = state;
    this.#logger = logger;
    this.#now = now;
    this.#newId = newId ?? (() => globalThis.crypto.randomUUID());
    checkNames(configured, state);
    this.#configured = configured;
    this.#policies = this.#read(configured);
    this.#told = JSON.stringify(this.entries());
    this.#unsubscribe = state.onChange(() => this.#refresh());
  }

  close(): void {
    this.#unsubscribe();
    this.#listeners.clear();
  }

  /** Called when the policies in force became others, whoever changed them. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** All, in the order in which they are asked; those that are off too. */
  list(): readonly EffectivePolicy[] {
    return this.#policies;
  }

  /** Those that are in force. */
  entries(): readonly EffectivePolicy[] {
    return this.#policies.filter(({ body }) => body.enabled !== false);
  }

  get(id: string): EffectivePolicy | undefined {
    return this.#policies.find((policy) => policy.id === id);
  }

  /** The spend caps that are in force. */
  caps(): readonly PolicyCap[] {
    return this.entries().flatMap((policy) => {
      const cap = capOptionsOf(policy.body, policy.overrides, policy.account);
      return cap ? [{ policy, cap }] : [];
    });
  }

  idOf(name: string): string | undefined {
    return this.#policies.find(({ body }) => body.name === name)?.id;
  }

  /** @throws GatewayError `invalid_option` when a name is one that was taken at the admin API; nothing has changed then */
  setConfigured(configured: readonly ConfiguredPolicy[]): void {
    checkNames(configured, this.#state);
    this.#policies = this.#read(configured);
    this.#configured = configured;
    this.#tell();
  }

  /** A new policy, or another one in the place of that of the same name, whose id it keeps. */
  async save(body: PolicyBody, by: ChangeBy): Promise<EffectivePolicy> {
    const newId = this.#newId();
    let id = newId;
    await this.#state.change((view) => {
      const known = storedPolicies(view).find((stored) => stored.body.name === body.name);
      id = known?.id ?? newId;
      this.#checkName(view, body.name, id);
      if (known && known.body.policy_type !== body.policy_type)
        throw conflict('A policy of that name is there, and is of another type.', 'policy_type');
      if (!known && view.documents('policy').length >= MAX_POLICIES)
        throw conflict(`No more than ${MAX_POLICIES} policies can be made here.`);
      return this.#written(view, id, known, body, by);
    });
    return this.#current(id);
  }

  /** @throws AdminError `not_found`, `conflict`, `invalid_request` */
  async update(id: string, patch: PolicyPatch, by: ChangeBy): Promise<EffectivePolicy> {
    const configured = this.#configured.find((policy) => policy.id === id);
    if (configured) await this.#switchMode(configured, patch, by);
    else
      await this.#state.change((view) => {
        const known = storedPolicies(view).find((stored) => stored.id === id);
        if (!known) throw notFound('policy');
        const body = patched(known.body, patch);
        this.#checkName(view, body.name, id);
        return this.#written(view, id, known, body, by);
      });
    return this.#current(id);
  }

  /** With its overrides. @throws AdminError `not_found`, `conflict` */
  async delete(id: string, { actor, requestId }: ChangeBy): Promise<void> {
    if (this.#configured.some((policy) => policy.id === id))
      throw conflict('The policy stands in the configuration, where alone it can be taken out.');
    await this.#state.change((view) => {
      const known = storedPolicies(view).find((stored) => stored.id === id);
      if (!known) throw notFound('policy');
      const overrides = view.documents('override').filter(({ value }) => value.policy_id === id);
      const resource = { type: 'gateway_policy', id, name: known.body.name };
      const changes = fieldChanges(known.body, undefined);
      const gone: StateWrite[] = overrides.map((override) => ({ kind: 'override', id: override.id, value: null }));
      return {
        entry: { actor, requestId, operation: 'delete_gateway_policy', resource, changes },
        writes: [{ kind: 'policy', id, value: null }, ...gone],
        result: undefined,
      };
    });
    this.#refresh();
  }

  /** Refuses an override that its cap could not be made with. @throws AdminError, GatewayError */
  checkOverride(override: OverrideBody): EffectivePolicy {
    const policy = this.get(override.policy_id);
    if (!policy) throw invalid('policy_id: there is no such policy.', 'policy_id');
    if (!/spend_cap$/.test(policy.body.policy_type))
      throw invalid('policy_id: only the limit of a spend cap can be overridden.', 'policy_id');
    tryOverride(policy, override);
    return policy;
  }

  #written(view: StateView, id: string, known: StoredPolicy | undefined, body: PolicyBody, by: ChangeBy) {
    const changes = fieldChanges(known?.body, body);
    if (known && isEmpty(changes)) return undefined;
    const updatedAt = new Date(this.#now()).toISOString();
    const createdAt = known?.createdAt ?? updatedAt;
    // Made and let go: what no policy can be made of is not written.
    checkPolicy(body, overridesOf(view, id));
    const operation = known ? 'update_gateway_policy' : 'create_gateway_policy';
    const { actor, requestId } = by;
    const value = { body, created_at: createdAt, updated_at: updatedAt };
    return {
      entry: { actor, requestId, operation, resource: { type: 'gateway_policy', id, name: body.name }, changes },
      writes: [{ kind: 'policy', id, value } as const],
      result: undefined,
    };
  }

  async #switchMode({ id, body }: ConfiguredPolicy, patch: PolicyPatch, { actor, requestId }: ChangeBy): Promise<void> {
    const other = Object.keys(patch).find(
      (field) => field !== 'mode' && patch[field as keyof PolicyPatch] !== undefined,
    );
    if (other !== undefined)
      throw conflict('The policy stands in the configuration; only its mode can be switched here.', other);
    if (patch.mode === undefined) return;
    const own = body.mode ?? 'enforce';
    const to = patch.mode ?? own;
    await this.#state.change((view) => {
      const from = switchedMode(view.document('policy_mode', id)) ?? own;
      if (from === to) return undefined;
      const value = to === own ? null : { mode: to, at: new Date(this.#now()).toISOString() };
      return {
        entry: {
          actor,
          requestId,
          operation: 'update_gateway_policy',
          resource: { type: 'gateway_policy', id, name: body.name },
          changes: { mode: { from, to } },
        },
        writes: [{ kind: 'policy_mode', id, value }],
        result: undefined,
      };
    });
  }

  #checkName(view: StateView, name: string, id: string): void {
    if (this.#configured.some(({ body }) => body.name === name))
      throw conflict('A policy of the configuration has that name.', 'name');
    if (storedPolicies(view).some((stored) => stored.body.name === name && stored.id !== id))
      throw conflict('A policy of that name is there already.', 'name');
  }

  #current(id: string): EffectivePolicy {
    this.#refresh();
    const policy = this.get(id);
    if (!policy) throw new AdminError('internal', 'The policy was taken out by somebody else at once.');
    return policy;
  }

  /** What another server or version wrote and this one cannot read changes nothing here: what was in force stays. */
  #refresh(): void {
    try {
      this.#policies = this.#read(this.#configured);
    } catch {
      this.#logger?.error({ event: 'policies_unreadable' });
      return;
    }
    this.#tell();
  }

  #tell(): void {
    const entries = JSON.stringify(this.entries());
    if (entries === this.#told) return;
    this.#told = entries;
    for (const listener of this.#listeners) listener();
  }

  /** Another server's configuration may not have the name that this one's has. */
  #warnOf(taken: readonly StoredPolicy[]): void {
    for (const { id } of taken)
      if (!this.#warned.has(id)) this.#logger?.warn({ event: 'policy_name_taken', policy_id: id });
    this.#warned = new Set(taken.map(({ id }) => id));
  }

  #read(configured: readonly ConfiguredPolicy[]): readonly EffectivePolicy[] {
    const names = new Set(configured.map(({ body }) => body.name));
    const ids = new Set(configured.map(({ id }) => id));
    const stored = storedPolicies(this.#state);
    const taken = stored.filter(({ body, id }) => names.has(body.name) || ids.has(id));
    this.#warnOf(taken);
    const all = [
      ...configured.map((policy) =>
        effectiveOf(
          policy,
          'config',
          switchedMode(this.#state.document('policy_mode', policy.id)),
          overridesOf(this.#state, policy.id),
        ),
      ),
      ...stored
        .filter((policy) => !taken.includes(policy))
        .map((policy) => effectiveOf(policy, 'api', undefined, overridesOf(this.#state, policy.id))),
    ];
    // Guards go first: what they take out, no later policy sees.
    const isGuard = ({ body }: EffectivePolicy): boolean => body.policy_type === 'guard';
    return [...all.filter(isGuard), ...all.filter((policy) => !isGuard(policy))];
  }
}

function tryOverride({ body }: EffectivePolicy, override: OverrideBody): void {
  try {
    checkPolicy(body, [override]);
  } catch (error) {
    if (!isOwnError(error)) throw error;
    const param = error.param?.replace('overrides[0].', '');
    throw invalid(`${param ?? 'The override'}${error.message.slice(error.message.indexOf(' must be'))}`, param);
  }
}

function patched(body: PolicyBody, { mode, ...patch }: PolicyPatch): PolicyBody {
  const given = Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined));
  const { mode: own, ...rest } = body;
  const next = mode === undefined ? own : (mode ?? undefined);
  return checked(policyBody, { ...rest, ...given, ...(next === undefined ? {} : { mode: next }) });
}
