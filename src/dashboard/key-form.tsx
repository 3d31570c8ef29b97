/** The form of a new key. */
import { useState } from 'preact/hooks';
import type { IssuedKey, KeyBody } from '../resources/key.ts';
import { useForm } from './form.ts';
import { Button, Field, Problem } from './parts.tsx';
import { useSession } from './session.ts';

interface Draft {
  readonly name: string;
  readonly organization: string;
  readonly workspace: string;
  readonly user: string;
  readonly expires: string;
  readonly tags: readonly (readonly [string, string])[];
}

const EMPTY: Draft = { name: '', organization: '', workspace: '', user: '', expires: '', tags: [] };
const MAX_TAGS = 20;

function bodyOf({ name, organization, workspace, user, expires, tags }: Draft): KeyBody {
  const named = tags.filter(([tag]) => tag.trim() !== '');
  return {
    name: name.trim(),
    ...(organization.trim() && { organization: organization.trim() }),
    ...(workspace.trim() && { workspace: workspace.trim() }),
    ...(user.trim() && { user: user.trim() }),
    ...(expires && { expires_at: new Date(expires).toISOString() }),
    ...(named.length > 0 && { tags: Object.fromEntries(named.map(([tag, value]) => [tag.trim(), value.trim()])) }),
  };
}

export function KeyForm({ onIssued }: { onIssued(issued: IssuedKey): void }) {
  const { api, readOnly } = useSession();
  const [draft, setDraft] = useState(EMPTY);
  const { form, busy, error, errorAt, submit } = useForm();
  const set = (changed: Partial<Draft>): void => setDraft((before) => ({ ...before, ...changed }));
  const text = (name: 'name' | 'organization' | 'workspace' | 'user', label: string, hint?: string) => (
    <Field label={label} hint={hint} error={errorAt(name)}>
      {(control) => (
        <input
          {...control}
          type="text"
          required={name === 'name'}
          maxLength={name === 'name' ? 128 : 256}
          autocomplete="off"
          value={draft[name]}
          onInput={(event) => set({ [name]: event.currentTarget.value })}
        />
      )}
    </Field>
  );
  const setTag = (index: number, pair: readonly [string, string]): void =>
    set({ tags: draft.tags.map((before, place) => (place === index ? pair : before)) });
  return (
    <form
      ref={form}
      class="panel"
      onSubmit={(event) =>
        submit(event, async () => onIssued(await api.send<IssuedKey>('POST', 'v1/keys', bodyOf(draft))))
      }
    >
      <p class="intro">
        A client uses it in place of a provider's key. Caps and figures go by what it is bound to; leave out what does
        not apply.
      </p>
      <div class="fields">
        {text('name', 'Name', 'For you to tell keys apart.')}
        {text('organization', 'Organization')}
        {text('workspace', 'Workspace')}
        {text('user', 'User', 'None: a service key; caps per user book it as unattributed.')}
        <Field label="Expires" hint="In your time zone. None: never." error={errorAt('expires_at')}>
          {(control) => (
            <input
              {...control}
              type="datetime-local"
              value={draft.expires}
              onInput={(event) => set({ expires: event.currentTarget.value })}
            />
          )}
        </Field>
      </div>
      <fieldset>
        <legend>Tags</legend>
        <div class="rows">
          {draft.tags.map(([tag, value], index) => (
            <div class="row" key={index}>
              <input
                aria-label={`Name of tag ${index + 1}`}
                placeholder="team"
                value={tag}
                onInput={(event) => setTag(index, [event.currentTarget.value, value])}
              />
              <input
                aria-label={`Value of tag ${index + 1}`}
                placeholder="core"
                value={value}
                onInput={(event) => setTag(index, [tag, event.currentTarget.value])}
              />
              <button
                type="button"
                aria-label={`Take out tag ${index + 1}`}
                onClick={() => set({ tags: draft.tags.filter((_, place) => place !== index) })}
              >
                Take out
              </button>
            </div>
          ))}
        </div>
        {errorAt('tags') !== undefined && <p class="hint wrong">{errorAt('tags')}</p>}
        {draft.tags.length < MAX_TAGS && (
          <button type="button" onClick={() => set({ tags: [...draft.tags, ['', '']] })}>
            Add a tag
          </button>
        )}
      </fieldset>
      <Problem error={error} />
      <SubmitRow busy={busy} reason={readOnly} action="Create the key" />
    </form>
  );
}

/** A submit button that says why it does nothing. */
export function SubmitRow({ busy, reason, action }: { busy: boolean; reason: string | undefined; action: string }) {
  return (
    <div class="actions">
      {reason === undefined ? (
        <button type="submit" class="primary" aria-disabled={busy}>
          {busy ? 'Saving …' : action}
        </button>
      ) : (
        <Button kind="primary" reason={reason} onClick={() => {}}>
          {action}
        </Button>
      )}
    </div>
  );
}
