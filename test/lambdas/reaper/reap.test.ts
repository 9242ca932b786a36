import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { intercept, type S3Fixture, s3Error, startS3Fixture } from '../s3-fixture.ts';
import { HOUR, NONE, Pipeline } from './runs.ts';

let fixture: S3Fixture;
beforeAll(async () => {
  fixture = await startS3Fixture();
});
afterAll(() => fixture.stop());
beforeEach(() => void vi.spyOn(Math, 'random').mockReturnValue(0));
afterEach(() => {
  vi.restoreAllMocks();
  fixture.refuse();
});

let pipelines = 0;
const newPipeline = () => new Pipeline(fixture, `reaped-${++pipelines}`);

describe('a run that holds something', () => {
  type Prepare = (pipeline: Pipeline) => Promise<unknown> | unknown;
  const data: Prepare = (pipeline) => pipeline.data('run-1');
  const all =
    (...steps: Prepare[]): Prepare =>
    async (pipeline) => {
      for (const step of [data, ...steps]) await step(pipeline);
    };
  const over: Prepare = ({ executions }) => void executions.finalizers.set('run-1', 'over');
  const aborted: Prepare = (pipeline) => pipeline.ended('run-1');
  const kept: Prepare = (pipeline) => pipeline.keep('run-1', HOUR);
  const leaseOver: Prepare = (pipeline) => pipeline.keep('run-1', -1);
  const failed: Prepare = (pipeline) => pipeline.failed('run-1');
  const taken: Prepare = (pipeline) => pipeline.take('run-1', 1, { execution: 'again' });
  const resumes = { input: { resume: 'run-1' } };
  const resumed: Prepare = (pipeline) => pipeline.running('again', resumes);
  const resumeAborted: Prepare = (pipeline) => pipeline.ended('again', 'ABORTED', resumes);
  const resumeOver: Prepare = ({ executions }) => void executions.finalizers.set('again', 'over');

  it.each<[string, Prepare, keyof typeof NONE, 'stays' | 'goes', started?: string]>([
    ['whose execution is running', all((pipeline) => pipeline.running('run-1')), 'active', 'stays'],
    [
      'whose finalizer is running',
      all(aborted, ({ executions }) => void executions.finalizers.set('run-1', 'running')),
      'active',
      'stays',
    ],
    ['that is kept', all(failed, kept), 'kept', 'stays'],
    ['that succeeded and is kept', all((pipeline) => pipeline.ended('run-1', 'SUCCEEDED'), kept), 'kept', 'stays'],
    ['whose lease is over', all(failed, leaseOver), 'expired', 'goes'],
    ['whose lease is over and whose execution is forgotten', all(leaseOver), 'expired', 'goes'],
    [
      'whose lease is over while it is redriven',
      all((pipeline) => pipeline.running('run-1'), leaseOver),
      'active',
      'stays',
    ],
    [
      'whose lease is over while the finalizer that kept it works on',
      all(aborted, leaseOver, ({ executions }) => void executions.finalizers.set('run-1', 'running')),
      'active',
      'stays',
    ],
    ['that was aborted, its event lost', all(aborted), 'orphansFound', 'stays', 'run-1'],
    ['that timed out', all((pipeline) => pipeline.ended('run-1', 'TIMED_OUT')), 'orphansFound', 'stays', 'run-1'],
    [
      'that failed without its cleanup',
      all((pipeline) => pipeline.ended('run-1', 'FAILED', { error: 'States.Runtime', cause: 'no such path' })),
      'orphansFound',
      'stays',
      'run-1',
    ],
    [
      'that a late writer wrote to after a success',
      all((pipeline) => pipeline.ended('run-1', 'SUCCEEDED')),
      'released',
      'goes',
    ],
    ['that a late writer wrote to after a failure', all(failed), 'released', 'goes'],
    ['that a late writer wrote to after its finalizer', all(aborted, over), 'released', 'goes'],
    ['whose finalizer failed before it had deleted anything', all(aborted, over), 'released', 'goes'],
    ['whose execution nobody knows', all(), 'orphansFound', 'goes'],
    ['that an execution resumes', all(failed, kept, taken, resumed), 'active', 'stays'],
    ['that an execution resumes, its first lease over', all(failed, leaseOver, taken, resumed), 'active', 'stays'],
    [
      'whose resuming execution was aborted, its event lost',
      all(failed, kept, taken, resumeAborted),
      'orphansFound',
      'stays',
      'again',
    ],
    [
      'whose resuming execution is finalized and left it as it was, within its lease',
      all(failed, kept, taken, resumeAborted, resumeOver),
      'kept',
      'stays',
    ],
    [
      'whose resuming execution is finalized and left it as it was, its lease over',
      all(failed, leaseOver, taken, resumeAborted, resumeOver),
      'expired',
      'goes',
    ],
    [
      'that was kept a second time',
      all(failed, taken, resumeAborted, (pipeline) => pipeline.keep('run-1', HOUR, { holder: 1, execution: 'again' })),
      'kept',
      'stays',
    ],
    [
      'that was kept a second time, its lease over',
      all(failed, taken, resumeAborted, (pipeline) => pipeline.keep('run-1', -1, { holder: 1, execution: 'again' })),
      'expired',
      'goes',
    ],
    [
      'of which a resuming execution left something, without a lease',
      all(failed, taken, (pipeline) => pipeline.failed('again', resumes)),
      'released',
      'goes',
    ],
    [
      'whose first execution is redriven while the resuming one is over',
      all(
        (pipeline) => pipeline.running('run-1'),
        taken,
        (pipeline) => pipeline.failed('again', resumes),
      ),
      'active',
      'stays',
    ],
    [
      'that a reaper has begun to delete',
      all(failed, (pipeline) => pipeline.take('run-1', 1, 'reaper')),
      'expired',
      'goes',
    ],
    [
      'that a reaper took, and no more',
      all(failed, leaseOver, (pipeline) => pipeline.take('run-1', 1, 'reaper')),
      'expired',
      'goes',
    ],
    [
      'whose lease nobody can read',
      all(failed, ({ name }) => fixture.put(`runs/${name}/run-1/_lease.json`, '{}')),
      'failed',
      'stays',
    ],
  ])('%s', async (_, prepare, fate, what, started) => {
    const pipeline = newPipeline();
    await prepare(pipeline);
    const before = await pipeline.keys();

    expect(await pipeline.reap({ dryRun: true })).toEqual({ ...NONE, [fate]: 1 });
    expect(await pipeline.keys()).toEqual(before);
    expect(pipeline.executions.started).toEqual([]);

    expect(await pipeline.reap()).toEqual({ ...NONE, [fate]: 1 });
    expect(await pipeline.keys()).toEqual(what === 'stays' ? before : []);
    expect(pipeline.executions.started.map(({ execution }) => execution)).toEqual(started ? [started] : []);
  });
});

it('the lease goes first, alone: while anything is deleted nobody can be admitted any more', async () => {
  const pipeline = newPipeline();
  await pipeline.data('run-1');
  await pipeline.keep('run-1', -1);
  pipeline.failed('run-1');
  const s3 = fixture.newClient();
  const deleted: string[] = [];
  intercept(s3, 'DeleteObjectCommand', ({ Key }, send) => {
    deleted.push(Key);
    return send();
  });
  intercept(s3, 'DeleteObjectsCommand', (input, send) => {
    deleted.push(...input.Delete.Objects.map(({ Key }: { Key: string }) => Key));
    return send();
  });
  await pipeline.reap({ s3 });
  const folder = `runs/${pipeline.name}/run-1/`;
  expect(deleted[0]).toBe(`${folder}_lease.json`);
  expect(deleted.slice(1).sort()).toEqual([`${folder}_holders/1.json`, `${folder}extract/1-aaaaaaaa/out`]);
});

describe('what is no run', () => {
  it('is counted as failed and left alone; other pipelines are none of its business', async () => {
    const pipeline = newPipeline();
    const foreign = ['a file', 'no run/x', '.hidden/x', '../x', `${'x'.repeat(81)}/x`, '/x'];
    const keys = foreign.filter((name) => name !== '../x').map((name) => `runs/${pipeline.name}/${name}`);
    const others = [`runs/${pipeline.name}-b/run-1/x`, `runs/${pipeline.name}`, `runs/${pipeline.name}/`];
    await fixture.putAll([...keys, ...others]);
    await pipeline.data('run-1');
    expect(await pipeline.reap()).toEqual({ ...NONE, orphansFound: 1, failed: 5 });
    expect(await fixture.keys(`runs/${pipeline.name}`)).toEqual([...keys, ...others].sort());
  });
});

describe('an execution that begins while the reaper looks', () => {
  const LAG = 600_000;

  it('is left alone while it may not be known yet, and deleted when that time is over', async () => {
    const pipeline = newPipeline();
    await pipeline.data('run-1');
    expect(await pipeline.reap({ startLagMs: LAG })).toEqual({ ...NONE, active: 1 });
    expect(await pipeline.runs()).toEqual(['run-1']);
    const now = () => Date.now() + LAG + 1000;
    expect(await pipeline.reap({ startLagMs: LAG, now })).toEqual({ ...NONE, orphansFound: 1 });
    expect(await pipeline.runs()).toEqual([]);
  });

  it('and resumes a run is known by its hold before Step Functions says so', async () => {
    const pipeline = newPipeline();
    await pipeline.data('run-1');
    await pipeline.keep('run-1', -1);
    await pipeline.take('run-1', 1, { execution: 'again' });
    pipeline.failed('run-1');
    expect(await pipeline.reap({ startLagMs: LAG })).toEqual({ ...NONE, active: 1 });
    const now = () => Date.now() + LAG + 1000;
    expect(await pipeline.reap({ startLagMs: LAG, now })).toEqual({ ...NONE, expired: 1 });
  });
});

describe('while the reaper looks', () => {
  it('a run ends and is kept: it stays', async () => {
    const pipeline = newPipeline();
    await pipeline.data('run-1');
    pipeline.executions.meanwhile = async (asked) => {
      if (asked !== 'describe' || pipeline.executions.executions.has('run-1')) return;
      await pipeline.keep('run-1', HOUR);
      pipeline.failed('run-1');
    };
    expect(await pipeline.reap()).toEqual({ ...NONE, kept: 1 });
    expect(await pipeline.keys()).toHaveLength(2);
  });

  it('a finalizer keeps the run and ends: it stays', async () => {
    const pipeline = newPipeline();
    await pipeline.data('run-1');
    pipeline.ended('run-1');
    pipeline.executions.meanwhile = async (asked) => {
      if (asked !== 'finalizer' || pipeline.executions.finalizers.has('run-1')) return;
      await pipeline.keep('run-1', HOUR);
      pipeline.executions.finalizers.set('run-1', 'over');
    };
    expect(await pipeline.reap()).toEqual({ ...NONE, kept: 1 });
    expect(await pipeline.keys()).toHaveLength(2);
  });

  it('an execution takes over the run whose lease is over: it has it', async () => {
    const pipeline = newPipeline();
    await pipeline.data('run-1');
    await pipeline.keep('run-1', -1);
    pipeline.failed('run-1');
    pipeline.executions.meanwhile = async () => {
      pipeline.running('again', { input: { resume: 'run-1' } });
      await pipeline.take('run-1', 1, { execution: 'again' });
    };
    expect(await pipeline.reap()).toEqual({ ...NONE, active: 1 });
    expect(await pipeline.keys()).toHaveLength(3);
  });

  it('an execution and the reaper reach for the run at once: one of them has it, and only that one', async () => {
    for (let round = 0; round < 10; round++) {
      const pipeline = newPipeline();
      await pipeline.data('run-1');
      await pipeline.keep('run-1', -1);
      pipeline.failed('run-1');
      pipeline.running('again', { input: { resume: 'run-1' } });
      const [summary, { by }] = await Promise.all([pipeline.reap(), pipeline.take('run-1', 1, { execution: 'again' })]);
      // The reaper's record may be gone with the run when the execution reaches for it; then the lease is gone too.
      const lease = await pipeline.leases.lease(pipeline.id('run-1'));
      if (summary.expired === 1) expect(lease).toBeUndefined();
      else
        expect({ summary, by, lease }).toMatchObject({
          summary: { active: 1 },
          by: { execution: 'again' },
          lease: { holder: 0 },
        });
    }
  });

  it('the event of an ending arrives: the finalizer is started once', async () => {
    const pipeline = newPipeline();
    await pipeline.data('run-1');
    pipeline.ended('run-1');
    let begun = false;
    pipeline.executions.meanwhile = (asked) => {
      // Behind the reaper's own question.
      if (asked === 'finalizer' && begun) pipeline.executions.finalizers.set('run-1', 'running');
      if (asked === 'finalizer') begun = true;
    };
    expect(await pipeline.reap()).toEqual({ ...NONE, active: 1 });
    expect(pipeline.executions.started).toEqual([]);
  });

  it('a run changes hands again and again: it is active', async () => {
    const pipeline = newPipeline();
    await pipeline.data('run-1');
    let holder = 0;
    pipeline.executions.meanwhile = async (asked) => {
      if (asked !== 'describe') return;
      holder += 1;
      const execution = `again-${holder}`;
      pipeline.failed(execution, { input: { resume: 'run-1' } });
      await pipeline.take('run-1', holder, { execution });
    };
    pipeline.failed('run-1');
    expect(await pipeline.reap()).toEqual({ ...NONE, active: 1 });
    expect(await pipeline.runs()).toEqual(['run-1']);
  });
});

describe('a run that cannot be seen to', () => {
  it('does not keep the others from it', async () => {
    const pipeline = newPipeline();
    for (const run of ['run-1', 'run-2', 'run-3']) await pipeline.data(run);
    pipeline.executions.meanwhile = (_, name) => {
      if (name === 'run-2') throw new Error('Step Functions does not answer');
    };
    expect(await pipeline.reap()).toEqual({ ...NONE, orphansFound: 2, failed: 1 });
    expect(await pipeline.runs()).toEqual(['run-2']);
    expect(pipeline.lines).toContainEqual({
      message: 'nothing could be done',
      details: { run: 'run-2', error: expect.objectContaining({ message: 'Step Functions does not answer' }) },
    });
  });

  it('is counted where S3 will not delete it', async () => {
    const pipeline = newPipeline();
    await pipeline.data('run-1');
    await pipeline.data('run-2');
    const s3 = fixture.newClient();
    intercept(s3, 'DeleteObjectsCommand', (input, send) => {
      const [{ Key }] = input.Delete.Objects;
      return Key.includes('/run-1/') ? Promise.reject(s3Error('AccessDenied', 403)) : send();
    });
    expect(await pipeline.reap({ s3 })).toEqual({ ...NONE, orphansFound: 1, failed: 1 });
    expect(await pipeline.runs()).toEqual(['run-1']);
  });

  it('a lease that it may not read is not taken for none: the run stays, and is counted as failed', async () => {
    const pipeline = newPipeline();
    await pipeline.data('run-1');
    pipeline.failed('run-1');
    pipeline.executions.finalizers.set('run-1', 'over');
    await pipeline.keep('run-1', HOUR);
    const s3 = fixture.newClient();
    intercept(s3, 'GetObjectCommand', () => Promise.reject(s3Error('AccessDenied', 403)));
    expect(await pipeline.reap({ s3 })).toEqual({ ...NONE, failed: 1 });
    expect(await pipeline.runs()).toEqual(['run-1']);
  });

  it('a bucket that cannot be listed is an error, not a pipeline without runs', async () => {
    const s3 = fixture.newClient();
    intercept(s3, 'ListObjectsV2Command', () => Promise.reject(s3Error('AccessDenied', 403)));
    await expect(newPipeline().reap({ s3 })).rejects.toMatchObject({ name: 'AccessDenied' });
  });
});

describe('time', () => {
  it('over before all runs are seen: what is left is the next visit’s', async () => {
    const pipeline = newPipeline();
    for (let run = 0; run < 20; run++) await pipeline.data(`run-${run}`);
    let asked = 0;
    const first = await pipeline.reap({ hasTime: () => ++asked <= 12 });
    const left = (await pipeline.runs()).length;
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThan(20);
    expect(first.orphansFound).toBeGreaterThanOrEqual(20 - left);
    expect(pipeline.lines.map(({ message }) => message)).toContain('out of time: the next visit sees to the rest');
    expect(await pipeline.reap()).toEqual({ ...NONE, orphansFound: left });
    expect(await pipeline.runs()).toEqual([]);
  });
});

describe('many runs', () => {
  it('1,100 are paged through, and deleting some does not hide others', async () => {
    const pipeline = newPipeline();
    const names = Array.from({ length: 1_100 }, (_, index) => `run-${index}`);
    await fixture.putAll(names.map((run) => `runs/${pipeline.name}/${run}/x`));
    for (const [index, run] of names.entries()) if (index % 25 > 0) pipeline.running(run);
    expect(await pipeline.reap()).toEqual({ ...NONE, active: 1_056, orphansFound: 44 });
    expect(await pipeline.runs()).toHaveLength(1_056);
  });
});

describe('what an execution left to do that left no data', () => {
  it('is caught up with, once, where there are tasks after it', async () => {
    const pipeline = newPipeline();
    pipeline.ended('run-1', 'SUCCEEDED');
    pipeline.failed('run-2');
    pipeline.running('run-3');
    pipeline.ended('run-4');
    await pipeline.data('run-4');
    expect(await pipeline.reap({ afterExecution: false, dryRun: true })).toEqual({ ...NONE, orphansFound: 1 });
    expect(await pipeline.reap({ afterExecution: true, dryRun: true })).toEqual({ ...NONE, orphansFound: 3 });
    expect(pipeline.executions.started).toEqual([]);
    expect(await pipeline.reap({ afterExecution: true })).toEqual({ ...NONE, orphansFound: 3 });
    expect(pipeline.executions.started.map(({ execution, todo }) => [execution, todo]).sort()).toEqual([
      ['run-1', 'after-execution'],
      ['run-2', 'sweep'],
      ['run-4', 'hooks'],
    ]);
    expect(await pipeline.reap({ afterExecution: true })).toEqual({ ...NONE, active: 1 });
    expect(pipeline.executions.started).toHaveLength(3);
  });

  it('is its hooks too, unless it succeeded', async () => {
    const pipeline = newPipeline();
    pipeline.ended('run-1', 'SUCCEEDED');
    pipeline.ended('run-2');
    pipeline.running('run-3');
    expect(await pipeline.reap({ hooks: true, dryRun: true })).toEqual({ ...NONE, orphansFound: 1 });
    expect(await pipeline.reap({ hooks: true })).toEqual({ ...NONE, orphansFound: 1 });
    expect(pipeline.executions.started.map(({ execution, todo }) => [execution, todo])).toEqual([['run-2', 'hooks']]);
    expect(await pipeline.reap({ hooks: true })).toEqual(NONE);
  });

  it('and cannot be looked for fails on its own', async () => {
    const pipeline = newPipeline();
    await pipeline.data('run-1');
    pipeline.executions.withoutFinalizer = () => {
      throw new Error('Step Functions does not answer');
    };
    expect(await pipeline.reap({ afterExecution: true })).toEqual({ ...NONE, orphansFound: 1, failed: 1 });
  });
});
