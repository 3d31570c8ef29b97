/**
 * A small LangSmith on 127.0.0.1 for tests and examples: takes runs from LangSmith's client (one by one or in batches), merges posts
 * and patches by id, and keeps every byte that came in.
 */
import { createServer, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

export interface LangSmithRun {
  readonly id: string;
  readonly name?: string;
  readonly run_type?: string;
  readonly trace_id?: string;
  readonly parent_run_id?: string | null;
  readonly dotted_order?: string;
  readonly inputs?: Record<string, unknown>;
  readonly outputs?: Record<string, unknown>;
  readonly extra?: Record<string, unknown>;
  readonly error?: string | null;
  readonly tags?: readonly string[];
  readonly end_time?: unknown;
}

export interface LangSmithRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Unzipped. */
  readonly text: string;
}

export interface LangSmithIngest {
  /** `http://127.0.0.1:<port>` */
  readonly origin: string;
  readonly runs: Map<string, LangSmithRun>;
  readonly requests: LangSmithRequest[];
  /** True when the text stands anywhere in any body. */
  saw(text: string): boolean;
  close(): Promise<void>;
}

const INFO = {
  version: '0.12',
  batch_ingest_config: {
    use_multipart_endpoint: false,
    size_limit: 100,
    size_limit_bytes: 20_971_520,
    scale_up_qsize_trigger: 1000,
    scale_up_nthreads_limit: 16,
    scale_down_nempty_trigger: 4,
  },
};

export async function startLangSmith(): Promise<LangSmithIngest> {
  const runs = new Map<string, LangSmithRun>();
  const requests: LangSmithRequest[] = [];
  const put = (run: LangSmithRun): void => {
    runs.set(run.id, { ...runs.get(run.id), ...run });
  };
  const server = createServer(async (incoming, response) => {
    const request = await received(incoming);
    requests.push(request);
    for (const run of runsOf(request)) put(run);
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(request.path.endsWith('/info') ? INFO : {}));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    runs,
    requests,
    saw: (text) => requests.some((request) => request.text.includes(text)),
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** `POST /runs/batch` holds lists; `POST /runs` and `PATCH /runs/{id}` one run each. */
function runsOf({ path, text }: LangSmithRequest): LangSmithRun[] {
  let body: { post?: LangSmithRun[]; patch?: LangSmithRun[] } & Partial<LangSmithRun>;
  try {
    body = JSON.parse(text);
  } catch {
    return [];
  }
  const [, patched] = /\/runs\/([0-9a-f-]{36})$/.exec(path) ?? [];
  if (patched) return [{ ...body, id: patched }];
  if (path.endsWith('/runs') && body.id) return [body as LangSmithRun];
  return [...(body.post ?? []), ...(body.patch ?? [])];
}

async function received(incoming: IncomingMessage): Promise<LangSmithRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  const { method = 'GET', url = '/', headers } = incoming;
  const bytes = headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
  return { method, path: url, headers, text: bytes.toString('utf8') };
}
