/** What the tests of the command line share: a terminal that remembers, projects that go away. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { Writable } from 'node:stream';
import { WriteStream } from 'node:tty';
import { afterAll } from 'vitest';
import { runCli } from '../../cli/program.ts';

// Commands here are about this machine, whatever AWS it is set up for.
for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name];
process.env['AWS_CONFIG_FILE'] = process.env['AWS_SHARED_CREDENTIALS_FILE'] = join(tmpdir(), 'no-such-file');

class Remembering extends Writable {
  text = '';
  readonly isTTY: boolean;

  constructor(isTTY: boolean) {
    super({ decodeStrings: false });
    this.isTTY = isTTY;
  }

  getColorDepth(): number {
    return this.isTTY ? WriteStream.prototype.getColorDepth({ ...process.env, TERM: 'xterm-256color' }) : 1;
  }

  override _write(chunk: string, _encoding: string, done: () => void): void {
    this.text += chunk;
    done();
  }
}

export function fakeStream(isTTY = false): NodeJS.WriteStream & { readonly text: string } {
  return new Remembering(isTTY) as unknown as NodeJS.WriteStream & { readonly text: string };
}

/** One call of the command line: its exit code and what it printed. */
export async function ebbtide(...args: string[]) {
  const terminal = { stdout: fakeStream(), stderr: fakeStream() };
  const exitCode = await runCli(args, terminal);
  return { exitCode, stdout: terminal.stdout.text, stderr: terminal.stderr.text };
}

/** A folder for one test file, deleted at its end. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ebbtide-test-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A project's folder with these files. `EBBTIDE` in them stands for the module of that name. */
export function project(folder: string, files: Readonly<Record<string, string>>): string {
  const ebbtideModule = resolve(import.meta.dirname, '../../state-machines/index.ts');
  for (const [path, source] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), source.replaceAll('EBBTIDE', JSON.stringify(ebbtideModule)));
  }
  return folder;
}
