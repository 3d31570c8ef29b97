/** What stands around every page: navigation, the state of the server, who is signed in. */
import type { ComponentType } from 'preact';
import type { HealthResource } from '../resources/operation.ts';
import { Audit } from './audit.tsx';
import { Events } from './events.tsx';
import { localClock } from './format.ts';
import { Health } from './health.tsx';
import { KeyNamesContext, useAllKeyNames } from './key-names.ts';
import { Keys } from './keys.tsx';
import { useLive } from './live.ts';
import { Overview } from './overview.tsx';
import { Empty, Heading } from './parts.tsx';
import { Policies } from './policies.tsx';
import { hrefOf, type Place, usePlace } from './router.ts';
import { useSession } from './session.ts';
import { ThemeToggle } from './theme.tsx';

export interface PageProps {
  readonly place: Place;
  readonly health: HealthResource | undefined;
}

interface Page {
  readonly name: string;
  readonly title: string;
  readonly show: ComponentType<PageProps>;
}

const PAGES: readonly Page[] = [
  { name: '', title: 'Overview', show: Overview },
  { name: 'events', title: 'Events', show: Events },
  { name: 'policies', title: 'Policies', show: Policies },
  { name: 'keys', title: 'Keys', show: Keys },
  { name: 'audit', title: 'Audit', show: Audit },
  { name: 'health', title: 'Health', show: Health },
];
const HEALTH_MS = 10_000;
const STATES = { ok: 'Well', degraded: 'Degraded', failed: 'Failed', lost: 'No answer' };

export function Shell() {
  const { who, readOnly, signOut } = useSession();
  const place = usePlace();
  const health = useLive<HealthResource>('v1/health', HEALTH_MS);
  const keyNames = useAllKeyNames();
  const name = place.path[0] ?? '';
  const page = PAGES.find((candidate) => candidate.name === name);
  const state = health.error === undefined ? health.data?.status : 'lost';
  return (
    <>
      <button type="button" class="skip" onClick={() => document.getElementById('main')?.focus()}>
        Skip to the page
      </button>
      <header class="top">
        <a class="brand" href={hrefOf()}>
          Postern
        </a>
        <nav aria-label="Pages">
          {PAGES.map(({ name: own, title }) => (
            <a key={own} href={own === '' ? hrefOf() : hrefOf(own)} aria-current={own === name ? 'page' : undefined}>
              {title}
            </a>
          ))}
        </nav>
        <div class="who">
          <a class={`state ${state ?? ''}`} href={hrefOf('health')}>
            <span class="unseen">Server: </span>
            {state === undefined ? 'Asking …' : STATES[state]}
          </a>
          <span class="name" title={`Signed in with the token "${who.name}"`}>
            {who.name} <span class="quiet">({who.role})</span>
          </span>
          <ThemeToggle />
          <button type="button" class="plain" onClick={signOut}>
            Sign out
          </button>
        </div>
      </header>
      <main id="main" tabIndex={-1}>
        {health.error !== undefined && (
          <p class="banner bad" role="alert">
            {health.error} Trying again every few seconds.
            {health.at !== undefined && ` What you see is of ${localClock(health.at)}.`}
          </p>
        )}
        {readOnly !== undefined && <p class="banner">{readOnly}</p>}
        {page ? (
          <KeyNamesContext.Provider value={keyNames}>
            <page.show place={place} health={health.data} />
          </KeyNamesContext.Provider>
        ) : (
          <>
            <Heading title="No such page" />
            <Empty>
              The address names no page of the dashboard. <a href={hrefOf()}>Go to the overview</a>.
            </Empty>
          </>
        )}
      </main>
    </>
  );
}
