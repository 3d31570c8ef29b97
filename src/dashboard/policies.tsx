/** Policies: the list, one of them, and the forms; which of them the address says. */
import type { PolicyResource } from '../resources/policy.ts';
import { EffectBadge } from './effect.tsx';
import { usd } from './format.ts';
import { useLive } from './live.ts';
import { ModeSwitch } from './mode-switch.tsx';
import { Overrides } from './overrides.tsx';
import { Badge, Button, Empty, Heading, Loaded, Section } from './parts.tsx';
import { NewPolicy } from './policy-form.tsx';
import { PolicyPage } from './policy-page.tsx';
import { limitText, subjectText, TYPES } from './policy-text.ts';
import { go, hrefOf } from './router.ts';
import { useSession } from './session.ts';
import type { PageProps } from './shell.tsx';

/** Each is a request of its own. */
const MOST_EFFECTS = 50;

export function Policies({ place: { path } }: PageProps) {
  const [, id, action] = path;
  if (id === 'new') return <NewPolicy key={action} kind={action} />;
  if (id !== undefined) return <PolicyPage key={id} id={id} editing={action === 'edit'} />;
  return <PolicyList />;
}

function PolicyList() {
  const { readOnly } = useSession();
  const live = useLive<{ policies: readonly PolicyResource[] }>('v1/platform/gateway-policies', 10_000);
  return (
    <>
      <Heading
        title="Policies"
        aside={
          <Button kind="primary" reason={readOnly} onClick={() => go('policies', 'new')}>
            New policy
          </Button>
        }
      />
      <Section title="What calls must pass">
        <Loaded live={live}>
          {({ policies }) =>
            policies.length === 0 ? (
              <Empty>
                No policies yet: every call passes.{' '}
                <a href={hrefOf('policies', 'new', 'spend_cap')}>Create a spend cap</a>, a{' '}
                <a href={hrefOf('policies', 'new', 'rate_limit')}>rate limit</a> or a{' '}
                <a href={hrefOf('policies', 'new', 'guard')}>guard</a>.
              </Empty>
            ) : (
              <PolicyTable policies={policies} onChange={live.refresh} />
            )
          }
        </Loaded>
      </Section>
      <Overrides policies={live.data?.policies ?? []} />
    </>
  );
}

function PolicyTable({ policies, onChange }: { policies: readonly PolicyResource[]; onChange(): void }) {
  return (
    <table class="cards policies">
      <thead>
        <tr>
          <th scope="col">Policy</th>
          <th scope="col">Meant for</th>
          <th scope="col">Limit</th>
          <th scope="col">Mode</th>
          <th scope="col">Did lately</th>
          <th scope="col">Source</th>
        </tr>
      </thead>
      <tbody>
        {policies.map((policy, index) => (
          <tr key={policy.id}>
            <th scope="row">
              <a href={hrefOf('policies', policy.id)}>
                <b>{policy.name}</b>
              </a>
              <span class="under quiet">{TYPES[policy.policy_type]}</span>
            </th>
            <td class="half" data-label="Meant for">
              {subjectText(policy.subject_matchers)}
            </td>
            <td class="half" data-label="Limit">
              {limitText(policy)}
              {policy.current_spend_usd !== undefined && (
                <span class="under quiet">{usd(policy.current_spend_usd)} spent</span>
              )}
            </td>
            <td class="whole" data-label="Mode">
              <ModeSwitch policy={policy} onChange={onChange} />
            </td>
            <td class="half" data-label="Did lately">
              {index < MOST_EFFECTS ? (
                <EffectBadge policy={policy} />
              ) : (
                <a href={hrefOf('policies', policy.id)}>look</a>
              )}
            </td>
            <td class="half" data-label="Source">
              {policy.source === 'config' ? <Badge tone="quiet">configuration</Badge> : <Badge tone="quiet">API</Badge>}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
