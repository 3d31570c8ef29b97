/** Monitor or enforce: shown, and switched after a look at what that would have meant. */
import { useState } from 'preact/hooks';
import type { PolicyEffect, PolicyPatch, PolicyResource } from '../resources/policy.ts';
import { Confirm } from './dialog.tsx';
import { EffectSentence, effectPath } from './effect.tsx';
import { useLive } from './live.ts';
import { Badge, Button, Loaded } from './parts.tsx';
import { useSession } from './session.ts';

export const policyPath = (id: string): string => `v1/platform/gateway-policies/${encodeURIComponent(id)}`;

export function ModeSwitch({ policy, onChange }: { policy: PolicyResource; onChange(): void }) {
  const { api, readOnly } = useSession();
  const [asked, setAsked] = useState<'enforce' | 'monitor' | 'back' | undefined>(undefined);
  const { mode, name, mode_overridden, enabled } = policy;
  const other = mode === 'enforce' ? 'monitor' : 'enforce';
  const confirm = async (): Promise<void> => {
    const patch: PolicyPatch = { mode: asked === 'back' ? null : other };
    await api.send('PATCH', policyPath(policy.id), patch);
    onChange();
  };
  return (
    <div class="mode">
      <Badge tone={mode === 'enforce' ? 'info' : 'quiet'}>{mode === 'enforce' ? 'Enforce' : 'Monitor'}</Badge>
      {!enabled && <Badge tone="warn">Off</Badge>}
      <Button reason={readOnly} label={`Switch ${name} to ${other}`} onClick={() => setAsked(other)}>
        {other === 'enforce' ? 'Enforce …' : 'Monitor …'}
      </Button>
      {mode_overridden && (
        <span class="under quiet">
          not as configured
          <Button
            kind="plain"
            reason={readOnly}
            label={`Take back the switch of ${name}`}
            onClick={() => setAsked('back')}
          >
            Take back …
          </Button>
        </span>
      )}
      {asked !== undefined && (
        <Confirm
          title={
            asked === 'enforce'
              ? `Enforce "${name}"?`
              : asked === 'monitor'
                ? `Only monitor "${name}"?`
                : `Take the switch of "${name}" back?`
          }
          action={asked === 'enforce' ? 'Enforce' : asked === 'monitor' ? 'Monitor' : 'Take back'}
          onConfirm={confirm}
          onClose={() => setAsked(undefined)}
        >
          <Effect id={policy.id} to={asked === 'back' ? other : asked} />
          {asked === 'back' && <p>It then has the mode that the configuration says.</p>}
        </Confirm>
      )}
    </div>
  );
}

function Effect({ id, to }: { id: string; to: 'enforce' | 'monitor' }) {
  const effect = useLive<PolicyEffect>(effectPath(id));
  return <Loaded live={effect}>{(data) => <EffectSentence effect={data} to={to} />}</Loaded>;
}
