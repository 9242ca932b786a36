/** Hooks, from the graph to the result: the compiler, the interpreter, the harness, the cleanup, and what comes after. */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type ProgressEvent, type RunLocallyOptions, runLocally } from '../../local/index.ts';
import { json, type Outcome, TaskGraph } from '../../state-machines/index.ts';
import { filesUnder, temporaryFolder } from './fixtures.ts';

const dir = temporaryFolder();
let runs = 0;

const graph = new TaskGraph('hooked');
const extract = graph.addTask('extract', { outputs: { stats: json<{ rows: number }>() } });
graph.addTask('load', { inputs: { stats: extract.outputs.stats } });
graph.addErrorsTask('alert');
graph.addFinallyTask('report', { inputs: { stats: extract.outputs.stats }, outputs: { text: json<string>() } });
graph.addFinallyTask('stop-service');
graph.addAfterExecutionTask('notify', { retries: 1 });
const plan = graph.build();

// biome-ignore lint/suspicious/noExplicitAny: a handler of any task
type Handler = (context: any) => unknown;

/** Runs the graph; notes what each hook was told. */
async function run(change: Record<string, Handler> = {}, options: Partial<RunLocallyOptions> = {}) {
  const told: [string, Outcome][] = [];
  const seen: Record<string, unknown> = {};
  const tell =
    (name: string, then: Handler = () => undefined): Handler =>
    (context) => {
      told.push([name, context.outcome]);
      return then(context);
    };
  const handlers: Record<string, Handler> = {
    extract: ({ outputs }) => outputs.stats.write({ rows: 3 }),
    load: () => undefined,
    alert: tell('alert', change['alert']),
    report: tell('report', async (context) => {
      seen['stats'] = await context.inputs.stats?.read();
      await context.outputs.text.write('done');
      await change['report']?.(context);
    }),
    'stop-service': tell('stop-service', change['stop-service']),
    notify: tell('notify', (context) => {
      seen['input'] = context.input;
      return change['notify']?.(context);
    }),
    ...(change['extract'] && { extract: change['extract'] }),
    ...(change['load'] && { load: change['load'] }),
  };
  const id = `r${runs++}`;
  const events: ProgressEvent[] = [];
  const onProgress = (event: ProgressEvent) => events.push(event);
  const given = { handlers: handlers as never, dir, run: id, waits: 'none', onProgress, ...options } as const;
  const result = await runLocally(plan, given);
  const left = filesUnder(join(dir, 'hooked', id, 's3/buckets/runs/objects')).filter((file) => file.endsWith('.data'));
  return { result, told: Object.fromEntries(told), order: told.map(([name]) => name), seen, events, left };
}

const broken = () => {
  throw Object.assign(new Error('no'), { name: 'Broken' });
};

describe('a run in which all goes well', () => {
  it('runs its finally tasks and what comes after, and no errors task', async () => {
    const { result, order, left } = await run();
    expect(result.status).toBe('SUCCEEDED');
    expect(order.toSorted()).toEqual(['notify', 'report', 'stop-service']);
    expect(order.at(-1)).toBe('notify');
    expect(left).toEqual([]);
  });

  it('reports the hooks beside the tasks', async () => {
    const { result } = await run();
    expect(Object.keys(result.tasks)).toEqual(['extract', 'load']);
    expect(result.hooks).toMatchObject({
      alert: { status: 'OMITTED' },
      report: { status: 'SUCCEEDED', retriesUsed: 0 },
      'stop-service': { status: 'SUCCEEDED', retriesUsed: 0 },
      notify: { status: 'SUCCEEDED', retriesUsed: 0 },
    });
  });

  it('tells each hook how it went, gives it what there is, and after it the input', async () => {
    const { told, seen } = await run({}, { input: { day: 1 } });
    const tasks = { extract: 'SUCCEEDED', load: 'SUCCEEDED' };
    expect(told['report']).toEqual({ status: 'SUCCEEDED', failures: [], tasks });
    expect(told['notify']).toMatchObject({ status: 'SUCCEEDED', failures: [], tasks });
    expect(seen).toEqual({ stats: { rows: 3 }, input: { day: 1 } });
  });

  it('reports attempts of hooks as those of tasks, marked', async () => {
    const { events } = await run();
    const succeeded = events.flatMap((event) =>
      event.type === 'attempt-succeeded' ? [`${event.task} ${event.hook ?? 'task'}`] : [],
    );
    expect(succeeded.toSorted()).toEqual([
      'extract task',
      'load task',
      'notify after-execution',
      'report finally',
      'stop-service finally',
    ]);
  });
});

describe('a run with a task that fails', () => {
  it('runs its errors tasks first, then the finally tasks, then what comes after', async () => {
    const { result, order, told, left } = await run({ load: broken });
    expect(result).toMatchObject({ status: 'FAILED', error: { name: 'TaskFailed' } });
    expect(result.hooks).toMatchObject({ alert: { status: 'SUCCEEDED' }, notify: { status: 'SUCCEEDED' } });
    expect(order[0]).toBe('alert');
    expect(order.at(-1)).toBe('notify');
    const failures = [{ task: 'load', name: 'Broken', message: 'no' }];
    expect(told['alert']).toEqual({ status: 'FAILED', failures, tasks: { extract: 'SUCCEEDED', load: 'FAILED' } });
    expect(told['notify']).toMatchObject({ status: 'FAILED', failures });
    expect(left).toEqual([]);
  });

  it('gives a finally task no input that its task never committed', async () => {
    const { seen, result } = await run({ extract: broken });
    expect(seen['stats']).toBeUndefined();
    expect(result.hooks?.['report']).toMatchObject({ status: 'SUCCEEDED' });
  });
});

describe('a hook that fails', () => {
  it('fails a run in which all tasks succeeded, if it is a finally task, and keeps no other from running', async () => {
    const { result, order } = await run({ 'stop-service': broken });
    expect(result).toMatchObject({ status: 'FAILED', failed: 0, error: { name: 'FinallyFailed' } });
    expect(result.hooks).toMatchObject({
      report: { status: 'SUCCEEDED' },
      'stop-service': { status: 'FAILED', error: { name: 'Broken' } },
    });
    expect(order).toContain('report');
  });

  it('never hides what failed before it', async () => {
    const { result } = await run({ load: broken, alert: broken, 'stop-service': broken });
    expect(result).toMatchObject({ status: 'FAILED', error: { name: 'TaskFailed' } });
  });

  it('after the execution changes nothing but its own result', async () => {
    const { result } = await run({ notify: broken });
    expect(result).toMatchObject({ status: 'SUCCEEDED', succeeded: 2 });
    expect(result.hooks?.['notify']).toMatchObject({
      status: 'FAILED',
      retriesUsed: 1,
      error: { name: 'Broken', message: 'no' },
    });
  });

  it('may be injected', async () => {
    const { result } = await run({}, { fail: 'report' });
    expect(result.hooks?.['report']).toMatchObject({ status: 'FAILED', error: { name: 'InjectedFailure' } });
  });
});

describe('a run that is stopped', () => {
  it('has its errors and finally tasks before its cleanup, and what comes after', async () => {
    const stop = new AbortController();
    const load = () => {
      stop.abort();
      return new Promise(() => undefined);
    };
    const { result, order, told, seen, left } = await run({ load }, { signal: stop.signal, input: { day: 1 } });
    expect(result).toMatchObject({ status: 'ABORTED', error: { name: 'Aborted' }, released: { left: 0 } });
    expect(order[0]).toBe('alert');
    expect(order.at(-1)).toBe('notify');
    expect(told['alert']).toMatchObject({ status: 'FAILED', error: { name: 'Aborted' } });
    expect(told['notify']).toMatchObject({ status: 'ABORTED' });
    expect(seen).toEqual({ stats: { rows: 3 }, input: { day: 1 } });
    expect(left).toEqual([]);
  });
});

describe('hooks of bundled handlers', () => {
  it('run in processes of their own, after the execution too', async () => {
    const folder = join(dir, 'handlers');
    mkdirSync(folder);
    const module = (path: string) => JSON.stringify(resolve(import.meta.dirname, '../..', path));
    const source = [
      `import { TaskGraph } from ${module('state-machines/index.ts')};`,
      "const graph = new TaskGraph('hooked');",
      "export const extract = graph.addTask('extract');",
      "export const report = graph.addFinallyTask('report');",
      "export const notify = graph.addAfterExecutionTask('notify');",
      'export const plan = graph.build();',
    ];
    writeFileSync(join(folder, 'graph.ts'), source.join('\n'));
    const handlers = {
      extract: '() => undefined',
      report: '({ outcome }) => console.log(outcome.status)',
      notify: '({ outcome, input }) => console.log(outcome.status, JSON.stringify(input))',
    };
    for (const [name, body] of Object.entries(handlers)) {
      const lines = [
        `import { task } from ${module('lambdas/runtime/index.ts')};`,
        `import { ${name} } from './graph.ts';`,
        `export const handler = task(${name}, ${body});`,
      ];
      writeFileSync(join(folder, `${name}.ts`), lines.join('\n'));
    }
    const bundled = await import(join(folder, 'graph.ts'));
    const given = { handlers: folder, dir, run: 'bundled', input: { day: 1 } };
    const result = await runLocally(bundled.plan, given);
    expect(result).toMatchObject({
      status: 'SUCCEEDED',
      hooks: { report: { status: 'SUCCEEDED' }, notify: { status: 'SUCCEEDED' } },
    });
    const printed = (name: string) => readFileSync(join(dir, 'hooked/bundled/logs', `${name}.log`), 'utf8');
    expect(printed('report')).toContain('SUCCEEDED');
    expect(printed('notify')).toContain('SUCCEEDED {"day":1}');
  });
});

describe('wrong use', () => {
  it('is to leave out the handler of a hook, or to name one that there is not', async () => {
    const handlers = Object.fromEntries(plan.tasks.map(({ name }) => [name, () => undefined]));
    await expect(runLocally(plan, { handlers, dir })).rejects.toMatchObject({
      code: 'HandlerMissing',
      message: expect.stringContaining('"alert", "report", "stop-service", "notify"'),
    });
    const all = Object.fromEntries(plan.functions.map(({ name }) => [name, () => undefined]));
    await expect(runLocally(plan, { handlers: { ...all, alerd: () => undefined }, dir })).rejects.toMatchObject({
      code: 'UnknownTask',
      message: expect.stringContaining('alerd'),
    });
  });
});
