/** Commands as a new user gives them: with Node 24 and npm, and nothing of this repo. */

import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';

const SECONDS = 300;

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What `npm run` adds to the environment would make npm and npx look for packages here. */
export function environmentOf(folder: string): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(
    ([name]) => !/^(npm_|EBBTIDE_|VITEST|NODE$|NODE_OPTIONS$|NODE_ENV$|INIT_CWD|TEST$)/i.test(name),
  );
  const path = (process.env['PATH'] ?? '').split(delimiter).filter((entry) => !entry.includes('node_modules'));
  const temporary = join(folder, 'tmp');
  mkdirSync(temporary, { recursive: true });
  return {
    ...Object.fromEntries(own),
    PATH: [dirname(process.execPath), ...path].join(delimiter),
    TMPDIR: temporary,
    // Of the CDK's command line and library.
    CI: '1',
    CDK_DISABLE_VERSION_CHECK: '1',
    CDK_DISABLE_CLI_TELEMETRY: 'true',
  };
}

/** @param cwd an app; its temporary files go beside it */
export async function run(cwd: string, command: string, ...args: readonly string[]): Promise<Ended> {
  const options = { cwd, env: environmentOf(dirname(cwd)), timeout: SECONDS * 1_000, maxBuffer: 2 ** 26 };
  try {
    return { code: 0, ...(await promisify(execFile)(command, args, options)) };
  } catch (error) {
    const { code, stdout = '', stderr = String(error) } = error as Partial<Ended>;
    return { code: typeof code === 'number' ? code : -1, stdout, stderr };
  }
}

/** @throws Error with what it printed, where it fails */
export async function succeed(cwd: string, command: string, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await run(cwd, command, ...args);
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}:\n${stdout}\n${stderr}`);
  return stdout;
}
