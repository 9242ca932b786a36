/** The CDK command line, each command bounded in time: a bundle that does not load makes `cdk deploy` wait for ever. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ACCOUNT, ENDPOINT_VARIABLE, emulatorAt, environmentFor, FOLDER_VARIABLE, REGION } from './account.ts';

const COMMAND_SECONDS = 90;
const PROJECT = join(import.meta.dirname, '../..');

/** What a command printed, all of it in one. @throws with that, where it fails or takes too long */
export async function cdk(...args: readonly string[]): Promise<string> {
  const folder = process.env[FOLDER_VARIABLE] ?? '';
  const child = spawn(join(PROJECT, 'node_modules/.bin/cdk'), args, {
    cwd: PROJECT,
    env: environmentFor(emulatorAt(process.env[ENDPOINT_VARIABLE]), folder),
    stdio: ['ignore', 'pipe', 'pipe'],
    // With the app that it starts.
    detached: true,
  });
  const printed: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes) => printed.push(bytes));
  const group = child.pid;
  const endGroup = () => group !== undefined && process.kill(-group, 'SIGKILL');
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    endGroup();
  }, COMMAND_SECONDS * 1_000);
  const [code] = await once(child, 'close').finally(() => clearTimeout(timer));
  const output = Buffer.concat(printed).toString();
  if (code === 0) return output;
  const how = late ? `did not end within ${COMMAND_SECONDS} seconds` : `ended with ${code}`;
  throw new Error(`cdk ${args.join(' ')} ${how}:\n${output}`);
}

export function bootstrap(): Promise<string> {
  return cdk('bootstrap', `aws://${ACCOUNT}/${REGION}`, '--output', outFolder(), '--no-notices');
}

export interface AppOptions {
  /** The command that starts it. */
  readonly app: string;
  readonly stack: string;
  readonly context?: Readonly<Record<string, string>>;
}

export interface Deployed {
  /** Outputs of the stack, by the ends of their names. */
  output(name: string): string;
  readonly assembly: string;
}

export async function deploy(app: AppOptions): Promise<Deployed> {
  const assembly = outFolder();
  const outputs = join(assembly, 'outputs.json');
  await cdk(
    'deploy',
    app.stack,
    ...appArguments(app, assembly),
    '--require-approval',
    'never',
    '--outputs-file',
    outputs,
  );
  const byName: Record<string, string> = JSON.parse(readFileSync(outputs, 'utf8'))[app.stack];
  const output = (name: string) => {
    const found = Object.entries(byName).filter(([key]) => key.replace(/[0-9A-F]{8}$/, '').endsWith(name));
    if (found.length !== 1 || !found[0])
      throw new Error(`${found.length} outputs end with ${name}: ${Object.keys(byName)}`);
    return found[0][1];
  };
  return { output, assembly };
}

export function diff(app: AppOptions): Promise<string> {
  return cdk('diff', app.stack, ...appArguments(app, outFolder()));
}

export function destroy(app: AppOptions): Promise<string> {
  return cdk('destroy', app.stack, ...appArguments(app, outFolder()), '--force');
}

function appArguments({ app, stack, context = {} }: AppOptions, assembly: string): string[] {
  const values = Object.entries({ stack, ...context }).flatMap(([name, value]) => ['--context', `${name}=${value}`]);
  return ['--app', app, '--output', assembly, '--no-notices', '--no-version-reporting', ...values];
}

function outFolder(): string {
  return mkdtempSync(join(process.env[FOLDER_VARIABLE] ?? '', 'cdk-out-'));
}
