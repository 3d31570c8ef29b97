/** A key that was just made: shown once, with the lines that a client needs. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { IssuedKey } from '../resources/key.ts';
import type { HealthResource } from '../resources/operation.ts';
import { useLive } from './live.ts';
import { Copy, Field } from './parts.tsx';

const GATEWAY = 'postern.gateway';
const GATEWAY_PORT = 4100;
const HEALTH_MS = 60_000;

/** Where the gateway listens, by the name that this page was reached by where it listens on all addresses. */
function reported(url = `${location.protocol}//${location.hostname}:${GATEWAY_PORT}`): string {
  return url.replace(/\/\/(?:0\.0\.0\.0|\[::\])(?=[:/]|$)/, `//${location.hostname}`);
}

export function Issued({ issued: { key, secret }, onClose }: { issued: IssuedKey; onClose(): void }) {
  const health = useLive<HealthResource>('v1/health', HEALTH_MS);
  // Clients may reach it elsewhere: what somebody said once counts.
  const [said, setSaid] = useState(() => localStorage.getItem(GATEWAY) ?? undefined);
  const gateway = said ?? reported(health.data?.gateway_url);
  const heading = useRef<HTMLHeadingElement>(null);
  // Another secret is to be seen too.
  useEffect(() => heading.current?.focus(), [secret]);
  const base = gateway.replace(/\/+$/, '');
  const lines = [
    ['OpenAI clients, Codex', `export OPENAI_BASE_URL=${base}/openai/v1\nexport OPENAI_API_KEY=${secret}`],
    [
      'Anthropic clients, Claude Code',
      `export ANTHROPIC_BASE_URL=${base}/anthropic\nexport ANTHROPIC_API_KEY=${secret}`,
    ],
  ] as const;
  return (
    <section class="panel secret" aria-labelledby="issued">
      <div class="panel-head">
        <h2 id="issued" ref={heading} tabIndex={-1}>
          The key of "{key.name}"
        </h2>
        <div class="aside">
          <button type="button" onClick={onClose}>
            I have stored it
          </button>
        </div>
      </div>
      <p class="intro">This is the only time it is shown. The server keeps a hash of it and cannot show it again.</p>
      <div class="line">
        <code data-secret>{secret}</code>
        <Copy text={secret} label="Copy the key" />
      </div>
      <Field label="Address of the gateway" hint="Where clients reach it; remembered in this browser.">
        {(control) => (
          <input
            {...control}
            type="url"
            value={gateway}
            onInput={(event) => {
              setSaid(event.currentTarget.value);
              localStorage.setItem(GATEWAY, event.currentTarget.value);
            }}
          />
        )}
      </Field>
      {lines.map(([title, text]) => (
        <div key={title}>
          <h3>{title}</h3>
          <div class="line">
            <code class="block">{text}</code>
            <Copy text={text} label={`Copy the lines for ${title}`} />
          </div>
        </div>
      ))}
    </section>
  );
}
