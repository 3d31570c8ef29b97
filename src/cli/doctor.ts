/** `postern doctor`: why a trace does not arrive, in each of the three places where it can get lost, and what of providers can be seen. */
import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import { type Command, CommandError, type ExitCode, type Terminal } from './command.ts';
import { checkExport, checkUrl, clockFound } from './doctor/backend.ts';
import { type Check, Checks, type Found, failed, ok, type Place, skipped, warning } from './doctor/check.ts';
import { adviceFor, type Endpoint, endpointOf } from './doctor/endpoint.ts';
import { checkNetwork } from './doctor/network.ts';
import { arrivalFound, checkProject, checkRegion, LangSmithApi, type Project, parentsFound } from './doctor/project.ts';
import { checkProviders, keyFound } from './doctor/providers.ts';
import { toldUrl } from './doctor/request.ts';
import { checkSpans, type Probe, satisfies } from './doctor/spans.ts';
import { ownManifest } from './manifest.ts';
import { Output } from './output.ts';

const HELP = `Find out why a trace did not arrive

Usage: postern doctor [options]

Looks in three places, each by itself: whether spans are made here, whether the backend takes them, and whether the trace
is in the project that is meant. It sends one span named "postern doctor", and reads the variables that setupTracing and
langsmith() read: LANGSMITH_API_KEY, LANGSMITH_PROJECT, LANGSMITH_ENDPOINT, OTEL_*. Keys are never printed.

Options:
  --target <target>    langsmith or otlp (default: langsmith, or otlp where only OTEL_EXPORTER_OTLP_* is set)
  --url <url>          the backend: a LangSmith of your own, or the traces endpoint of an OTLP backend
  --project <name>     the project in LangSmith (default: LANGSMITH_PROJECT)
  --providers          call the providers whose keys are set for their lists of models
  --model <model>      provider/model: whether its price is known; may be given several times
  --timeout <seconds>  how long to wait for each answer, and for the trace to arrive (default: 10)
  --json               one JSON object in place of lines
  -h, --help           this text

Exit codes: 0 nothing failed; 1 something failed; 2 an option is wrong.

Examples:
  postern doctor
  postern doctor --target otlp --url http://localhost:4318/v1/traces
  postern doctor --providers --model openai/gpt-4o --json
`;

const TARGETS = ['langsmith', 'otlp'] as const;
const PLACES: Readonly<Record<Place, string>> = {
  environment: 'Here',
  spans: '1. The spans are made here',
  backend: '2. The backend takes them',
  project: '3. The trace is in the intended project',
  providers: 'Providers',
};
const ORDER = Object.keys(PLACES) as Place[];

interface Options {
  readonly endpoint: Endpoint;
  readonly providers: boolean;
  readonly models: readonly string[];
  readonly timeoutMs: number;
  readonly json: boolean;
}

export const doctorCommand: Command = {
  help: HELP,
  async run(args, terminal) {
    const options = readOptions(args, terminal);
    const checks = new Checks();
    checkEnvironment(checks);
    await checkTrace(checks, options, terminal);
    const { models, timeoutMs } = options;
    await checkProviders(checks, terminal.env, { call: options.providers, models, timeoutMs });
    const all = ORDER.flatMap((place) => checks.all.filter((check) => check.place === place));
    await new Output(terminal.stdout).write(options.json ? asJson(all, options.endpoint) : asLines(all));
    return exitCodeOf(all);
  },
};

function checkEnvironment(checks: Checks): void {
  const { manifest } = ownManifest();
  const range = manifest?.engines?.node ?? '>=20.19';
  const node = process.version.slice(1);
  const found: Found = satisfies(node, range)
    ? ok(`Node ${node}`)
    : failed(`Node ${node}, not ${range}`, 'Use a newer Node');
  checks.add('environment', 'node', found);
  checks.add('environment', 'postern', ok(`postern ${manifest?.version ?? 'of an unknown version'}`));
}

async function checkTrace(checks: Checks, { endpoint, timeoutMs }: Options, { env }: Terminal): Promise<void> {
  const runId = randomUUID();
  const probe = await checkSpans(checks, env, runAttributes(runId), timeoutMs);
  const key = keyOf(endpoint);
  if (endpoint.target === 'langsmith') checks.add('backend', 'key', langsmithKeyFound(env.LANGSMITH_API_KEY));
  checkUrl(checks, endpoint);
  if (!(await checkNetwork(checks, endpoint.url, env, timeoutMs))) {
    checks.add('backend', 'export', skipped('the backend cannot be reached'));
    if (endpoint.isLangSmith) checks.add('project', 'arrival', skipped('the backend cannot be reached'));
    return;
  }
  const api = endpoint.isLangSmith && key ? new LangSmithApi(endpoint, key, timeoutMs) : undefined;
  const project = api && (await checkProject(checks, endpoint, api));
  await checkDelivery(checks, { endpoint, timeoutMs, key, api, project, runId }, probe);
  checks.add('project', 'parents', endpoint.isLangSmith ? parentsFound(endpoint, env) : skipped('of LangSmith alone'));
}

interface Delivery {
  readonly endpoint: Endpoint;
  readonly timeoutMs: number;
  readonly key: string | undefined;
  readonly api: LangSmithApi | undefined;
  readonly project: Project | undefined;
  readonly runId: string;
}

async function checkDelivery(checks: Checks, delivery: Delivery, probe: Probe | undefined): Promise<void> {
  const { endpoint, timeoutMs, key, api, project, runId } = delivery;
  // A span would make the project that is not there.
  const sent = project?.isMissing ? undefined : probe;
  const answer = await checkExport(checks, endpoint, sent, timeoutMs);
  checks.add('environment', 'clock', clockFound(answer));
  if (!endpoint.isLangSmith) return;
  if ((answer?.status === 401 || answer?.status === 403) && key) await checkRegion(checks, endpoint, key, timeoutMs);
  const exported = checks.all.find(({ name }) => name === 'export')?.status;
  const isAccepted = exported === 'ok' || exported === 'warning';
  const found =
    isAccepted && sent && api && project
      ? await arrivalFound(api, runId, project, timeoutMs)
      : skipped(isAccepted ? 'no span was sent' : 'the backend did not take the probe');
  checks.add('project', 'arrival', found);
}

/** The run's id in LangSmith, so that it can be asked for; without them it is made from the ids of the span. */
function runAttributes(runId: string): Record<string, string> {
  const time = new Date().toISOString().replace(/[-:.]/g, '').replace('Z', '000Z');
  return {
    'langsmith.span.kind': 'chain',
    'langsmith.trace.id': runId,
    'langsmith.span.id': runId,
    'langsmith.span.dotted_order': `${time}${runId}`,
  };
}

function keyOf({ headers }: Endpoint): string | undefined {
  return Object.entries(headers).find(([name]) => name.toLowerCase() === 'x-api-key')?.[1];
}

function langsmithKeyFound(given: string | undefined): Found {
  const key = given?.trim();
  if (!key) return failed('LANGSMITH_API_KEY is not set', 'Set it to a key of the workspace that is to get the traces');
  const found = keyFound('LANGSMITH_API_KEY', given!);
  if (found.status !== 'ok' || /^ls(?:v2|__)/.test(key)) return found;
  return warning(
    `${found.reason}, which does not begin as LangSmith's keys do`,
    'Look whether it is the key of another service',
  );
}

function readOptions(args: readonly string[], { env }: Terminal): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      target: { type: 'string' },
      url: { type: 'string' },
      project: { type: 'string' },
      providers: { type: 'boolean', default: false },
      model: { type: 'string', multiple: true, default: [] },
      timeout: { type: 'string', default: '10' },
      json: { type: 'boolean', default: false },
    },
  });
  const { url, project, providers, model: models, json } = values;
  const target = TARGETS.find((one) => one === values.target);
  if (values.target !== undefined && !target) throw new CommandError(`--target must be ${TARGETS.join(' or ')}.`);
  const seconds = Number(values.timeout);
  if (!(seconds > 0 && seconds <= 600)) throw new CommandError('--timeout must be seconds, above 0 and at most 600.');
  if (models.some((model) => !/^[^/]+\/.+/.test(model))) throw new CommandError('--model must be like openai/gpt-4o.');
  return { endpoint: endpointOf({ target, url, project }, env), providers, models, timeoutMs: seconds * 1000, json };
}

function exitCodeOf(checks: readonly Check[]): ExitCode {
  return checks.some(({ status }) => status === 'failed') ? 1 : 0;
}

function asLines(checks: readonly Check[]): string {
  const width = Math.max(...checks.map(({ name }) => name.length));
  const lines = ORDER.flatMap((place) => {
    const here = checks.filter((check) => check.place === place);
    return here.length === 0 ? [] : [PLACES[place], ...here.map((check) => lineOf(check, width)), ''];
  });
  const count = (status: Check['status']): number => checks.filter((check) => check.status === status).length;
  return `${lines.join('\n')}\n${count('failed')} failed, ${count('warning')} ${count('warning') === 1 ? 'warning' : 'warnings'}, ${count('ok')} ok, ${count('skipped')} skipped\n`;
}

function lineOf({ status, name, reason, next }: Check, width: number): string {
  return `  ${status.padEnd(7)}  ${name.padEnd(width)}  ${reason}.${next === undefined ? '' : ` ${next}.`}`;
}

function asJson(checks: readonly Check[], endpoint: Endpoint): string {
  const { target, url } = endpoint;
  const { corrected } = adviceFor(endpoint);
  const report = { ok: exitCodeOf(checks) === 0, target, url: toldUrl(url), corrected, checks };
  return `${JSON.stringify(report, undefined, 2)}\n`;
}
