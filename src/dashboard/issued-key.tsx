/** A key that was just made: shown once, with the lines that a client needs. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { IssuedKey } from '../resources/key.ts';
import { Copy, Field } from './parts.tsx';

const GATEWAY = 'postern.gateway';
const GATEWAY_PORT = 4100;

/** Where calls go is not the admin API's to know: the usual port of this host, until somebody says otherwise. */
function gatewayGuess(): string {
  return localStorage.getItem(GATEWAY) ?? `${location.protocol}//${location.hostname}:${GATEWAY_PORT}`;
}

export function Issued({ issued: { key, secret }, onClose }: { issued: IssuedKey; onClose(): void }) {
  const [gateway, setGateway] = useState(gatewayGuess);
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
              setGateway(event.currentTarget.value);
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
