/**
 * A gateway server out of a configuration: the parts, the gateway, the data plane and the admin plane, joined in one place. Takes no signals
 * and prints nothing; the command does.
 */
import { isDeepStrictEqual } from 'node:util';
import { type Admin, createAdmin } from '../admin/admin.ts';
import { dashboardAssets } from '../admin/dashboard-assets.ts';
import { EventFeed } from '../admin/event-feed.ts';
import { MAX_BODY_BYTES } from '../admin/read-body.ts';
import type { Secret } from '../core/secret.ts';
import { createGateway, type Gateway } from '../gateway/gateway.ts';
import { type Listener, listenFetch } from '../server/fetch-listener.ts';
import { guardedFetch } from '../server/guarded-fetch.ts';
import { createGatewayServer, type GatewayServer, type Logger, type ServerUpdate } from '../server/index.ts';
import type { SecretRef } from '../server/secret.ts';
import type { Keys } from '../state/keys.ts';
import type { ServerState } from '../state/server-state.ts';
import { observeProcess } from '../telemetry/process-metrics.ts';
import { createPrometheus } from '../telemetry/prometheus.ts';
import { type AdminTokens, openAdminTokens } from './admin-tokens.ts';
import { checkConfig } from './check-config.ts';
import type { ReadConfig } from './config.ts';
import { type HealthParts, healthOf, readiness } from './health.ts';
import type { LoadedConfig } from './load-config.ts';
import { openParts, type Parts, pricesOf } from './parts.ts';
import { privateHosts, providerResources, type ServerProviders, serverProviders } from './providers.ts';
import type { Share, SharedServing, WorkerStatus } from './share.ts';
import { secretAt } from './stores.ts';

export interface ServeOptions {
  /** Default `process.env`. */
  readonly env?: NodeJS.ProcessEnv | undefined;
  /** Told of requests and of what the server does. Default: nobody. */
  readonly logger?: Logger | undefined;
  /** Of the package; stands in the audit log's export and in the API's description. */
  readonly version?: string | undefined;
}

export interface Reloaded {
  /** Sections that changed and hold from now on. */
  readonly applied: readonly string[];
  /** Sections that changed and need a restart. */
  readonly waiting: readonly string[];
}

export interface Serving {
  readonly gateway: Gateway;
  readonly server: GatewayServer;
  readonly admin: Admin;
  readonly state: ServerState;
  readonly keys: Keys;
  /** Made for this start, where the configuration names no token. */
  readonly adminToken: Secret | undefined;
  /** `adminUrl` is `undefined` where the configuration turns the admin plane off. */
  listen(): Promise<{ readonly url: string; readonly adminUrl: string | undefined }>;
  /** Takes another configuration; calls in flight end as they began. @throws when it is wrong, and nothing has changed then */
  reload(loaded: LoadedConfig): Promise<Reloaded>;
  /** The configuration could not be read again; the health check says why until it could. */
  reloadFailed(why: string): void;
  /** Takes no new calls, waits for those in flight at most as long as `server.drain_seconds` says, and lets go of everything. */
  close(): Promise<void>;
}

/**
 * @param share of a server that is several processes; without one this process does all of it
 * @throws GatewayError that names the field of the configuration, or says which store does not answer
 */
export async function assemble(
  loaded: LoadedConfig,
  options: ServeOptions = {},
  share?: Share,
): Promise<SharedServing> {
  const { env = process.env, logger } = options;
  const { config } = loaded;
  const tokens = await openAdminTokens(config);
  const upstream = await upstreamOf(config);
  const providers = serverProviders(config, env);
  const parts = await openParts(loaded, { env, logger });
  try {
    return new Assembled(config, { ...options, env }, parts, { tokens, upstream, providers }, share);
  } catch (cause) {
    await parts.close();
    throw cause;
  }
}

interface Read {
  readonly tokens: AdminTokens;
  readonly upstream: GatewayUpstream;
  readonly providers: ServerProviders;
}

type GatewayUpstream = NonNullable<Parameters<typeof createGateway>[0]>['upstream'];

class Assembled implements SharedServing {
  readonly gateway: Gateway;
  readonly server: GatewayServer;
  readonly admin: Admin;
  readonly state: ServerState;
  readonly keys: Keys;
  readonly adminToken: Secret | undefined;
  readonly feed: EventFeed;
  readonly #share: Share | undefined;
  readonly #health: HealthParts;
  readonly #env: NodeJS.ProcessEnv;
  readonly #parts: Parts;
  /** Hosts on this machine or network that may be reached. */
  readonly #privateHosts: Set<string>;
  readonly #prometheus = createPrometheus();
  readonly #ending: (() => void)[];
  #config: ReadConfig;
  #tokens: AdminTokens['tokens'];
  #providers: ServerProviders;
  #configError: string | undefined;
  #url: string | undefined;
  #adminListener: Listener | undefined;

  constructor(
    config: ReadConfig,
    options: ServeOptions & { env: NodeJS.ProcessEnv },
    parts: Parts,
    read: Read,
    share: Share | undefined,
  ) {
    this.#config = config;
    this.#share = share;
    this.#env = options.env;
    this.#parts = parts;
    this.#providers = read.providers;
    this.#privateHosts = new Set(privateHosts(config));
    this.state = parts.state;
    this.keys = parts.keys;
    this.adminToken = read.tokens.made;
    this.#tokens = read.tokens.tokens;
    this.feed = this.#feed();
    this.gateway = this.#gateway(read.upstream);
    parts.policies.onChange(() => this.gateway.setPolicies(parts.policiesInForce()));
    this.#ending = [
      observeProcess(this.#prometheus.meter, () => this.gateway.stats),
      ...(share?.of === 'calls' ? [] : [tellAuditHead(parts.state, options.logger)]),
    ];
    this.#health = this.#healthParts(options.version ?? '0');
    this.server = this.#server(options.logger);
    this.admin = this.#admin(read.tokens, options);
  }

  async listen(): Promise<{ readonly url: string; readonly adminUrl: string | undefined }> {
    const url = await this.listenToCalls();
    return { url, adminUrl: await this.listenToAdmins() };
  }

  async listenToCalls(): Promise<string> {
    const { port, host } = this.#config.server;
    const { url } = await this.server.listen({ port, host });
    this.#url = url;
    return url;
  }

  async listenToAdmins(): Promise<string | undefined> {
    const { admin } = this.#config;
    if (!admin.enabled) return undefined;
    this.#adminListener = await listenFetch((request, info) => this.admin.fetch(request, info), {
      port: admin.port,
      host: admin.host,
      // Read before anybody has shown a token.
      limits: { maxBodyBytes: MAX_BODY_BYTES },
    });
    return this.#adminListener.url;
  }

  metrics(): string {
    return this.#prometheus.text();
  }

  async status(): Promise<WorkerStatus> {
    const { open, observerFailures } = this.gateway.stats;
    const { failed = 0, lastFailure } = this.#parts.telemetry.exporter ?? {};
    const { ok: ready, checks } = await readiness(this.#health);
    return { openCalls: open, observerFailures, exportsFailed: failed, lastExportFailure: lastFailure, ready, checks };
  }

  async reload(loaded: LoadedConfig): Promise<Reloaded> {
    const { config, policies } = loaded;
    const { policies: book, prices } = this.#parts;
    await checkConfig(loaded, this.#env);
    const tokens = namesTokens(config) ? (await openAdminTokens(config)).tokens : this.#tokens;
    const providers = serverProviders(config, this.#env);
    prices.setConfigured(pricesOf(config));
    try {
      this.server.update({ ...providers, ...updateOf(config) });
      book.setConfigured(policies);
    } catch (cause) {
      prices.setConfigured(pricesOf(this.#config));
      this.server.update({ ...this.#providers, ...updateOf(this.#config) });
      throw cause;
    }
    this.#providers = providers;
    this.#privateHosts.clear();
    for (const host of privateHosts(config)) this.#privateHosts.add(host);
    if (!isDeepStrictEqual(tokens, this.#tokens)) this.admin.setTokens(tokens);
    this.#tokens = tokens;
    this.#configError = undefined;
    const changed = changedSections(this.#config, config);
    this.#config = config;
    return {
      applied: changed.filter((section) => RELOADED.has(section)),
      waiting: changed.filter((section) => !RELOADED.has(section)),
    };
  }

  reloadFailed(why: string): void {
    this.#configError = why;
  }

  async close(): Promise<void> {
    this.admin.close();
    const adminStopped = this.#adminListener?.stop();
    await this.server.close({ timeoutMs: this.#config.server.drain_seconds * 1_000 });
    this.#adminListener?.cut();
    await adminStopped;
    for (const end of this.#ending) end();
    await this.#parts.close();
  }

  #feed(): EventFeed {
    const { trace_link: link, project: projectName } = this.#config.telemetry;
    const feed = new EventFeed({
      link,
      projectName,
      redactText: (text) => this.gateway.redactText(text),
      policyId: (name) => this.#parts.policies.idOf(name),
      // A worker's events are kept by the primary, where they are asked for.
      ...(this.#share?.of === 'calls' ? { size: 1 } : {}),
    });
    const share = this.#share;
    if (share?.of === 'calls') feed.subscribe((_, entry) => share.onEvent(entry));
    return feed;
  }

  #gateway(upstream: GatewayUpstream): Gateway {
    const { ledger, priceBook, telemetry } = this.#parts;
    return createGateway({
      policies: this.#parts.policiesInForce(),
      store: ledger,
      prices: priceBook,
      observers: telemetry.log ? [this.feed, telemetry.log] : [this.feed],
      metrics: this.#prometheus.meter,
      captureContent: this.#config.telemetry.capture_content,
      unguarded: this.#config.unguarded,
      upstream,
      fetch: guardedFetch({ allowPrivate: (host) => this.#privateHosts.has(host) }),
    });
  }

  #healthParts(version: string): HealthParts {
    const { ledger, state, telemetry, priceBook } = this.#parts;
    return {
      ...{ version, ledger, state, telemetry, gateway: this.gateway, prices: priceBook },
      startedAt: Date.now(),
      url: () => this.#url,
      configError: () => this.#configError,
      now: Date.now,
    };
  }

  #server(logger: Logger | undefined): GatewayServer {
    const { server } = this.#config;
    return createGatewayServer({
      gateway: this.gateway,
      ...(server.auth === 'keys' ? { keys: this.keys } : {}),
      basePath: server.base_path,
      hosts: server.hosts,
      trustExchangeIds: server.trust_exchange_ids,
      trustRequestIds: server.trust_request_ids,
      logger: server.access_log ? logger : undefined,
      ready: () => readiness(this.#health),
      ...this.#providers,
      ...updateOf(this.#config),
    });
  }

  #admin({ tokens }: AdminTokens, { logger, version = '0' }: ServeOptions): Admin {
    const { feed } = this;
    const primary = this.#share?.of === 'admin' ? this.#share : undefined;
    const { state, keys, policies, prices } = this.#parts;
    const { admin, server } = this.#config;
    return createAdmin({
      ...{ gateway: this.gateway, state, keys, policies, prices, feed, tokens, logger, version },
      hosts: [admin.host, ...(admin.hosts ?? [])],
      providers: () => providerResources(this.#providers, server.base_path),
      health: async () => {
        const own = await healthOf(this.#health);
        return primary ? primary.health(own) : own;
      },
      ready: async () => {
        const { ok, checks } = await readiness(this.#health);
        const own = { status: ok ? 'ok' : 'failed', checks } as const;
        return primary ? primary.ready(own) : own;
      },
      metrics: () => (primary ? primary.metrics(this.metrics()) : this.metrics()),
      assets: dashboardAssets(),
    });
  }
}

const AUDIT_HEAD_EVERY_MS = 3_600_000;

/** A head that is kept elsewhere shows that rows at the end of the audit log were cut off: at the start, each hour, and at the end. */
function tellAuditHead(state: ServerState, logger: Logger | undefined): () => void {
  const tell = (): void => logger?.info({ event: 'audit_head', ...state.head });
  tell();
  const timer = setInterval(tell, AUDIT_HEAD_EVERY_MS);
  timer.unref();
  return () => {
    clearInterval(timer);
    tell();
  };
}

/** What of the section `server` a running server takes over. */
function updateOf({ server }: ReadConfig): ServerUpdate {
  return {
    customerHeaders: server.customer_headers,
    traceContext: server.trace_context,
    limits: limitsOf(server.limits ?? {}),
  };
}

/** `max_body_bytes` is `maxBodyBytes`; which there are, the schema says. */
function limitsOf(limits: Readonly<Record<string, number | undefined>>): ServerUpdate['limits'] {
  const camel = (name: string): string => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  return Object.fromEntries(Object.entries(limits).map(([name, value]) => [camel(name), value]));
}

async function upstreamOf({ upstream }: ReadConfig): Promise<GatewayUpstream> {
  if (upstream === undefined) return undefined;
  const { gateway, base_url: baseURL, api_key: key, headers } = upstream;
  const apiKey = key && (await secretAt('upstream.api_key', key as SecretRef)).reveal();
  return { gateway, baseURL, apiKey, headers };
}

/** What a reload takes over; the rest is opened once. */
const RELOADED: ReadonlySet<string> = new Set([
  'policies',
  'providers',
  'custom_providers',
  'prices',
  'admin.tokens',
  'server.customer_headers',
  'server.trace_context',
  'server.limits',
]);

/** Else the one that was made for this start goes on being taken. */
const namesTokens = ({ admin }: ReadConfig): boolean => (admin.tokens?.length ?? 0) > 0;

/** `policies`, `server.port` */
function changedSections(before: ReadConfig, after: ReadConfig): string[] {
  const differing = (a: object, b: object): string[] => {
    const names = [...new Set([...Object.keys(a), ...Object.keys(b)])] as (keyof typeof a)[];
    return names.filter((name) => !isDeepStrictEqual(a[name], b[name as keyof typeof b]));
  };
  return differing(before, after).flatMap((section) =>
    section === 'server' || section === 'admin'
      ? differing(before[section], after[section]).map((name) => `${section}.${name}`)
      : [section],
  );
}
