import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT } from '../built-package.ts';
import { runCli } from './run-cli.ts';

const CLI = join(ROOT, 'src', 'cli', 'index.ts');

function postern(args: readonly string[], input = ''): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [CLI, ...args], { input, encoding: 'utf8' });
}

it('redacts standard input and ends with 0', () => {
  const { status, stdout, stderr } = postern(['redact'], 'Mail ada@example.org.\n');

  expect([status, stdout, stderr]).toEqual([0, 'Mail <EMAIL_ADDRESS_1>.\n', '']);
});

it('ends a check with 1 when there are values, and with 0 when there are none', () => {
  const found = postern(['redact', '--check'], 'Mail ada@example.org.\n');
  const clean = postern(['redact', '--check'], 'Mail nobody.\n');

  expect([found.status, found.stdout, found.stderr]).toEqual([1, '', '1 value: 1 EMAIL_ADDRESS\n']);
  expect([clean.status, clean.stdout, clean.stderr]).toEqual([0, '', 'No values found.\n']);
});

it('ends with 2 and says why when it is asked for what it does not know', () => {
  const { status, stdout, stderr } = postern(['redact', '--shred'], 'x');

  expect([status, stdout]).toEqual([2, '']);
  expect(stderr).toBe("postern: Unknown option '--shred'. See postern redact --help.\n");
});

it('ends in peace when its reader has seen enough', async () => {
  const child = spawn(process.execPath, [CLI, 'redact'], { stdio: ['pipe', 'pipe', 'pipe'] });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  child.stdin.on('error', () => {});

  child.stdin.end('A line with nothing in it.\n'.repeat(40_000));
  await once(child.stdout, 'data');
  child.stdout.destroy();
  const [code] = (await once(child, 'exit')) as [number];

  expect([code, stderr]).toEqual([0, '']);
});

it('tells its commands, their options and its version', async () => {
  const [overview, help, alsoHelp, version] = await Promise.all([
    runCli(['--help']),
    runCli(['redact', '--help']),
    runCli(['help', 'redact']),
    runCli(['--version']),
  ]);

  expect(overview).toMatchObject({ code: 0, stdout: expect.stringMatching(/redact +Replace/) as string });
  expect(help).toMatchObject({ code: 0, stdout: expect.stringContaining('--explain') as string });
  expect(alsoHelp.stdout).toBe(help.stdout);
  const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
  expect(version.stdout).toBe(`${manifest.version}\n`);
});

it('shows its commands when it is given none, and names one that it does not have', async () => {
  expect(await runCli([])).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('Usage:') as string });
  expect(await runCli(['destroy'])).toEqual({
    code: 2,
    stdout: '',
    stderr: 'postern: there is no command "destroy". See postern --help.\n',
  });
});
