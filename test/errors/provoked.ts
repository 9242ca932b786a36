/** How errors come about that docs/errors.md shows: each as it is printed, with `/project` for the folder it is met in. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { loadPipeline } from '../../cli/pipelines.ts';
import { renderError } from '../../cli/render/error.ts';
import { findHandlerFiles } from '../../infra/bundling/handler-files.ts';
import { defaultProvider } from '../../lambdas/libraries/environment-credentials.ts';
import { NonRetryableError } from '../../lambdas/runtime/index.ts';
import { type RunLocallyOptions, runLocally, stopRun } from '../../local/index.ts';
import { thisProcess } from '../../local/runs/process-identity.ts';
import { compile } from '../../state-machines/compiler/compile.ts';
import { parseLease } from '../../state-machines/contract/records.ts';
import { parseTaskEvent } from '../../state-machines/contract/task-events.ts';
import { allOf, chunks, fromOutput, json, type Plan, ref, TaskGraph, text } from '../../state-machines/index.ts';
import { ebbtide, project } from '../cli/fixtures.ts';
import { turnOf } from '../local/dead-runs/left-runs.ts';

const folder = mkdtempSync(join(tmpdir(), 'ebbtide-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const dir = join(folder, 'runs');

type Build = (graph: TaskGraph) => unknown;

const GRAPHS: Record<string, Build> = {
  Cycle: (graph) => {
    graph.addTask('extract', { inputs: { table: ref('table') }, outputs: { raw: json() } });
    graph.addTask('load', { inputs: { raw: ref('raw') }, outputs: { table: json() } });
  },
  UnresolvedDataRef: (graph) => {
    graph.addTask('extract', { outputs: { flights: json() } });
    graph.addTask('load', { inputs: { flights: ref('fligths') } });
  },
  DuplicateTask: (graph) => [graph.addTask('extract'), graph.addTask('extract')],
  DuplicateOutput: (graph) => {
    graph.addTask('extract', { outputs: { rows: json() } });
    graph.addTask('enrich', { outputs: { rows: json() } });
    graph.addTask('load', { inputs: { rows: ref('rows') } });
  },
  InvalidName: (graph) => graph.addTask('merge load'),
  InvalidResource: (graph) => graph.addTask('extract', { resources: { memoryMiB: 64 } }),
  EmptyGraph: () => undefined,
  UnknownTask: (graph) => {
    graph.addTask('extract');
    graph.addTask('load');
    graph.addDependency('extrct', 'load');
  },
  InvalidRetry: (graph) => graph.addTask('extract', { retries: '2' as never }),
  InvalidTask: (graph) => graph.addTask('extract', { outputs: { raw: json as never } }),
  UnresolvedCondition: (graph) => {
    graph.addTask('check', { outputs: { stats: json() } });
    graph.addTask('load', { when: fromOutput(ref('stat'), 'rows').greaterThan(0) });
  },
  InvalidCondition: (graph) => graph.addTask('load', { when: allOf() }),
  InvalidEach: (graph) => {
    const list = graph.addTask('list', { outputs: { days: json() } });
    graph.addTask('load', { each: list.outputs.days as never });
  },
  HookCycle: (graph) => {
    graph.addTask('load');
    graph.addFinallyTask('close');
    graph.addFinallyTask('notify');
    graph.addDependency('close', 'notify').addDependency('notify', 'close');
  },
  InvalidHookInput: (graph) => {
    const close = graph.addFinallyTask('close', { outputs: { log: text() } });
    graph.addTask('load', { inputs: { log: close.outputs.log } });
  },
  InvalidHook: (graph) => {
    const load = graph.addTask('load', { outputs: { table: json() } });
    graph.addAfterExecutionTask('notify', { inputs: { table: load.outputs.table } } as never);
  },
  InvalidGroup: (graph) => [graph.addTask('load'), graph.group('warehouse')],
  LimitExceeded: (graph) => {
    for (let region = 1; region <= 9; region++) graph.addTask(`fetch-${region}`, { retries: 1_000 });
  },
};

async function graphProblem(code: string): Promise<string> {
  const graph = new TaskGraph('flights');
  GRAPHS[code]?.(graph);
  const error = await thrown(async () => compile(graph.build()));
  return printed(error).replace(/\nmore: .*/, '');
}

const plan = ((): Plan => {
  const graph = new TaskGraph('trips');
  const list = graph.addTask('list', { outputs: { days: chunks() } });
  graph.addTask('load', { each: list.outputs.days, outputs: { rows: json() }, timeoutSeconds: 1 });
  graph.addFinallyTask('close');
  return graph.build();
})();

type Handlers = Exclude<RunLocallyOptions['handlers'], string>;
const GOOD: Handlers = {
  list: async ({ outputs }) => outputs['days'].write([{ id: '2027-01-01' }, { id: '2027-01-02' }]),
  load: async ({ outputs }) => outputs['rows'].write([]),
  close: async () => undefined,
};

let runs = 0;
const run = (handlers: Handlers, options: Partial<RunLocallyOptions> = {}) =>
  runLocally(plan, { handlers: { ...GOOD, ...handlers }, dir, waits: 'none', run: `run-${++runs}`, ...options });

type Ended = Awaited<ReturnType<typeof run>>;
const errorOf = ({ error }: Ended) => told(error);
const errorOfTask = ({ tasks }: Ended, task: string) => told(tasks[task]?.error);
/** Of a chunk-parallel task. */
const errorOfChunk = ({ tasks }: Ended) => {
  const [failure] = tasks['load']?.chunks?.failures ?? [];
  return failure?.message ?? '';
};
const told = (error?: { readonly name: string; readonly message: string }) => `${error?.name}: ${error?.message}`;

function throwing(error: Error): Handlers[string] {
  return async () => {
    throw error;
  };
}

const commandLine = async (...args: string[]) => (await ebbtide(...args, '--dir', dir)).stderr;

export const PROVOKED: Readonly<Record<string, () => Promise<string>>> = {
  ...Object.fromEntries(Object.keys(GRAPHS).map((code) => [code, () => graphProblem(code)])),

  InvalidCommand: async () => (await ebbtide('run', 'flights', '--fial', 'extract')).stderr,
  SystemError: async () => printed(await thrown(async () => writeFileSync('/dev/full', 'a row'))),
  Unexpected: async () => printed(new TypeError("Cannot read properties of undefined (reading 'key')")),

  HandlerInvalid: async () => printed(await thrown(() => run({ load: 7 as never }))),
  HandlerMissing: async () => printed(await thrown(async () => findHandlerFiles(join(folder, 'lambdas/trips'), plan))),
  InvalidInput: () => commandLine('run', 'flights', '--input', '{day: 1}'),
  InvalidOption: () => commandLine('run', 'flights', '--keep-on-failure', '2 days'),
  InvalidRunId: () => commandLine('run', 'flights', '--run', 'monday morning'),
  NotPermitted: async () => {
    const turns = join(dir, 'harbours/monday/turns');
    mkdirSync(turns, { recursive: true });
    const by = { ...thisProcess(), boot: 'of its own', machine: 'warehouse-7', pid: 4711 };
    const turn = { version: 1, by, at: '2026-11-20T21:35:00.000Z', ...turnOf('monday') };
    writeFileSync(join(turns, '1.json'), JSON.stringify(turn));
    return printed(await thrown(() => stopRun({ dir, pipeline: 'harbours', run: 'monday' })));
  },
  NotResumable: async () => {
    const { run: id } = await run({});
    return printed(await thrown(() => runLocally(plan, { handlers: GOOD, dir, resume: id })));
  },
  NotRunning: () => commandLine('stop', 'flights'),
  PipelineInvalid: async () => {
    const root = project(folder, { 'state-machines/pipelines/trips.ts': 'export const graph = 1;' });
    return printed(await thrown(() => loadPipeline('trips', root)));
  },
  RunExists: async () => {
    await run({}, { run: 'monday' });
    return printed(await thrown(() => run({}, { run: 'monday' })));
  },
  UnknownPipeline: () => commandLine('run', 'flihts'),
  UnknownRun: () => commandLine('resume', 'flights', 'monday'),

  InvalidEvent: async () => printed(await thrown(async () => parseTaskEvent({ run: 'monday', input: {} }))),
  InvalidRecord: async () =>
    printed(await thrown(async () => parseLease('{"version":2}', 'runs/trips/monday/_lease.json'))),
  ResumeRefused: async () => errorOf(await run({}, { input: { resume: 'monday-night' } })),

  TaskFailed: async () => errorOf(await run({ list: throwing(new Error('the server answered 503')) })),
  FinallyFailed: async () => errorOf(await run({ close: throwing(new Error('the cluster is still starting')) })),
  ChunksFailed: async () => errorOfTask(await run({ load: throwing(new Error('no such day')) }), 'load'),
  NonRetryableError: async () =>
    errorOfTask(await run({ list: throwing(new NonRetryableError('the file is empty')) }), 'list'),
  InvalidData: async () => errorOfChunk(await run({ load: async ({ outputs }) => outputs['rows'].write(() => 1) })),
  TaskTimedOut: async () => errorOfChunk(await run({ load: () => new Promise(() => undefined) })),
  InjectedFailure: async () => errorOfTask(await run({}, { fail: 'list' }), 'list'),
  Stopped: async () => {
    const stop = new AbortController();
    const list: Handlers[string] = async () => {
      stop.abort();
      await new Promise(() => undefined);
    };
    return errorOfTask(await run({ list }, { signal: stop.signal }), 'list');
  },
  CredentialsProviderError: async () => {
    const set = process.env['AWS_ACCESS_KEY_ID'];
    delete process.env['AWS_ACCESS_KEY_ID'];
    try {
      return told((await thrown(() => defaultProvider()())) as Error);
    } finally {
      if (set !== undefined) process.env['AWS_ACCESS_KEY_ID'] = set;
    }
  },
};

export async function provoke(code: string): Promise<string> {
  const text = await PROVOKED[code]?.();
  return (text ?? '')
    .replace(/\nmore: [\s\S]*$/, '')
    .replaceAll(folder, '/project')
    .trim();
}

async function thrown(work: () => Promise<unknown>): Promise<unknown> {
  try {
    await work();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

function printed(error: unknown): string {
  return renderError(error, { verbose: false, json: false, style: (_, text) => text });
}
