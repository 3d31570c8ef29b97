/** How the server is: what it stands on, where it sends calls, which prices it knows. */
import type { HealthResource, ProviderResource } from '../resources/operation.ts';
import type { PricesResource } from '../resources/spend.ts';
import { counted, milliseconds, whole, words } from './format.ts';
import { useLive } from './live.ts';
import { Badge, Empty, Heading, Loaded, Section, type Tone, When } from './parts.tsx';

const TONES: Readonly<Record<string, Tone>> = {
  ok: 'good',
  warning: 'warn',
  failed: 'bad',
  off: 'quiet',
  degraded: 'warn',
};
const WHAT: Readonly<Record<string, string>> = {
  ledger: 'Money: caps, holds, what was spent',
  state: 'Keys, policies and the audit log',
  exporter: 'Sends traces',
  prices: 'What models cost',
  config: 'The configuration file',
  workers: 'Processes that take calls',
};

export function Health() {
  const health = useLive<HealthResource>('v1/health', 3_000);
  const providers = useLive<{ providers: readonly ProviderResource[] }>('v1/providers', 30_000);
  const prices = useLive<PricesResource>('v1/prices', 30_000);
  return (
    <>
      <Heading
        title="Health"
        aside={
          health.at !== undefined && (
            <span class="quiet">
              as of <When at={health.at} />
            </span>
          )
        }
      />
      <Section
        title="Server"
        aside={health.data && <Badge tone={TONES[health.data.status]!}>{words(health.data.status)}</Badge>}
      >
        <Loaded live={health}>{(data) => <Server health={data} />}</Loaded>
      </Section>
      <Section title="Providers">
        <Loaded live={providers}>{(data) => <Providers providers={data.providers} />}</Loaded>
      </Section>
      <Section title="Prices">
        <Loaded live={prices}>{(data) => <Prices prices={data} />}</Loaded>
      </Section>
    </>
  );
}

function Server({ health }: { health: HealthResource }) {
  return (
    <>
      <dl class="facts plain-facts">
        <div>
          <dt>Version</dt>
          <dd>{health.version}</dd>
        </div>
        <div>
          <dt>Started</dt>
          <dd>
            <When at={health.started_at} relative />
          </dd>
        </div>
        <div>
          <dt>Calls in flight</dt>
          <dd>{whole(health.open_calls)}</dd>
        </div>
        <div>
          <dt>Failed deliveries of observers</dt>
          <dd>{whole(health.observer_failures)}</dd>
        </div>
      </dl>
      <table class="cards">
        <thead>
          <tr>
            <th scope="col">Check</th>
            <th scope="col">State</th>
            <th scope="col">Detail</th>
            <th scope="col" class="num">
              Took
            </th>
          </tr>
        </thead>
        <tbody>
          {Object.entries(health.checks).map(([name, { status, detail, latency_ms }]) => (
            <tr key={name}>
              <th scope="row">
                <b>{words(name)}</b> <span class="under quiet">{WHAT[name]}</span>
              </th>
              <td data-label="State">
                <Badge tone={TONES[status]!}>{words(status)}</Badge>
              </td>
              <td class="text" data-label="Detail">
                {detail ?? '–'}
              </td>
              <td class="num" data-label="Took">
                {latency_ms === undefined ? '–' : latency_ms < 1 ? '< 1 ms' : milliseconds(latency_ms)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

function Providers({ providers }: { providers: readonly ProviderResource[] }) {
  if (providers.length === 0)
    return <Empty>No provider is configured: name one under `providers` in the configuration, and reload it.</Empty>;
  return (
    <table class="cards">
      <thead>
        <tr>
          <th scope="col">Provider</th>
          <th scope="col">Path here</th>
          <th scope="col">Goes to</th>
          <th scope="col">Key</th>
        </tr>
      </thead>
      <tbody>
        {providers.map(({ name, kind, base_url, path, model, key, key_found }) => (
          <tr key={name}>
            <th scope="row">
              <b>{name}</b> {kind === 'custom' && <Badge tone="quiet">custom</Badge>}
              {model !== undefined && <span class="under quiet">always {model}</span>}
            </th>
            <td class="whole mono" data-label="Path here">
              {path}
            </td>
            <td class="whole mono" data-label="Goes to">
              {base_url}
            </td>
            <td class="whole" data-label="Key">
              {key === undefined ? (
                <span class="quiet">clients send their own</span>
              ) : (
                <>
                  <span class="mono">{key}</span>{' '}
                  {key_found ? <Badge tone="good">Key found</Badge> : <Badge tone="bad">Key not found</Badge>}
                </>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Prices({ prices: { version, as_of, stale, overrides } }: { prices: PricesResource }) {
  return (
    <>
      <p class="intro">
        {version}, as of {as_of} {stale && <Badge tone="warn">Old: refresh the prices</Badge>}
        {' · '}
        {overrides.length === 0 ? 'no overrides' : counted(overrides.length, 'override')}
      </p>
      {overrides.length > 0 && (
        <table class="cards">
          <thead>
            <tr>
              <th scope="col">Model</th>
              <th scope="col" class="num">
                Input, $ per million
              </th>
              <th scope="col" class="num">
                Output, $ per million
              </th>
              <th scope="col">From</th>
            </tr>
          </thead>
          <tbody>
            {overrides.map(({ model, input, output, source }) => (
              <tr key={model}>
                <th scope="row">{model}</th>
                <td class="num" data-label="Input">
                  {input}
                </td>
                <td class="num" data-label="Output">
                  {output ?? '–'}
                </td>
                <td data-label="From">{source === 'config' ? 'configuration' : 'API'}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  );
}
