import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { historyOf } from '../../history/builder.ts';
import type { RunEvent } from '../../history/events.ts';
import { type ProgressEvent, runLocally } from '../../local/index.ts';
import { RunsHere } from '../../local/runs-here.ts';
import { TaskGraph } from '../../state-machines/index.ts';
import { temporaryFolder } from './fixtures.ts';

const dir = join(temporaryFolder(), 'runs');
const graph = new TaskGraph('trips');
const first = graph.addTask('first', { retries: 1 });
graph.addDependency(first, graph.addTask('second'));
const plan = graph.build();
const nothing = () => undefined;
const runs = new RunsHere({ dir, pipeline: 'trips' });
const logOf = (run: string) => join(dir, 'trips', run, 'events', `${run}.ndjson`);

async function collect(events: AsyncIterable<RunEvent>): Promise<RunEvent[]> {
  return Array.fromAsync(events);
}

/** A run of which everything has been told. */
async function run(id: string, second: () => unknown = nothing): Promise<ProgressEvent[]> {
  const told: ProgressEvent[] = [];
  const onProgress = (event: ProgressEvent) => told.push(event);
  await runLocally(plan, { dir, run: id, handlers: { first: nothing, second }, waits: 'none', onProgress });
  return told;
}

const fails = () => Promise.reject(new Error('no'));

beforeAll(async () => {
  await run('one');
  await run('two', fails);
});

describe('the runs of a pipeline here', () => {
  it('are listed with the latest one first, as many as wanted, and of the status that is wanted', async () => {
    const [two, one] = await runs.list();
    expect([one, two]).toMatchObject([
      { pipeline: 'trips', run: 'one', status: 'SUCCEEDED' },
      { pipeline: 'trips', run: 'two', status: 'FAILED' },
    ]);
    expect(Date.parse(one?.endedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(one?.startedAt ?? ''));
    expect(await runs.list({ limit: 1 })).toEqual([two]);
    expect(await runs.list({ statuses: ['SUCCEEDED'] })).toEqual([one]);
    expect(await runs.list({ statuses: ['RUNNING'] })).toEqual([]);
  });

  it('are none where there is no such folder', async () => {
    expect(await new RunsHere({ dir: join(dir, 'nowhere'), pipeline: 'trips' }).list()).toEqual([]);
  });

  it('are told as they told themselves, whether they are followed or not', async () => {
    const told = await run('told');
    expect(await collect(runs.events('told'))).toEqual(told);
    expect(await collect(runs.events('told', { follow: true }))).toEqual(told);
  });

  it('are followed from before they end, without a line lost or torn', async () => {
    let release: () => void = nothing;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const running = run('followed', () => held);
    while (!existsSync(logOf('followed'))) await new Promise(setImmediate);
    const followed: RunEvent[] = [];
    for await (const event of runs.events('followed', { follow: true })) {
      followed.push(event);
      if (event.type === 'attempt-started' && event.task === 'second') release();
    }
    expect(followed).toEqual(await running);
  });

  it('are followed no longer than wanted', async () => {
    let release: () => void = nothing;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const running = run('left', () => held);
    while (!existsSync(logOf('left'))) await new Promise(setImmediate);
    const enough = new AbortController();
    for await (const event of runs.events('left', { follow: true, signal: enough.signal })) {
      if (event.type === 'attempt-started' && event.task === 'second') enough.abort();
    }
    release();
    expect((await running).at(-1)?.type).toBe('run-ended');
  });

  it.each([
    ['', 'InvalidRunId'],
    ['../one', 'InvalidRunId'],
    ['onne', 'UnknownRun'],
  ])('do not have %j among them', async (id, code) => {
    await expect(collect(runs.events(id))).rejects.toMatchObject({ code });
    await expect(runs.links(id)).rejects.toMatchObject({ code });
    await expect(runs.stop(id)).rejects.toMatchObject({ code });
  });

  it('are of a pipeline, whose name is no path', () => {
    expect(() => new RunsHere({ dir, pipeline: '../trips' })).toThrowError(
      expect.objectContaining({ code: 'UnknownPipeline' }),
    );
  });

  it('that have ended are not stopped', async () => {
    await expect(runs.stop('one')).rejects.toMatchObject({ code: 'NotRunning' });
  });
});

describe('a run whose log is not whole', () => {
  it('of an earlier version, without any, is told as far as its result goes', async () => {
    await run('older', fails);
    rmSync(join(dir, 'trips/older/events'), { recursive: true });
    expect(runs.hasEvents('older')).toBe(false);
    const events = await collect(runs.events('older'));
    expect(events.map(({ type }) => type)).toEqual([
      'run-started',
      'attempt-started',
      'attempt-succeeded',
      'run-ended',
    ]);
    const { status, tasks } = historyOf(plan, events);
    expect([status, ...tasks.map((task) => [task.name, task.status])]).toEqual([
      'FAILED',
      ['first', 'SUCCEEDED'],
      ['second', 'FAILED'],
    ]);
  });

  it.each([
    ['lost its end', (text: string) => text.slice(0, text.trimEnd().lastIndexOf('\n') + 1)],
    ['is torn in its last line', (text: string) => text.slice(0, -20)],
    ['is torn in its first line', (text: string) => text.slice(20)],
  ])('that %s is told with what is known besides', async (what, change) => {
    const id = what.replaceAll(' ', '-');
    const told = await run(id);
    writeFileSync(logOf(id), change(readFileSync(logOf(id), 'utf8')));
    const events = await collect(runs.events(id));
    expect(events.map(({ type }) => type)).toEqual(told.map(({ type }) => type));
    expect(historyOf(plan, events)).toMatchObject({ status: 'SUCCEEDED', run: id });
  });

  it('with lines that are no events is told without them', async () => {
    const told = await run('strange');
    const text = readFileSync(logOf('strange'), 'utf8');
    writeFileSync(logOf('strange'), `{}\nnull\n\n${text}`);
    appendFileSync(logOf('strange'), '{"type"');
    expect(await collect(runs.events('strange'))).toEqual(told);
  });

  it('because its folder is deleted while it is followed says so', async () => {
    let release: () => void = nothing;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const running = run('deleted', () => held).catch(nothing);
    while (!existsSync(logOf('deleted'))) await new Promise(setImmediate);
    const following = (async () => {
      for await (const event of runs.events('deleted', { follow: true }))
        if (event.type === 'attempt-started') rmSync(join(dir, 'trips/deleted'), { recursive: true, force: true });
    })();
    await expect(following).rejects.toMatchObject({ code: 'UnknownRun', message: expect.stringContaining('is gone') });
    release();
    await running;
  });
});

describe('a run that was resumed', () => {
  it('is its latest execution, also by the name of that, and is listed once', async () => {
    await runLocally(plan, {
      dir,
      run: 'kept',
      keepOnFailure: 600,
      waits: 'none',
      handlers: { first: nothing, second: fails },
    });
    const result = await runLocally(plan, { dir, resume: 'kept', handlers: { first: nothing, second: nothing } });
    const execution = result.execution ?? '';
    const events = await collect(runs.events('kept'));
    expect(events[0]).toMatchObject({ run: 'kept', execution });
    expect(events.at(-1)).toMatchObject({ type: 'run-ended', result: { status: 'SUCCEEDED' } });
    expect(await collect(runs.events(execution))).toEqual(events);
    expect((await runs.list()).filter((summary) => summary.run === 'kept')).toMatchObject([
      { execution, status: 'SUCCEEDED' },
    ]);
  });
});
