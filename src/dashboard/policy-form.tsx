/** The forms that create and edit a policy. */
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { PolicyResource } from '../resources/policy.ts';
import { ApiProblem } from './api.ts';
import { useForm } from './form.ts';
import { SubmitRow } from './key-form.tsx';
import { policyPath } from './mode-switch.tsx';
import { Field, Heading, Problem } from './parts.tsx';
import { bodyOf, type Draft, draftOf, emptyDraft, type Kind, patchOf } from './policy-draft.ts';
import {
  Check,
  type FieldsProps,
  GuardFields,
  RateFields,
  SpendFields,
  SubjectFields,
  Text,
} from './policy-fields.tsx';
import { fixedReason } from './policy-text.ts';
import { go, hrefOf } from './router.ts';
import { useSession } from './session.ts';

const POLICIES = 'v1/platform/gateway-policies';
const KINDS: readonly { readonly kind: Kind; readonly title: string; readonly says: string }[] = [
  { kind: 'spend_cap', title: 'Spend cap', says: 'Refuses calls that would cost more than is left.' },
  { kind: 'rate_limit', title: 'Rate limit', says: 'Refuses calls, or tokens, past so many in a time.' },
  { kind: 'guard', title: 'Guard', says: 'Takes personal data and secrets out of what is sent and answered.' },
];

export function NewPolicy({ kind }: { kind: string | undefined }) {
  const { api } = useSession();
  const chosen = KINDS.find((candidate) => candidate.kind === kind) ?? KINDS[0]!;
  const [draft, setDraft] = useState(() => emptyDraft(chosen.kind));
  const create = async (): Promise<void> => {
    const { policies } = await api.get<{ policies: readonly PolicyResource[] }>(POLICIES);
    // The API would put this one in the place of the other.
    if (policies.some(({ name }) => name === draft.name.trim()))
      throw new ApiProblem(409, {
        code: 'conflict',
        message: 'Another policy has this name: edit that one.',
        param: 'name',
      });
    const { id } = await api.send<PolicyResource>('POST', POLICIES, bodyOf(draft));
    go('policies', id);
  };
  return (
    <>
      <Heading title={`New ${chosen.title.toLowerCase()}`} aside={<a href={hrefOf('policies')}>All policies</a>} />
      <PolicyForm draft={draft} setDraft={setDraft} fixed={false} action="Create" onSubmit={create}>
        <nav class="choices" aria-label="Kind of policy">
          {KINDS.map(({ kind: own, title, says }) => (
            <a
              key={own}
              class="choice"
              href={hrefOf('policies', 'new', own)}
              aria-current={own === chosen.kind ? 'page' : undefined}
            >
              <b>{title}</b>
              <span class="quiet">{says}</span>
            </a>
          ))}
        </nav>
      </PolicyForm>
    </>
  );
}

export function EditPolicy({ policy }: { policy: PolicyResource }) {
  const { api } = useSession();
  const [draft, setDraft] = useState(() => draftOf(policy));
  const save = async (): Promise<void> => {
    await api.send('PATCH', policyPath(policy.id), patchOf(draft, policy));
    go('policies', policy.id);
  };
  return (
    <>
      <Heading title={`Edit ${policy.name}`} aside={<a href={hrefOf('policies', policy.id)}>Back</a>} />
      <PolicyForm draft={draft} setDraft={setDraft} fixed action="Save" onSubmit={save} reason={fixedReason(policy)} />
    </>
  );
}

function PolicyForm({
  draft,
  setDraft,
  fixed,
  action,
  reason,
  onSubmit,
  children,
}: {
  draft: Draft;
  setDraft(update: (before: Draft) => Draft): void;
  /** What decides the type cannot be changed. */
  fixed: boolean;
  action: string;
  reason?: string | undefined;
  onSubmit(): Promise<void>;
  children?: ComponentChildren;
}) {
  const { readOnly } = useSession();
  const { form, busy, error, errorAt, submit } = useForm();
  const fields: FieldsProps = { draft, errorAt, set: (changed) => setDraft((before) => ({ ...before, ...changed })) };
  const Config = { spend_cap: SpendFields, rate_limit: RateFields, guard: GuardFields }[draft.kind];
  return (
    <form ref={form} class="panel" onSubmit={(event) => submit(event, onSubmit)}>
      {children}
      <div class="fields">
        <Text
          {...fields}
          name="name"
          path="name"
          label="Name"
          required
          maxLength={128}
          hint="Shown to whom it refuses."
        />
        <Text {...fields} name="description" path="description" label="Description" maxLength={1024} />
      </div>
      <Config {...fields} />
      <SubjectFields {...fields} fixed={fixed} />
      <div class="fields">
        <Modes {...fields} />
      </div>
      <Problem error={error} />
      <SubmitRow busy={busy} reason={readOnly ?? reason} action={action} />
    </form>
  );
}

function Modes(fields: FieldsProps) {
  const { draft, set } = fields;
  return (
    <>
      <Field
        label="Mode"
        hint={draft.mode === 'monitor' ? 'Only tells what it would do: look at it, then enforce.' : 'Acts on calls.'}
      >
        {(control) => (
          <select
            {...control}
            value={draft.mode}
            onChange={(event) => set({ mode: event.currentTarget.value as Draft['mode'] })}
          >
            <option value="monitor">monitor</option>
            <option value="enforce">enforce</option>
          </select>
        )}
      </Field>
      <Field label="When the policy itself fails">
        {(control) => (
          <select
            {...control}
            value={draft.failure}
            onChange={(event) => set({ failure: event.currentTarget.value as Draft['failure'] })}
          >
            <option value="closed">calls are refused</option>
            <option value="open">calls pass</option>
          </select>
        )}
      </Field>
      <Check {...fields} name="enabled" label="The policy is on" />
    </>
  );
}
