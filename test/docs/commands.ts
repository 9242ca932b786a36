/** Commands as a page shows them: split as a shell would, and looked up in what they are said to be of. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { vi } from 'vitest';
import { runCli } from '../../cli/program.ts';
import { fakeStream } from '../cli/fixtures.ts';
import { REPO } from './pages.ts';

const { scripts } = JSON.parse(readFileSync(join(REPO, 'package.json'), 'utf8')) as {
  readonly scripts: Readonly<Record<string, string>>;
};

/** `a && b   # why` → two commands, of words. Quotes hold words together; what is in `<…>` is a word to be filled in. */
export function commandsIn(line: string): string[][] {
  const words = [...line.matchAll(/&&|#.*$|(?:'[^']*'|"[^"]*"|<[^>]*>|[^\s'"#<]|(?<=\S)#)+/g)]
    .map(([word]) => word)
    .filter((word) => !word.startsWith('#'));
  const commands: string[][] = [[]];
  for (const word of words) {
    if (word === '&&') commands.push([]);
    else commands.at(-1)?.push(word.replaceAll(/['"]/g, ''));
  }
  return commands.filter((command) => command.length > 0);
}

/** The words behind `ebbtide`, where a command is one of ours. */
export function ebbtideArguments(command: readonly string[]): readonly string[] | undefined {
  const [program, first, second] = command;
  if (program === 'npx' && first === 'ebbtide') return command.slice(2);
  const rest = command.includes('--') ? command.slice(command.indexOf('--') + 1) : [];
  if (program === 'npm' && first === 'run' && second === 'ebbtide') return rest;
  return program === 'npm' && first === 'start' ? ['run', 'flights', ...rest] : undefined;
}

const NPM = ['ci', 'install', 'pack', 'start', 'test', 'run', 'init', 'exec'];
/** Of other packages, that a page asks one to install. */
const ELSEWHERE = ['cdk', 'tsc', 'vitest', 'jest'];
const SHELL = ['cd', 'mkdir', 'export', 'git', 'node', 'open'];

/** @returns what is wrong with it, or nothing */
export async function whatIsWrong(command: readonly string[]): Promise<string | undefined> {
  const words = command.filter((word, index) => !(/^[A-Z_]+=/.test(word) && index === 0));
  const ours = ebbtideArguments(words);
  if (ours) return refusedByOurs(ours);
  const [program = '', first = '', second = ''] = words;
  if (program === 'npm') {
    if (!NPM.includes(first)) return `no npm ${first} is known here`;
    return first === 'run' && !(second in scripts) ? `there is no script "${second}"` : undefined;
  }
  if (program === 'npx') {
    const [name = ''] = first.split('@');
    const known = ELSEWHERE.includes(name) || existsSync(join(REPO, 'node_modules/.bin', name));
    return known ? undefined : `npx ${first}: nothing that is known here`;
  }
  return SHELL.includes(program) ? undefined : `no command "${program}" is known here`;
}

/** Parsed by the very program, whose commands do nothing meanwhile. */
async function refusedByOurs(args: readonly string[]): Promise<string | undefined> {
  const { action } = Command.prototype;
  const nothing = vi.spyOn(Command.prototype, 'action').mockImplementation(function (this: Command) {
    return action.call(this, () => {});
  });
  const noHooks = vi.spyOn(Command.prototype, 'hook').mockImplementation(function (this: Command) {
    return this;
  });
  const terminal = { stdout: fakeStream(), stderr: fakeStream() };
  try {
    const code = await runCli(args, terminal);
    return code === 0 ? undefined : terminal.stderr.text.trim() || `exit code ${code}`;
  } finally {
    nothing.mockRestore();
    noHooks.mockRestore();
  }
}
