import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from './fixtures.ts';

const MAIN = resolve(import.meta.dirname, '../../cli/main.ts');
/** Prints the names of the packages that a process loads, when it ends. */
const TOLD = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from 'node:module';
  const packages = new Set();
  registerHooks({
    load(url, context, next) {
      const [, name] = /node_modules\\/((?:@[^/]+\\/)?[^/]+)/.exec(url) ?? [];
      if (name) packages.add(name);
      return next(url, context);
    },
  });
  process.on('exit', () => process.stderr.write(JSON.stringify([...packages].sort())));
`)}`;
const dir = join(temporaryFolder(), 'runs');

describe('a command that runs nothing', () => {
  it.each([[['--help']], [['list']], [['list', 'flights', '--json']], [['stop', '--help']]])(
    'starts without the SDK, CDK and whatever draws: %j',
    (args) => {
      const { status, stderr } = spawnSync(
        process.execPath,
        ['--import', TOLD, MAIN, ...args, ...(args.includes('--help') ? [] : ['--dir', dir])],
        { encoding: 'utf8' },
      );
      expect({ status, packages: JSON.parse(stderr) }).toEqual({ status: 0, packages: ['commander', 'esbuild'] });
    },
  );
});
