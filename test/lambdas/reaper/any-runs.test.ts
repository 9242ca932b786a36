import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import type { ReapSummary } from '../../../lambdas/reaper/summary.ts';
import { fc } from '../../fast-check.ts';
import { type S3Fixture, startS3Fixture } from '../s3-fixture.ts';
import { HOUR, NONE, Pipeline } from './runs.ts';

let fixture: S3Fixture;
beforeAll(async () => {
  fixture = await startS3Fixture();
});
afterAll(() => fixture.stop());
beforeEach(() => void vi.spyOn(Math, 'random').mockReturnValue(0));

interface Kind {
  readonly fate: keyof ReapSummary;
  /** After the visit, and the finalizers that were at work then or were started by it. */
  readonly afterwards: 'stays' | 'goes';
  /** The execution whose finalizer the visit starts, behind the run's name. */
  readonly starts?: '' | '-again';
  prepare(pipeline: Pipeline, run: string): Promise<unknown> | unknown;
}

const again = (run: string) => ({ execution: `${run}-again` });
const resuming = (run: string) => ({ input: { resume: run } });

/** What a run can be when the reaper comes. All but the foreign ones hold data too. */
const KINDS = {
  active: { fate: 'active', afterwards: 'stays', prepare: (pipeline, run) => pipeline.running(run) },
  redriven: {
    fate: 'active',
    afterwards: 'stays',
    prepare: (pipeline, run) => {
      pipeline.running(run);
      pipeline.executions.finalizers.set(run, 'over');
    },
  },
  'being finalized': {
    fate: 'active',
    afterwards: 'goes',
    prepare: (pipeline, run) => {
      pipeline.ended(run);
      pipeline.executions.finalizers.set(run, 'running');
    },
  },
  kept: {
    fate: 'kept',
    afterwards: 'stays',
    prepare: (pipeline, run) => {
      pipeline.failed(run);
      return pipeline.keep(run, HOUR);
    },
  },
  resumed: {
    fate: 'active',
    afterwards: 'stays',
    prepare: async (pipeline, run) => {
      pipeline.failed(run);
      pipeline.running(again(run).execution, resuming(run));
      await pipeline.keep(run, -1);
      await pipeline.take(run, 1, again(run));
    },
  },
  'kept again': {
    fate: 'kept',
    afterwards: 'stays',
    prepare: async (pipeline, run) => {
      pipeline.failed(run);
      pipeline.failed(again(run).execution, resuming(run));
      await pipeline.take(run, 1, again(run));
      await pipeline.keep(run, HOUR, { holder: 1, ...again(run) });
    },
  },
  expired: {
    fate: 'expired',
    afterwards: 'goes',
    prepare: (pipeline, run) => {
      pipeline.failed(run);
      return pipeline.keep(run, -1);
    },
  },
  'expired again': {
    fate: 'expired',
    afterwards: 'goes',
    prepare: async (pipeline, run) => {
      pipeline.failed(run);
      pipeline.failed(again(run).execution, resuming(run));
      await pipeline.take(run, 1, again(run));
      await pipeline.keep(run, -1, { holder: 1, ...again(run) });
    },
  },
  orphan: {
    fate: 'orphansFound',
    afterwards: 'goes',
    starts: '',
    prepare: (pipeline, run) => pipeline.ended(run, 'TIMED_OUT'),
  },
  'orphan that resumed': {
    fate: 'orphansFound',
    afterwards: 'goes',
    starts: '-again',
    prepare: async (pipeline, run) => {
      pipeline.failed(run);
      pipeline.ended(again(run).execution, 'ABORTED', resuming(run));
      await pipeline.keep(run, HOUR);
      await pipeline.take(run, 1, again(run));
    },
  },
  unknown: { fate: 'orphansFound', afterwards: 'goes', prepare: () => {} },
  'written to after a success': {
    fate: 'released',
    afterwards: 'goes',
    prepare: (pipeline, run) => pipeline.ended(run, 'SUCCEEDED'),
  },
  'written to after its finalizer': {
    fate: 'released',
    afterwards: 'goes',
    prepare: (pipeline, run) => {
      pipeline.ended(run);
      pipeline.executions.finalizers.set(run, 'over');
    },
  },
  'half deleted by a reaper, with its lease': {
    fate: 'expired',
    afterwards: 'goes',
    prepare: async (pipeline, run) => {
      pipeline.failed(run);
      await pipeline.keep(run, -1);
      await pipeline.take(run, 1, 'reaper');
    },
  },
  'half deleted by a reaper': {
    fate: 'expired',
    afterwards: 'goes',
    prepare: async (pipeline, run) => {
      pipeline.failed(run);
      await pipeline.take(run, 1, again(run));
      await pipeline.take(run, 2, 'reaper');
    },
  },
  'half deleted, its holders gone': {
    fate: 'released',
    afterwards: 'goes',
    prepare: (pipeline, run) => pipeline.failed(run),
  },
  foreign: {
    fate: 'failed',
    afterwards: 'stays',
    prepare: (pipeline, run) => fixture.put(`runs/${pipeline.name}/${run}.txt/x`),
  },
} satisfies Record<string, Kind>;

const kinds: readonly Kind[] = Object.values(KINDS);
let populations = 0;

/** One run of each of the kinds, in this order. */
async function populate(chosen: readonly Kind[]) {
  const pipeline = new Pipeline(fixture, `population-${++populations}`);
  const expected = { ...NONE };
  const staying: string[] = [];
  const starting: string[] = [];
  for (const [index, kind] of chosen.entries()) {
    const run = `run-${index}`;
    await kind.prepare(pipeline, run);
    if (kind !== KINDS.foreign) await pipeline.data(run);
    expected[kind.fate] += 1;
    if (kind.afterwards === 'stays')
      staying.push(...(await pipeline.keys(`${run}/`)), ...(await pipeline.keys(`${run}.`)));
    if (kind.starts !== undefined) starting.push(run + kind.starts);
  }
  const finalizing = chosen.filter((kind) => kind === KINDS['being finalized']).length;
  return { pipeline, expected, finalizing, staying: staying.sort(), starting: starting.sort() };
}

const population = fc.array(fc.constantFrom(...kinds), { minLength: 1, maxLength: 12 });

it('of any runs, after one visit nothing is left that should not be, and nothing is gone that should stay', async () => {
  await fc.assert(
    fc.asyncProperty(population, async (chosen) => {
      const { pipeline, expected, finalizing, staying, starting } = await populate(chosen);
      const before = await pipeline.keys();

      expect(await pipeline.reap({ dryRun: true })).toEqual(expected);
      expect(await pipeline.keys()).toEqual(before);

      expect(await pipeline.reap()).toEqual(expected);
      await pipeline.carryOutFinalizers();
      expect(await pipeline.keys()).toEqual(staying);
      expect(pipeline.executions.started.map(({ execution }) => execution).sort()).toEqual(starting);

      const { active, kept, failed } = expected;
      expect(await pipeline.reap()).toEqual({ ...NONE, active: active - finalizing, kept, failed });
      expect(await pipeline.keys()).toEqual(staying);
      expect(pipeline.executions.started).toHaveLength(starting.length);
    }),
    { numRuns: 12, examples: [[[...kinds]]] },
  );
});

it('two reapers at once do what one does', async () => {
  await fc.assert(
    fc.asyncProperty(population, async (chosen) => {
      const { pipeline, expected, staying, starting } = await populate(chosen);
      const summaries = await Promise.all([pipeline.reap(), pipeline.reap()]);
      for (const { kept, failed } of summaries) {
        expect({ kept, failed }).toEqual({ kept: expected.kept, failed: expected.failed });
      }
      await pipeline.carryOutFinalizers();
      expect(await pipeline.keys()).toEqual(staying);
      expect(pipeline.executions.started.map(({ execution }) => execution).sort()).toEqual(starting);
    }),
    { numRuns: 12, examples: [[[...kinds]]] },
  );
});

it('reapers that crash anywhere leave what the next one finishes', async () => {
  const crashes = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 3 });
  await fc.assert(
    fc.asyncProperty(population, crashes, async (chosen, requestsUntilCrash) => {
      const { pipeline, staying } = await populate(chosen);
      for (const requests of requestsUntilCrash) {
        const s3 = fixture.newClient({ maxAttempts: 1 });
        let sent = 0;
        s3.middlewareStack.add(
          (next) => async (args) => {
            sent += 1;
            if (sent > requests) throw new Error('crashed');
            return next(args);
          },
          { step: 'build' },
        );
        await pipeline.reap({ s3 }).catch(() => {});
        s3.destroy();
      }
      await pipeline.reap();
      await pipeline.carryOutFinalizers();
      expect(await pipeline.keys()).toEqual(staying);
    }),
    { numRuns: 12 },
  );
});
