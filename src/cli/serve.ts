/** `postern serve`: a gateway server from a configuration file, until it is told to end. */
import cluster from 'node:cluster';
import { parseArgs } from 'node:util';
import { isOwnError } from '../errors.ts';
import { jsonLogger, type LoadedConfig, type Logger, type ServeOptions } from '../serve/index.ts';
import { serverParts } from '../serve/server-parts.ts';
import type { RunningServer } from '../serve/share.ts';
import { isWorker, MAX_WORKERS } from '../serve/worker-limits.ts';
import { type Command, CommandError } from './command.ts';
import { ownManifest } from './manifest.ts';
import { greeting } from './serve-greeting.ts';
import { listenToSignals } from './serve-signals.ts';

const HELP = `Run a gateway server

Usage: postern serve [options]

Reads postern.config.{ts,js,yaml,json} of this folder. Without one it serves the providers whose keys are in the
environment (OPENAI_API_KEY, ANTHROPIC_API_KEY, ...), redacts personal data and secrets, and keeps everything in
postern.db. Clients need a key of the gateway: postern keys create --name me

Options:
  --config <file>        the configuration
  --check                say what is wrong with it, and start nothing
  --host <address>       that the gateway listens on (default: 127.0.0.1)
  --port <number>        of the gateway (default: 4100)
  --admin-port <number>  of the dashboard and the admin API (default: 4101)
  --workers <n|auto>     processes that take calls, on one store: auto is one for each core (default: 1, this process)
  -h, --help             this text

Signals: SIGHUP reads the configuration again without dropping a call. SIGTERM and SIGINT take no new calls, wait for those
in flight (server.drain_seconds) and end; a second one ends at once. With workers they are for the process that was started:
it tells its workers, and puts another in the place of one that dies.

Exit codes: 0 it was told to end, or --check found nothing wrong; 2 it could not start, or --check found something.

Examples:
  OPENAI_API_KEY=sk-... postern serve
  postern serve --config postern.config.yaml --check
`;

export const serveCommand: Command = {
  help: HELP,
  async run(args, terminal) {
    if (isWorker()) {
      await (await serverParts()).runWorker();
      return 0;
    }
    const { path, isCheck, overrides } = readArgs(args);
    const { checkConfig, loadConfig } = await serverParts();
    const load = async (): Promise<LoadedConfig> => withOverrides(await loadConfig(path), overrides);
    const loaded = await load();
    const { providers, store, warnings } = await checkConfig(loaded, process.env);
    for (const warning of warnings) terminal.stderr.write(`postern: ${warning}\n`);
    if (isCheck) {
      terminal.stdout.write(`${loaded.path ?? 'The defaults'}: nothing is wrong.\n`);
      return 0;
    }
    let serving: RunningServer | undefined;
    const signals = listenToSignals(process, () => serving?.endAtOnce());
    const logger = jsonLogger(terminal.stderr);
    serving = await open(loaded, { logger, version: ownManifest().manifest?.version });
    const { workers } = serving;
    try {
      const urls = await serving.listen();
      const isTerminal = terminal.stdout.isTTY === true;
      terminal.stdout.write(greeting({ serving, workers, ...urls, providers, store, path: loaded.path, isTerminal }));
      signals.onHangup(() => reload(serving, load, logger));
      await signals.ended;
      // Workers tell of their calls themselves.
      logger.info({ event: 'draining', ...(workers === 1 ? { open_calls: serving.gateway.stats.open } : { workers }) });
    } finally {
      await serving.close();
      signals.stop();
    }
    // A connection that came as the workers ended is still in the hands of Node's cluster, which would keep this process alive for it.
    if (workers > 1) process.exit(0);
    return 0;
  },
};

/** In this process, or by workers of it. */
async function open(loaded: LoadedConfig, options: ServeOptions): Promise<RunningServer> {
  const { assemble, assembleCluster, workerCount } = await serverParts();
  if (workerCount(loaded.config) === 1)
    return Object.assign(await assemble(loaded, options), { workers: 1, endAtOnce() {} });
  if (!cluster.isPrimary)
    throw new CommandError(
      '--workers: this process is itself a worker of somebody else’s cluster; let one of both start workers.',
    );
  return assembleCluster(loaded, { ...options, program: process.argv[1]! });
}

async function reload(serving: RunningServer, load: () => Promise<LoadedConfig>, logger: Logger): Promise<void> {
  try {
    const { applied, waiting } = await serving.reload(await load());
    logger.info({ event: 'configuration_read', applied, needs_restart: waiting });
  } catch (error) {
    const why = isOwnError(error) ? error.message : 'It cannot be read.';
    serving.reloadFailed(why);
    logger.error({ event: 'configuration_wrong', message: why });
  }
}

interface Overrides {
  readonly host: string | undefined;
  readonly port: number | undefined;
  readonly adminPort: number | undefined;
  readonly workers: number | 'auto' | undefined;
}

function readArgs(args: readonly string[]): {
  readonly path: string | undefined;
  readonly isCheck: boolean;
  readonly overrides: Overrides;
} {
  const { values } = parseArgs({
    args: [...args],
    options: {
      config: { type: 'string' },
      check: { type: 'boolean', default: false },
      host: { type: 'string' },
      port: { type: 'string' },
      'admin-port': { type: 'string' },
      workers: { type: 'string' },
    },
  });
  const { config: path, check: isCheck, host } = values;
  const port = portOf('--port', values.port);
  const adminPort = portOf('--admin-port', values['admin-port']);
  return { path, isCheck, overrides: { host, port, adminPort, workers: workersOf(values.workers) } };
}

function portOf(option: string, given: string | undefined): number | undefined {
  if (given === undefined) return undefined;
  if (/^\d{1,5}$/.test(given) && Number(given) <= 65_535) return Number(given);
  throw new CommandError(`${option} must be a number from 0 to 65535.`);
}

function workersOf(given: string | undefined): number | 'auto' | undefined {
  if (given === undefined || given === 'auto') return given;
  if (/^\d{1,3}$/.test(given) && Number(given) >= 1 && Number(given) <= MAX_WORKERS) return Number(given);
  throw new CommandError(`--workers must be a number from 1 to ${MAX_WORKERS}, or auto.`);
}

/** The arguments win over the file, at each reading of it. */
function withOverrides(loaded: LoadedConfig, { host, port, adminPort, workers }: Overrides): LoadedConfig {
  const { server, admin } = loaded.config;
  const config = {
    ...loaded.config,
    server: { ...server, host: host ?? server.host, port: port ?? server.port, workers: workers ?? server.workers },
    admin: { ...admin, port: adminPort ?? admin.port },
  };
  return { ...loaded, config };
}
