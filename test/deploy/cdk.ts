/** The CDK command line, each command bounded in time: a bundle that does not load makes `cdk deploy` wait for ever. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
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
    timeout: COMMAND_SECONDS * 1_000,
    killSignal: 'SIGKILL',
  });
  const printed: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes) => printed.push(bytes));
  const [code] = await once(child, 'close');
  const output = Buffer.concat(printed).toString();
  if (code === 0) return output;
  const how = code === null ? `did not end within ${COMMAND_SECONDS} seconds` : `ended with ${code}`;
  throw new Error(`cdk ${args.join(' ')} ${how}:\n${output}`);
}

export function bootstrap(): Promise<string> {
  return cdk('bootstrap', `aws://${ACCOUNT}/${REGION}`, '--output', outFolder(), '--no-notices');
}

export interface AppOptions {
  /** The command that starts it, or the folder of an assembly that it has made. */
  readonly app: string;
  readonly context?: Readonly<Record<string, string>>;
}

export class Deployed {
  readonly stack: string;
  readonly assembly: string;
  readonly #outputs: Readonly<Record<string, string>>;

  constructor(stack: string, assembly: string, outputs: Readonly<Record<string, string>>) {
    this.stack = stack;
    this.assembly = assembly;
    this.#outputs = outputs;
  }

  /** By the end of its name. */
  output(name: string): string {
    const found = Object.entries(this.#outputs).filter(([key]) => key.replace(/[0-9A-F]{8}$/, '').endsWith(name));
    if (found.length !== 1 || !found[0])
      throw new Error(`${found.length} outputs end with ${name}: ${Object.keys(this.#outputs)}`);
    return found[0][1];
  }
}

/** One for each stack of the app. */
export async function deploy(app: AppOptions): Promise<Deployed[]> {
  const { assembly, options } = appArguments(app);
  const outputs = join(outFolder(), 'outputs.json');
  await cdk(
    ...['deploy', '--all', '--concurrency', '2', '--require-approval', 'never', '--outputs-file', outputs],
    ...options,
  );
  const byStack: Record<string, Record<string, string>> = JSON.parse(readFileSync(outputs, 'utf8'));
  return Object.entries(byStack).map(([stack, values]) => new Deployed(stack, assembly, values));
}

/** With what it prints, the assembly that it has made. */
export async function synth(app: AppOptions): Promise<{ printed: string; assembly: string }> {
  const { assembly, options } = appArguments(app);
  return { printed: await cdk('synth', ...options), assembly };
}

export async function diff(app: AppOptions): Promise<{ told: string; assembly: string }> {
  const { assembly, options } = appArguments(app);
  return { told: await cdk('diff', ...options), assembly };
}

export function destroy(app: AppOptions): Promise<string> {
  return cdk('destroy', '--all', '--force', ...appArguments(app).options);
}

function appArguments({ app, context = {} }: AppOptions): { assembly: string; options: string[] } {
  const isAssembly = existsSync(join(app, 'manifest.json'));
  const assembly = isAssembly ? app : outFolder();
  const values = Object.entries(context).flatMap(([name, value]) => ['--context', `${name}=${value}`]);
  const output = isAssembly ? [] : ['--output', assembly];
  return { assembly, options: ['--app', app, ...output, '--no-notices', '--no-version-reporting', ...values] };
}

function outFolder(): string {
  return mkdtempSync(join(process.env[FOLDER_VARIABLE] ?? '', 'cdk-out-'));
}
