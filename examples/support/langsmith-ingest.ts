/**
 * A small LangSmith on 127.0.0.1 for tests and examples: takes the runs that its clients post, as single runs or in batches, and puts
 * what they say of a run together by its id. It answers what the `langsmith` client asks before it sends; nothing else.
 */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

export type Run = Readonly<Record<string, unknown>> & { readonly id: string };

export interface LangSmithIngest {
  /** Give it to a client as `apiUrl`: `http://127.0.0.1:<port>`. */
  readonly url: string;
  /** By id, with all that was posted and patched. */
  readonly runs: ReadonlyMap<string, Run>;
  /** True when the text stands in anything that was sent. */
  saw(text: string): boolean;
  close(): Promise<void>;
}

/** Batches as JSON: the client sends parts of a form only to servers that say they take them. */
const INFO = {
  version: '0.12',
  batch_ingest_config: { use_multipart_endpoint: false, size_limit: 100, size_limit_bytes: 20_971_520 },
};
const RUN_PATH = /\/runs\/([0-9a-f-]{36})$/;

export async function startLangSmithIngest(): Promise<LangSmithIngest> {
  const runs = new Map<string, Run>();
  const bodies: string[] = [];
  const server = createServer(async (request, response) => {
    const body = await readBody(request);
    bodies.push(body);
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    for (const run of runsIn(pathname, body)) runs.set(run.id, { ...runs.get(run.id), ...defined(run) });
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(pathname.endsWith('/info') ? INFO : {}));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    runs,
    saw: (text) => bodies.some((body) => body.includes(text)),
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** A batch, a new run, or a patch of one that its path names. */
function runsIn(pathname: string, body: string): Run[] {
  if (body === '') return [];
  const json = JSON.parse(body) as { post?: Run[]; patch?: Run[]; id?: string };
  if (json.post || json.patch) return [...(json.post ?? []), ...(json.patch ?? [])];
  const id = RUN_PATH.exec(pathname)?.[1] ?? json.id;
  return id === undefined ? [] : [{ ...json, id }];
}

const defined = (run: Run): Run =>
  Object.fromEntries(Object.entries(run).filter(([, value]) => value !== undefined)) as Run;

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  return (request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body).toString('utf8');
}
