/** `postern keys`: virtual keys at the shell of the server, in the store that its configuration names. */
import { parseArgs } from 'node:util';
import { type IssuedKey, type KeyBody, type KeyResource, keyBody } from '../resources/key.ts';
import type { Keys } from '../state/keys.ts';
import { type Command, CommandError, type Terminal } from './command.ts';
import { type OpenConfigured, shellActor, withConfigured } from './configured.ts';
import { Output } from './output.ts';
import { cell, table } from './table.ts';

const HELP = `Make, list, rotate and take out virtual keys

Usage: postern keys <action> [options]

Actions:
  create --name <name>   make a key; it is printed once, and nobody can ask for it again
  list                   all keys, without what they are kept as
  rotate <id>            a new key of the same id; the one before ends, or is taken for --grace
  disable <id>           refuse its calls from now on
  enable <id>            take them again
  delete <id>            take it out for good

Options of create:
  --organization <id>    whose calls they are: what policies match and spend is counted by
  --workspace <id>
  --user <id>            without one it is a key of a service
  --tag <name>=<value>   may be given several times
  --expires <time>       an instant (2027-01-31, 2027-01-31T12:00:00Z) or a time from now (30d, 12h)

Option of rotate:
  --grace <time>         how long the key before is still taken: 30m, 24h, 7d (default: not at all)

Options of all:
  --config <path>        the server's configuration (default: the one that postern serve would find)
  --json                 JSON instead of text
  -h, --help             this text

The key goes to standard output, all else to standard error, so that it can be piped on. Other servers of the same store follow
within a second. Every change is a row of the audit log, by the name of the account at the shell.

Exit codes: 0 done; 2 an option is wrong or it could not be done.

Examples:
  postern keys create --name ci --workspace rd --user ada --expires 90d
  postern keys rotate 4fQ0aZ81kTbY --grace 24h
`;

const OPTIONS = {
  name: { type: 'string' },
  organization: { type: 'string' },
  workspace: { type: 'string' },
  user: { type: 'string' },
  tag: { type: 'string', multiple: true },
  expires: { type: 'string' },
  grace: { type: 'string' },
  config: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const;

type Values = ReturnType<typeof parse>['values'];
type Action = (keys: Keys, id: string, values: Values, output: Show) => Promise<void>;

/** What each takes beside what all take. */
const TERMS: Readonly<Record<string, readonly string[]>> = {
  create: ['name', 'organization', 'workspace', 'user', 'tag', 'expires'],
  rotate: ['grace'],
};

const ACTIONS: Readonly<Record<string, Action>> = {
  create: async (keys, _id, values, show) => show.issued(await keys.create(bodyOf(values), shellActor()), 'made'),
  list: (keys, _id, _values, show) => show.list(keys.list()),
  rotate: async (keys, id, { grace }, show) => {
    const graceSeconds = grace === undefined ? 0 : Math.ceil(duration('--grace', grace) / 1_000);
    return show.issued(await keys.rotate(id, { graceSeconds }, shellActor()), 'rotated');
  },
  disable: async (keys, id, _values, show) =>
    show.changed(await keys.update(id, { disabled: true }, shellActor()), 'disabled'),
  enable: async (keys, id, _values, show) =>
    show.changed(await keys.update(id, { disabled: false }, shellActor()), 'enabled'),
  delete: async (keys, id, _values, show) => {
    const key = keys.get(id);
    await keys.delete(id, shellActor());
    await show.changed(key, 'deleted');
  },
};

export function keysCommand(open: OpenConfigured): Command {
  return {
    help: HELP,
    async run(args, terminal) {
      const { values, action, id } = read(args);
      await withConfigured(open, values.config, terminal, async ({ keys }) => {
        if (keys.otherPepper > 0)
          terminal.stderr.write(
            `Note: ${keys.otherPepper} of these keys were made with another pepper than this one: they fit nowhere that uses it.\n`,
          );
        await ACTIONS[action]!(keys, id, values, new Show(terminal, values.json));
      });
      return 0;
    },
  };
}

function parse(args: readonly string[]) {
  return parseArgs({ args: [...args], allowPositionals: true, options: OPTIONS });
}

function read(args: readonly string[]): { values: Values; action: string; id: string } {
  const { values, positionals } = parse(args);
  const [action, id = '', ...more] = positionals;
  const names = Object.keys(ACTIONS).join(', ');
  if (action === undefined || !Object.hasOwn(ACTIONS, action))
    throw new CommandError(`name one action of ${names}. See postern keys --help.`);
  const needsId = action !== 'create' && action !== 'list';
  if (more.length > 0 || (id === '') === needsId)
    throw new CommandError(`${action} takes ${needsId ? 'the id of one key' : 'no id'}. See postern keys --help.`);
  const own = TERMS[action] ?? [];
  const stray = Object.keys(values).find((name) => !['config', 'json', ...own].includes(name));
  if (stray !== undefined) throw new CommandError(`${action} takes no --${stray}. See postern keys --help.`);
  // Before a store is opened.
  if (action === 'create') bodyOf(values);
  if (values.grace !== undefined) duration('--grace', values.grace);
  return { values, action, id };
}

/** Checked by the rules of the admin API. */
function bodyOf({ name, organization, workspace, user, tag = [], expires }: Values): KeyBody {
  if (name === undefined) throw new CommandError('create needs --name.');
  const tags = Object.fromEntries(tag.map(tagOf));
  const given = {
    name,
    organization,
    workspace,
    user,
    ...(tag.length > 0 && { tags }),
    ...(expires !== undefined && { expires_at: instantOf(expires) }),
  };
  const { data, error } = keyBody.safeParse(given);
  if (data !== undefined) return data;
  const [issue] = error.issues;
  throw new CommandError(`--${optionOf(issue!.path)}: ${issue!.message}.`);
}

function optionOf([field, name]: readonly PropertyKey[]): string {
  if (field === 'tags') return `tag ${String(name).slice(0, 40)}`;
  return field === 'expires_at' ? 'expires' : String(field);
}

function tagOf(text: string): [name: string, value: string] {
  const at = text.indexOf('=');
  if (at < 1) throw new CommandError('--tag must be <name>=<value>.');
  return [text.slice(0, at), text.slice(at + 1)];
}

const UNITS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const DURATION = /^(\d{1,6})([mhd])$/;

function duration(option: string, text: string): number {
  const [, count, unit] = DURATION.exec(text) ?? [];
  if (count === undefined) throw new CommandError(`${option} must be a time like 30m, 24h or 7d.`);
  return Number(count) * UNITS[unit as keyof typeof UNITS];
}

function instantOf(text: string): string {
  const at = DURATION.test(text) ? Date.now() + duration('--expires', text) : Date.parse(text);
  if (/^\d{4}-/.test(text) || DURATION.test(text)) {
    if (!Number.isNaN(at) && Math.abs(at) < 8.64e15) return new Date(at).toISOString();
  }
  throw new CommandError('--expires must be a time like 30d, 2027-01-31 or 2027-01-31T12:00:00Z.');
}

/** Says what was done. */
class Show {
  readonly #output: Output;
  readonly #stderr: Terminal['stderr'];
  readonly #isJson: boolean;

  constructor({ stdout, stderr }: Terminal, isJson: boolean) {
    this.#output = new Output(stdout);
    this.#stderr = stderr;
    this.#isJson = isJson;
  }

  async issued(issued: IssuedKey, done: string): Promise<void> {
    await this.#output.write(this.#isJson ? json(issued) : `${issued.secret}\n`);
    const { previous_until } = issued.key;
    const until = previous_until === undefined ? '' : ` The one before is taken until ${previous_until}.`;
    this.#note(`Key ${named(issued.key)} was ${done}. Keep it now: it cannot be shown again.${until}`);
  }

  async list(keys: readonly KeyResource[]): Promise<void> {
    if (this.#isJson) return this.#output.write(json({ keys }));
    if (keys.length === 0) return this.#note('There are no keys. Make one: postern keys create --name <name>');
    const header = ['id', 'name', 'status', 'organization', 'workspace', 'user', 'created', 'expires'];
    const rows = keys.map((key) => [
      key.id,
      ...[key.name, key.status, key.organization ?? '-', key.workspace ?? '-', key.user ?? '-'].map(cell),
      key.created_at.slice(0, 10),
      key.expires_at?.slice(0, 16) ?? '-',
    ]);
    return this.#output.write(`${table([header, ...rows], header.length).join('\n')}\n`);
  }

  async changed(key: KeyResource | undefined, done: string): Promise<void> {
    if (this.#isJson) await this.#output.write(json(key ?? {}));
    else this.#note(`Key ${key === undefined ? '' : named(key)} was ${done}.`);
  }

  #note(text: string): void {
    this.#stderr.write(`${text}\n`);
  }
}

function named({ id, name }: KeyResource): string {
  return `${id} (${cell(name)})`;
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
