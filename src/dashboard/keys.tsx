/** Virtual keys: who holds one, what it is bound to, and what can be done with it. */
import { useState } from 'preact/hooks';
import type { IssuedKey, KeyResource } from '../resources/key.ts';
import { Confirm } from './dialog.tsx';
import { Issued } from './issued-key.tsx';
import { KeyForm } from './key-form.tsx';
import { type Live, useDoing, useLive } from './live.ts';
import { Badge, Button, Empty, Field, Heading, Loaded, Problem, Section, type Tone, When } from './parts.tsx';
import { go, hrefOf } from './router.ts';
import { useSession } from './session.ts';
import type { PageProps } from './shell.tsx';

const TONES: Readonly<Record<KeyResource['status'], Tone>> = { active: 'good', disabled: 'quiet', expired: 'warn' };

export function Keys({ place }: PageProps) {
  const { readOnly } = useSession();
  const keys = useLive<{ keys: readonly KeyResource[] }>('v1/keys', 15_000);
  const [issued, setIssued] = useState<IssuedKey | undefined>(undefined);
  const isNew = place.path[1] === 'new';
  const onIssued = (made: IssuedKey): void => {
    setIssued(made);
    keys.refresh();
    if (isNew) go('keys');
  };
  if (isNew)
    return (
      <>
        <Heading title="New key" aside={<a href={hrefOf('keys')}>Back to the keys</a>} />
        <KeyForm onIssued={onIssued} />
      </>
    );
  return (
    <>
      <Heading
        title="Keys"
        aside={
          <Button kind="primary" reason={readOnly} onClick={() => go('keys', 'new')}>
            New key
          </Button>
        }
      />
      {issued && <Issued issued={issued} onClose={() => setIssued(undefined)} />}
      <Section title="Virtual keys">
        <Loaded live={keys}>
          {(data) =>
            data.keys.length === 0 ? (
              <Empty>
                No keys yet: <a href={hrefOf('keys', 'new')}>create one</a>, and give it to a client in place of a
                provider's.
              </Empty>
            ) : (
              <KeyTable keys={data.keys} live={keys} onIssued={onIssued} />
            )
          }
        </Loaded>
      </Section>
    </>
  );
}

function KeyTable({
  keys,
  live,
  onIssued,
}: {
  keys: readonly KeyResource[];
  live: Live<unknown>;
  onIssued(issued: IssuedKey): void;
}) {
  return (
    <table class="cards keys">
      <thead>
        <tr>
          <th scope="col">Key</th>
          <th scope="col">Bound to</th>
          <th scope="col">Status</th>
          <th scope="col">Last used</th>
          <th scope="col">Made</th>
          <th scope="col">
            <span class="unseen">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {keys.map((key) => (
          <Row key={key.id} held={key} live={live} onIssued={onIssued} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ held, live, onIssued }: { held: KeyResource; live: Live<unknown>; onIssued(issued: IssuedKey): void }) {
  const { status, name, hint, expires_at, previous_until, last_used_at, created_at, created_by } = held;
  return (
    <tr>
      <th scope="row">
        <b>{name}</b>
        <span class="under mono quiet">{hint}…</span>
      </th>
      <td class="whole" data-label="Bound to">
        <Bound held={held} />
      </td>
      <td data-label="Status">
        <Badge tone={TONES[status]}>{status.charAt(0).toUpperCase() + status.slice(1)}</Badge>
        {expires_at !== undefined && (
          <span class="under quiet">
            {status === 'expired' ? 'since' : 'until'} <When at={expires_at} day />
          </span>
        )}
        {previous_until !== undefined && Date.parse(previous_until) > Date.now() && (
          <span class="under quiet">
            old one until <When at={previous_until} />
          </span>
        )}
      </td>
      <td data-label="Last used">
        {last_used_at === undefined ? <span class="quiet">not since start</span> : <When at={last_used_at} relative />}
      </td>
      <td data-label="Made">
        <When at={created_at} day />
        <span class="under quiet">by {created_by}</span>
      </td>
      <td class="whole">
        <Actions held={held} live={live} onIssued={onIssued} />
      </td>
    </tr>
  );
}

function Bound({ held: { organization, workspace, user, tags } }: { held: KeyResource }) {
  const parts = Object.entries({ organization, workspace, user, ...tags }).filter(([, value]) => value !== undefined);
  if (parts.length === 0) return <span class="quiet">nothing: its calls are unattributed</span>;
  return (
    <span class="bound">
      {parts.map(([name, value]) => (
        <span key={name}>
          <span class="quiet">{name}</span> {value}
        </span>
      ))}
    </span>
  );
}

type Asked = 'rotate' | 'delete' | 'disable' | undefined;

function Actions({
  held,
  live,
  onIssued,
}: {
  held: KeyResource;
  live: Live<unknown>;
  onIssued(issued: IssuedKey): void;
}) {
  const { api, readOnly } = useSession();
  const [asked, setAsked] = useState<Asked>(undefined);
  const { busy, error, run } = useDoing();
  const path = `v1/keys/${encodeURIComponent(held.id)}`;
  const patch = async (disabled: boolean): Promise<void> => {
    await api.send('PATCH', path, { disabled });
    live.refresh();
  };
  const close = (): void => setAsked(undefined);
  return (
    <div class="actions">
      <Button reason={readOnly} label={`Rotate ${held.name}`} onClick={() => setAsked('rotate')}>
        Rotate
      </Button>
      {held.disabled ? (
        <Button reason={readOnly} busy={busy} label={`Enable ${held.name}`} onClick={() => run(() => patch(false))}>
          Enable
        </Button>
      ) : (
        <Button reason={readOnly} label={`Disable ${held.name}`} onClick={() => setAsked('disable')}>
          Disable
        </Button>
      )}
      <Button kind="danger" reason={readOnly} label={`Delete ${held.name}`} onClick={() => setAsked('delete')}>
        Delete
      </Button>
      <Problem error={error} />
      {asked === 'rotate' && <Rotate held={held} path={path} onIssued={onIssued} onClose={close} />}
      {asked === 'disable' && (
        <Confirm title={`Disable "${held.name}"?`} action="Disable" onConfirm={() => patch(true)} onClose={close}>
          <p>Calls with it are refused from now on. It can be enabled again.</p>
        </Confirm>
      )}
      {asked === 'delete' && (
        <Confirm
          title={`Delete "${held.name}"?`}
          action="Delete"
          danger
          onConfirm={async () => {
            await api.send('DELETE', path);
            live.refresh();
          }}
          onClose={close}
        >
          <p>
            Calls with it are refused from now on, for good. What it spent stays in the figures, and the change in the
            audit log.
          </p>
        </Confirm>
      )}
    </div>
  );
}

const GRACES = [
  { value: 0, label: 'stops at once' },
  { value: 3_600, label: 'is taken for 1 hour more' },
  { value: 86_400, label: 'is taken for 1 day more' },
  { value: 604_800, label: 'is taken for 7 days more' },
];

function Rotate({
  held,
  path,
  onIssued,
  onClose,
}: {
  held: KeyResource;
  path: string;
  onIssued(issued: IssuedKey): void;
  onClose(): void;
}) {
  const { api } = useSession();
  const [grace, setGrace] = useState(86_400);
  const rotate = async (): Promise<void> =>
    onIssued(await api.send<IssuedKey>('POST', `${path}/rotate`, { grace_seconds: grace }));
  return (
    <Confirm title={`Rotate "${held.name}"?`} action="Rotate" onConfirm={rotate} onClose={onClose}>
      <p>It gets a new secret, which is shown once. Its name, bounds and figures stay.</p>
      <Field label="The secret of now">
        {(control) => (
          <select {...control} value={grace} onChange={(event) => setGrace(Number(event.currentTarget.value))}>
            {GRACES.map(({ value, label }) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </select>
        )}
      </Field>
    </Confirm>
  );
}
