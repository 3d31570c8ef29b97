/** A LangSmith on 127.0.0.1 as far as the doctor asks it: its own API and its OTLP endpoint, with projects by name. */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { decodeSpans } from '../../examples/support/otlp-receiver.ts';

export interface FakeLangSmith {
  readonly origin: string;
  /** Method and path of each request. */
  readonly requests: string[];
  /** Names of the projects that have got runs, a name for each run. */
  readonly runs: string[];
  close(): Promise<void>;
}

export interface FakeLangSmithOptions {
  readonly key?: string;
  readonly projects?: readonly string[];
  /** Where runs are put, whatever the header says. */
  readonly puts?: string;
  /** Answer of the OTLP endpoint. Default 200. */
  readonly answer?: { readonly status: number; readonly body?: string; readonly headers?: Record<string, string> };
  /** Never answers. */
  readonly isSilent?: boolean;
  readonly tls?: { readonly key: string; readonly cert: string };
  /** Told in the Date header; milliseconds since the epoch. */
  readonly date?: number;
}

export async function startFakeLangSmith(options: FakeLangSmithOptions = {}): Promise<FakeLangSmith> {
  const { key = 'lsv2_pt_invented0123456789', projects = ['default', 'my-app'], answer, date } = options;
  const ids = new Map(projects.map((name) => [name, randomUUID()]));
  const stored = new Map<string, string>();
  const requests: string[] = [];
  const runs: string[] = [];

  function ingest(request: IncomingMessage, body: Buffer): void {
    const project = options.puts ?? String(request.headers['langsmith-project'] ?? 'default');
    for (const span of decodeSpans(body)) {
      if (!ids.has(project)) ids.set(project, randomUUID());
      stored.set(String(span.attributes['langsmith.span.id']), ids.get(project)!);
      runs.push(project);
    }
  }

  function reply(request: IncomingMessage, body: Buffer): { status: number; json?: unknown } {
    const { pathname, searchParams } = new URL(request.url!, 'http://fake');
    if (request.headers['x-api-key'] !== key) return { status: 401, json: { detail: 'Invalid token' } };
    if (pathname === '/api/v1/sessions') {
      const name = searchParams.get('name')!;
      return { status: 200, json: ids.has(name) ? [{ id: ids.get(name), name }] : [] };
    }
    if (pathname.startsWith('/api/v1/sessions/')) {
      const [name, id] = [...ids].find(([, value]) => pathname.endsWith(value))!;
      return { status: 200, json: { id, name } };
    }
    if (pathname === '/api/v1/runs/query') {
      const [id] = (JSON.parse(body.toString()) as { id: string[] }).id;
      const session = stored.get(id!);
      return { status: 200, json: { runs: session ? [{ id, session_id: session }] : [] } };
    }
    if (pathname !== '/api/v1/otel/v1/traces') return { status: 404, json: { detail: 'Not Found' } };
    ingest(request, body);
    return { status: 200 };
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    requests.push(`${request.method} ${request.url}`);
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    if (options.isSilent) return;
    if (date !== undefined) response.setHeader('date', new Date(date).toUTCString());
    if (answer && request.url!.endsWith('/v1/traces')) {
      response.writeHead(answer.status, answer.headers).end(answer.body);
      return;
    }
    const { status, json } = reply(request, Buffer.concat(chunks));
    response
      .writeHead(status, { 'content-type': 'application/json' })
      .end(json === undefined ? '' : JSON.stringify(json));
  }

  const server: Server = options.tls ? createTlsServer(options.tls, handle) : createServer(handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return {
    origin: `${options.tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    requests,
    runs,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
