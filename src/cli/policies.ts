/** `postern policies`: what policies in a file, or exported from LangSmith, would be here. */
import { parseArgs } from 'node:util';
import { parseDocument } from 'yaml';
import { isOwnError } from '../errors.ts';
import type { Problem } from '../resources/describe-zod-error.ts';
import { type PolicyExport, readPolicyExport } from '../resources/policy-export.ts';
import { policyWords } from '../resources/policy-words.ts';
import { type Command, CommandError, type Terminal } from './command.ts';
import { openInputs } from './input.ts';
import { Output, printable } from './output.ts';

const HELP = `Check policies before they are loaded

Usage: postern policies check [options] <file>

The file is JSON or YAML: a list of policies, or an object with one as policies, data or items, as LangSmith's API gives
them (GET /v1/platform/gateway-policies) and as they stand in a configuration. - reads standard input.

Options:
  --json        the result as JSON
  -h, --help    this text

Exit codes: 0 all policies can be loaded; 1 some cannot, and the paths of what is wrong are told; 2 the file cannot be
read.

Examples:
  postern policies check policies.yaml
  curl -s https://api.smith.langchain.com/v1/platform/gateway-policies -H "X-Api-Key: $KEY" | postern policies check -
`;

/** Far more than ten thousand policies take. */
const MAX_CHARS = 16 * 1024 * 1024;

export const policiesCommand: Command = {
  help: HELP,
  async run(args, terminal) {
    const { file, json } = readOptions(args);
    const checked = check(parsed(await readAll(file, terminal), file));
    await new Output(terminal.stdout).write(json ? `${JSON.stringify(asJson(checked), null, 2)}\n` : asText(checked));
    return checked.problems.length > 0 ? 1 : 0;
  },
};

function readOptions(args: readonly string[]): { readonly file: string; readonly json: boolean } {
  const options = { json: { type: 'boolean', default: false } } as const;
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options });
  const [action, file, ...more] = positionals;
  if (action !== 'check') throw new CommandError('say what to do: postern policies check <file>.');
  if (file === undefined || more.length > 0) throw new CommandError('name one file. See postern policies --help.');
  return { file, json: values.json };
}

async function readAll(path: string, terminal: Terminal): Promise<string> {
  const [input] = await openInputs([path], terminal);
  let text = '';
  for await (const piece of input!.read(() => {})) {
    text += piece;
    if (text.length > MAX_CHARS) throw new CommandError(`${nameOf(path)} is larger than ${MAX_CHARS} characters.`);
  }
  return text.replace(/^\uFEFF/, '');
}

const nameOf = (path: string): string => (path === '-' ? 'standard input' : path);

/** YAML 1.2 holds JSON. What is wrong is told by its place: the text around it may be anybody's. */
function parsed(text: string, path: string): unknown {
  const document = parseDocument(text, { prettyErrors: false, uniqueKeys: true });
  const [error] = document.errors;
  if (error) throw new CommandError(`${nameOf(path)} is neither JSON nor YAML: line ${lineAt(text, error.pos[0])}.`);
  try {
    return document.toJS({ maxAliasCount: 100 }) as unknown;
  } catch {
    throw new CommandError(`${nameOf(path)} repeats parts of itself too often.`);
  }
}

function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}

interface Checked extends PolicyExport {
  readonly problems: readonly Problem[];
}

function check(json: unknown): Checked {
  try {
    return { ...readPolicyExport(json), problems: [] };
  } catch (error) {
    const problems = isOwnError(error) ? error.details?.problems : undefined;
    if (!Array.isArray(problems)) throw error;
    return { policies: [], skipped: [], problems: problems as Problem[] };
  }
}

function asJson({ policies, skipped, problems }: Checked): object {
  return {
    ok: problems.length === 0,
    policies: policies.map(({ id, body, renamedFrom }) => ({
      ...{ id, name: body.name, policy_type: body.policy_type },
      ...{ renamed_from: renamedFrom, says: policyWords(body) },
    })),
    skipped,
    problems,
  };
}

function asText({ policies, skipped, problems }: Checked): string {
  if (problems.length > 0) {
    const lines = problems.map(({ path, message }) => `  ${path} ${message}`);
    return page([`${counted(problems.length, 'problem')}, nothing would be loaded:`, ...lines]);
  }
  const lines = policies.flatMap(({ body, renamedFrom }) => [
    body.name,
    `  ${policyWords(body)}`,
    ...(renamedFrom === undefined ? [] : ['  Another one before it has its name, so it has a number here.']),
  ]);
  const left = skipped.map(({ name, reason }) => `Skipped: ${name}: ${reason}.`);
  return page([...lines, ...left, `${counted(policies.length, 'policy', 'policies')} can be loaded.`]);
}

const page = (lines: readonly string[]): string => `${lines.map(printable).join('\n')}\n`;

function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
