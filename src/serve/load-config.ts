/** Finds and reads a configuration file, and says by its path what is wrong in it. Starts nothing. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { GatewayError } from '../errors.ts';
import { describeZodError } from '../resources/describe-zod-error.ts';
import type { PolicyBody } from '../resources/policy.ts';
import { readPolicyExport } from '../resources/policy-export.ts';
import { configSchema, type ReadConfig } from './config.ts';

/** Looked for in the working directory, in this order. */
export const CONFIG_FILES = [
  'postern.config.ts',
  'postern.config.mts',
  'postern.config.js',
  'postern.config.mjs',
  'postern.config.yaml',
  'postern.config.yml',
  'postern.config.json',
] as const;

/** A policy of the configuration, and the id by which the admin API speaks of it. */
export interface ConfiguredPolicy {
  readonly id: string;
  readonly body: PolicyBody;
}

export interface LoadedConfig {
  readonly config: ReadConfig;
  readonly policies: readonly ConfiguredPolicy[];
  /** `undefined` where there is no file: the defaults. */
  readonly path: string | undefined;
  /** Paths in the configuration are relative to it. */
  readonly folder: string;
}

/** Finds personal data and secrets in both directions; what a server without a configuration does. */
const DEFAULT_POLICIES: readonly PolicyBody[] = [
  { name: 'personal data and secrets', policy_type: 'guard', config: { detect: { pii: true, secrets: true } } },
];

/**
 * @param path of the file; without one it is looked for in `folder`, and the defaults hold where there is none
 * @throws GatewayError `invalid_option` that names the file, the path in it and what came
 */
export async function loadConfig(path: string | undefined, folder = process.cwd()): Promise<LoadedConfig> {
  const found =
    path === undefined ? CONFIG_FILES.map((name) => resolve(folder, name)).find(existsSync) : resolve(folder, path);
  if (found === undefined) return readConfig({}, undefined, folder);
  return readConfig(await readValue(found), found, dirname(found));
}

/** The same for a configuration that is an object already. */
export async function readConfig(value: unknown, path: string | undefined, folder: string): Promise<LoadedConfig> {
  const name = path ?? 'configuration';
  const { success, data, error } = configSchema.safeParse(value ?? {});
  if (!success) throw wrong(name, describeZodError(error, '', value));
  const policies = await policiesOf(data, name, folder);
  return { config: data, policies, path, folder };
}

async function policiesOf({ policies }: ReadConfig, name: string, folder: string): Promise<ConfiguredPolicy[]> {
  const bodies =
    typeof policies === 'string' ? await exported(resolve(folder, policies)) : (policies ?? DEFAULT_POLICIES);
  const seen = new Set<string>();
  return bodies.map((body, i) => {
    if (seen.has(body.name))
      throw wrong(name, [
        { path: `policies[${i}].name`, message: `must be unique, ${JSON.stringify(body.name)} is there twice` },
      ]);
    seen.add(body.name);
    return { id: `config:${body.name}`, body };
  });
}

/** An export of LangSmith's API, or a list in the same form. */
async function exported(path: string): Promise<readonly PolicyBody[]> {
  const value = await readValue(path);
  try {
    return readPolicyExport(value).policies.map(({ body }) => body);
  } catch (cause) {
    throw new GatewayError('invalid_option', `${path}: ${(cause as Error).message}`, { cause });
  }
}

async function readValue(path: string): Promise<unknown> {
  const kind = extname(path);
  if (/^\.[cm]?[jt]s$/.test(kind)) return importValue(path, kind);
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    const what = cause.code === 'ENOENT' ? 'does not exist' : `cannot be read (${cause.code})`;
    throw new GatewayError('invalid_option', `${path} ${what}.`, { cause });
  });
  if (kind === '.json') return parsed(path, () => JSON.parse(text) as unknown);
  if (kind === '.yaml' || kind === '.yml') {
    const { parse } = await import('yaml');
    return parsed(path, () => parse(text, { uniqueKeys: true, maxAliasCount: 100 }) as unknown);
  }
  throw new GatewayError('invalid_option', `${path} must end in .ts, .js, .json or .yaml.`);
}

/** What stands in the file may be secret, so a parser's message is cut to the place that it names. */
function parsed(path: string, parse: () => unknown): unknown {
  try {
    return parse();
  } catch (cause) {
    const [, place = ''] = /((?:at )?(?:position \d+|line \d+(?:,? column \d+)?))/.exec((cause as Error).message) ?? [];
    throw new GatewayError('invalid_option', `${path} cannot be parsed${place && ` (${place})`}.`);
  }
}

/** A reload takes the file anew, which modules do not by themselves. */
async function importValue(path: string, kind: string): Promise<unknown> {
  if (!existsSync(path)) throw new GatewayError('invalid_option', `${path} does not exist.`);
  const url = pathToFileURL(path);
  url.searchParams.set('read', String(Date.now()));
  try {
    const loaded = (await import(url.href)) as { default?: unknown };
    return loaded.default;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ERR_UNKNOWN_FILE_EXTENSION')
      throw new GatewayError(
        'invalid_option',
        `${path}: Node ${process.versions.node} reads no ${kind}. Use Node 22.18 or newer, or postern.config.mjs, .yaml or .json.`,
      );
    throw new GatewayError('invalid_option', `${path} cannot be loaded: ${(cause as Error).message}`, { cause });
  }
}

function wrong(name: string, problems: readonly { readonly path: string; readonly message: string }[]): GatewayError {
  const lines = problems.map(({ path, message }) => `${path === '' ? '' : `${path}: `}${message}`);
  const text = lines.length === 1 ? lines[0]! : lines.map((line) => `\n  ${line}`).join('');
  return new GatewayError('invalid_option', `${name}: ${text}`, { param: problems[0]?.path });
}
