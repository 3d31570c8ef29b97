/** What is compared: nothing in between, reverse proxies that look at nothing, Postern, and peers without guards. */
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileOf, missing, versionOf } from '../peers.ts';
import { freePort } from './free-port.ts';
import { isInstalled, nextMessage, start, startNode } from './processes.ts';
import { startServe } from './serve.ts';

export type CandidateName =
  | 'direct'
  | 'nginx'
  | 'node-proxy'
  | 'postern'
  | 'postern-guarded'
  | 'postern-serve'
  | 'portkey'
  | 'llmops'
  | 'musistudio'
  | 'nullplatform';

export interface Candidate {
  readonly name: CandidateName;
  readonly what: string;
  /** Sees no personal data in what is sent on. */
  readonly guards?: true;
  /** Of another maker. */
  readonly peer?: true;
  /** The reason why it cannot be measured here. */
  missing?(): string | undefined;
  start(provider: number): Promise<Started>;
}

export interface Started {
  /** Of chat completions. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** As the gateway wants the model of the bodies named, where it wants another name. */
  readonly model?: string;
  /** `undefined` where nothing stands in between. */
  readonly process: ChildProcess | undefined;
}

const NGINX = '/usr/sbin/nginx';
const SERVERS = join(import.meta.dirname, 'servers');
const CLIENT_KEY = 'sk-bench-client';
const AUTHORIZATION = { authorization: `Bearer ${CLIENT_KEY}` };

export const CANDIDATES: readonly Candidate[] = [
  {
    name: 'direct',
    what: 'the client at the provider',
    start: async (provider) => ({
      url: `http://127.0.0.1:${provider}/v1/chat/completions`,
      headers: AUTHORIZATION,
      process: undefined,
    }),
  },
  {
    name: 'nginx',
    what: 'bare nginx, one worker, kept connections, no buffering',
    missing: () =>
      isInstalled(NGINX, '-v') ? undefined : `no ${NGINX}; install one with: apt-get install nginx-light`,
    start: startNginx,
  },
  {
    name: 'node-proxy',
    what: "node:http and undici's dispatch, which hand on bytes",
    start: (provider) => startOwn('node-proxy.ts', provider, [], '/v1/chat/completions'),
  },
  {
    name: 'postern',
    what: '`createGatewayServer` without policies',
    start: (provider) => startOwn('postern.ts', provider, ['pass', CLIENT_KEY], '/openai/v1/chat/completions'),
  },
  {
    name: 'postern-guarded',
    what: '`createGatewayServer` with redaction both ways, two spend caps in memory, callers by key, and metrics',
    guards: true,
    start: (provider) => startOwn('postern.ts', provider, ['guarded', CLIENT_KEY], '/openai/v1/chat/completions'),
  },
  {
    name: 'postern-serve',
    what: '`postern serve`: the same policies, virtual keys, events for the dashboard, everything in one SQLite file',
    guards: true,
    start: startServe,
  },
  {
    name: 'portkey',
    what: `${versionOf('portkey')}, without guardrails`,
    peer: true,
    missing: () => missing('portkey'),
    start: startPortkey,
  },
  {
    name: 'llmops',
    what: `${versionOf('llmops')}, without guardrails`,
    peer: true,
    missing: () => missing('llmops'),
    start: async (provider) => {
      const started = await startOwn('llmops.ts', provider, [], '/v1/chat/completions');
      return { ...started, headers: { ...hostedHeaders('portkey', provider), ...hostedHeaders('llmops', provider) } };
    },
  },
  {
    name: 'musistudio',
    what: `${versionOf('musistudio')}, as it comes`,
    peer: true,
    missing: () => missing('musistudio'),
    start: async (provider) => {
      const started = await startOwn('musistudio.ts', provider, [], '/v1/chat/completions');
      return { ...started, model: 'bench,gpt-4o-mini' };
    },
  },
  {
    name: 'nullplatform',
    what: `${versionOf('nullplatform')}, as it comes`,
    peer: true,
    missing: () => missing('nullplatform'),
    start: startNullplatform,
  },
];

async function startOwn(
  program: string,
  provider: number,
  settings: readonly string[],
  path: string,
): Promise<Started> {
  const child = startNode(1, join(SERVERS, program), [String(provider), ...settings]);
  const { port } = await nextMessage<{ port: number }>(child);
  return { url: `http://127.0.0.1:${port}${path}`, headers: AUTHORIZATION, process: child };
}

async function startNginx(provider: number): Promise<Started> {
  const folder = mkdtempSync(join(tmpdir(), 'postern-bench-nginx-'));
  const port = await freePort();
  writeFileSync(join(folder, 'nginx.conf'), nginxConfiguration(port, provider));
  const child = start(1, NGINX, ['-p', folder, '-c', join(folder, 'nginx.conf')]);
  return { url: `http://127.0.0.1:${port}/v1/chat/completions`, headers: AUTHORIZATION, process: child };
}

function nginxConfiguration(port: number, provider: number): string {
  return `daemon off; master_process off; worker_processes 1; error_log stderr error; pid nginx.pid;
events { worker_connections 16384; }
http {
  access_log off; client_max_body_size 64m; client_body_buffer_size 1m; keepalive_requests 100000000; keepalive_timeout 75s;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  upstream provider { server 127.0.0.1:${provider}; keepalive 256; keepalive_requests 100000000; }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location / {
      proxy_pass http://provider; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_buffering off; proxy_request_buffering on; proxy_read_timeout 600s; tcp_nodelay on;
    }
  }
}
`;
}

const hostedHeaders = (name: string, provider: number): Record<string, string> => ({
  ...AUTHORIZATION,
  [`x-${name}-provider`]: 'openai',
  [`x-${name}-custom-host`]: `http://127.0.0.1:${provider}/v1`,
});

async function startPortkey(provider: number): Promise<Started> {
  const port = await freePort();
  const program = fileOf('portkey', join('@portkey-ai', 'gateway', 'build', 'start-server.js'));
  const child = quiet(start(1, process.execPath, ['--no-flush-bytecode', program, `--port=${port}`, '--headless']));
  const url = `http://127.0.0.1:${port}/v1/chat/completions`;
  return { url, headers: hostedHeaders('portkey', provider), process: child };
}

async function startNullplatform(provider: number): Promise<Started> {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'postern-bench-nullplatform-'));
  const config = { apiKey: 'sk-bench', baseUrl: `http://127.0.0.1:${provider}/v1`, model: 'gpt-4o-mini' };
  const settings = {
    server: { host: '127.0.0.1', port },
    logging: { level: 'error' },
    defaultProject: true,
    models: [{ name: 'gpt-4o-mini', isDefault: true, provider: { type: 'openai', config } }],
  };
  writeFileSync(join(folder, 'gateway.yaml'), JSON.stringify(settings));
  const program = fileOf('nullplatform', join('@nullplatform', 'llm-gateway', 'dist', 'cli.js'));
  // It writes its log where it stands.
  const args = ['--no-flush-bytecode', program, 'start', '-c', join(folder, 'gateway.yaml')];
  const url = `http://127.0.0.1:${port}/openai/v1/chat/completions`;
  return { url, headers: AUTHORIZATION, process: quiet(start(1, process.execPath, args, { cwd: folder })) };
}

function quiet(child: ChildProcess): ChildProcess {
  child.stdout?.resume();
  child.stderr?.resume();
  return child;
}
