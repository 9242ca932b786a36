/** The rules by example. Each also holds against the model, which the random runs are held against. */

import { describe, expect, it } from 'vitest';
import type { RunEnd } from '../../state-machines/contract/marks.ts';
import { allOf, anyOf, fromInput, fromOutput, not, ref } from '../../state-machines/index.ts';
import { expectToFollowTheRules } from './check.ts';
import { allMarks, execute, startedIn, type Trace } from './run.ts';
import { type Behaviour, planOf, type Spec, type TaskSpec } from './spec.ts';

/** What has begun when a run ends early is then another each time: the random runs are held against the model. */
const inThreads = process.env['EBBTIDE_TEST_SUITE'] === 'opinion';

interface Example {
  readonly tasks: readonly TaskSpec[];
  readonly more?: Omit<Spec, 'tasks'>;
  readonly run?: Omit<Behaviour, 'failing'> & { readonly failing?: string };
  /** `a SUCCEEDED, b OMITTED` */
  readonly ends: string;
  /** The hooks that run, in the order in which they start. */
  readonly hooks?: string;
  readonly error?: string;
}

function specOf({ tasks, more }: Example): Spec {
  return { ...more, tasks };
}

function behaviourOf({ run: { failing = '', ...run } = {} }: Example): Behaviour {
  return { ...run, failing: new Set(failing.split(', ')) };
}

async function run(example: Example): Promise<Trace> {
  const trace = await execute(planOf(specOf(example)), behaviourOf(example));
  expectToFollowTheRules(specOf(example), behaviourOf(example), trace);
  return trace;
}

async function follows(_: string, example: Example): Promise<void> {
  const { tasks, ends, hooks = '', error } = example;
  const trace = await run(example);
  const marks = allMarks(trace.cleanups[0]?.state as RunEnd);
  const statuses = tasks.map(({ name }) => {
    const mark = marks[name];
    return `${name} ${mark ? ('Error' in mark ? 'FAILED' : mark.status) : 'SKIPPED'}`;
  });
  expect(statuses.join(', ')).toBe(ends);
  const isTask = new Set(tasks.map(({ name }) => name));
  const started = startedIn(trace).filter((name) => !isTask.has(name));
  expect(started.join(', ')).toBe(hooks);
  expect('error' in trace.end ? trace.end.error : undefined).toBe(error);
}

const full = fromInput('mode').equals('full');
const rows = (task: string) => fromOutput(ref(`${task}.data`), 'rows');
/** Either `all` or `delta` runs, and `load` takes what there is. */
const EITHER: readonly TaskSpec[] = [
  { name: 'check' },
  { name: 'all', takes: ['check'], when: full },
  { name: 'delta', takes: ['check'], when: not(full) },
  { name: 'load', takesOptional: ['all', 'delta'] },
];

describe('a condition', () => {
  it.each<[string, Example]>([
    [
      'of a diamond: one branch runs, the other is omitted, and the join takes what came',
      {
        tasks: EITHER,
        run: { input: { mode: 'full' } },
        ends: 'check SUCCEEDED, all SUCCEEDED, delta OMITTED, load SUCCEEDED',
      },
    ],
    [
      'of a value that is not there does not hold, and its opposite does',
      { tasks: EITHER, ends: 'check SUCCEEDED, all OMITTED, delta SUCCEEDED, load SUCCEEDED' },
    ],
    [
      'of a value of another type does not hold, and its opposite does',
      {
        tasks: [
          { name: 'a', when: fromInput('n').lessThan(5) },
          { name: 'b', when: not(fromInput('n').lessThan(5)) },
          { name: 'c', when: fromInput('n').exists() },
        ],
        run: { input: { n: 'four' } },
        ends: 'a OMITTED, b SUCCEEDED, c SUCCEEDED',
      },
    ],
    [
      'of a value in an input that is no object does not hold',
      { tasks: [{ name: 'a', when: full }, { name: 'b' }], run: { input: null }, ends: 'a OMITTED, b SUCCEEDED' },
    ],
    [
      'takes null for a value that is there, and that is not of any type',
      {
        tasks: [
          { name: 'a', when: fromInput('at').equals(null) },
          { name: 'b', when: fromInput('at').exists() },
          { name: 'c', when: fromInput('at').differsFrom('now') },
        ],
        run: { input: { at: null } },
        ends: 'a SUCCEEDED, b OMITTED, c SUCCEEDED',
      },
    ],
    [
      'of a value in the data of a task makes its task wait for that one',
      {
        tasks: [{ name: 'load', when: rows('check').greaterThan(0) }, { name: 'check' }],
        run: { data: { check: { rows: 3 } } },
        ends: 'load SUCCEEDED, check SUCCEEDED',
      },
    ],
    [
      'cannot look at what an omitted task would have written, so its task is omitted, and with `not` no less',
      {
        tasks: [
          { name: 'check', when: full },
          { name: 'some', when: rows('check').greaterThan(0) },
          { name: 'none', when: not(rows('check').greaterThan(0)) },
        ],
        ends: 'check OMITTED, some OMITTED, none OMITTED',
      },
    ],
    [
      'joins others: all of them, any of them',
      {
        tasks: [
          { name: 'check' },
          { name: 'both', when: allOf(full, rows('check').atLeast(3)) },
          { name: 'one', when: anyOf(full, rows('check').atLeast(3)) },
        ],
        run: { data: { check: { rows: 3 } } },
        ends: 'check SUCCEEDED, both OMITTED, one SUCCEEDED',
      },
    ],
    [
      'of a group holds for each task in it, and for those in groups inside',
      {
        tasks: [
          { name: 'a', group: 'outer' },
          { name: 'b', group: 'inner', when: fromInput('b').exists() },
          { name: 'c', group: 'inner', after: ['a'] },
          { name: 'd' },
        ],
        more: {
          groups: [
            { name: 'outer', when: full },
            { name: 'inner', group: 'outer', when: fromInput('n').atLeast(1) },
          ],
        },
        run: { input: { mode: 'full', n: 1 } },
        ends: 'a SUCCEEDED, b OMITTED, c SUCCEEDED, d SUCCEEDED',
      },
    ],
  ])('%s', follows);
});

describe('behind omitted tasks', () => {
  const off = fromInput('off').exists();
  const omitted = ['a', 'b'].map((name): TaskSpec => ({ name, when: off }));
  it.each<[string, Example]>([
    [
      'a task runs that takes what they would have written as optional, though all were omitted',
      {
        tasks: [...omitted, { name: 'join', takesOptional: ['a', 'b'] }],
        ends: 'a OMITTED, b OMITTED, join SUCCEEDED',
      },
    ],
    [
      'a task is omitted that takes something of one of them',
      {
        tasks: [{ name: 'a', when: off }, { name: 'b' }, { name: 'join', takes: ['a'], takesOptional: ['b'] }],
        ends: 'a OMITTED, b SUCCEEDED, join OMITTED',
      },
    ],
    [
      'a task is omitted that only waits for them, if all of them were',
      { tasks: [...omitted, { name: 'then', after: ['a', 'b'] }], ends: 'a OMITTED, b OMITTED, then OMITTED' },
    ],
    [
      'a task runs that only waits for them, if one of them was not',
      {
        tasks: [{ name: 'a', when: off }, { name: 'b' }, { name: 'then', after: ['a', 'b'] }],
        ends: 'a OMITTED, b SUCCEEDED, then SUCCEEDED',
      },
    ],
    [
      'a task runs that waits for one and takes the data of another that ran',
      {
        tasks: [{ name: 'a', when: off }, { name: 'b' }, { name: 'then', after: ['a'], takes: ['b'] }],
        ends: 'a OMITTED, b SUCCEEDED, then SUCCEEDED',
      },
    ],
    [
      'what is omitted passes on, and is no failure',
      {
        tasks: [
          { name: 'a', when: off },
          { name: 'b', takes: ['a'] },
          { name: 'c', after: ['b'] },
        ],
        ends: 'a OMITTED, b OMITTED, c OMITTED',
      },
    ],
    [
      'a task is skipped if another that it depends on failed: what failed counts for more',
      {
        tasks: [
          { name: 'a', when: off },
          { name: 'b' },
          { name: 'optional', takesOptional: ['a', 'b'] },
          { name: 'required', takes: ['a', 'b'] },
          { name: 'behind', takesOptional: ['optional'] },
        ],
        run: { failing: 'b' },
        ends: 'a OMITTED, b FAILED, optional SKIPPED, required SKIPPED, behind SKIPPED',
        error: 'TaskFailed',
      },
    ],
    [
      'a skipped task is not omitted, whatever its condition says',
      {
        tasks: [{ name: 'a' }, { name: 'b', takes: ['a'], when: off }, { name: 'c', takesOptional: ['b'] }],
        run: { failing: 'a' },
        ends: 'a FAILED, b SKIPPED, c SKIPPED',
        error: 'TaskFailed',
      },
    ],
  ])('%s', follows);
});

describe('hooks', () => {
  const ab: readonly TaskSpec[] = [{ name: 'a' }, { name: 'b', takes: ['a'] }, { name: 'c' }];
  const of = { task: 'a' };
  const grouped = ab.map((task) => ({ ...task, group: 'g' }));
  const groups = [{ name: 'g' }];
  it.each<[string, Example]>([
    [
      'of a task run when it failed, one after the other, and whether one of them fails is no matter to the next',
      {
        tasks: ab,
        more: { hooks: ['first', 'second'].map((name) => ({ name, kind: 'errors', of })) },
        run: { failing: 'a, first' },
        ends: 'a FAILED, b SKIPPED, c SUCCEEDED',
        hooks: 'first, second',
        error: 'TaskFailed',
      },
    ],
    [
      'of a task do not run when it succeeded, though another failed',
      {
        tasks: ab,
        more: { hooks: [{ name: 'handler', kind: 'errors', of }] },
        run: { failing: 'b' },
        ends: 'a SUCCEEDED, b FAILED, c SUCCEEDED',
        error: 'TaskFailed',
      },
    ],
    [
      'of a task that was skipped do not run',
      {
        tasks: ab,
        more: { hooks: [{ name: 'handler', kind: 'errors', of: { task: 'b' } }] },
        run: { failing: 'a' },
        ends: 'a FAILED, b SKIPPED, c SUCCEEDED',
        error: 'TaskFailed',
      },
    ],
    [
      'of a group run once its tasks are over, its errors tasks first, and only if one failed',
      {
        tasks: [...grouped, { name: 'd' }],
        more: {
          groups,
          hooks: [
            { name: 'after', kind: 'finally', of: { group: 'g' } },
            { name: 'onError', kind: 'errors', of: { group: 'g' } },
          ],
        },
        run: { failing: 'a', turns: { c: 3 } },
        ends: 'a FAILED, b SKIPPED, c SUCCEEDED, d SUCCEEDED',
        hooks: 'onError, after',
        error: 'TaskFailed',
      },
    ],
    [
      'of a group do not run for a failure outside it',
      {
        tasks: [...grouped, { name: 'd' }],
        more: {
          groups,
          hooks: [
            { name: 'onError', kind: 'errors', of: { group: 'g' } },
            { name: 'after', kind: 'finally', of: { group: 'g' } },
          ],
        },
        run: { failing: 'd' },
        ends: 'a SUCCEEDED, b SUCCEEDED, c SUCCEEDED, d FAILED',
        hooks: 'after',
        error: 'TaskFailed',
      },
    ],
    [
      'of a group do not run where all of it was skipped or omitted',
      {
        tasks: [
          { name: 'start' },
          { name: 'a', takes: ['start'], group: 'g' },
          { name: 'b', when: fromInput('off').exists(), group: 'g' },
        ],
        more: {
          groups,
          hooks: [
            { name: 'onError', kind: 'errors', of: { group: 'g' } },
            { name: 'after', kind: 'finally', of: { group: 'g' } },
          ],
        },
        run: { failing: 'start' },
        ends: 'start FAILED, a SKIPPED, b OMITTED',
        error: 'TaskFailed',
      },
    ],
    [
      'of groups in groups run from the inside out',
      {
        tasks: [
          { name: 'a', group: 'inner' },
          { name: 'b', group: 'outer' },
        ],
        more: {
          groups: [{ name: 'outer' }, { name: 'inner', group: 'outer' }],
          hooks: [
            { name: 'outerAfter', kind: 'finally', of: { group: 'outer' } },
            { name: 'outerError', kind: 'errors', of: { group: 'outer' } },
            { name: 'innerAfter', kind: 'finally', of: { group: 'inner' } },
            { name: 'innerError', kind: 'errors', of: { group: 'inner' } },
          ],
        },
        run: { failing: 'a', turns: { innerAfter: 3 } },
        ends: 'a FAILED, b SUCCEEDED',
        hooks: 'innerError, innerAfter, outerError, outerAfter',
        error: 'TaskFailed',
      },
    ],
    [
      'of a group are told of its tasks, however far around them those are',
      {
        tasks: [
          { name: 'a', group: 'g' },
          { name: 'b', takes: ['a'], group: 'g' },
          { name: 'c', takes: ['b'] },
          { name: 'd', takes: ['a'] },
        ],
        more: { groups, hooks: [{ name: 'after', kind: 'finally', of: { group: 'g' } }] },
        ends: 'a SUCCEEDED, b SUCCEEDED, c SUCCEEDED, d SUCCEEDED',
        hooks: 'after',
      },
    ],
    [
      'of the graph run last: the errors tasks if a task failed, then the finally tasks',
      {
        tasks: ab,
        more: {
          hooks: [
            { name: 'always', kind: 'finally' },
            { name: 'alert', kind: 'errors' },
            { name: 'handler', kind: 'errors', of },
          ],
        },
        run: { failing: 'a', turns: { c: 5 } },
        ends: 'a FAILED, b SKIPPED, c SUCCEEDED',
        hooks: 'handler, alert, always',
        error: 'TaskFailed',
      },
    ],
    [
      'of the graph: no errors task runs where nothing failed, the finally tasks do',
      {
        tasks: ab,
        more: { hooks: ['errors', 'finally'].map((kind) => ({ name: `on-${kind}`, kind: kind as 'errors' })) },
        ends: 'a SUCCEEDED, b SUCCEEDED, c SUCCEEDED',
        hooks: 'on-finally',
      },
    ],
    [
      'a failing errors task keeps neither another nor the finally tasks, and the run fails of its task',
      {
        tasks: ab,
        more: {
          hooks: [
            { name: 'alert', kind: 'errors' },
            { name: 'ticket', kind: 'errors', after: ['alert'] },
            { name: 'always', kind: 'finally' },
          ],
        },
        run: { failing: 'c, alert' },
        ends: 'a SUCCEEDED, b SUCCEEDED, c FAILED',
        hooks: 'alert, ticket, always',
        error: 'TaskFailed',
      },
    ],
    [
      'a failing finally task makes a run fail that would have succeeded, and keeps no other',
      {
        tasks: ab,
        more: {
          hooks: [
            { name: 'second', kind: 'finally', after: ['first'] },
            { name: 'first', kind: 'finally' },
          ],
        },
        run: { failing: 'first' },
        ends: 'a SUCCEEDED, b SUCCEEDED, c SUCCEEDED',
        hooks: 'first, second',
        error: 'FinallyFailed',
      },
    ],
    [
      'a failing finally task of a group too',
      {
        tasks: grouped,
        more: { groups, hooks: [{ name: 'after', kind: 'finally', of: { group: 'g' } }] },
        run: { failing: 'after' },
        ends: 'a SUCCEEDED, b SUCCEEDED, c SUCCEEDED',
        hooks: 'after',
        error: 'FinallyFailed',
      },
    ],
    [
      'a failing finally task hides no failure of a task',
      {
        tasks: ab,
        more: { hooks: [{ name: 'always', kind: 'finally' }] },
        run: { failing: 'a, always' },
        ends: 'a FAILED, b SKIPPED, c SUCCEEDED',
        hooks: 'always',
        error: 'TaskFailed',
      },
    ],
  ])('%s', follows);
});

describe.skipIf(inThreads)("with onTaskFailure 'stop'", () => {
  const stop = { onTaskFailure: 'stop' as const };
  const chain: readonly TaskSpec[] = [{ name: 'bad' }, { name: 'b' }, { name: 'c', takes: ['b'] }];

  it('no task starts once one has failed, and what is under way ends', async () => {
    const { steps } = await run({
      tasks: chain,
      more: stop,
      run: { failing: 'bad', turns: { bad: 2, b: 30 } },
      ends: '',
    });
    expect(steps).toEqual(['start bad', 'start b', 'end bad', 'cleanup', 'end b']);
  });

  it('the error is TaskFailed, and its cause tells which task it was and why', async () => {
    const { cleanups, end } = await run({ tasks: chain, more: stop, run: { failing: 'bad' }, ends: '' });
    expect(end).toMatchObject({ status: 'FAILED', error: 'TaskFailed' });
    const { Error: name, Cause } = (cleanups[0]?.state ?? {}) as { Error?: string; Cause?: string };
    expect(name).toBe('TaskFailed');
    expect(JSON.parse(Cause ?? '')).toEqual({
      bad: { Error: 'Boom', Cause: expect.stringContaining('"bad\\" went wrong') },
    });
  });

  it('hooks run by what the records tell: of the task, of groups that ran, of the graph', async () => {
    const { steps } = await run({
      tasks: [
        { name: 'bad', group: 'g' },
        { name: 'b', group: 'slow' },
        { name: 'c', takes: ['b'], group: 'never' },
      ],
      more: {
        ...stop,
        groups: [{ name: 'g' }, { name: 'slow' }, { name: 'never' }],
        hooks: [
          { name: 'handler', kind: 'errors', of: { task: 'bad' } },
          { name: 'gError', kind: 'errors', of: { group: 'g' } },
          { name: 'gAfter', kind: 'finally', of: { group: 'g' } },
          { name: 'slowAfter', kind: 'finally', of: { group: 'slow' } },
          { name: 'neverAfter', kind: 'finally', of: { group: 'never' } },
          { name: 'alert', kind: 'errors' },
          { name: 'always', kind: 'finally' },
        ],
      },
      run: { failing: 'bad', turns: { b: 40 } },
      ends: '',
    });
    expect(steps.filter((step) => !step.startsWith('end'))).toEqual([
      'start bad',
      'start b',
      'notes',
      'start handler',
      'start gError',
      'start alert',
      'start gAfter',
      'start always',
      'cleanup',
    ]);
  });

  it('the errors tasks of each task that failed run, though no task starts beside them', async () => {
    const { steps } = await run({
      tasks: [{ name: 'a' }, { name: 'b' }, { name: 'c' }, { name: 'd', takes: ['c'] }],
      more: {
        ...stop,
        hooks: [
          { name: 'aError', kind: 'errors', of: { task: 'a' } },
          { name: 'bError', kind: 'errors', of: { task: 'b' } },
        ],
      },
      run: { failing: 'a, b', turns: { c: 3, aError: 50, bError: 50 } },
      ends: '',
    });
    expect(steps.filter((step) => step.startsWith('start '))).toEqual(
      ['a', 'b', 'c', 'aError', 'bError'].map((name) => `start ${name}`),
    );
  });

  it('a run without a failure is as any other', () =>
    follows('', {
      tasks: EITHER,
      more: { ...stop, hooks: [{ name: 'always', kind: 'finally' }] },
      run: { input: { mode: 'full' } },
      ends: 'check SUCCEEDED, all SUCCEEDED, delta OMITTED, load SUCCEEDED',
      hooks: 'always',
    }));
});

describe.skipIf(inThreads)('an error that no task can catch', () => {
  const spec: Example = {
    tasks: [
      { name: 'a', group: 'g' },
      { name: 'big', takes: ['a'] },
      { name: 'c', takes: ['big'] },
    ],
    more: {
      groups: [{ name: 'g' }],
      hooks: [
        { name: 'gAfter', kind: 'finally', of: { group: 'g' } },
        { name: 'alert', kind: 'errors' },
        { name: 'always', kind: 'finally' },
      ],
    },
    run: { breaking: new Set(['big']), turns: { big: 5 } },
    ends: '',
  };

  it('ends the run, which reports it; hooks that had run do not run again', async () => {
    const { steps, end } = await run(spec);
    expect(steps.filter((step) => step.startsWith('start'))).toEqual(
      ['a', 'big', 'gAfter', 'alert', 'always'].map((name) => `start ${name}`),
    );
    expect(end).toMatchObject({ error: 'RunFailed' });
  });
});

describe('cleanup', () => {
  const hooks = [{ name: 'always', kind: 'finally' as const }];

  it('is asked again with its own answer until it is done', async () => {
    const example: Example = { tasks: [{ name: 'a' }], run: { cleanups: ['unfinished', 'unfinished'] }, ends: '' };
    const { cleanups, end } = await run(example);
    const unfinished = { done: false, result: {} };
    expect(cleanups.map(({ state }) => state)).toEqual([
      { out: { a: { status: 'SUCCEEDED' } } },
      unfinished,
      unfinished,
    ]);
    expect(end.status).toBe('SUCCEEDED');
  });

  const broken = Array.from({ length: 4 }, () => 'broken' as const);
  it.each<[string, Example, string]>([
    [
      'that fails, after four attempts, turns a success into a failure with a name of its own',
      { tasks: [{ name: 'a' }], more: { hooks }, run: { cleanups: broken }, ends: '' },
      'CleanupFailed',
    ],
    [
      'that fails hides no failure of a task',
      { tasks: [{ name: 'a' }, { name: 'b' }], run: { cleanups: broken, failing: 'b' }, ends: '' },
      'TaskFailed',
    ],
    [
      "that fails hides no failure of a task with onTaskFailure 'stop'",
      {
        tasks: [{ name: 'a' }],
        more: { onTaskFailure: 'stop', hooks },
        run: { cleanups: broken, failing: 'a' },
        ends: '',
      },
      'TaskFailed',
    ],
    [
      'that fails half way hides no failure of a task',
      { tasks: [{ name: 'a' }], run: { cleanups: ['unfinished', ...broken], failing: 'a' }, ends: '' },
      'TaskFailed',
    ],
    [
      "that fails hides no error that ended the run, though a Fail state may not have Step Functions' own name for it",
      { tasks: [{ name: 'a' }], more: { hooks }, run: { cleanups: broken, breaking: new Set(['a']) }, ends: '' },
      'RunFailed',
    ],
  ])('%s', async (_, example, error) => {
    const { end } = await run(example);
    expect(end).toMatchObject({ status: 'FAILED', error });
  });
});

describe('what cleanup is told', () => {
  it('nests as the state machine does, and what was skipped has no mark', async () => {
    const { cleanups } = await run({
      tasks: [
        { name: 'extract' },
        { name: 'aggregate', takes: ['extract'] },
        { name: 'enrich', takes: ['extract'] },
        { name: 'load', takes: ['aggregate', 'enrich'] },
      ],
      more: { hooks: [{ name: 'always', kind: 'finally' }] },
      run: { failing: 'enrich' },
      ends: '',
    });
    const enrich = allMarks(cleanups[0]?.state as RunEnd)['enrich'];
    expect(cleanups[0]?.state).toEqual({
      out: { extract: { status: 'SUCCEEDED' }, _1: [{ aggregate: { status: 'SUCCEEDED' } }, { enrich }] },
      finally: [{ always: { status: 'SUCCEEDED' } }],
    });
  });
});
