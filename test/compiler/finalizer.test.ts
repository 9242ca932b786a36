import { describe, expect, it } from 'vitest';
import { compile, type TaskDef, TaskGraph } from '../../state-machines/index.ts';
import { planOf } from '../graph/graphs.ts';
import { FINALIZER_INPUT, missingPathsIn } from './missing-paths.ts';
import { compiled, END, EXIT, hookState, LONG_TRANSIENT, PATIENT, present } from './states.ts';

const SHAPE = expect.stringMatching(/^[0-9a-f]{16}$/);
const RUN = { 'run.$': '$$.Execution.Input.execution', 'input.$': '$$.Execution.Input.input' };
const STARTED = { 'startedAt.$': '$$.Execution.Input.startedAt' };
const STATUS = { 'status.$': '$$.Execution.Input.status' };

const cleanup = { Type: 'Task', Resource: '${Cleanup}', TimeoutSeconds: 960, Retry: [LONG_TRANSIENT, PATIENT] };
const tooLarge = (to: object) => ({ ErrorEquals: ['States.DataLimitExceeded'], ...to });
const anything = (to: object) => [tooLarge(to), { ErrorEquals: ['States.ALL'], ...to }];
const todo = (Variable: string, StringEquals: string, Next: string) => ({ Variable, StringEquals, Next });

/** What is in every finalizer. */
function machine(
  { firstOfHooks, afterCleanup, after = 'Nothing is left' }: Record<string, string>,
  facts: object,
  others: object = {},
  waitSeconds = 960,
) {
  const event = { ...RUN, ...STARTED, shape: SHAPE, ...facts, ...STATUS };
  return {
    Comment: 'test: what ended executions leave to do, compiled by Ebbtide',
    StartAt: 'What is left?',
    States: {
      'What is left?': {
        Type: 'Choice',
        Choices: [
          todo('$.todo', 'cleanup', 'Cleanup'),
          todo('$.todo', 'sweep', afterCleanup ?? ''),
          todo('$.todo', 'after-execution', after),
        ],
        Default: firstOfHooks,
        OutputPath: '$.end',
      },
      Cleanup: {
        ...cleanup,
        Parameters: { ...event, 'state.$': '$' },
        Catch: [
          tooLarge({ Next: 'Cleanup from records' }),
          { ErrorEquals: ['States.ALL'], ResultPath: '$.cleanup', Next: afterCleanup },
        ],
        Next: 'Cleaned up?',
      },
      'Cleanup from records': {
        ...cleanup,
        Parameters: {
          ...event,
          state: { Error: 'States.DataLimitExceeded', Cause: 'the state data grew too large' },
        },
        Catch: anything({ ResultPath: '$.cleanup', Next: afterCleanup }),
        Next: 'Cleaned up?',
      },
      'Cleaned up?': {
        Type: 'Choice',
        Choices: [{ Variable: '$.done', BooleanEquals: false, Next: 'Cleanup' }],
        Default: afterCleanup,
      },
      'Wait for late writers': { Type: 'Wait', Seconds: waitSeconds, Next: 'Last sweep' },
      'Last sweep': {
        ...cleanup,
        Parameters: { ...RUN, sweep: true },
        ResultPath: '$.swept',
        Catch: anything({ ResultPath: '$.swept', Next: 'Sweep failed' }),
        Next: 'Swept?',
      },
      'Swept?': {
        Type: 'Choice',
        Choices: [
          { Variable: '$.swept.done', BooleanEquals: false, Next: 'Last sweep' },
          { ...present('$.swept.error'), Next: 'Failed' },
          { ...present('$.result'), Next: 'Succeeded' },
        ],
        Default: 'Nothing is left',
      },
      Succeeded: { Type: 'Succeed', OutputPath: '$.result' },
      'Nothing is left': { Type: 'Succeed' },
      Failed: { Type: 'Fail', ErrorPath: '$.swept.error', CausePath: '$.swept.cause' },
      'Sweep failed': { Type: 'Fail', Error: 'CleanupFailed', CausePath: 'States.JsonToString($.swept)' },
      ...others,
    },
  };
}

describe('the finalizer', () => {
  it('of a graph without hooks cleans up, waits for late writers, and sweeps', () => {
    expect(compiled(planOf('a -> b', { a: { retries: 2 } })).finalizer).toEqual(
      machine({ firstOfHooks: 'Cleanup', afterCleanup: 'Wait for late writers' }, { tasks: { a: 2, b: 0 } }),
    );
  });

  it('of a graph with hooks runs them as the machine does, of the execution that it is for', () => {
    const graph = new TaskGraph('test');
    graph.addTask('a', { timeoutSeconds: 10 });
    graph.addErrorsTask('alert', { timeoutSeconds: 40 });
    graph.addFinallyTask('close', { timeoutSeconds: 30 });
    graph.addAfterExecutionTask('report');
    const timed = (hook: string, TimeoutSeconds: number) => ({
      StartAt: hook,
      States: { [hook]: { ...hookState(hook, `${hook} end`, EXIT, RUN), TimeoutSeconds }, [`${hook} end`]: END },
    });
    const phase = (branch: object, name: string, Next: string) => ({
      Type: 'Parallel',
      Parameters: { out: {}, 'up.$': '$' },
      Branches: [branch],
      ResultPath: `$.${name}`,
      Catch: anything({ ResultPath: `$.${name}Lost`, Next }),
      Next,
    });
    const facts = { tasks: { a: 0 }, hooks: { alert: 0, close: 0 } };
    const others = {
      'Notes from records': {
        ...cleanup,
        Parameters: { ...RUN, ...STARTED, shape: SHAPE, ...facts, 'state.$': '$', notesOnly: true },
        Catch: anything({ ResultPath: '$.notesLost', Next: 'Errors' }),
        Next: 'Errors',
      },
      Errors: phase(timed('alert', 100), 'errors', 'Finally'),
      Finally: phase(timed('close', 90), 'finally', 'Cleanup'),
      'After execution': {
        Type: 'Parallel',
        Parameters: { out: {}, up: { 'execution.$': '$$.Execution.Input.detail', 'ended.$': '$' } },
        Branches: [timed('report', 960)],
        ResultPath: null,
        Catch: anything({ ResultPath: null, Next: 'May anything still run?' }),
        Next: 'May anything still run?',
      },
      'May anything still run?': {
        Type: 'Choice',
        Choices: [todo('$$.Execution.Input.todo', 'after-execution', 'Nothing is left')],
        Default: 'Wait for late writers',
      },
    };
    const names = {
      firstOfHooks: 'Notes from records',
      afterCleanup: 'After execution',
      after: 'After execution',
    };
    // The longest function that may still write takes 40 s; the after-execution task writes nothing.
    expect(compiled(graph.build()).finalizer).toEqual(machine(names, facts, others, 100));
  });

  it('has no timeout, whatever that of the run', () => {
    expect(compile(planOf('a'), { timeoutSeconds: 60 }).finalizer).not.toHaveProperty('TimeoutSeconds');
  });

  it('waits for the slowest function of a task or hook, and a minute for its cold start', () => {
    const seconds = (tasks: Record<string, TaskDef>) =>
      compile(planOf('a, b', tasks)).finalizer.States['Wait for late writers'];
    expect(seconds({ a: { timeoutSeconds: 5 }, b: { timeoutSeconds: 120 } })).toMatchObject({ Seconds: 180 });
    expect(seconds({ a: { timeoutSeconds: 5 } })).toMatchObject({ Seconds: 960 });
  });

  it('reads no path that may be missing, whatever is to do', () => {
    const graph = new TaskGraph('test');
    const group = graph.group('group');
    group.addTask('a').addErrorsTask('undo');
    group.addFinallyTask('tidy');
    graph.addErrorsTask('alert');
    for (const hook of ['x', 'y']) graph.addAfterExecutionTask(hook);
    expect(missingPathsIn(compiled(graph.build()).finalizer, FINALIZER_INPUT)).toEqual([]);
  });

  it('leaves the hooks of tasks and groups to where they are due, as the machine does behind its run', () => {
    const graph = new TaskGraph('test');
    const group = graph.group('group');
    group.addTask('a').addErrorsTask('undo');
    group.addFinallyTask('tidy');
    const { definition, finalizer } = compiled(graph.build());
    const ofItself = (text: string) => (text === RUN['run.$'] ? '$$.Execution.Name' : '$$.Execution.Input');
    const comparable = (state: unknown) =>
      JSON.parse(JSON.stringify(state).replaceAll(/\$\$\.Execution\.Input\.(execution|input)/g, ofItself));
    for (const phase of ['Errors', 'Finally']) {
      expect(comparable(finalizer.States[phase])).toEqual(definition.States[phase]);
    }
  });
});

describe('keepOnFailureSeconds', () => {
  it('is what the cleanup is told, in both machines and on both ways', () => {
    const { definition, finalizer } = compile(planOf('a'), { keepOnFailureSeconds: 3600 });
    for (const { States } of [definition, finalizer]) {
      for (const name of ['Cleanup', 'Cleanup from records']) {
        expect(States[name]).toMatchObject({ Parameters: { keepOnFailureSeconds: 3600 } });
      }
    }
  });

  it.each([undefined, 0])('%j is left out', (keepOnFailureSeconds) => {
    const options = keepOnFailureSeconds === undefined ? {} : { keepOnFailureSeconds };
    const { definition, finalizer } = compile(planOf('a'), options);
    expect(JSON.stringify([definition, finalizer])).not.toContain('keepOnFailureSeconds');
  });

  it.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY])('%d is refused', (keepOnFailureSeconds) => {
    expect(() => compile(planOf('a'), { keepOnFailureSeconds })).toThrow(
      expect.objectContaining({ name: 'UsageError', code: 'InvalidOption' }),
    );
  });
});
