/** Temporary limits: another limit of a spend cap for some callers, until an instant. */
import { useState } from 'preact/hooks';
import type { PolicyResource } from '../resources/policy.ts';
import type { OverrideBody, OverrideResource } from '../resources/spend.ts';
import { Confirm } from './dialog.tsx';
import { useForm } from './form.ts';
import { usd } from './format.ts';
import { SubmitRow } from './key-form.tsx';
import { useLive } from './live.ts';
import { Badge, Button, Empty, Field, Loaded, Problem, Section, When } from './parts.tsx';
import { subjectText } from './policy-text.ts';
import { hrefOf } from './router.ts';
import { useSession } from './session.ts';

/** Of these policies. */
export function Overrides({ policies }: { policies: readonly PolicyResource[] }) {
  const { readOnly } = useSession();
  const live = useLive<{ overrides: readonly OverrideResource[] }>('v1/overrides', 15_000);
  const [adding, setAdding] = useState(false);
  const caps = policies.filter(({ policy_type }) => policy_type.endsWith('spend_cap'));
  const names = new Map(policies.map(({ id, name }) => [id, name]));
  const onDone = (): void => {
    setAdding(false);
    live.refresh();
  };
  const reason = readOnly ?? (caps.length === 0 ? 'There is no spend cap that it could override.' : undefined);
  return (
    <Section
      title="Temporary limits"
      aside={
        <Button reason={reason} onClick={() => setAdding(!adding)}>
          {adding ? 'Cancel' : 'New temporary limit'}
        </Button>
      }
    >
      {adding && <OverrideForm caps={caps} onDone={onDone} />}
      <Loaded live={live}>
        {({ overrides }) => {
          const own = overrides.filter(({ policy_id }) => names.has(policy_id));
          if (own.length === 0)
            return (
              <Empty>None. A temporary limit raises or lowers a spend cap for some callers, and ends by itself.</Empty>
            );
          return <OverrideTable overrides={own} names={names} onChange={live.refresh} />;
        }}
      </Loaded>
    </Section>
  );
}

function OverrideTable({
  overrides,
  names,
  onChange,
}: {
  overrides: readonly OverrideResource[];
  names: ReadonlyMap<string, string>;
  onChange(): void;
}) {
  const { api, readOnly } = useSession();
  const [ending, setEnding] = useState<OverrideResource | undefined>(undefined);
  return (
    <>
      <table class="cards overrides">
        <thead>
          <tr>
            <th scope="col">For</th>
            <th scope="col">Policy</th>
            <th scope="col" class="num">
              Limit
            </th>
            <th scope="col">Until</th>
            <th scope="col">Reason</th>
            <th scope="col">
              <span class="unseen">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {overrides.map((override) => (
            <tr key={override.id}>
              <th scope="row">
                <b>{subjectText(override.subject_matchers)}</b>
              </th>
              <td class="whole" data-label="Policy">
                <a href={hrefOf('policies', override.policy_id)}>{names.get(override.policy_id)}</a>
              </td>
              <td class="num strong" data-label="Limit">
                {usd(override.limit_usd)}
              </td>
              <td class="half" data-label="Until">
                <When at={override.until} /> {!override.active && <Badge tone="quiet">over</Badge>}
              </td>
              <td class="whole" data-label="Reason">
                {override.reason} <span class="quiet">by {override.created_by}</span>
              </td>
              <td class="whole">
                <div class="actions">
                  <Button
                    reason={readOnly}
                    label={`End the limit for ${subjectText(override.subject_matchers)}`}
                    onClick={() => setEnding(override)}
                  >
                    End
                  </Button>
                </div>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {ending && (
        <Confirm
          title="End this temporary limit?"
          action="End it"
          danger
          onConfirm={async () => {
            await api.send('DELETE', `v1/overrides/${encodeURIComponent(ending.id)}`);
            onChange();
          }}
          onClose={() => setEnding(undefined)}
        >
          <p>The policy's own limit holds again at once for {subjectText(ending.subject_matchers)}.</p>
        </Confirm>
      )}
    </>
  );
}

function OverrideForm({ caps, onDone }: { caps: readonly PolicyResource[]; onDone(): void }) {
  const { api, readOnly } = useSession();
  const { form, busy, error, errorAt, submit } = useForm();
  const [draft, setDraft] = useState({
    policy: caps[0]!.id,
    key: 'user_id',
    value: '',
    limit: '',
    until: '',
    reason: '',
  });
  const set = (changed: Partial<typeof draft>): void => setDraft((before) => ({ ...before, ...changed }));
  const create = async (): Promise<void> => {
    const body: OverrideBody = {
      policy_id: draft.policy,
      ...(draft.value.trim() !== '' && { subject_matchers: [{ key: draft.key, value: draft.value.trim() }] }),
      limit_usd: draft.limit.trim(),
      until: new Date(draft.until).toISOString(),
      reason: draft.reason.trim(),
    };
    await api.send('POST', 'v1/overrides', body);
    onDone();
  };
  return (
    <form ref={form} class="inset" onSubmit={(event) => submit(event, create)}>
      <div class="fields">
        <Field label="Spend cap" error={errorAt('policy_id')}>
          {(control) => (
            <select {...control} value={draft.policy} onChange={(event) => set({ policy: event.currentTarget.value })}>
              {caps.map(({ id, name }) => (
                <option key={id} value={id}>
                  {name}
                </option>
              ))}
            </select>
          )}
        </Field>
        <Field label="For">
          {(control) => (
            <select {...control} value={draft.key} onChange={(event) => set({ key: event.currentTarget.value })}>
              <option value="user_id">a user</option>
              <option value="workspace_id">a workspace</option>
              <option value="organization_id">an organization</option>
              <option value="api_key_id">a key</option>
            </select>
          )}
        </Field>
        <Field label="Whose id is" hint="None: everybody under the cap." error={errorAt('subject_matchers')}>
          {(control) => (
            <input
              {...control}
              type="text"
              autocomplete="off"
              value={draft.value}
              onInput={(event) => set({ value: event.currentTarget.value })}
            />
          )}
        </Field>
        <Field label="Limit in USD" error={errorAt('limit_usd')}>
          {(control) => (
            <input
              {...control}
              type="text"
              inputmode="decimal"
              required
              value={draft.limit}
              onInput={(event) => set({ limit: event.currentTarget.value })}
            />
          )}
        </Field>
        <Field label="Until" hint="In your time zone." error={errorAt('until')}>
          {(control) => (
            <input
              {...control}
              type="datetime-local"
              required
              value={draft.until}
              onInput={(event) => set({ until: event.currentTarget.value })}
            />
          )}
        </Field>
        <Field label="Reason" hint="Shown in events and in the audit log." error={errorAt('reason')}>
          {(control) => (
            <input
              {...control}
              type="text"
              required
              maxLength={512}
              value={draft.reason}
              onInput={(event) => set({ reason: event.currentTarget.value })}
            />
          )}
        </Field>
      </div>
      <Problem error={error} />
      <SubmitRow busy={busy} reason={readOnly} action="Set the limit" />
    </form>
  );
}
