/** Commands as processes of their own, in a project with one pipeline, for tests of how they end. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, expect, vi } from 'vitest';
import { filesUnder } from '../local/fixtures.ts';
import { project } from './fixtures.ts';

const MAIN = resolve(import.meta.dirname, '../../cli/main.ts');
const RUNTIME = JSON.stringify(resolve(import.meta.dirname, '../../lambdas/runtime/index.ts'));

export interface Project {
  readonly root: string;
  /** Where the runs keep their data. */
  readonly dir: string;
  /** The folder for temporary files of its processes. */
  readonly temporary: string;
  /** What the handlers have noted, line by line. */
  noted(): string[];
  /** The objects of a run that are left in the runs bucket. */
  left(run: string): string[];
  start(...args: string[]): Command;
}

export interface Command {
  readonly process: ChildProcess;
  readonly stderr: () => string;
  readonly stdout: () => string;
  readonly over: Promise<{ readonly code: number | null; readonly signal: string | null }>;
}

const started = new Set<ChildProcess>();

afterEach(() => {
  for (const child of started) child.kill('SIGKILL');
  started.clear();
});

/**
 * A pipeline `trips`: extract writes something, load does what the test wants, and report is its finally task. Each
 * notes that it ran, and load its process; `noted()` is how often load has.
 */
export function tripsProject(folder: string, load: string): Project {
  const notes = join(folder, 'notes');
  const handler = (name: string, body: string) => `import { appendFileSync, readFileSync } from 'node:fs';
    import { task } from ${RUNTIME};
    import { ${name} } from '../../state-machines/pipelines/trips.ts';
    const note = (text: string) => appendFileSync(${JSON.stringify(notes)}, text + '\\n');
    const noted = () => readFileSync(${JSON.stringify(notes)}, 'utf8').split('pid ').length - 1;
    export const handler = task(${name}, async ({ outputs }: any) => { note('${name}'); ${body} });`;
  project(folder, {
    'state-machines/pipelines/trips.ts': `import { text, TaskGraph } from EBBTIDE;
      const graph = new TaskGraph('trips');
      export const extract = graph.addTask('extract', { outputs: { raw: text() } });
      export const load = graph.addTask('load', { inputs: { raw: extract.outputs.raw } });
      export const report = graph.addFinallyTask('report');
      export const plan = graph.build();`,
    'lambdas/trips/extract.ts': handler('extract', "await outputs.raw.write('some data');"),
    'lambdas/trips/load.ts': handler('load', `note('pid ' + process.pid); ${load}`),
    'lambdas/trips/report.ts': handler('report', ''),
  });
  const temporary = join(folder, 'tmp');
  mkdirSync(temporary, { recursive: true });
  const dir = join(folder, '.ebbtide');
  return {
    root: folder,
    dir,
    temporary,
    noted: () => (existsSync(notes) ? readFileSync(notes, 'utf8').trim().split('\n') : []),
    left: (run) => filesUnder(join(dir, 'trips', run, 's3/buckets/runs/objects')),
    start(...args) {
      const child = spawn(process.execPath, [MAIN, ...args], {
        cwd: folder,
        env: { ...process.env, TMPDIR: temporary, NODE_NO_WARNINGS: '1' },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      started.add(child);
      let [stdout, stderr] = ['', ''];
      child.stdout.on('data', (chunk) => {
        stdout += chunk;
      });
      child.stderr.on('data', (chunk) => {
        stderr += chunk;
      });
      const over = once(child, 'close').then(([code, signal]) => ({ code, signal }));
      return { process: child, stdout: () => stdout, stderr: () => stderr, over };
    },
  };
}

/** The process of the handler of load, once it runs. */
export async function loadRuns({ noted }: Project): Promise<number> {
  await vi.waitFor(() => expect(noted().some((line) => line.startsWith('pid '))).toBe(true), {
    timeout: 40_000,
    interval: 20,
  });
  return Number(
    noted()
      .find((line) => line.startsWith('pid '))
      ?.slice('pid '.length),
  );
}

/** How often it ran. */
export function timesOf({ noted }: Project, name: string): number {
  return noted().filter((line) => line === name).length;
}
