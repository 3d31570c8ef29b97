/** What somebody who starts a server reads first: where it is, what it does, and what to do next. */
import type { Serving } from '../serve/index.ts';

export interface Greeting {
  readonly serving: Pick<Serving, 'adminToken' | 'state' | 'gateway' | 'keys'>;
  /** Processes that take calls, where they are several. */
  readonly workers?: number | undefined;
  readonly url: string;
  readonly adminUrl: string | undefined;
  /** Names of the providers that have keys. */
  readonly providers: readonly string[];
  /** Where money, keys and policies are kept. */
  readonly store: string;
  /** Of the configuration file. */
  readonly path: string | undefined;
  /** Nobody but the reader sees what is printed: a token may stand in it. */
  readonly isTerminal: boolean;
}

export function greeting({
  serving,
  workers = 1,
  url,
  adminUrl,
  providers,
  store,
  path,
  isTerminal,
}: Greeting): string {
  const policies = serving.gateway.policies.map(({ name, mode }) => (mode === 'monitor' ? `${name} (monitor)` : name));
  const rows: (readonly [name: string, text: string])[] = [
    ['Gateway', url],
    ...(adminUrl === undefined ? [] : ([['Dashboard', dashboard(adminUrl, serving.adminToken, isTerminal)]] as const)),
    [
      'Providers',
      providers.join(', ') || 'none has a key here: clients must bring their own beside that of the gateway',
    ],
    ['Policies', policies.join(', ') || 'none'],
    ['Kept in', store],
    ...(workers === 1 ? [] : ([['Workers', `${workers} processes that take calls, on one store`]] as const)),
    ['Configured', path === undefined ? 'by the defaults (no postern.config file in this folder)' : `by ${path}`],
  ];
  const lines = rows.map(([name, text]) => `  ${name.padEnd(12)}${text}\n`);
  const next = serving.keys.list().length === 0 ? NO_KEYS : [];
  return ['\n', ...lines, '\n', ...next, ...clientLines(url), '\n'].join('');
}

const NO_KEYS = ['  Clients need a key of this gateway. In another shell: postern keys create --name me\n'];

function clientLines(url: string): string[] {
  return [
    `  OPENAI_BASE_URL=${url}/openai/v1     OPENAI_API_KEY=<that key>\n`,
    `  ANTHROPIC_BASE_URL=${url}/anthropic  ANTHROPIC_API_KEY=<that key>\n`,
  ];
}

function dashboard(url: string, token: Serving['adminToken'], isTerminal: boolean): string {
  if (token === undefined) return url;
  if (isTerminal) return `${url}/#token=${token.reveal()}`;
  return `${url} (its token is printed to a terminal alone: name one in admin.tokens)`;
}
