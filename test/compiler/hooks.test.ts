import { describe, expect, it } from 'vitest';
import { fromInput, json, TaskGraph } from '../../state-machines/index.ts';
import {
  compiled,
  END,
  EXIT,
  failed,
  hookState,
  invocation,
  LONG_TRANSIENT,
  next,
  PATIENT,
  present,
  runBranch,
  succeeded,
  taskState,
} from './states.ts';

const RAN = (mark: string) => ({ Or: [failed(mark), { And: succeeded(mark) }] });
const RAN_OR_LOST = (mark: string) => ({
  Or: [{ Variable: '$.up.out', IsPresent: false }, failed(mark), { And: succeeded(mark) }],
});

/** A choice with one way besides its default. */
const choice = (condition: object, Next: string, Default: string) => ({
  Type: 'Choice',
  Choices: [{ ...condition, Next }],
  Default,
});

/** A hook that stands in a phase behind the run for where the run was ended before it. */
const late = (hook: string, due: object) => ({
  And: [present('$.up.Error'), { Variable: `$.up.out.${hook}`, IsPresent: false }, due],
});

/** The Parallel of a phase: whatever happens in it, the machine goes on. */
const phase = (branch: object, name: string, Next: string) => ({
  Type: 'Parallel',
  Parameters: { out: {}, 'up.$': '$' },
  Branches: [branch],
  ResultPath: `$.${name}`,
  Catch: [
    { ErrorEquals: ['States.DataLimitExceeded'], ResultPath: `$.${name}Lost`, Next },
    { ErrorEquals: ['States.ALL'], ResultPath: `$.${name}Lost`, Next },
  ],
  Next,
});

describe('errors tasks of a task', () => {
  it('run one after the other where it has failed, and what does not depend on it goes on', () => {
    const graph = new TaskGraph('test');
    const a = graph.addTask('a');
    const undo = a.addErrorsTask('undo');
    const tell = a.addErrorsTask('tell');
    graph.addDependency(tell, undo).addTask('b');
    graph.addDependency('a', 'b');
    const pipeline = compiled(graph.build());
    expect(runBranch(pipeline)).toEqual({
      StartAt: 'a',
      States: {
        a: taskState('a', 'tell', next('b')),
        tell: hookState('tell', 'undo', next('undo')),
        undo: hookState('undo', 'b end', next('b end')),
        b: taskState('b', 'b end', EXIT),
        'b end': END,
      },
    });
    // Run, a, b, Any failure?, Cleanup, Verdict, Succeeded.
    expect(pipeline.statesEntered).toBe(7);
  });

  it('are sent what is around their Parallel too', () => {
    const graph = new TaskGraph('test');
    graph.addTask('a').addErrorsTask('undo');
    graph.addTask('b');
    const parallel = runBranch(compiled(graph.build()))?.States['a + b'];
    expect(parallel).toMatchObject({ Parameters: { out: {}, 'up.$': '$' } });
  });

  it('run behind the run where it was ended before they could, before those of the graph', () => {
    const graph = new TaskGraph('test');
    graph.addTask('a').addErrorsTask('undo');
    graph.addErrorsTask('alert');
    const branch = {
      StartAt: 'undo late due?',
      States: {
        'undo late due?': choice(late('undo', failed('$.up.out.a')), 'undo late', 'alert'),
        'undo late': hookState('undo', 'alert', next('alert')),
        alert: hookState('alert', 'alert end', EXIT),
        'alert end': END,
      },
    };
    expect(compiled(graph.build()).definition.States['Errors']).toEqual(phase(branch, 'errors', 'Cleanup'));
  });
});

describe('a group', () => {
  const grouped = () => {
    const graph = new TaskGraph('test');
    const group = graph.group('group');
    group.addTask('a');
    group.addErrorsTask('undo');
    group.addFinallyTask('close');
    return graph;
  };

  it('has its errors tasks, then its finally tasks, behind its tasks', () => {
    const pipeline = compiled(grouped().build());
    expect(runBranch(pipeline)).toEqual({
      StartAt: 'a',
      States: {
        a: taskState('a', 'undo due?', next('undo due?')),
        'undo due?': choice(failed('$.out.a'), 'undo', 'close due?'),
        undo: hookState('undo', 'close due?', next('close due?')),
        'close due?': choice(RAN('$.out.a'), 'close', 'close end'),
        close: hookState('close', 'close end', EXIT),
        'close end': END,
      },
    });
    // Run, a, undo due?, close due?, close, Any failure?, Finally, close late due?, close late end, Cleanup, Verdict,
    // Succeeded.
    expect(pipeline.statesEntered).toBe(12);
  });

  it('has them again behind the run, for where it was ended before they could run', () => {
    const { States } = compiled(grouped().build()).definition;
    expect(States['Errors']).toEqual(
      phase(
        {
          StartAt: 'undo late due?',
          States: {
            'undo late due?': choice(late('undo', failed('$.up.out.a')), 'undo late', 'undo late end'),
            'undo late': hookState('undo', 'undo late end', EXIT),
            'undo late end': END,
          },
        },
        'errors',
        'Finally',
      ),
    );
    expect(States['Finally']).toEqual(
      phase(
        {
          StartAt: 'close late due?',
          States: {
            'close late due?': choice(late('close', RAN_OR_LOST('$.up.out.a')), 'close late', 'close late end'),
            'close late': hookState('close', 'close late end', EXIT),
            'close late end': END,
          },
        },
        'finally',
        'Cleanup',
      ),
    );
  });

  it('needs no question before its finally tasks where a failure ends the run: its tasks have run', () => {
    const graph = new TaskGraph('test', { onTaskFailure: 'stop' });
    const group = graph.group('group');
    group.addTask('a');
    group.addFinallyTask('close');
    expect(runBranch(compiled(graph.build()))?.States['a']).toMatchObject({ Next: 'close' });
  });

  it('that may be omitted has its finally tasks only where one of its tasks has run', () => {
    const graph = new TaskGraph('test');
    const group = graph.group('group', { when: fromInput('full').equals(true) });
    group.addTask('a');
    group.addTask('b');
    group.addFinallyTask('close');
    const [a, b] = ['$.out._1[0].a', '$.out._1[1].b'];
    const due = { Or: [failed(a), failed(b), { And: succeeded(a) }, { And: succeeded(b) }] };
    expect(runBranch(compiled(graph.build()))?.States['close due?']).toEqual(choice(due, 'close', 'close end'));
  });

  it('holds up only what waits for its tasks: other tasks run beside its hooks', () => {
    const graph = grouped();
    graph.addTask('b');
    graph.addDependency('a', 'b');
    const { structure } = compiled(graph.build());
    expect(structure).toEqual({
      kind: 'sequence',
      parts: [
        { kind: 'task', task: 'a' },
        {
          kind: 'parallel',
          parts: [
            { kind: 'task', task: 'b' },
            {
              kind: 'sequence',
              parts: [
                { kind: 'task', task: 'undo' },
                { kind: 'task', task: 'close' },
              ],
            },
          ],
        },
      ],
    });
  });
});

describe('behind the run', () => {
  const graph = new TaskGraph('test');
  graph.addTask('a', { retries: 2 });
  graph.addErrorsTask('alert', { retries: 1 });
  graph.addFinallyTask('close', { outputs: { note: json() } });
  graph.addFinallyTask('count');
  graph.addAfterExecutionTask('report');
  const pipeline = compiled(graph.build());
  const { Run, ...States } = pipeline.definition.States;

  it('an error goes to the notes, and an end to the question whether a task has failed', () => {
    expect(Run).toMatchObject({
      Catch: [
        { ErrorEquals: ['States.DataLimitExceeded'], Next: 'Notes from records' },
        { ErrorEquals: ['States.ALL'], Next: 'Notes from records' },
      ],
      Next: 'Any failure?',
    });
    expect(States['Any failure?']).toEqual(choice(present('$.out.a.Error'), 'Errors', 'Finally'));
  });

  it('the notes are read from the records, and stand beside the error', () => {
    expect(States['Notes from records']).toEqual({
      Type: 'Task',
      Resource: '${Cleanup}',
      TimeoutSeconds: 960,
      Parameters: {
        'run.$': '$$.Execution.Name',
        'startedAt.$': '$$.Execution.StartTime',
        shape: expect.stringMatching(/^[0-9a-f]{16}$/),
        tasks: { a: 2 },
        hooks: { alert: 1, close: 0, count: 0 },
        'input.$': '$$.Execution.Input',
        'state.$': '$',
        notesOnly: true,
      },
      Retry: [LONG_TRANSIENT, PATIENT],
      Catch: [
        { ErrorEquals: ['States.DataLimitExceeded'], ResultPath: '$.notesLost', Next: 'Errors' },
        { ErrorEquals: ['States.ALL'], ResultPath: '$.notesLost', Next: 'Errors' },
      ],
      Next: 'Errors',
    });
  });

  it('the errors tasks run, then the finally tasks side by side, then the cleanup', () => {
    const errors = {
      StartAt: 'alert',
      States: {
        alert: { ...hookState('alert', 'alert end', EXIT), Retry: taskState('alert', '', {}, { retries: 1 }).Retry },
        'alert end': END,
      },
    };
    const one = (hook: string) => ({
      StartAt: hook,
      States: { [hook]: hookState(hook, `${hook} end`, EXIT), [`${hook} end`]: END },
    });
    const always = {
      StartAt: 'close + count',
      States: {
        'close + count': {
          Type: 'Parallel',
          Parameters: { out: {}, 'up.$': '$' },
          Branches: [one('close'), one('count')],
          ResultPath: '$.out._1',
          ...EXIT,
        },
      },
    };
    expect(States['Errors']).toEqual(phase(errors, 'errors', 'Finally'));
    expect(States['Finally']).toEqual(phase(always, 'finally', 'Cleanup'));
  });

  it('the cleanup is told of the hooks before it', () => {
    expect(States['Cleanup']).toMatchObject({
      Parameters: {
        tasks: { a: 2 },
        hooks: { alert: 1, close: 0, count: 0 },
        'state.$': '$',
      },
    });
  });

  it('a run in which all goes well enters the finally tasks, but no errors task', () => {
    // Run, a, Any failure?, Finally, close + count, close, count, Cleanup, Verdict, Succeeded.
    expect(pipeline.statesEntered).toBe(10);
  });

  it("after-execution tasks have no place: they are the finalizer's", () => {
    expect(JSON.stringify(States)).not.toContain('report');
  });
});

it.each<[string, (graph: TaskGraph) => unknown, string, string]>([
  ['errors tasks only', (graph) => graph.addErrorsTask('alert'), 'Notes from records', 'Any failure?'],
  ['finally tasks only', (graph) => graph.addFinallyTask('close'), 'Notes from records', 'Finally'],
  ['after-execution tasks only', (graph) => graph.addAfterExecutionTask('report'), 'Cleanup', 'Cleanup'],
])('a graph with %s has no state for the others', (_, addHook, afterError, afterEnd) => {
  const graph = new TaskGraph('test');
  graph.addTask('a');
  addHook(graph);
  const { States } = compiled(graph.build()).definition;
  expect(States['Run']).toMatchObject({ Catch: [{ Next: afterError }, { Next: afterError }], Next: afterEnd });
  const phases = ['Notes from records', 'Any failure?', 'Errors', 'Finally'].filter((name) => name in States);
  const expected = {
    'Any failure?': ['Notes from records', 'Any failure?', 'Errors'],
    Finally: ['Notes from records', 'Finally'],
    Cleanup: [],
  }[afterEnd];
  expect(phases).toEqual(expected);
});

it('the function of a hook has a placeholder, as that of a task', () => {
  const graph = new TaskGraph('test');
  graph.addTask('a-b').addErrorsTask('a_b');
  graph.addAfterExecutionTask('RunsBucket');
  expect(compiled(graph.build()).functions).toEqual({ 'a-b': 'a_b', a_b: 'a_b_2', RunsBucket: 'RunsBucket_2' });
  expect(invocation('a-b', {}).Resource).toBe('${a_b}');
});
