/** `postern serve`: a gateway server from a configuration file, until it is told to end. */
import { parseArgs } from 'node:util';
import { isOwnError } from '../errors.ts';
import { jsonLogger, type LoadedConfig, type Logger, type Serving } from '../serve/index.ts';
import { serverParts } from '../serve/server-parts.ts';
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
  -h, --help             this text

Signals: SIGHUP reads the configuration again without dropping a call. SIGTERM and SIGINT take no new calls, wait for those
in flight (server.drain_seconds) and end; a second one ends at once.

Exit codes: 0 it was told to end, or --check found nothing wrong; 2 it could not start, or --check found something.

Examples:
  OPENAI_API_KEY=sk-... postern serve
  postern serve --config postern.config.yaml --check
`;

export const serveCommand: Command = {
  help: HELP,
  async run(args, terminal) {
    const { path, isCheck, overrides } = readArgs(args);
    const { assemble, checkConfig, loadConfig } = await serverParts();
    const load = async (): Promise<LoadedConfig> => withOverrides(await loadConfig(path), overrides);
    const loaded = await load();
    const { providers, store, warnings } = await checkConfig(loaded, process.env);
    for (const warning of warnings) terminal.stderr.write(`postern: ${warning}\n`);
    if (isCheck) {
      terminal.stdout.write(`${loaded.path ?? 'The defaults'}: nothing is wrong.\n`);
      return 0;
    }
    const signals = listenToSignals();
    const logger = jsonLogger(terminal.stderr);
    const serving = await assemble(loaded, { logger, version: ownManifest().manifest?.version });
    try {
      const urls = await serving.listen();
      const isTerminal = terminal.stdout.isTTY === true;
      terminal.stdout.write(greeting({ serving, ...urls, providers, store, path: loaded.path, isTerminal }));
      signals.onHangup(() => reload(serving, load, logger));
      await signals.ended;
      logger.info({ event: 'draining', open_calls: serving.gateway.stats.open });
      return 0;
    } finally {
      await serving.close();
      signals.stop();
    }
  },
};

async function reload(serving: Serving, load: () => Promise<LoadedConfig>, logger: Logger): Promise<void> {
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
    },
  });
  const { config: path, check: isCheck, host } = values;
  const port = portOf('--port', values.port);
  return { path, isCheck, overrides: { host, port, adminPort: portOf('--admin-port', values['admin-port']) } };
}

function portOf(option: string, given: string | undefined): number | undefined {
  if (given === undefined) return undefined;
  if (/^\d{1,5}$/.test(given) && Number(given) <= 65_535) return Number(given);
  throw new CommandError(`${option} must be a number from 0 to 65535.`);
}

/** The arguments win over the file, at each reading of it. */
function withOverrides(loaded: LoadedConfig, { host, port, adminPort }: Overrides): LoadedConfig {
  const { server, admin } = loaded.config;
  const config = {
    ...loaded.config,
    server: { ...server, host: host ?? server.host, port: port ?? server.port },
    admin: { ...admin, port: adminPort ?? admin.port },
  };
  return { ...loaded, config };
}
