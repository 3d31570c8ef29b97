/** The third place: whether the trace is in the project that is meant. Asks LangSmith's own API; paths as langsmith 0.10 asks them. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Checks, codeOf, type Environment, type Found, failed, ok, skipped, variable, warning } from './check.ts';
import { apiBase, CLOUD_REGIONS, type Endpoint, isCloud } from './endpoint.ts';
import { ask, parsedJson } from './request.ts';

const POLL_MS = 500;

/** LangSmith of one endpoint, asked with the key of its headers. */
export class LangSmithApi {
  readonly #base: string;
  readonly #key: string;
  readonly #timeoutMs: number;

  constructor({ url }: Pick<Endpoint, 'url'>, key: string, timeoutMs: number) {
    this.#base = apiBase(url);
    this.#key = key;
    this.#timeoutMs = timeoutMs;
  }

  async call(method: 'GET' | 'POST', path: string, body?: unknown): Promise<{ status: number; json: unknown }> {
    const headers = { 'x-api-key': this.#key, accept: 'application/json', 'content-type': 'application/json' };
    const text = body === undefined ? undefined : JSON.stringify(body);
    const answer = await ask({ method, url: this.#base + path, headers, body: text, timeoutMs: this.#timeoutMs });
    return { status: answer.status, json: parsedJson(answer.body) };
  }
}

export interface Project {
  readonly id: string | undefined;
  readonly name: string;
  /** The API said that it is not there. */
  readonly isMissing: boolean;
}

/** Before the probe: a span for a project that is not there would make it. */
export async function checkProject(checks: Checks, endpoint: Endpoint, api: LangSmithApi): Promise<Project> {
  const header = Object.entries(endpoint.headers).find(([name]) => name.toLowerCase() === 'langsmith-project')?.[1];
  const name = header ?? 'default';
  const named: Found =
    header === undefined
      ? warning(
          'no Langsmith-Project header is sent: traces go to "default"',
          'Set LANGSMITH_PROJECT, or langsmith({ project })',
        )
      : ok(`traces are sent to ${JSON.stringify(name)}`);
  checks.add('project', 'header', named);
  try {
    const { status, json } = await api.call('GET', `/sessions?${new URLSearchParams({ name })}`);
    const projects = Array.isArray(json) ? (json as { id?: unknown; name?: unknown }[]) : [];
    const found = projects.find((project) => project.name === name);
    const isMissing = status === 200 && Array.isArray(json) && !found && header !== undefined;
    checks.add(
      'project',
      'exists',
      found ? ok(`${JSON.stringify(name)} is there`) : missingTold(status, name, isMissing),
    );
    return { id: typeof found?.id === 'string' ? found.id : undefined, name, isMissing };
  } catch (error) {
    checks.add('project', 'exists', skipped(`LangSmith's API did not answer (${codeOf(error)})`));
    return { id: undefined, name, isMissing: false };
  }
}

function missingTold(status: number, name: string, isMissing: boolean): Found {
  if (isMissing)
    return failed(
      `the workspace of this key has no project ${JSON.stringify(name)}; the first trace would make it`,
      'Look for a typing mistake in LANGSMITH_PROJECT and at the workspace of the key, or create the project',
    );
  if (status === 200) return skipped(`${JSON.stringify(name)} is made by the first trace`);
  return skipped(`LangSmith's API answered ${status} when asked for the project`);
}

/** A key of one region is unknown in all others. Only hosts of LangSmith's own cloud are asked. */
export async function checkRegion(checks: Checks, endpoint: Endpoint, key: string, timeoutMs: number): Promise<void> {
  if (!isCloud(endpoint.url)) return;
  const here = new URL(endpoint.url).hostname;
  for (const host of CLOUD_REGIONS.filter((name) => name !== here)) {
    const api = new LangSmithApi({ url: `https://${host}/otel/v1/traces` }, key, timeoutMs);
    const status = await api.call('GET', '/sessions?limit=1').then(
      (answer) => answer.status,
      () => 0,
    );
    if (status !== 200) continue;
    checks.add(
      'project',
      'region',
      failed(`the key is of ${host}, and traces go to ${here}`, `Set LANGSMITH_ENDPOINT=https://${host}`),
    );
    return;
  }
  checks.add(
    'project',
    'region',
    failed(`no region of LangSmith's cloud takes the key`, 'Make a new key in the settings of LangSmith'),
  );
}

/** LangSmith answers before it has stored anything, so the run is asked for until it is there. */
export async function arrivalFound(
  api: LangSmithApi,
  runId: string,
  project: Project,
  timeoutMs: number,
): Promise<Found> {
  const deadline = Date.now() + timeoutMs;
  let status = 0;
  do {
    try {
      const answer = await api.call('POST', '/runs/query', {
        id: [runId],
        select: ['id', 'name', 'session_id'],
        limit: 1,
      });
      status = answer.status;
      const [run] = (Object(answer.json) as { runs?: { session_id?: unknown }[] }).runs ?? [];
      if (run) return await whereFound(api, String(run.session_id), project);
    } catch (error) {
      return skipped(`LangSmith's API did not answer (${codeOf(error)})`);
    }
    if (status !== 200)
      return skipped(`LangSmith's API answered ${status} when asked for the trace: the key may not read`);
    await sleep(POLL_MS);
  } while (Date.now() < deadline);
  return failed(
    `the trace was accepted and is not in LangSmith after ${timeoutMs / 1000} s`,
    'Look for it there in a minute; else at the ingestion of that LangSmith (its queue), and at the limits of the plan',
  );
}

async function whereFound(api: LangSmithApi, sessionId: string, project: Project): Promise<Found> {
  if (project.id === sessionId) return ok(`the probe is in ${JSON.stringify(project.name)}`);
  const { json } = await api.call('GET', `/sessions/${encodeURIComponent(sessionId)}`);
  const { name } = Object(json) as { name?: unknown };
  if (name === project.name) return ok(`the probe is in ${JSON.stringify(project.name)}`);
  const told = typeof name === 'string' ? JSON.stringify(name.slice(0, 80)) : 'another project';
  return failed(
    `the probe was meant for ${JSON.stringify(project.name)} and is in ${told}`,
    'Look for a Langsmith-Project header that a collector or proxy sets, or langsmith.trace.session_name on spans',
  );
}

/** Nothing on the wire shows a parent that went elsewhere. */
export function parentsFound(endpoint: Endpoint, env: Environment): Found {
  const other = variable(env, 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT') ?? variable(env, 'OTEL_EXPORTER_OTLP_ENDPOINT');
  if (other === undefined || !URL.canParse(other) || new URL(other).origin === new URL(endpoint.url).origin)
    return ok('no other trace backend is set up; LangSmith drops a span whose parent it never gets, without an error');
  return warning(
    `the app's own spans may go to ${new URL(other).origin}; LangSmith drops a span whose parent it never gets, without an error`,
    'Send the same spans to both: setupTracing({ target: [langsmith(), { url, headers }] })',
  );
}
