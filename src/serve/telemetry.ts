/** What a server tells the outside about its calls: traces to a backend, decisions to a file or a webhook. */
import { resolve } from 'node:path';
import type { SecretRef } from '../server/secret.ts';
import type { DecisionLog } from '../telemetry/decision-log.ts';
import { decisionLog } from '../telemetry/decision-log.ts';
import type { OtlpTarget } from '../telemetry/langsmith.ts';
import { langsmith, setupTracing } from '../telemetry/otel.ts';
import type { LoadedConfig } from './load-config.ts';
import { secretAt } from './stores.ts';

export interface Telemetry {
  readonly log: DecisionLog | undefined;
  /** `undefined` where nothing is exported. */
  readonly exporter: { readonly failed: number; readonly lastFailure: string | undefined } | undefined;
  close(): Promise<void>;
}

type TelemetryConfig = LoadedConfig['config']['telemetry'];

/** @throws GatewayError `invalid_option`, or `not_supported` when the OpenTelemetry SDK is asked for and not installed */
export async function openTelemetry({ config, folder }: LoadedConfig, env: NodeJS.ProcessEnv): Promise<Telemetry> {
  const { telemetry } = config;
  const log = await openLog(telemetry, folder);
  const target = await targetOf(telemetry, env);
  if (target === undefined) return { log, exporter: undefined, close: async () => log?.close() };
  const exporter = { failed: 0, lastFailure: undefined as string | undefined };
  const tracing = await setupTracing({
    ...(target === 'environment' ? {} : { target }),
    serviceName: env.OTEL_SERVICE_NAME ?? 'postern',
    onExportFailure: ({ message }) => {
      exporter.failed++;
      exporter.lastFailure = message;
    },
  });
  return {
    log,
    exporter,
    async close() {
      await log?.close();
      await tracing.shutdown();
    },
  };
}

async function targetOf(
  { target, url, headers = {}, project }: TelemetryConfig,
  env: NodeJS.ProcessEnv,
): Promise<OtlpTarget | 'environment' | undefined> {
  const kind = target ?? targetIn(env);
  if (kind === 'langsmith') return langsmith({ project, env, ...(url === undefined ? {} : { url }) });
  if (kind !== 'otlp') return undefined;
  if (url === undefined) return 'environment';
  const sent = Object.entries(headers).map(async ([name, ref]) => [
    name,
    (await secretAt(`telemetry.headers.${name}`, ref as SecretRef)).reveal(),
  ]);
  return { url, headers: Object.fromEntries(await Promise.all(sent)) as Record<string, string> };
}

function targetIn(env: NodeJS.ProcessEnv): 'langsmith' | 'otlp' | undefined {
  if (env.OTEL_EXPORTER_OTLP_ENDPOINT || env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT) return 'otlp';
  return env.LANGSMITH_API_KEY && env.LANGSMITH_TRACING !== 'false' ? 'langsmith' : undefined;
}

async function openLog(
  { decision_log: log, trace_link: link, project }: TelemetryConfig,
  folder: string,
): Promise<DecisionLog | undefined> {
  if (log === undefined) return undefined;
  const { file, webhook } = log;
  return decisionLog({
    link,
    projectName: project,
    file: file && resolve(folder, file),
    webhook: webhook && {
      url: webhook.url,
      secret: (await secretAt('telemetry.decision_log.webhook.secret', webhook.secret as SecretRef)).reveal(),
    },
  });
}
