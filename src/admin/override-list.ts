/** Limits of spend caps that are overridden for a while. Which caps there are and what an override does to one, the policy book knows. */
import type { OverrideBody, OverrideResource } from '../resources/spend.ts';
import type { ServerState } from '../state/server-state.ts';
import { type ChangeBy, fieldChanges } from './changes.ts';
import type { PolicyBook } from './policy-book.ts';
import { conflict, invalid, notFound } from './problem.ts';
import { type StoredOverride, storedOverride } from './stored-policies.ts';

export interface OverrideListOptions {
  readonly state: ServerState;
  readonly policies: PolicyBook;
  readonly now?: (() => number) | undefined;
  readonly newId?: (() => string) | undefined;
}

const MAX_OVERRIDES = 1_000;

export class OverrideList {
  readonly #state: ServerState;
  readonly #policies: PolicyBook;
  readonly #now: () => number;
  readonly #newId: () => string;

  constructor({ state, policies, now = Date.now, newId }: OverrideListOptions) {
    this.#state = state;
    this.#policies = policies;
    this.#now = now;
    this.#newId = newId ?? (() => globalThis.crypto.randomUUID());
  }

  /** The newest first. */
  list(): OverrideResource[] {
    return this.#state
      .documents('override')
      .map((document) => this.#resource(document.id, storedOverride(document)))
      .sort((a, b) => (a.created_at < b.created_at ? 1 : -1));
  }

  /** @throws AdminError, GatewayError */
  async create(body: OverrideBody, { actor, requestId }: ChangeBy): Promise<OverrideResource> {
    if (Date.parse(body.until) <= this.#now()) throw invalid('until: this instant has passed.', 'until');
    const id = this.#newId();
    const value: StoredOverride = {
      ...body,
      created_at: new Date(this.#now()).toISOString(),
      created_by: actor.name,
    };
    await this.#state.change((view) => {
      const name = this.#policies.checkOverride(body).body.name;
      if (view.documents('override').length >= MAX_OVERRIDES)
        throw conflict(`No more than ${MAX_OVERRIDES} overrides can be kept. Delete those that have ended.`);
      return {
        entry: {
          actor,
          requestId,
          operation: 'create_gateway_override',
          resource: { type: 'gateway_override', id, name },
          changes: fieldChanges(undefined, body),
        },
        writes: [{ kind: 'override', id, value }],
        result: undefined,
      };
    });
    return this.#resource(id, value);
  }

  /** @throws AdminError `not_found` */
  async delete(id: string, { actor, requestId }: ChangeBy): Promise<void> {
    await this.#state.change((view) => {
      const document = view.document('override', id);
      if (!document) throw notFound('override');
      const { created_at: _, created_by: __, ...body } = storedOverride(document);
      const name = this.#policies.get(body.policy_id)?.body.name;
      return {
        entry: {
          actor,
          requestId,
          operation: 'delete_gateway_override',
          resource: { type: 'gateway_override', id, name },
          changes: fieldChanges(body, undefined),
        },
        writes: [{ kind: 'override', id, value: null }],
        result: undefined,
      };
    });
  }

  #resource(id: string, stored: StoredOverride): OverrideResource {
    const active = Date.parse(stored.until) > this.#now() && this.#policies.get(stored.policy_id) !== undefined;
    return { id, ...stored, active };
  }
}
