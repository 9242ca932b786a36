import { describe, expect, it } from 'vitest';
import type { FinalizerInput, FinalizerTodo } from '../../state-machines/contract/finalizer.ts';
import type { CaughtError, TaskOut } from '../../state-machines/contract/marks.ts';
import { outcomeOf } from '../../state-machines/contract/outcome.ts';
import { PAYLOAD_LIMIT } from '../../state-machines/contract/result.ts';
import { compile, type Plan, TaskGraph } from '../../state-machines/index.ts';
import { fc } from '../fast-check.ts';
import { cases } from './arbitraries.ts';
import { BROKEN_CLEANUP, execute, failureIn, REFUSED_SWEEP, RUN, startedIn, type Trace } from './run.ts';
import { type Behaviour, planOf } from './spec.ts';

const ABORTED: CaughtError = { Error: 'Aborted', Cause: 'the run was stopped' };
const FIRST: Pick<FinalizerInput, 'execution' | 'startedAt'> = {
  execution: 'night-7',
  startedAt: '2026-11-20T21:35:00.000Z',
};

function finalizerInput(todo: FinalizerTodo, change: Partial<FinalizerInput> = {}): FinalizerInput {
  const detail = { name: FIRST.execution, status: 'ABORTED' } as const;
  return { ...FIRST, status: 'ABORTED', input: { day: 1 }, todo, end: ABORTED, detail, ...change };
}

function finalize(
  plan: Plan,
  input: FinalizerInput,
  behaviour: Behaviour = {},
  left: Readonly<Record<string, TaskOut>> = {},
): Promise<Trace> {
  const { finalizer, functions } = compile(plan);
  return execute(plan, { ...behaviour, input }, { definition: finalizer, functions }, left);
}

const graph = new TaskGraph('test');
graph.addTask('load');
graph.addErrorsTask('alert');
graph.addFinallyTask('close');
graph.addAfterExecutionTask('report');
const plan = graph.build();

const ran = (...names: string[]) => names.flatMap((name) => [`start ${name}`, `end ${name}`]);

describe('what is left to do', () => {
  it.each<[FinalizerTodo, string[]]>([
    ['hooks', ['notes', ...ran('alert', 'close'), 'cleanup', ...ran('report'), 'sweep']],
    ['cleanup', ['cleanup', ...ran('report'), 'sweep']],
    ['sweep', [...ran('report'), 'sweep']],
    ['after-execution', ran('report')],
  ])('of %s is done from there to the end', async (todo, steps) => {
    const trace = await finalize(plan, finalizerInput(todo));
    expect(trace.steps).toEqual(steps);
    const cleansUp = todo === 'hooks' || todo === 'cleanup';
    expect(trace.end).toMatchObject({ status: 'SUCCEEDED', output: cleansUp ? { all: 'well' } : ABORTED });
  });

  it('without hooks is the cleanup and the sweep, or nothing at all', async () => {
    const bare = new TaskGraph('test');
    bare.addTask('load');
    const steps = async (todo: FinalizerTodo) => (await finalize(bare.build(), finalizerInput(todo))).steps;
    expect(await steps('hooks')).toEqual(['cleanup', 'sweep']);
    expect(await steps('cleanup')).toEqual(['cleanup', 'sweep']);
    expect(await steps('sweep')).toEqual(['sweep']);
    expect(await steps('after-execution')).toEqual([]);
  });
});

describe('a function of the finalizer', () => {
  it('works for the execution that has ended, not for the finalizer’s own', async () => {
    const { cleanups } = await finalize(plan, finalizerInput('hooks'));
    expect(cleanups).toMatchObject([{ run: 'night-7', ...FIRST, input: { day: 1 }, status: 'ABORTED' }]);
    expect(FIRST.execution).not.toBe(RUN);
  });

  it('that is the cleanup works on the run that the execution resumed', async () => {
    const { cleanups } = await finalize(plan, finalizerInput('hooks', { input: { resume: 'night-6' } }));
    expect(cleanups).toMatchObject([{ run: 'night-6', execution: 'night-7' }]);
  });

  it('before the cleanup is told how the run was ended, and what the records tell', async () => {
    const left = { load: failureIn('load') };
    const { sent } = await finalize(plan, finalizerInput('hooks'), {}, left);
    for (const hook of ['alert', 'close']) {
      expect(outcomeOf(sent[hook] ?? {}, ['load'])).toEqual({
        status: 'FAILED',
        failures: [{ task: 'load', name: 'Boom', message: '"load" went wrong' }],
        tasks: { load: 'FAILED' },
        error: { name: 'Aborted', message: 'the run was stopped' },
      });
    }
  });

  it('after the execution is told how that has ended, and the result where the finalizer has put it together', async () => {
    const { sent } = await finalize(plan, finalizerInput('cleanup'));
    expect(sent['report']).toMatchObject({
      out: {},
      up: { execution: { name: 'night-7', status: 'ABORTED' }, ended: { result: { all: 'well' } } },
    });
    const swept = await finalize(plan, finalizerInput('sweep'));
    expect(swept.sent['report']?.up?.ended).not.toHaveProperty('result');
  });
});

describe('the finalizer goes on', () => {
  it('with its cleanup, and its sweep, until they are done', async () => {
    const behaviour: Behaviour = { cleanups: ['unfinished', 'unfinished'], sweeps: ['unfinished'] };
    const { steps, end } = await finalize(plan, finalizerInput('cleanup'), behaviour);
    expect(steps).toEqual(['cleanup', 'cleanup', 'cleanup', ...ran('report'), 'sweep', 'sweep']);
    expect(end).toEqual({ status: 'SUCCEEDED', output: { all: 'well' } });
  });

  it('where hooks fail, before the cleanup and behind it', async () => {
    const behaviour = { failing: new Set(['alert', 'close', 'report']) };
    const { steps, end } = await finalize(plan, finalizerInput('hooks'), behaviour);
    expect(steps.filter((step) => !step.includes(' '))).toEqual(['notes', 'cleanup', 'sweep']);
    expect(end.status).toBe('SUCCEEDED');
  });

  it('to its sweep where the cleanup could not run', async () => {
    const { steps, end } = await finalize(plan, finalizerInput('hooks'), { cleanups: Array(4).fill('broken') });
    expect(steps.slice(-3)).toEqual([...ran('report'), 'sweep']);
    expect(end).toMatchObject({ status: 'SUCCEEDED', output: { cleanup: BROKEN_CLEANUP } });
  });

  it('to its sweep where the cleanup has left something, which the sweep then deletes', async () => {
    const { steps, end } = await finalize(plan, finalizerInput('hooks'), { cleanups: ['refused'] });
    expect(steps.at(-1)).toBe('sweep');
    expect(end).toMatchObject({ status: 'SUCCEEDED', output: REFUSED_SWEEP });
  });
});

describe('the finalizer fails', () => {
  it('where something is left behind its sweep', async () => {
    const { end } = await finalize(plan, finalizerInput('sweep'), { sweeps: ['refused'] });
    expect(end).toEqual({ status: 'FAILED', ...REFUSED_SWEEP });
  });

  it('where the sweep could not run', async () => {
    const { end } = await finalize(plan, finalizerInput('hooks'), { sweeps: Array(4).fill('broken') });
    expect(end).toMatchObject({ status: 'FAILED', error: 'CleanupFailed' });
    expect(JSON.parse((end as { cause: string }).cause)).toEqual(BROKEN_CLEANUP);
  });
});

describe('an input that is too large to be sent', () => {
  const TOO_LARGE = { Error: 'States.DataLimitExceeded', Cause: expect.any(String) };
  const sized = (bytes: number) => ({ keep: true, text: 'x'.repeat(bytes) });

  it('with what went wrong is sent without that, so that the cleanup knows what to keep', async () => {
    const end = { Error: 'Odd', Cause: 'x'.repeat(PAYLOAD_LIMIT / 2) };
    const input = sized(PAYLOAD_LIMIT / 2);
    const trace = await finalize(plan, finalizerInput('hooks', { input, end }));
    expect(trace.steps).toEqual(['cleanup', ...ran('report'), 'sweep']);
    expect(trace.cleanups).toMatchObject([{ input, state: TOO_LARGE }]);
  });

  it('in a cleanup at all is swept', async () => {
    const large = new TaskGraph('test');
    for (let index = 0; index < 40; index++) large.addTask(`a-task-with-a-long-name-${index}`);
    const without = finalizerInput('cleanup', { input: sized(0) });
    const input = sized(PAYLOAD_LIMIT - JSON.stringify(without).length);
    const { steps, end } = await finalize(large.build(), { ...without, input });
    expect(steps).toEqual(['sweep']);
    expect(end).toMatchObject({ status: 'SUCCEEDED', output: { cleanup: TOO_LARGE } });
  });

  it('in the cleanup of the run itself is a failure of the run, and not the end of its machine', async () => {
    const { steps, end } = await execute(plan, { input: sized(PAYLOAD_LIMIT - 200) });
    expect(steps).toContain('end load');
    expect(steps).not.toContain('cleanup');
    expect(end).toMatchObject({ status: 'FAILED', error: 'RunFailed' });
  });
});

it('the hooks behind any run are called by the finalizer as by the machine that was ended by the same error', () =>
  fc.assert(
    fc.asyncProperty(cases(1, 8, 6), async ({ spec, behaviour: { turns: _, cleanups: __, ...drawn } }) => {
      const pipeline = planOf(spec);
      // The first task that ends well ends the run.
      const behaviour: Behaviour = { ...drawn, breaking: new Set(spec.tasks.map(({ name }) => name)) };
      const own = await execute(pipeline, behaviour);
      const { Error: name, Cause } = (own.cleanups[0]?.state ?? {}) as Partial<CaughtError>;
      if (!own.notes || name === undefined) return;
      const end = { Error: name, ...(Cause !== undefined && { Cause }) };
      const input = finalizerInput('hooks', { end, input: drawn.input ?? {} });
      const its = await finalize(pipeline, input, { failing: behaviour.failing ?? new Set() }, own.notes);

      const behind = own.steps.slice(own.steps.indexOf('notes'));
      expect(its.steps).toEqual([...behind, 'sweep']);
      // The Parallels of a machine are numbered through.
      const comparable = (state: unknown) => JSON.stringify(state).replaceAll(/"_\d+":/g, '"_":');
      for (const hook of startedIn({ ...own, steps: behind })) {
        expect(comparable(its.sent[hook])).toEqual(comparable(own.sent[hook]));
      }
      const facts = ({ cleanups: [event] }: Trace) => [event?.tasks, event?.hooks, event?.shape, event?.state];
      expect(comparable(facts(its))).toEqual(comparable(facts(own)));
    }),
    { numRuns: 300 },
  ));
